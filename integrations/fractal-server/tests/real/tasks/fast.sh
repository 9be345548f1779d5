#!/bin/bash
# A unit that costs next to nothing: notes when it ends.
while [[ $# -gt 0 ]]; do
  [[ $1 == --args-json ]] && args=$2
  shift
done
[[ $(<"$args") =~ \"runs_file\":\ ?\"([^\"]*)\" ]] && runs_file=${BASH_REMATCH[1]}
[[ $(<"$args") =~ \"zarr_url\":\ ?\"([^\"]*)\" ]] && zarr_url=${BASH_REMATCH[1]}
echo "$EPOCHREALTIME $zarr_url" >> "$runs_file"
