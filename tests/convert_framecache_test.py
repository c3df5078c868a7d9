#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small frame cache through tools/convert_framecache.py: pixels, angles, crop and range of frames."""
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

TOOL = pathlib.Path(__file__).resolve().parent.parent / "tools" / "convert_framecache.py"

with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    random = np.random.default_rng(1)
    frames = (random.integers(0, 65536, (4, 5, 7)) * (random.random((4, 5, 7)) < 0.2)).astype(np.uint16)
    cache = {"shape": np.array([5, 7]), "nframes": 4, "dtype": b"uint16", "omega": np.array([[k, k + 1.0] for k in range(4)])}
    for k, frame in enumerate(frames):
        cache[f"{k}_row"], cache[f"{k}_col"] = (places.astype(np.uint16) for places in np.nonzero(frame))
        cache[f"{k}_data"] = frame[np.nonzero(frame)]
    np.savez_compressed(folder / "cache.npz", **cache)

    def convert(name, *options):
        subprocess.run([sys.executable, TOOL, folder / "cache.npz", folder / name, *options], check=True)
        with h5py.File(folder / name) as file:
            return file["entry/data/data"][()], file["entry/data/omega"][()]

    data, omega = convert("whole.h5")
    assert data.dtype == np.uint16 and np.array_equal(data, frames)
    assert np.array_equal(omega, [0.5, 1.5, 2.5, 3.5])
    data, omega = convert("part.h5", "--crop", "2", "1", "6", "5", "--frames", "1", "2")
    assert np.array_equal(data, frames[1:3, 1:5, 2:6])
    assert np.array_equal(omega, [1.5, 2.5])
    # An output that is there is kept.
    again = subprocess.run([sys.executable, TOOL, folder / "cache.npz", folder / "part.h5"], stderr=subprocess.DEVNULL)
    assert again.returncode != 0
