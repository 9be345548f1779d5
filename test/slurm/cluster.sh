#!/usr/bin/env bash
# A real SLURM cluster of two nodes on this machine, in one folder, as root and without systemd. Several can run
# side by side: each has its own munge key, ports, node names and folder.
#
#   cluster.sh up DIR [--accounting] [options]   starts it; returns once both nodes take jobs
#   cluster.sh status DIR                        one line per daemon, exit 1 unless all run
#   cluster.sh stop|start DIR DAEMON [SIGNAL]    munged, mariadbd, slurmdbd, slurmctld, slurmd-1 or slurmd-2
#   cluster.sh kill-node DIR 1|2 [--daemon-only] the node dies: its daemon, step daemons and jobs' processes
#   cluster.sh down DIR                          ends everything that it started, removes DIR
#
# Options of up, defaults for quick tests: --user NAME, --cpus N and --memory MB per node, --kill-wait S,
# --message-timeout S, --slurmd-timeout S, --min-job-age S, --job-requeue 0|1, --scheduler PARAMETERS, --no-cgroup,
# --owner PID: the cluster ends when that process has ended, however it did.
# FRACTAL_TEST_CGROUP=no in the environment does what --no-cgroup does.
# DIR/etc/slurm.conf is what SLURM_CONF must name; DIR/work belongs to the user.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=daemons.sh
source "$here/daemons.sh"
# shellcheck source-path=SCRIPTDIR source=configuration.sh
source "$here/configuration.sh"

usage() {
  sed -n '2,/^set /{/^# \{0,1\}/s///p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

parse_options() {
  while (($#)); do
    case $1 in
      --accounting) OPT_ACCOUNTING=yes && shift && continue ;;
      --no-cgroup) OPT_CGROUP=no && shift && continue ;;
    esac
    (($# >= 2)) || usage
    case $1 in
      --user) OPT_USER=$2 ;;
      --cpus) OPT_CPUS=$2 ;;
      --memory) OPT_MEMORY=$2 ;;
      --kill-wait) OPT_KILL_WAIT=$2 ;;
      --message-timeout) OPT_MESSAGE_TIMEOUT=$2 ;;
      --slurmd-timeout) OPT_SLURMD_TIMEOUT=$2 ;;
      --min-job-age) OPT_MIN_JOB_AGE=$2 ;;
      --job-requeue) OPT_JOB_REQUEUE=$2 ;;
      --scheduler) OPT_SCHEDULER=$2 ;;
      --owner) OPT_OWNER=$2 ;;
      *) usage ;;
    esac
    shift 2
  done
}

# shellcheck disable=SC2034 # read by configuration.sh
command_up() {
  if ((EUID != 0)); then
    echo 'cluster.sh: starting a cluster needs root' >&2
    exit 1
  fi
  OPT_ACCOUNTING=no OPT_CGROUP=${FRACTAL_TEST_CGROUP:-auto} OPT_USER=fractaluser OPT_CPUS=16 OPT_MEMORY=64000 OPT_KILL_WAIT=3
  OPT_MESSAGE_TIMEOUT=5 OPT_SLURMD_TIMEOUT=10 OPT_MIN_JOB_AGE=300 OPT_JOB_REQUEUE=1 OPT_OWNER=
  # batch_sched_delay and sched_min_interval: decide at each submission, so that a job starts within a second.
  OPT_SCHEDULER=batch_sched_delay=0,sched_min_interval=100000,bf_interval=5
  parse_options "$@"
  if [[ -e $DIR/run/cluster.env ]]; then
    echo "cluster.sh: there is a cluster in $DIR already" >&2
    exit 1
  fi
  "$here/install.sh"
  id "$OPT_USER" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$OPT_USER" 2>/dev/null || id "$OPT_USER" >/dev/null

  mkdir -p "$DIR"/{etc,run,log,munge,ctld,spool,mariadb,work}
  # munged refuses a socket under a folder that others may write to; every user must reach DIR.
  chmod 755 "$DIR" "$DIR"/{etc,run,log,munge,ctld,spool,mariadb}
  chown munge: "$DIR/munge"
  chown slurm: "$DIR/ctld" "$DIR/log" "$DIR/mariadb"
  chown "$OPT_USER": "$DIR/work"
  PORT_CLAIMS=${TMPDIR:-/tmp}/fractal-test-cluster-ports
  mkdir -p "$PORT_CLAIMS"
  local base
  base=$(choose_ports)
  {
    echo "CLUSTER=frac$base NODE_1=n${base}a NODE_2=n${base}b USER_NAME=$OPT_USER ACCOUNTING=$OPT_ACCOUNTING"
    echo "CLAIM=$PORT_CLAIMS/$base CGROUP=$(has_cgroup_v1 && echo yes || echo no)"
    echo "PORT_SLURMCTLD=$base PORT_SLURMD_1=$((base + 1)) PORT_SLURMD_2=$((base + 2))"
    echo "PORT_SLURMDBD=$((base + 3)) PORT_MARIADB=$((base + 4))"
  } >"$DIR/run/cluster.env"
  load
  trap failed_up EXIT
  [[ -z $OPT_OWNER ]] || start_daemon watchdog "$here/cluster.sh" watch "$DIR" "$OPT_OWNER" "$(start_time "$OPT_OWNER")"
  write_slurm_conf
  head -c 1024 /dev/urandom >"$DIR/munge/key"
  chown munge: "$DIR/munge/key"
  chmod 400 "$DIR/munge/key"
  start_named munged
  [[ $OPT_ACCOUNTING == yes ]] && start_accounting
  wait_for 10 'the munge socket' test -S "$DIR/munge/socket"
  start_named slurmctld
  start_named slurmd-1
  start_named slurmd-2
  wait_for 30 'both nodes to be idle' nodes_idle
  trap - EXIT
}

# What the daemons last said is worth more than the folder that is removed now.
failed_up() {
  tail -n 5 "$DIR"/log/* >&2 || true
  command_down
}

start_accounting() {
  write_accounting_conf
  # Two that share a temporary folder take each other's tables.
  install -d -o slurm "$DIR/mariadb/tmp"
  TMPDIR=$DIR/mariadb/tmp setpriv --reuid slurm --regid slurm --clear-groups mariadb-install-db --no-defaults --user=slurm \
    --datadir="$DIR/mariadb/data" --innodb-log-file-size=16M --skip-test-db >"$DIR/log/mariadb-install-db.out" 2>&1
  start_named mariadbd
  wait_for 20 'MariaDB' test -S "$DIR/mariadb/socket"
  start_named slurmdbd
  wait_for 20 'slurmdbd' sacctmgr -n list cluster
  write_associations | sacctmgr -i >"$DIR/log/sacctmgr.out" 2>&1
}

nodes_idle() { [[ $(sinfo -h -p normal -o '%D %t') == '2 idle' ]]; }

load() {
  if [[ ! -f $DIR/run/cluster.env ]]; then
    echo "cluster.sh: no cluster in $DIR" >&2
    exit 1
  fi
  local assignment
  for assignment in $(<"$DIR/run/cluster.env"); do
    declare -g "$assignment"
  done
  export SLURM_CONF=$DIR/etc/slurm.conf
}

daemons() {
  echo munged
  [[ $ACCOUNTING == yes ]] && echo mariadbd && echo slurmdbd
  echo slurmctld && echo slurmd-1 && echo slurmd-2
}

command_status() {
  local name failed=0
  for name in $(daemons); do
    if is_running "$name"; then
      echo "$name runs"
    else
      echo "$name is down"
      failed=1
    fi
  done
  return "$failed"
}

command_down() {
  local node pid=''
  [[ ! -f $DIR/run/watchdog.pid ]] || read -r pid _ <"$DIR/run/watchdog.pid"
  [[ $pid == "$$" ]] || stop_daemon watchdog KILL
  for node in slurmd-1 slurmd-2; do
    stop_daemon "$node" KILL
    kill_node_processes "$(node_of "$node")"
  done
  stop_daemon slurmctld KILL
  stop_daemon slurmdbd KILL
  stop_daemon mariadbd KILL
  stop_daemon munged TERM
  for node in "$NODE_1" "$NODE_2"; do
    wait_for 10 "the processes of $node to end" no_processes "$node" || true
    remove_cgroups "$node"
  done
  rm -f "$CLAIM"
  rm -rf "$DIR"
}

no_processes() { [[ -z $(cgroup_pids "$1"; environment_pids "$1") ]]; }

command_watch() {
  while [[ $(start_time "$1") == "$2" ]]; do
    sleep 1
  done
  command_down
}

command_kill_node() {
  local number=$1
  stop_daemon "slurmd-$number" KILL
  [[ ${2:-} == --daemon-only ]] || kill_node_processes "$(node_of "$number")"
}

(($# >= 2)) || usage
action=$1
mkdir -p "$2" 2>/dev/null || true
DIR=$(cd "$2" && pwd -P)
shift 2
case $action in
  up) command_up "$@" ;;
  down) load && command_down ;;
  status) load && command_status ;;
  start) load && start_named "${1:?daemon}" ;;
  stop) load && stop_daemon "${1:?daemon}" "${2:-TERM}" ;;
  watch) load && command_watch "${1:?pid}" "${2:?start time}" ;;
  kill-node) load && command_kill_node "${1:?1 or 2}" "${2:-}" ;;
  *) usage ;;
esac
