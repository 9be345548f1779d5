# shellcheck shell=bash disable=SC2154
# The lanes of a batch script: they walk the units, claim, run and journal them (docs/batch-script.md).

# May lane $1 start a unit now? 0 yes, 1 no, another lane has taken the unit meanwhile. Without a width file always.
# The order is what keeps the host's limit: first "+" in the lanes file, then the width once more (docs/local.md).
ft_admitted() {
  ft_looks=0
  while ((!ft_stop)); do
    if [[ -e $ft_tombstone ]]; then
      ft_stop=91
    elif [[ -e $ft_pause_mark ]]; then
      ft_stop=97
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
      ft_leave_gpus
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
  # A link that lies there leads nowhere that this script or the unit should write to.
  [[ ! -L $args ]] || rm -f -- "$args"
  # Nothing has begun yet: without the claim the unit counts as never started.
  if ! printf '%s' "$ft_args" >|"$args" || { [[ -e $out || -L $out ]] && ! rm -f -- "$out"; }; then
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

# Units that ran in vain in an earlier try and may run again: the old log becomes -log.N.txt, N the number of that try, which
# frees the claim. Before any lane begins: one that took a claim for taken while another was about to free it would pass by
# a unit that nobody else comes to. A copy of the script that is started again finds the name there, and frees nothing.
ft_free_claims() {
  local index stem log
  grep -q $'^[^\t]*+' "$ft_units" || return 0
  while IFS=$'\t' read -r -u 8 index stem _; do
    [[ $index == *+* ]] || continue
    log=$ft_task_dir/$stem-log
    [[ -e $log.txt && ! -e $log.${index#*+}.txt ]] || continue
    ln -- "$log.txt" "$log.${index#*+}.txt" && rm -f -- "$log.txt"
  done 8<"$ft_units"
}

# Of group $1 one unit runs at a time: whoever has its mark runs all of it. Of this copy of the script, since those that
# an earlier one has left say nothing.
ft_hold_group() {
  local mark=${ft_owner%/*}/group-$ft_job-$ft_restart-$1
  : >"$mark" && ft_held=$1 && return
  [[ -e $mark ]] || ft_stop=92
  return 1
}

# All of it is claimed by now: whoever takes the mark later finds nothing to run.
ft_release_group() {
  [[ ! $ft_held ]] || rm -f -- "${ft_owner%/*}/group-$ft_job-$ft_restart-$ft_held"
  ft_held=
}

# Lane $1 walks all units in order and runs those that nobody has claimed. 0: the end was reached.
ft_walk() {
  local seen=0 group passed=
  ft_held=
  ft_gpu_locks=()
  ft_active=0
  ft_width=0
  while IFS=$'\t' read -r -u 8 ft_index ft_stem ft_args; do
    ((seen += 1))
    ft_log=$ft_task_dir/$ft_stem-log.txt
    ft_index=${ft_index%+*}
    group=
    if [[ $ft_index == *=* ]]; then
      group=${ft_index#*=}
      ft_index=${ft_index%=*}
    fi
    [[ ! $ft_held || $ft_held == "$group" ]] || ft_release_group
    [[ ! -e $ft_log ]] || continue
    [[ ! $group || $group != "$passed" ]] || continue
    if ! ft_admitted "$1"; then
      ((!ft_stop)) || return "$ft_stop"
      continue
    fi
    # Its share is free, but what an earlier unit has left behind may still hold a GPU.
    until ft_take_gpus; do
      ft_pause 0.2
      ft_admitted "$1" || continue 2
    done
    if [[ $group && ! $ft_held ]] && ! ft_hold_group "$group"; then
      ((!ft_stop)) || return "$ft_stop"
      passed=$group
      continue
    fi
    if ! : >"$ft_log"; then
      [[ ! -e $ft_log ]] || continue
      return 92
    fi
    ft_run || return
  done
  ft_release_group
  ((seen == ft_unit_count)) || return 93
}

ft_lane() {
  local code
  # What bash says here (a unit was killed, a claim was lost) is told better by journal and exit code; to redirect
  # it once is quicker than once per command.
  ft_bind_lane "$1"
  exec 2>/dev/null
  # A process group for each unit; a subshell has lost its parent's job control.
  set -m
  trap 'ft_stop=94; ((ft_signals += 1))' TERM INT HUP
  # The script tells its lanes; they must only outlive a signal that was sent to every process of the job.
  trap '((ft_signals += 1))' USR1
  ft_walk "$1" 8<"$ft_units"
  code=$?
  ft_leave_gpus
  [[ -z $ft_lanes_file ]] || printf 'x %s\n' "$1" >>"$ft_lanes_file"
  ((code == 0)) || printf '\n' >&6
  exit "$code"
}
