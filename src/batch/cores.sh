# shellcheck shell=bash disable=SC2154
# What of the host's processors a unit gets (docs/slurm.md, "Cores of a unit"). Left to themselves, numeric libraries start
# a thread for each CPU that they see, in every unit of a job.

# The CPUs of a list as the kernel writes it (0-3,8), in ft_listed.
ft_expand_cpus() {
  local range cpu IFS=,
  ft_listed=()
  for range in $1; do
    for ((cpu = ${range%-*}; cpu <= ${range#*-}; cpu += 1)); do ft_listed+=("$cpu"); done
  done
}

# The CPUs that this process may use, in ft_cpu_list; those of one core stand side by side.
ft_find_cpus() {
  local key value cpu sibling siblings
  local -a mine allowed=()
  ft_cpu_list=()
  while read -r key value; do
    [[ $key != Cpus_allowed_list: ]] || break
  done </proc/self/status
  ft_expand_cpus "$value"
  mine=("${ft_listed[@]}")
  for cpu in "${mine[@]}"; do allowed[cpu]=1; done
  for cpu in "${mine[@]}"; do
    [[ ${allowed[cpu]-} ]] || continue
    siblings=$cpu
    # shellcheck disable=SC2162 # no backslash in it
    read siblings 2>/dev/null <"/sys/devices/system/cpu/cpu$cpu/topology/thread_siblings_list"
    ft_expand_cpus "$cpu,${siblings:-$cpu}"
    for sibling in "${ft_listed[@]}"; do
      [[ ${allowed[sibling]-} ]] || continue
      ft_cpu_list+=("$sibling")
      unset "allowed[sibling]"
    done
  done
}

# How many threads a unit may start, for libraries that ask; what the user has set stays, OMP_NUM_THREADS for all of them.
ft_limit_threads() {
  local name threads=${OMP_NUM_THREADS-}
  threads=${threads%%,*}
  [[ $threads =~ ^[1-9][0-9]*$ ]] || threads=$ft_cpus
  for name in OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS BLIS_NUM_THREADS NUMEXPR_NUM_THREADS \
    NUMBA_NUM_THREADS DASK_NUM_WORKERS POLARS_MAX_THREADS ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS; do
    [[ ${!name+x} ]] || export "$name=$threads"
  done
}

# Whether lanes get CPUs of their own: only where those that this process may use are those of its job and of no other.
ft_share_cpus() {
  ft_cpus_each=0
  ((ft_cpus > 0)) || return 0
  ft_limit_threads
  [[ $ft_cpus_given ]] && ((ft_lanes > 1)) || return 0
  ft_find_cpus
  if [[ ${#ft_cpu_list[@]} != "$ft_cpus_given" ]]; then
    ft_say "may use ${#ft_cpu_list[@]} CPUs and was given $ft_cpus_given of them: units get no CPUs of their own"
  elif ((ft_lanes > ft_cpus_given)); then
    ft_say "$ft_lanes lanes on $ft_cpus_given CPUs: units get no CPUs of their own"
  elif ! type -P taskset >/dev/null; then
    ft_say "no taskset on ${HOSTNAME:--}: units get no CPUs of their own"
  else
    ft_cpus_each=$((ft_cpus_given / ft_lanes))
  fi
}

# Binds this lane, number $1, and so its units; the first lanes have what does not divide evenly.
ft_bind_lane() {
  local at end rest list=''
  ((ft_cpus_each > 0)) || return 0
  rest=$((ft_cpus_given % ft_lanes))
  at=$(($1 * ft_cpus_each + ($1 < rest ? $1 : rest)))
  end=$((at + ft_cpus_each + ($1 < rest)))
  for ((; at < end; at += 1)); do list+=,${ft_cpu_list[at]}; done
  list=${list#,}
  taskset -c -p "$list" "$BASHPID" >/dev/null 2>&1 || ft_say "lane $1 could not be bound to CPUs $list"
}

# Takes the GPUs of this lane's units: a lock on each, which the kernel lets go of with the last process that has it. Fails
# where they are not free yet.
ft_take_gpus() {
  local id fd
  local -a taken=()
  ((ft_gpus > 0 && ${#ft_gpu_locks[@]} == 0)) || return 0
  for id in "${ft_gpu_ids[@]}"; do
    exec {fd}>>"$ft_gpu_folder/gpu-${id//\//_}" || continue
    if flock --nonblock "$fd"; then
      ft_gpu_locks+=("$fd")
      taken+=("$id")
      ((${#taken[@]} < ft_gpus)) || break
    else
      exec {fd}>&-
    fi
  done
  if ((${#taken[@]} < ft_gpus)); then
    ft_leave_gpus
    return 1
  fi
  local IFS=,
  export CUDA_VISIBLE_DEVICES="${taken[*]}"
}

ft_leave_gpus() {
  local fd
  for fd in "${ft_gpu_locks[@]}"; do exec {fd}>&-; done
  ft_gpu_locks=()
}
