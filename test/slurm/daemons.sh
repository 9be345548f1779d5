# shellcheck shell=bash
# Starting and stopping one cluster's daemons, by pid and start time. Sourced by cluster.sh, which sets DIR.

# Start time of a living process in clock ticks (proc(5), field 22); the name before it may hold spaces and parentheses.
# A zombie has ended: in a container there may be nobody to reap it.
start_time() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -r -a fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] || return 1
  echo "${fields[19]}"
}

# True while the daemon NAME that was started here still runs: same pid, same start time.
is_running() {
  local pid started
  [[ -f $DIR/run/$1.pid ]] && read -r pid started <"$DIR/run/$1.pid" || return 1
  [[ $(start_time "$pid") == "$started" ]]
}

# start_daemon NAME COMMAND...: in a session of its own, output in DIR/log/NAME.out.
start_daemon() {
  local name=$1 pid
  shift
  is_running "$name" && return 0
  rm -f "$DIR/run/$name.pid"
  # The inner shell notes its own pid and then becomes the daemon, which keeps both pid and start time.
  # shellcheck disable=SC2016
  setsid bash -c 'echo $$ >"$1"; shift; exec "$@"' _ "$DIR/run/$name.pid.new" "$@" \
    >>"$DIR/log/$name.out" 2>&1 </dev/null &
  disown
  wait_for 5 "$name to start" test -s "$DIR/run/$name.pid.new"
  pid=$(<"$DIR/run/$name.pid.new")
  rm -f "$DIR/run/$name.pid.new"
  echo "$pid $(start_time "$pid")" >"$DIR/run/$name.pid"
}

# stop_daemon NAME SIGNAL: then KILL after 10 s.
stop_daemon() {
  local name=$1 signal=$2 pid
  if is_running "$name"; then
    read -r pid _ <"$DIR/run/$name.pid"
    kill -s "$signal" "$pid" 2>/dev/null || true
    wait_for 10 "$name to end" is_gone "$name" || kill -s KILL "$pid" 2>/dev/null || true
    wait_for 5 "$name to be killed" is_gone "$name"
  fi
  rm -f "$DIR/run/$name.pid"
}

is_gone() { ! is_running "$1"; }

# wait_for SECONDS WHAT COMMAND...
wait_for() {
  local limit=$1 what=$2 end
  shift 2
  end=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      echo "cluster.sh: waited $limit s in vain for $what; see $DIR/log" >&2
      return 1
    fi
    sleep 0.1
  done
}

start_named() {
  case $1 in
    munged) start_daemon munged setpriv --reuid munge --regid munge --clear-groups munged -F \
      --key-file "$DIR/munge/key" --socket "$DIR/munge/socket" --pid-file "$DIR/munge/pid" \
      --log-file "$DIR/munge/log" --seed-file "$DIR/munge/seed" ;;
    mariadbd) start_daemon mariadbd setpriv --reuid slurm --regid slurm --clear-groups mariadbd --no-defaults \
      --datadir="$DIR/mariadb/data" --socket="$DIR/mariadb/socket" --pid-file="$DIR/mariadb/pid" \
      --bind-address=127.0.0.1 --port="$PORT_MARIADB" --tmpdir="$DIR/mariadb/tmp" --init-file="$DIR/mariadb/init.sql" --skip-name-resolve \
      --innodb-log-file-size=16M --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 ;;
    slurmdbd) start_daemon slurmdbd setpriv --reuid slurm --regid slurm --clear-groups slurmdbd -D ;;
    slurmctld) start_daemon slurmctld setpriv --reuid slurm --regid slurm --clear-groups slurmctld -D ;;
    slurmd-1) start_daemon slurmd-1 env "FRACTAL_TEST_NODE=$NODE_1" slurmd -D -N "$NODE_1" ;;
    slurmd-2) start_daemon slurmd-2 env "FRACTAL_TEST_NODE=$NODE_2" slurmd -D -N "$NODE_2" ;;
    *) echo "cluster.sh: no daemon named $1" >&2 && return 2 ;;
  esac
}

node_of() {
  case $1 in
    slurmd-1 | 1) echo "$NODE_1" ;;
    slurmd-2 | 2) echo "$NODE_2" ;;
    *) echo "cluster.sh: no node $1" >&2 && return 2 ;;
  esac
}

# Pids in the jobs' freezer cgroups of a node, or nothing where there are none.
cgroup_pids() {
  local folder=/sys/fs/cgroup/freezer/slurm_$1
  [[ -d $folder ]] || return 0
  find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un
}

# Pids of anything whose environment names this cluster's own configuration file and this node: job processes and
# step daemons where there is no cgroup. The path is unique to the cluster, so nobody else's process can match.
environment_pids() {
  local file pid
  for file in /proc/[0-9]*/environ; do
    pid=${file//[^0-9]/}
    [[ $pid == "$$" ]] && continue
    if grep -qzxF "SLURM_CONF=$SLURM_CONF" "$file" 2>/dev/null &&
      grep -qzxF -e "SLURMD_NODENAME=$1" -e "FRACTAL_TEST_NODE=$1" "$file" 2>/dev/null; then
      echo "$pid"
    fi
  done
}

# Kills what a node's daemon left behind: step daemons, scripts, units.
kill_node_processes() {
  local pid
  for pid in $({ cgroup_pids "$1" && environment_pids "$1"; } | sort -un); do
    kill -s KILL "$pid" 2>/dev/null || true
  done
}

remove_cgroups() {
  local controller
  for controller in freezer memory cpuset devices cpuacct cpu; do
    [[ -d /sys/fs/cgroup/$controller/slurm_$1 ]] || continue
    find "/sys/fs/cgroup/$controller/slurm_$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}
