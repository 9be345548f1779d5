#!/bin/bash
# A unit of the runs under faults: unit.sh WITNESS-FOLDER ORDER --args-json A --out-json O. What it does is said by the
# name of its image: KIND-TENTHS-NUMBER. It appends what becomes of it to a file of its own that the runner knows nothing of.
stem=${4##*/}
stem=${stem%-args.json}
witness=$1/$2-$stem
printf 'begin %s\n' "$$" >>"$witness"
end() {
  printf 'end %s\n' "$1" >>"$witness"
  exit "$1"
}
arguments=$(<"$4") || end 90
if [[ $arguments =~ \"zarr_urls\":\[([^]]*)\] ]]; then
  IFS=, read -r -a urls <<<"${BASH_REMATCH[1]}"
  sleep 0.2
  printf -v list '{"zarr_url":%s},' "${urls[@]}"
  printf '{"parallelization_list":[%s]}' "${list%,}" >"$6" || end 91
  end 0
fi
[[ $arguments =~ \"zarr_url\":\"([^\"]*)\" ]] || end 92
url=${BASH_REMATCH[1]}
name=${url##*/}
IFS=- read -r kind tenths _ <<<"$name"
sleep "$((tenths / 10)).$((tenths % 10))"
if [[ $2 == 0 ]]; then
  case $kind in
    fails) end 3 ;;
    # As a program that finds no licence: its own word that it may be run again.
    asks) [[ $(grep -c '^begin' "$witness") != 1 ]] || end 75 ;;
    # Until somebody has mended what it needs.
    mended) [[ ! -e $1/broken ]] || end 9 ;;
  esac
fi
case $2 in
  0) printf '{"image_list_updates":[{"zarr_url":"%s","attributes":{"a":"%s"}}]}' "$url" "$name" >"$6" || end 91 ;;
  1) printf '{"image_list_updates":[{"zarr_url":"%s_b","origin":"%s","attributes":{"b":"%s"}}]}' "$url" "$url" "$name" >"$6" || end 91 ;;
esac
end 0
