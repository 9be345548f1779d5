# shellcheck shell=bash disable=SC2154
# The body of every batch script (docs/batch-script.md). src/batch/script.ts puts a shebang, the backend's own lines
# and the assignments of ft_* before it. bash 4.2 must do, with nothing else on the node but coreutils.
#
# Exit codes: 0 closed, 90 another copy has the batch, 91 cancelled (tombstone), 92 a file could not be written,
# 93 folder or units file wrong, 95 told to start nothing more (SIGUSR1), 97 the run is paused; ended by SIGTERM, SIGINT
# or SIGHUP it waits for the units that run and then dies of SIGTERM itself.

# Lines of the site or the user stood before; nothing of theirs may change what follows.
trap - ERR DEBUG RETURN
set +aeEfuvx +o posix -o noclobber
shopt -u failglob nocasematch
IFS=$' \t\n'
unset -f read wait printf kill trap export exec eval type umask date grep ln rm sleep taskset flock
# Its own files are as private as the worker's, whatever lines before have set for the units.
ft_unit_umask=$(umask)
umask "$ft_umask"
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

#include launchers/exec.sh
#include ownership.sh
#include cores.sh
#include lanes.sh

# What a signal to the script does: nothing new starts. The units themselves are left to whoever sent it.
# shellcheck disable=SC2317,SC2329 # called by a trap
ft_end_lanes() {
  ft_stop=94
  ((ft_signals += 1))
  ((${#ft_pids[@]} == 0)) || kill -TERM "${ft_pids[@]}" 2>/dev/null
}

ft_main() {
  local lane code=0 lost=0 paused=0
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
    ((ft_status != 97)) || paused=1
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
      # Lanes that a paused one told: the run may have been resumed since.
      ((!paused)) || ft_quit 97 'the run is paused'
      ft_quit 95 'told to start nothing more'
      ;;
    97) ft_quit 97 'the run is paused' ;;
    *) ft_quit 92 "a lane ended with status $code (process limit?)" ;;
  esac
}

ft_own
ft_open_journal
builtin cd -- "$ft_working_dir" || ft_quit 93 "cannot enter $ft_working_dir"
[[ -r $ft_units ]] || ft_quit 93 "cannot read $ft_units"
ft_check_program
ft_free_claims
ft_share_cpus
#warm launchers/warm-server.sh
#warm launchers/warm.sh
ft_main
exit 0
