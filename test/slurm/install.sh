#!/usr/bin/env bash
# install.sh [PACKAGE...]: installs Debian packages as root; by default a complete SLURM (controller, node daemon,
# commands, accounting on MariaDB). Returns at once when all are there already. Nothing is started: cluster.sh does
# that, in a folder of its own.
set -euo pipefail

wanted=("$@")
if (($# == 0)); then
  wanted=(slurmctld slurmd slurm-client slurmdbd munge mariadb-server-core mariadb-client-core util-linux procps iproute2)
fi

list_missing() {
  local package state
  missing=()
  for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [[ $state == 'install ok installed' ]] || missing+=("$package")
  done
}

list_missing
((${#missing[@]})) || exit 0
if ((EUID != 0)); then
  echo "install.sh: run as root to install ${missing[*]}" >&2
  exit 1
fi

# Test files start side by side: one installs, the others wait for it.
exec 9<"${BASH_SOURCE[0]}"
flock 9
list_missing
((${#missing[@]})) || exit 0
export DEBIAN_FRONTEND=noninteractive
options=(-y -q --no-install-recommends -o DPkg::Lock::Timeout=120)
# A machine that was just made has no package lists yet.
if ! apt-get install "${options[@]}" "${missing[@]}"; then
  apt-get update -q
  apt-get install "${options[@]}" "${missing[@]}"
fi
