# shellcheck shell=bash disable=SC2154
# Which copy of a batch's script may run it, and what it leaves on record of itself (docs/batch-script.md).

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
    [[ -n $program || ! -e ${ft_command[0]} ]] || program=${ft_command[0]}
    if [[ -n $program ]]; then ft_say "not executable on ${HOSTNAME:--}: $program"
    else ft_say "not found on ${HOSTNAME:--}: ${ft_command[0]}"; fi
    ft_append 'X .\nC .\n' || exit 92
    exit 0
  fi
}
