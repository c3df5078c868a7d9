#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Measures everything that docs/performance.md tells, in one go: kernels, whole runs, the peers in Python, and what more
# frames and more spots cost. Some ten minutes on two quiet cores, 10 GB of memory and 3 GB of disk.
# Usage: run.sh BIN FOLDER [kernels|peers|scaling]...; BIN holds dctprep and bench_*, what is made goes to FOLDER. Where
# FOLDER/scan.h5 exists it is used (2048 x 2048 pixels, bitshuffle-LZ4, more than 501 frames).
set -euo pipefail

bin=$(realpath "$1") here=$(realpath "$(dirname "$0")")
mkdir -p "$2"
folder=$(realpath "$2")
shift 2
parts=${*:-kernels peers scaling}

in_memory() { # NAME, then options of dctprep bench
  echo
  echo "\$ dctprep bench ${*:2}"
  "$bin/dctprep" bench -q --repeats 3 --json "$folder/$1.json" --force "${@:2}"
}

kernels() {
  local program
  for program in "$bin"/bench_{kernels,background,denoise,segment}; do
    "$program" --benchmark_min_time=0.2 --benchmark_out="$folder/$(basename "$program").json"
  done
}

peers() {
  if [ ! -e "$folder/scan.h5" ]; then
    "$bin/dctprep" simulate -o "$folder/scan.h5" --set width=2048 --set height=2048 --set frames=600 --set omega_range=60
  fi
  /usr/bin/python3 "$here/peers.py" "$bin" "$folder/scan.h5" "$folder"
}

scaling() {
  local large=(--set scan.wrap=false --simulate width=2048 --simulate height=2048 --simulate frames=600
    --simulate omega_range=90 --simulate mosaic_deg=0.1)
  in_memory frames_600
  in_memory frames_2400 --simulate frames=2400 --simulate omega_range=240
  in_memory spots_few "${large[@]}" --simulate grains=6
  in_memory spots_many "${large[@]}" --simulate grains=1400
}

uptime
for part in $parts; do "$part"; done
echo
/usr/bin/python3 "$here/targets.py" "$folder"
uptime
