# shellcheck shell=bash disable=SC2154
# The body of every batch script (docs/batch-script.md). src/batch/script.ts puts a shebang, the backend's own lines
# and the assignments of ft_* before it. bash 4.2 must do, with nothing else on the node but coreutils.
#
# Exit codes: 0 closed, 90 another copy has the batch, 91 cancelled (tombstone), 92 a file could not be written,
# 93 folder or units file wrong, 95 told to start nothing more (SIGUSR1); ended by SIGTERM, SIGINT or SIGHUP it
# waits for the units that run and then dies of SIGTERM itself.

# Lines of the site or the user stood before; nothing of theirs may change what follows.
trap - ERR DEBUG RETURN
set +aeEfuvx +o posix -o noclobber
shopt -u failglob nocasematch
IFS=$' \t\n'
unset -f read wait printf kill trap export exec eval type date ln rm sleep
# Bytes are enough here and several times quicker; units get the locale that was.
ft_locale=${LC_ALL-}
export -n LC_ALL
LC_ALL=C

# Start-up file and exported functions of the worker's user are kept from this shell, and are the units' all the same.
ft_settings=()
for ft_name in "${!FRACTAL_UNIT_ENV_@}"; do
  ft_settings+=("${!ft_name}")
  unset "$ft_name"
done

ft_stop=0
ft_signals=0
# Two pipes, open at both ends. Nobody writes to the first: reading it with a time-out is a pause without a fork. A
# byte in the second tells all lanes to start nothing more; that works on a full disk and, unlike a signal, cannot
# make bash lose the exit status of a process that ends at that moment.
exec 7<> <(:) 6<> <(:)

ft_pause() { read -r -t "$1" -u 7; }
ft_uptime() { read -r ft_now _ </proc/uptime; }
ft_say() { printf 'batch %s: %s\n' "$ft_key" "$1" >&2; }
# shellcheck disable=SC2059 # the first argument is the format
ft_append() { printf "$@" >>"$ft_journal"; }
ft_quit() {
  ft_say "$2"
  [[ -z ${ft_journal-} ]] || ft_append 'Q %s .\n' "$1"
  exit "$1"
}

# An exported function is called BASH_FUNC_name%%, or BASH_FUNC_name() by some of the older.
ft_restore_settings() {
  local setting name
  for setting in "${ft_settings[@]}"; do
    name=${setting%%=*}
    if [[ $name == BASH_FUNC_* ]]; then
      name=${name#BASH_FUNC_}
      name=${name%??}
      eval "$name ${setting#*=}" && export -f -- "${name?}"
    else
      export -- "${setting?}"
    fi
  done
}

#launcher

# The batch belongs to whoever creates the owner file, which is linked whole: a full disk leaves none that is empty.
# After a requeue the job comes back under its own id and goes on.
ft_own() {
  local mine=$ft_owner.$ft_job-$ft_restart holder=''
  [[ ! -e $ft_tombstone ]] || ft_quit 91 'cancelled before it began'
  [[ $ft_job && $ft_restart ]] || ft_quit 93 'no job id in the environment'
  if ! printf '%s\n' "$ft_job" >|"$mine"; then
    rm -f -- "$mine"
    ft_quit 92 "cannot write $mine"
  fi
  ln -- "$mine" "$ft_owner" 2>/dev/null
  rm -f -- "$mine"
  [[ -e $ft_owner ]] || ft_quit 92 "cannot create $ft_owner"
  # Its line may still be on its way (another node, NFS).
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    read -r holder <"$ft_owner" && break
    holder=''
    sleep 1
  done
  [[ $holder ]] || ft_own_by_journal
  [[ $holder == "$ft_job" ]] || ft_quit 90 "belongs to job ${holder:-unknown}, this is $ft_job"
}

# A loss of power can empty the owner file. A journal was opened before any unit began: where none but this job's own
# are there, no other job has begun one, and this one may go on.
ft_own_by_journal() {
  local journal name
  for journal in "$ft_journal_prefix"*.journal; do
    name=${journal#"$ft_journal_prefix"}
    [[ -e $journal ]] || continue
    if [[ $name != "$ft_job-"* ]]; then
      holder=${name%-*}
      return
    fi
    holder=$ft_job
  done
  [[ ! $holder ]] || printf '%s\n' "$ft_job" >>"$ft_owner" || ft_quit 92 "cannot write $ft_owner"
}

# One journal per copy. There already: this very copy has run, or the scheduler has given its id again.
ft_open_journal() {
  local journal=$ft_journal_prefix$ft_job-$ft_restart.journal epoch
  epoch=$(date +%s.%N)
  ft_uptime
  if ! { printf 'J 1 %s %s %s %s %s %s .\n' "$ft_key" "$ft_job" "$ft_restart" "${HOSTNAME:--}" \
    "$epoch" "$ft_now" >"$journal"; } 2>/dev/null; then
    [[ ! -s $journal ]] || ft_quit 90 "job $ft_job, restart $ft_restart has a journal already"
    ft_quit 92 "cannot write $journal"
  fi
  ft_journal=$journal
}

ft_check_program() {
  local program
  program=$(type -P -- "${ft_command[0]}")
  if [[ ! -f $program || ! -x $program ]]; then
    ft_say "not found or not executable on ${HOSTNAME:--}: ${ft_command[0]}"
    ft_append 'X .\nC .\n' || exit 92
    exit 0
  fi
}

# May lane $1 start a unit now? 0 yes, 1 no, another lane has taken the unit meanwhile. Without a width file always.
# The order is what keeps the host's limit: first "+" in the lanes file, then the width once more (docs/local.md).
ft_admitted() {
  ft_looks=0
  while ((!ft_stop)); do
    if [[ -e $ft_tombstone ]]; then
      ft_stop=91
    elif read -r -t 0 -u 6; then
      ft_stop=95
    fi
    ((!ft_stop)) || break
    [[ $ft_width_file ]] || return 0
    ft_beat=
    { read -r ft_read && read -r ft_beat; } <"$ft_width_file"
    [[ $ft_read =~ ^[0-9]{1,6}$ ]] && ft_width=$((10#$ft_read))
    if (($1 < ft_width)); then
      ((ft_active)) && return 0
      printf '+ %s\n' "$1" >>"$ft_lanes_file" || ft_stop=92
      ft_active=1
    else
      ((!ft_active)) || printf -- '- %s\n' "$1" >>"$ft_lanes_file" || ft_stop=92
      ft_active=0
      ft_wait_for_width
      [[ ! -e $ft_log ]] || return 1
    fi
  done
  return 1
}

# A worker that lives renews the width file every few seconds. Where it has not for a minute, nobody will raise the width
# soon: looks become rare, and end once the run's folder is gone.
ft_wait_for_width() {
  local beat=${ft_beat%%.*}
  ft_uptime
  if [[ $beat =~ ^[0-9]{1,12}$ ]] && ((${ft_now%%.*} - 10#$beat <= 60)); then
    ft_looks=0
    ft_pause 0.1
    return
  fi
  ((ft_looks += 1))
  if ((ft_looks < 50)); then
    ft_pause 0.1
  else
    ft_pause 5
    [[ -e $ft_working_dir || -e $ft_units ]] || ft_stop=93
  fi
}

# Waits for process $1, through any number of signals to this shell; its exit status is in ft_status, -1 where bash
# does not know it.
ft_await() {
  local seen status asked=0 lost=0
  ft_status=-1
  while ((lost < 10)); do
    seen=$ft_signals
    wait "$1"
    status=$?
    if ((status < 0)); then
      # A process that ends between bash's look at it and its waitpid gives -1, once in some 100,000 times. bash has
      # kept its status all the same, for whoever asks again.
      ((lost += 1))
    elif ((status == 127 && asked)); then
      # Also what bash says of a process that it does not know any more: nobody can tell.
      return 0
    elif ((status <= 128 || seen == ft_signals)); then
      ft_status=$status
      return 0
    fi
    # What it gave may also have been the signal that interrupted it.
    asked=1
  done
}

# Runs the unit that has just been claimed and puts its end on record. Returns 92 when a file cannot be written.
ft_run() {
  local out=$ft_task_dir/$ft_stem-metadiff.json args=$ft_task_dir/$ft_stem-args.json began wrote=0
  # Nothing has begun yet: without the claim the unit counts as never started.
  if ! printf '%s' "$ft_args" >|"$args" || { [[ -e $out ]] && ! rm -f -- "$out"; }; then
    rm -f -- "$ft_log"
    return 92
  fi
  ft_uptime
  began=$ft_now
  start_unit "${ft_command[@]}" --args-json "$args" --out-json "$out"
  await_unit
  ft_uptime
  # Whoever ends a job signals all its processes, in any order: give our own signal time to arrive.
  case $ft_status in
    129 | 130 | 137 | 143) ft_pause 0.5 ;;
  esac
  # After that signal only a success is the unit's own end; any other end is an interruption, told by having no line.
  ((ft_stop != 94 || ft_status == 0)) || return 94
  [[ ! -e $out ]] || wrote=1
  # It has ended, but nobody knows how: on record as it is, and the lane goes on.
  ((ft_status >= 0)) || ft_status=-
  ft_append 'E %s %s %s %s %s .\n' "$ft_index" "$ft_status" "$began" "$ft_now" "$wrote" || return 92
}

# The unit was interrupted in try $1 and may run again: its old log becomes -log.$1.txt, which frees its claim. Only one
# lane can make that name; whoever comes later finds it there, and claims the unit or finds it claimed.
ft_free_claim() {
  [[ -e $ft_log && ! -e $ft_task_dir/$ft_stem-log.$1.txt ]] || return 0
  ln -- "$ft_log" "$ft_task_dir/$ft_stem-log.$1.txt" && rm -f -- "$ft_log"
}

# Lane $1 walks all units in order and runs those that nobody has claimed. 0: the end was reached.
ft_walk() {
  local seen=0
  ft_active=0
  ft_width=0
  while IFS=$'\t' read -r -u 8 ft_index ft_stem ft_args; do
    ((seen += 1))
    ft_log=$ft_task_dir/$ft_stem-log.txt
    if [[ $ft_index == *+* ]]; then
      ft_free_claim "${ft_index#*+}"
      ft_index=${ft_index%+*}
    fi
    [[ ! -e $ft_log ]] || continue
    if ! ft_admitted "$1"; then
      ((!ft_stop)) || return "$ft_stop"
      continue
    fi
    if ! : >"$ft_log"; then
      [[ ! -e $ft_log ]] || continue
      return 92
    fi
    ft_run || return
  done
  ((seen == ft_unit_count)) || return 93
}

ft_lane() {
  local code
  # What bash says here (a unit was killed, a claim was lost) is told better by journal and exit code; to redirect
  # it once is quicker than once per command.
  exec 2>/dev/null
  # A process group for each unit; a subshell has lost its parent's job control.
  set -m
  trap 'ft_stop=94; ((ft_signals += 1))' TERM INT HUP
  # The script tells its lanes; they must only outlive a signal that was sent to every process of the job.
  trap '((ft_signals += 1))' USR1
  ft_walk "$1" 8<"$ft_units"
  code=$?
  [[ -z $ft_lanes_file ]] || printf 'x %s\n' "$1" >>"$ft_lanes_file"
  ((code == 0)) || printf '\n' >&6
  exit "$code"
}

# What a signal to the script does: nothing new starts. The units themselves are left to whoever sent it.
# shellcheck disable=SC2317,SC2329 # called by a trap
ft_end_lanes() {
  ft_stop=94
  ((ft_signals += 1))
  ((${#ft_pids[@]} == 0)) || kill -TERM "${ft_pids[@]}" 2>/dev/null
}

ft_main() {
  local lane code=0 lost=0
  ft_pids=()
  trap ft_end_lanes TERM INT HUP
  trap 'printf "\n" >&6; ((ft_signals += 1))' USR1
  # Job control: a process group for each lane, and SIGINT not ignored in it.
  set -m
  for ((lane = 0; lane < ft_lanes && !ft_stop; lane += 1)); do
    ft_lane "$lane" &
    ft_pids+=("$!")
  done
  # With job control a wait would return when a scheduler suspends a lane.
  set +m
  for lane in "${!ft_pids[@]}"; do
    ft_await "${ft_pids[lane]}"
    # How a lane ended is not known: what it may have left is for a new job.
    if ((ft_status < 0)); then
      lost=1
      ft_status=95
    fi
    # The smallest is the reason, the others are lanes that were told.
    if ((ft_status != 0 && (code == 0 || ft_status < code))); then code=$ft_status; fi
  done
  [[ -z $ft_lanes_file ]] || printf '.\n' >>"$ft_lanes_file"
  if ((ft_stop == 94)); then
    ft_say 'ended by a signal'
    ft_append 'Q 94 .\n'
    trap - TERM
    kill -TERM $$
  fi
  case $code in
    0) ft_append 'C .\n' || exit 92 ;;
    91) ft_quit 91 'cancelled' ;;
    92) ft_quit 92 'a file could not be written (disk full?); nothing more was started' ;;
    93) ft_quit 93 "$ft_units does not hold $ft_unit_count units" ;;
    95)
      ((!lost)) || ft_quit 95 'how a lane ended is not known'
      ft_quit 95 'told to start nothing more'
      ;;
    *) ft_quit 92 "a lane ended with status $code (process limit?)" ;;
  esac
}

ft_own
ft_open_journal
builtin cd -- "$ft_working_dir" || ft_quit 93 "cannot enter $ft_working_dir"
[[ -r $ft_units ]] || ft_quit 93 "cannot read $ft_units"
ft_check_program
ft_main
exit 0
