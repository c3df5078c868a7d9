#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# From nothing to a table of spots: simulates a scan, runs the pipeline on it, shows numbers and pictures, and
# what was found of what is there.
# Usage: demo.sh COMMAND FOLDER; COMMAND is the built dctprep. What an earlier demo left in FOLDER is replaced.
set -euo pipefail

command=$1 folder=$2
mkdir -p "$folder"

step() { # prints the command as a user would type it in FOLDER, then runs it
  echo
  echo "\$ dctprep $*"
  (cd "$folder" && "$command" "$@")
}

command=$(realpath "$command")
step simulate -o scan.h5 --force
step info scan.h5
step run scan.h5 -o spots.h5 --force
step show spots.h5 -o pictures --force
step score spots.h5 --truth scan_truth.h5
step export spots.h5 --to csv --force
echo
echo "the result is $folder/spots.h5, the pictures are in $folder/pictures: look at stages.png first"
