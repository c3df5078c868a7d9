#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Converts a frame cache of HEXRD (npz: per frame the rows, columns and values above a threshold) to an HDF5 scan.

usage: convert_framecache.py IN.npz OUT.h5 [--crop U0 V0 U1 V1] [--frames FIRST LAST]

OUT.h5 holds /entry/data/data, uint16, one gzip chunk a frame (mostly zeros, so small on disk), and the rotation angle
in the middle of each frame as /entry/data/omega. Columns U0 ... U1-1, rows V0 ... V1-1, frames FIRST ... LAST.
"""
import argparse

import h5py
import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--crop", type=int, nargs=4, metavar=("U0", "V0", "U1", "V1"))
    parser.add_argument("--frames", type=int, nargs=2, metavar=("FIRST", "LAST"))
    arguments = parser.parse_args()

    cache = np.load(arguments.source)
    height, width = (int(n) for n in cache["shape"])
    u0, v0, u1, v1 = arguments.crop or (0, 0, width, height)
    first, last = arguments.frames or (0, int(cache["nframes"]) - 1)
    frame = np.zeros((height, width), np.uint16)
    with h5py.File(arguments.target, "w-") as out:
        group = out.create_group("entry/data")
        group.attrs["NX_class"] = "NXdata"
        group.attrs["signal"] = "data"
        data = group.create_dataset("data", (last - first + 1, v1 - v0, u1 - u0), np.uint16,
                                    chunks=(1, v1 - v0, u1 - u0), compression="gzip", compression_opts=1)
        for k in range(first, last + 1):
            frame[:] = 0
            frame[cache[f"{k}_row"], cache[f"{k}_col"]] = cache[f"{k}_data"]
            data[k - first] = frame[v0:v1, u0:u1]
        omega = group.create_dataset("omega", data=cache["omega"][first:last + 1].mean(axis=1))
        omega.attrs["units"] = "degrees"


if __name__ == "__main__":
    main()
