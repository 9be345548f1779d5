#!/usr/bin/env bash
# Installs a complete SLURM (controller, node daemon, commands, accounting on MariaDB) from Debian's packages, as root.
# Returns at once when everything is there already. Nothing is started: cluster.sh does that, in a folder of its own.
set -euo pipefail

packages=(slurmctld slurmd slurm-client slurmdbd munge mariadb-server-core mariadb-client-core util-linux procps iproute2)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [[ $state == 'install ok installed' ]] || missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

if ((EUID != 0)); then
  echo "install.sh: run as root to install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# A machine that was just made has no package lists yet.
if ! apt-get install -y -q --no-install-recommends "${missing[@]}"; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
