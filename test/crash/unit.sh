#!/bin/bash
# A unit of the crash suite's runs with real processes: what it does is said by the name of its image. It runs in the
# run's folder; beside that lies what the suite reads.
stem=${2##*/}
stem=${stem%-args.json}
[[ $(<"$2") =~ \"zarr_url\":\"([^\"]*)\" ]] || exit 90
url=${BASH_REMATCH[1]}
printf '%s\n' "$stem" >>../begun
case ${url##*/} in
  fails*) exit 1 ;;
  crashes*)
    ulimit -c 0
    kill -SEGV $$
    ;;
  # The first time everything of its batch is killed, script, lane and itself.
  doomed*)
    if [[ $(grep -cx -- "$stem" ../begun) == 1 ]]; then
      read -r _ _ _ _ _ session _ </proc/self/stat
      pkill -KILL -s "$session"
      sleep 60
    fi
    ;;
  # Long enough for its worker to ask whether the batch lives.
  slow*) sleep 1 ;;
  # Until the suite lets it go, or it is ended.
  stays*) for ((i = 0; i < 3000; i += 1)); do [[ ! -e ../go ]] && sleep 0.02 || break; done ;;
esac
printf '{"image_list_updates":[{"zarr_url":"%s","attributes":{"seen":"%s"}}]}' "$url" "${url##*/}" >"$4"
