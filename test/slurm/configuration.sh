# shellcheck shell=bash
# The OPT_ and other capital names are set by cluster.sh.
# Writes one cluster's configuration files. Sourced by cluster.sh, which sets DIR and the options.

# cgroup v1 with a memory controller that this process may write to; v2 and hybrid v2 are refused by SLURM 22.05.
has_cgroup_v1() {
  [[ $OPT_CGROUP == auto ]] && [[ -w /sys/fs/cgroup/memory && -w /sys/fs/cgroup/freezer ]] &&
    awk '$3 == "cgroup" && $2 == "/sys/fs/cgroup/memory" { found = 1 } END { exit !found }' /proc/mounts
}

# Five ports in a row that nobody listens on, below the kernel's ephemeral range.
choose_ports() {
  local attempt base
  for attempt in {1..200}; do
    base=$((10000 + 5 * (RANDOM % 4400)))
    # The link is an atomic claim against other clusters, also while a daemon is down; dangling, its cluster is gone.
    [[ -e $PORT_CLAIMS/$base ]] || rm -f "$PORT_CLAIMS/$base"
    ln -sT "$DIR" "$PORT_CLAIMS/$base" 2>/dev/null || continue
    if ! ss -Hltn | awk '{sub(/.*:/, "", $4); print $4}' | grep -qxE "$(seq -s '|' "$base" $((base + 4)))"; then
      echo "$base"
      return 0
    fi
    rm -f "$PORT_CLAIMS/$base"
  done
  echo "cluster.sh: no free ports after $attempt attempts" >&2
  return 1
}

write_slurm_conf() {
  local host proctrack=proctrack/linuxproc task=task/none constrain=''
  host=$(hostname -s)
  if has_cgroup_v1; then
    proctrack=proctrack/cgroup
    task=task/cgroup
  else
    # Only one of the two may limit memory.
    constrain='JobAcctGatherParams=OverMemoryKill'
  fi
  cat >"$DIR/etc/slurm.conf" <<CONF
ClusterName=$CLUSTER
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$PORT_SLURMCTLD
SlurmUser=slurm
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=$DIR/munge/socket,cred_expire=5
StateSaveLocation=$DIR/ctld
SlurmctldPidFile=$DIR/ctld/slurmctld.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdSpoolDir=$DIR/spool/%n
SlurmdPidFile=$DIR/spool/%n.pid
SlurmdLogFile=$DIR/log/slurmd-%n.log
SlurmdParameters=config_overrides
ProctrackType=$proctrack
TaskPlugin=$task
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
$constrain
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=$OPT_SCHEDULER
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=$OPT_JOB_REQUEUE
KillWait=$OPT_KILL_WAIT
MessageTimeout=$OPT_MESSAGE_TIMEOUT
SlurmdTimeout=$OPT_SLURMD_TIMEOUT
SlurmctldTimeout=$OPT_SLURMD_TIMEOUT
MinJobAge=$OPT_MIN_JOB_AGE
MaxJobCount=20000
$(if [[ $OPT_ACCOUNTING == yes ]]; then
    echo "AccountingStorageType=accounting_storage/slurmdbd"
    echo "AccountingStorageHost=127.0.0.1"
    echo "AccountingStoragePort=$PORT_SLURMDBD"
    echo "AccountingStoragePass=$DIR/munge/socket"
    echo "AccountingStorageEnforce=associations,limits,qos"
    echo "AccountingStoreFlags=job_comment"
  fi)
NodeName=$NODE_1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$PORT_SLURMD_1 CPUs=$OPT_CPUS RealMemory=$OPT_MEMORY Feature=first
NodeName=$NODE_2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$PORT_SLURMD_2 CPUs=$OPT_CPUS RealMemory=$OPT_MEMORY Feature=second
PartitionName=DEFAULT Nodes=$NODE_1,$NODE_2 State=UP PriorityTier=1 PreemptMode=OFF
PartitionName=normal Default=YES DefaultTime=60
PartitionName=low PreemptMode=CANCEL
PartitionName=lowrequeue PreemptMode=REQUEUE
PartitionName=high PriorityTier=10
PartitionName=minute MaxTime=1
PartitionName=closed AllowGroups=root
CONF
  [[ $task == task/cgroup ]] && cat >"$DIR/etc/cgroup.conf" <<CONF
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
ConstrainRAMSpace=yes
ConstrainSwapSpace=yes
AllowedSwapSpace=0
CONF
  return 0
}

write_accounting_conf() {
  local password
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  cat >"$DIR/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$DIR/munge/socket
DbdHost=$(hostname -s)
DbdAddr=127.0.0.1
DbdPort=$PORT_SLURMDBD
SlurmUser=slurm
LogFile=$DIR/log/slurmdbd.log
PidFile=$DIR/mariadb/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$PORT_MARIADB
StorageUser=slurm
StoragePass=$password
StorageLoc=slurm_acct
CONF
  cat >"$DIR/mariadb/init.sql" <<SQL
CREATE DATABASE IF NOT EXISTS slurm_acct;
CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL ON slurm_acct.* TO 'slurm'@'127.0.0.1';
SQL
  chown slurm: "$DIR/etc/slurmdbd.conf" "$DIR/mariadb/init.sql"
  chmod 600 "$DIR/etc/slurmdbd.conf" "$DIR/mariadb/init.sql"
}

# Accounts: `lab` is the user's default, `tight` allows two submitted jobs, `other` isn't the user's.
# QOS: `normal`, and `few`, which allows three submitted jobs per user.
write_associations() {
  cat <<COMMANDS
add cluster $CLUSTER
add qos few MaxSubmitJobsPerUser=3
add account lab Cluster=$CLUSTER Description=lab Organization=test
add account tight Cluster=$CLUSTER Description=tight Organization=test MaxSubmitJobs=2
add account other Cluster=$CLUSTER Description=other Organization=test
add user $OPT_USER Cluster=$CLUSTER Account=lab DefaultAccount=lab
add user $OPT_USER Cluster=$CLUSTER Account=tight
modify user $OPT_USER set QOS=normal,few DefaultQOS=normal
COMMANDS
}
