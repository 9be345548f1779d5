# shellcheck shell=bash disable=SC2154
# Starts the units of Python tasks from a warm interpreter (docs/warm-start.md, src/warm/server/): a stub stands where
# a plain unit would, and ends as the unit ends. What cannot be done so is started plainly, by exec.sh.

# Where the server of these units is; empty: there is none.
ft_warm_dir=''
# After a server that did not answer this lane starts so many units plainly before it asks again.
ft_warm_skip=0

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
  [[ -z $ft_locale ]] || export LC_ALL="$ft_locale"
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

ft_warm_open() {
  ft_warm_fits || return 0
  if [[ $ft_warm_job ]]; then
    ft_warm_root=$(mktemp -d -- "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/fractal-warm-XXXXXXXX") || return 0
    [[ $(trap -p EXIT) ]] || trap 'rm -rf -- "$ft_warm_root"' EXIT
    ft_warm_server=$ft_warm_root/server.py
    ft_warm_write_server >"$ft_warm_server" || return 0
  fi
  ft_warm_find || { ft_warm_dir='' && return 0; }

  start_unit() {
    if ((ft_warm_skip > 0)); then ((ft_warm_skip -= 1)); fi
    if ((ft_warm_skip == 0)) && ft_warm_lives; then
      ft_warm_start "$@"
    else
      ft_warm_plainly "$@" &
    fi
  }
  await_unit() {
    local notice
    ft_await $!
    if [[ ${ft_warm_lane-} ]] && read -r -t 0 -u 4; then
      read -r -u 4 notice
      # Nobody knows how the unit would have ended.
      # shellcheck disable=SC2034 # read in lanes.sh
      [[ $notice != lost ]] || ft_status=-1
      [[ $notice != silent ]] || ft_warm_skip=9
    fi
  }
}

ft_warm_plainly() {
  trap - TERM INT HUP USR1
  ft_warm_as_unit "$@" </dev/null >>"$ft_log" 2>&1 3<&- 4<&- 5<&- 6<&- 7<&- 8<&-
}

# Starts a stub. Pipes of this lane: 4 tells it what its stub has met, 5 tells its stub that the lane has had a signal.
ft_warm_start() {
  if [[ ! ${ft_warm_lane-} ]]; then
    exec 4<> <(:) 5<> <(:)
    trap 'ft_stop=94; ((ft_signals += 1)); printf "\n" >&5' TERM INT HUP
    ft_warm_lane=1
  fi
  ft_warm_stub "$@" &
}

ft_warm_take() { rm -- "$ft_warm_ticket" 2>/dev/null; }

# The unit is the server's no more: once the ticket is ours, nobody else starts it.
ft_warm_give_up() {
  if ft_warm_take; then
    [[ ! $ft_warm_signal ]] || { trap - TERM INT HUP && kill -s "$ft_warm_signal" "$BASHPID"; }
    [[ ! ${1-} ]] || printf '%s\n' "$1" >&4
    ft_warm_plainly "${ft_warm_words[@]}"
    exit 126
  fi
}

# Its node is gone without a word: whatever is left of the unit is ended.
ft_warm_lost() {
  while [[ $ft_warm_unit ]] && ft_warm_is "$ft_warm_unit" "$ft_warm_started"; do
    kill -KILL -- "-$ft_warm_unit" "$ft_warm_unit" 2>/dev/null
    ft_pause 0.01
  done
  printf 'lost\n' >&4
  exit 137
}

# Passes a signal on, but for one that was sent to all processes of the batch: then the unit has it, too.
ft_warm_pass_on() {
  local tries
  for ((tries = 0; tries < 50; tries += 1)); do
    read -r -t 0 -u 5 && break
    read -r -t 0 -u 3 && break
    ft_pause 0.01
  done
  if ((tries == 50)) && ft_warm_is "$ft_warm_unit" "$ft_warm_started"; then
    kill -s "$ft_warm_signal" -- "-$ft_warm_unit" 2>/dev/null
  fi
  ft_warm_signal=''
}

# What comes next from the server, in ft_warm_answer; fails when nothing will. `read` with a time-out may lose half a line:
# so it only reads what is there.
ft_warm_listen() {
  local tick=0
  until read -r -t 0 -u 3; do
    ((tick += 1))
    if [[ $ft_warm_unit ]]; then
      [[ ! $ft_warm_signal ]] || ft_warm_pass_on
    else
      [[ ! $ft_warm_signal ]] || ft_warm_give_up
      # Within the first second every time, later each second or so.
      if ((tick < 50 || tick % 16 == 0)) && ! ft_warm_lives; then ft_warm_give_up; fi
      ((tick < ft_warm_patience)) || ft_warm_give_up silent
      # Whoever has the ticket has never come to begin the unit, or the server's folder is gone.
      ((tick < ft_warm_patience + 500)) || return 1
    fi
    # At most a tenth of the time that it has taken already.
    if ((tick < 20)); then
      ft_pause 0.01
    elif ((tick < 50)); then
      ft_pause 0.02
    else
      ft_pause 0.06
    fi
  done
  IFS= read -r -u 3 ft_warm_answer
}

ft_warm_stub() {
  local IFS=$'\t'
  ft_warm_words=("$@")
  ft_warm_ticket=$ft_warm_dir/$BASHPID-$RANDOM$RANDOM
  ft_warm_signal=''
  ft_warm_unit=''
  # Ticks of the loop above: half a minute for the first answer, more than the server takes for all others.
  ft_warm_patience=500
  trap 'ft_warm_signal=TERM' TERM
  trap 'ft_warm_signal=INT' INT
  trap 'ft_warm_signal=HUP' HUP
  trap - USR1
  exec 3<> <(:)
  local line="U	$BASHPID	$ft_warm_ticket	$ft_unit_umask	$PWD	$ft_log	$ft_warm_lock	$ft_warm_dir/environment-$$	${*:2}"
  local bare=${line//[$'\t\n']/} tabs
  tabs=$((${#line} - ${#bare}))
  IFS=$' \t\n'
  if [[ $line == *$'\n'* ]] || ((${#line} > 4000 || tabs != 6 + $#)) || ! : >"$ft_warm_ticket"; then
    ft_warm_plainly "$@"
    exit 126
  fi 2>/dev/null
  printf '%s\n' "$line" 1<>"$ft_warm_dir/requests" || ft_warm_give_up
  while ft_warm_listen; do
    case $ft_warm_answer in
      W) ft_warm_patience=6000 ;;
      N)
        ft_warm_give_up
        # Taken by a process that did not come to begin it.
        ft_warm_lost
        ;;
      P\ *)
        ft_warm_unit=${ft_warm_answer#P }
        ft_warm_started=${ft_warm_unit#* }
        ft_warm_unit=${ft_warm_unit% *}
        # From now on the end of the pipe is seen.
        exec 3</proc/self/fd/3
        ;;
      E\ *) exit "${ft_warm_answer#E }" ;;
    esac
  done
  ft_warm_lost
}

ft_warm_open
