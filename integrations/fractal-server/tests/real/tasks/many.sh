#!/bin/bash
# A unit that leaves arguments and outputs as of `copies` units more, and logs as of `logs` more.
while [[ $# -gt 0 ]]; do
  [[ $1 == --args-json ]] && args=$2
  [[ $1 == --out-json ]] && out=$2
  shift
done
[[ $(<"$args") =~ \"copies\":\ ?([0-9]+) ]] && copies=${BASH_REMATCH[1]}
[[ $(<"$args") =~ \"logs\":\ ?([0-9]+) ]] && logs=${BASH_REMATCH[1]}
stem=${args%-args.json}
echo '{}' > "$out"
for ((i = 0; i < copies; i++)); do
  printf '{}' > "$stem-$i-args.json"
  printf '{}' > "$stem-$i-metadiff.json"
  ((i < logs)) && printf 'done' > "$stem-$i-log.txt"
done
exit 0
