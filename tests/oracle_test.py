#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The command gives, bit for bit, what the independent implementation of the specification gives (tests/vectors/oracle.py).

usage: oracle_test.py DCTPREP_COMMAND [SCANS [SEED]]

SCANS small scans (16) with configurations are drawn at random, the first with SEED (1), and computed by both, on 1 to 4 threads. What
one refuses, the other must refuse. Then both must give the expected results of all test vectors.
"""
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import h5py
import numpy as np

VECTORS = pathlib.Path(__file__).resolve().parent / "vectors"
sys.path.insert(0, str(VECTORS))
sys.dont_write_bytecode = True
import oracle  # noqa: E402
import random_cases  # noqa: E402
import scan_files  # noqa: E402


def write_case(folder, config, data, mask):
    (folder / "config.toml").write_text(random_cases.toml_text(config))
    scan_files.write_hdf5(folder / "scan.h5", data)
    if mask is not None:
        np.save(folder / "mask.npy", mask)


def by_oracle(folder, path):
    """What was computed, or why it is refused."""
    config = tomllib.loads((folder / "config.toml").read_text())
    try:
        found = oracle.results(scan_files.read_scan(folder, config), config)
    except oracle.Refused as refused:
        return str(refused)
    scan_files.write_results(path, found, oracle.REASONS, oracle.in_sigma(oracle.with_defaults(config)["segment"]))
    return found


def by_command(command, folder, path, threads):
    done = subprocess.run([command, "run", folder / "config.toml", "-o", path, "-q", "--force", "--threads", str(threads)],
                          capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr or "it failed"


def compare_files(expected, got):
    with h5py.File(expected) as one, h5py.File(got) as other:
        return scan_files.differences(one, other)


def main():
    command = pathlib.Path(sys.argv[1]).resolve()
    scans = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    failures, spots, refusals = 0, 0, 0

    def report(name, problems):
        nonlocal failures
        if problems:
            failures += 1
            print(f"{name}: FAILED", *problems, sep="\n  ", flush=True)

    for seed in range(first, first + scans):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            write_case(folder, *random_cases.random_case(seed))
            found = by_oracle(folder, folder / "oracle.h5")
            error = by_command(command, folder, folder / "command.h5", 1 + seed % 4)
            if isinstance(found, str) or error:
                refusals += 1
                report(f"seed {seed}", [] if isinstance(found, str) and error else [f"oracle: {found if isinstance(found, str) else 'fine'}",
                                                                                     f"command: {error or 'fine'}"])
                continue
            spots += len(found["spots/id"])
            report(f"seed {seed}", compare_files(folder / "oracle.h5", folder / "command.h5"))
    vectors = sorted(path.parent for path in VECTORS.glob("*/expected.h5"))
    for vector in vectors:
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            found = by_oracle(vector, scratch / "oracle.h5")
            error = by_command(command, vector, scratch / "command.h5", 2)
            if isinstance(found, str) or error:
                report(vector.name, [f"oracle: {found if isinstance(found, str) else 'fine'}", f"command: {error or 'fine'}"])
                continue
            report(vector.name + " (oracle)", compare_files(vector / "expected.h5", scratch / "oracle.h5"))
            report(vector.name + " (command)", compare_files(vector / "expected.h5", scratch / "command.h5"))
            report(vector.name + " (both)", compare_files(scratch / "oracle.h5", scratch / "command.h5"))
    print(f"{scans} random scans with {spots} spots, {refusals} refused; {len(vectors)} vectors; {failures} failures")
    if spots == 0 and scans > 0:
        failures += 1
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
