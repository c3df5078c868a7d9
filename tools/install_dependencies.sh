#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs what dctprep needs from Debian, and only what is missing. Usage: install_dependencies.sh [build|test|bench|ci]...
# (default: build). Without root rights sudo is used; without either, the missing packages are named.
set -euo pipefail

build=(g++ cmake ninja-build pkg-config libhdf5-dev libtbb-dev libhwy-dev libcli11-dev libtomlplusplus-dev
  libspdlog-dev libfmt-dev nlohmann-json3-dev liblz4-dev libzstd-dev libtiff-dev libpng-dev zlib1g-dev libbz2-dev libmd-dev)
# The independent readers and oracles that the tests compare with.
test=(libgtest-dev libbenchmark-dev python3 python3-numpy python3-scipy python3-h5py python3-hdf5plugin bitshuffle
  hdf5-filter-plugin hdf5-tools python3-fabio python3-tifffile python3-silx python3-jsonschema zstd)
# What Python has to hold against it.
bench=(libbenchmark-dev python3 python3-numpy python3-scipy python3-h5py python3-hdf5plugin bitshuffle python3-opencv
  python3-bottleneck python3-skimage)
ci=(clang-format git)

wanted=()
for set in "${@:-build}"; do
  declare -n packages="$set"
  wanted+=("${packages[@]}")
done

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing from Debian: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null; then
    as_root=(sudo)
  else
    echo "error: these packages are missing and there are no root rights to install them: ${missing[*]}" >&2
    exit 1
  fi
fi

# Waits for another apt at work, on a machine just started say, instead of failing. DPkg::Lock::Timeout covers the locks
# of dpkg only; those of package lists and downloads are tried again.
lock_timeout="${DCTPREP_APT_TIMEOUT:-600}"
apt() {
  local deadline=$((SECONDS + lock_timeout)) said="" errors
  errors="$(mktemp)"
  until "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout="$lock_timeout" "$@" \
    >/dev/null 2>"$errors"; do
    if ! grep -q 'Could not get lock' "$errors" || [ "$SECONDS" -ge "$deadline" ]; then
      cat "$errors" >&2
      rm -f "$errors"
      echo "error: apt-get $1 failed; run it by hand, then try again" >&2
      return 1
    fi
    [ -n "$said" ] || echo "another apt is at work; waiting for up to $lock_timeout s" >&2
    said=1
    sleep 2
  done
  rm -f "$errors"
}
apt update -qq
apt install -y -qq --no-install-recommends "${missing[@]}"
