# shellcheck shell=bash disable=SC2154
# How a unit is started, and how its end is awaited: a pair, the one part of a batch script to replace for another
# launcher (docs/batch-script.md). Claim, journal and exit codes are the body's business, whatever starts the unit.

# Starts the unit whose words are "$@", in a process group of its own, with stdin empty and stdout and stderr appended
# to $ft_log; returns at once. exec, because a word like `test` must not be the shell's own.
start_unit() {
  {
    umask "$ft_unit_umask"
    [[ -z $ft_locale ]] || export LC_ALL="$ft_locale"
    ((${#ft_settings[@]} == 0)) || ft_restore_settings
    builtin exec -- "$@"
  } </dev/null >>"$ft_log" 2>&1 6<&- 7<&- 8<&- &
}

# Waits until the unit that this lane has started last has ended; leaves its exit status in ft_status, -1 where nobody
# knows it.
await_unit() { ft_await $!; }
