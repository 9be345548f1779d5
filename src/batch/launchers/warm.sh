# shellcheck shell=bash disable=SC2154
# Starts the units of Python tasks from a warm interpreter (docs/warm-start.md): a stub stands where a plain unit would,
# and ends as the unit ends. What cannot be done so is started plainly, by exec.sh. Its server: warm-server.sh.

# After a server that did not answer this lane starts so many units plainly before it asks again.
ft_warm_skip=0

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
