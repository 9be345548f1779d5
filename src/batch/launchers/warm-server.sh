# shellcheck shell=bash disable=SC2154
# The server of warm interpreters that the units of this script are forked from (docs/warm-start.md, src/warm/server/):
# found, or started. A script of its own does so ahead of a run (src/warm/warm-up-script.ts).

# Where the server of these units is; empty: there is none.
ft_warm_dir=''

# Is process $1 the one that was started at $2 (proc(5), field 22, the third comes after a name that may hold anything)?
ft_warm_is() {
  local line fields
  read -r line <"/proc/$1/stat" || return 1
  # shellcheck disable=SC2206 # numbers and a letter
  fields=(${line##*) })
  [[ ${fields[19]} == "$2" && ${fields[0]} != [ZX] ]]
} 2>/dev/null

ft_warm_lives() {
  local pid started
  read -r pid started <"$ft_warm_dir/pid" && ft_warm_is "$pid" "$started"
} 2>/dev/null

# The words of a Python script and of a real interpreter, no wrapper of one; both as absolute paths.
ft_warm_fits() {
  local magic
  ((${#ft_command[@]} >= 2)) && [[ ${ft_command[0]} == /*/python* && ${ft_command[1]} == /*.py ]] || return 1
  [[ ${ft_command[0]##*/} =~ ^python[0-9.]*$ && -r ${ft_command[1]} ]] || return 1
  IFS= read -r -d '' -n 4 magic <"${ft_command[0]}"
  [[ $magic == $'\x7fELF' ]]
}

# Runs "$@" with what a unit gets around it.
ft_warm_as_unit() {
  umask "$ft_unit_umask"
  [[ -z $ft_locale ]] || export -- "LC_ALL=$ft_locale"
  ((${#ft_settings[@]} == 0)) || ft_restore_settings
  builtin exec -- "$@"
}

# What decides whether two batches may share a server: all that a process inherits and that a module may have read when
# it was imported.
ft_warm_facts() {
  printf '%s\n' "$ft_warm_version" "${ft_command[0]}"
  ulimit -S -a
  ulimit -H -a
  nice
  grep Cpus_allowed: /proc/self/status
  cat /proc/self/oom_score_adj /proc/self/cgroup
  stat -L -c '%d:%i:%Y:%s' -- "${ft_command[0]}"
  (ft_warm_as_unit env -u FRACTAL_BATCH -u _ -u SHLVL -u PWD -u OLDPWD -0) | sort -z
}

# Makes the server's folder and starts it. Requests may be written from then on: the pipe is open already.
ft_warm_launch() {
  local mode=serve owner=0
  [[ $ft_warm_job ]] && mode=job owner=$$
  # Tickets of others may lie there: whoever has left one must find it.
  mkdir -p -- "${ft_warm_cache%/*}"
  rm -f -- "$ft_warm_dir/requests" "$ft_warm_dir/pid" "$ft_warm_dir/usage"
  mkdir -p -- "$ft_warm_dir" && chmod 700 -- "$ft_warm_dir" && mkfifo -m 600 -- "$ft_warm_dir/requests" || return 1
  set -m
  (
    exec 3<>"$ft_warm_dir/requests" </dev/null >>"$ft_warm_dir/output" 2>&1 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
    export FRACTAL_BATCH=$ft_warm_mark
    cd /
    ft_warm_as_unit "${ft_command[0]}" "$ft_warm_server" "$mode" "$ft_warm_dir" "$ft_warm_cache" "$owner" \
      "$ft_warm_idle_seconds" "$ft_warm_max_bytes"
  ) &
  set +m
}

# Finds the server of these units, or starts it.
ft_warm_find() {
  local key tries
  key=$(ft_warm_facts 2>/dev/null | sha256sum) || return 1
  key=${key%% *}
  [[ ${#key} == 64 ]] || return 1
  ft_warm_dir=$ft_warm_root/${key:0:24}
  mkdir -p -- "$ft_warm_root" || return 1
  if ! ft_warm_lives; then
    exec 3>>"$ft_warm_root/lock" || return 1
    if flock --wait 20 3; then
      ft_warm_lives || ft_warm_launch
      # Whoever has the lock next finds it alive.
      for ((tries = 0; tries < 100; tries += 1)); do
        ft_warm_lives && break
        ft_pause 0.05
      done
    fi
    exec 3>&-
  fi 2>/dev/null
  # What a unit's environment is: the server cannot know what this shell has exported since it began.
  # In the background as a unit is, since bash counts its levels so.
  ft_warm_as_unit env -0 >"$ft_warm_dir/environment-$$" 2>/dev/null &
  wait "$!"
}

# Starts the server of the interpreter ${ft_command[0]}, and tells it the scripts that follow.
# shellcheck disable=SC2317,SC2329 # called by src/warm/warm-up-script.ts
ft_warm_announce() {
  local script
  ft_warm_fits && ft_warm_find || return
  rm -f -- "$ft_warm_dir/environment-$$"
  for script in "${ft_command[@]:1}"; do
    [[ $script == *[$'\t\n']* ]] || ((${#script} > 4000)) || printf 'S\t%s\n' "$script" 1<>"$ft_warm_dir/requests"
  done
  printf 'G\n' 1<>"$ft_warm_dir/requests"
}
