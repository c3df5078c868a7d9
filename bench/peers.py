#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds dctprep against what Debian's Python does of the same work, in one run, and checks that both find the same numbers.

usage: peers.py BIN SCAN.h5 FOLDER

BIN holds dctprep and bench_steps; FOLDER takes what is made. Everything but whole runs of dctprep is measured in processor
seconds of one thread. The Python pipeline (h5py and hdf5plugin, numpy.partition, cv2.medianBlur, scipy.ndimage.label) reads and
corrects every frame; its median is made of MEDIAN_ROWS rows, its frame pass of SAMPLE frames and its labelling of LABEL_ROWS
rows, and scaled up to the whole scan. The plain run of dctprep does that work and no more: levels in counts, all blobs grown
to the same level (segment.grow_max = grow_min), none parted, no photometry. Beside it, what init finds is measured.
"""
import json
import pathlib
import statistics
import subprocess
import sys
import time
import tomllib

import bottleneck
import cv2
import h5py
import hdf5plugin  # noqa: F401  (registers the filters)
import numpy as np
import scipy.ndimage as ndimage
import skimage.measure

MEDIAN_ROWS = 16
LABEL_ROWS = 192
SAMPLE = 24
H_WINDOW, H_STEP = 250, 25  # as by default

failures = []


def check(what, good):
    print(f"  {'same' if good else 'DIFFERENT'}: {what}", flush=True)
    if not good:
        failures.append(what)


def timed(function, repeats=1):
    """The result, and the median of the processor seconds that it took."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        result = function()
        seconds.append(time.process_time() - started)
    return result, statistics.median(seconds)


def rank_median(stack):
    n = len(stack)
    return np.partition(stack, n // 2, axis=0)[n // 2]


def run_ours(binary, scan, folder):
    """Runs dctprep, and measures it. The report of bench of the plain pipeline, whose result lies in folder/spots.h5; that of
    what init finds is left in folder/bench.json."""
    dctprep, found, plain = binary / "dctprep", folder / "scan.toml", folder / "plain.toml"
    subprocess.run([dctprep, "init", "-q", scan, "-o", found, "--force"], check=True)
    bench(dctprep, found, folder / "bench.json")
    # Levels in counts, no spot parted, no photometry: what the Python pipeline does.
    subprocess.run([dctprep, "init", "-q", scan, "-o", plain, "--force", "--set", "segment.unit=counts", "--set",
                    "denoise.mode=full"], check=True)
    grow_min = tomllib.loads(plain.read_text())["segment"]["grow_min"]
    settings = []
    for setting in (f"segment.grow_max={grow_min}", "segment.split=0", "spots.photometry=false", "scan.wrap=false",
                    f"background.half_window={H_WINDOW}", f"background.half_step={H_STEP}"):
        settings += ["--set", setting]
    subprocess.run([dctprep, "run", "-q", plain, "-o", folder / "spots.h5", "--force", *settings], check=True)
    return bench(dctprep, plain, folder / "plain.json", *settings)


def bench(dctprep, config, report, *settings):
    subprocess.run([dctprep, "bench", "-q", config, "--threads", "1,2", "--repeats", "3", "--json", report, "--force",
                    *settings], check=True)
    return json.loads(report.read_text())


class Peer:
    """The same pipeline in Python, on the same file with the same parameters."""

    def __init__(self, result):
        text = lambda name: result[name][()].decode()
        self.config = tomllib.loads(text("entry/process/config"))
        self.result = result
        path, dataset = text("entry/scan/path").split("::")
        self.data = h5py.File(path)[dataset]
        self.frames, self.height, self.width = self.data.shape
        file, stack = self.config["scan"]["dark"].split("::")
        self.dark = rank_median(h5py.File(file)[stack][()])
        beam = self.config["beam"]
        u0, v0, u1, v1 = beam["region"]
        s0, _, s1, _ = beam["sample"]
        self.margins = (slice(v0, v1), [*range(max(u0, s0 - beam["margin"]), s0), *range(s1, min(u1, s1 + beam["margin"]))])
        guard = beam["guard"]
        self.excluded = (slice(max(0, v0 - guard), v1 + guard), slice(max(0, u0 - guard), u1 + guard))
        assert beam["normalise"] == "margin" and self.config["denoise"]["mode"] == "full"
        self.seconds = {}
        self.choose_rows()

    def choose_rows(self):
        """The rows that hold the most whole spots."""
        low, high = (self.result[f"entry/spots/{name}"][()] for name in ("v_min", "v_max"))
        rows = min(LABEL_ROWS, self.height - 2)
        starts = range(1, self.height - rows)
        self.first = max(starts, key=lambda r: np.count_nonzero((low > r) & (high < r + rows - 1)))
        self.rows = slice(self.first, self.first + rows)

    def intensity(self, frame):
        inside = frame[self.margins]
        return float(int(inside.sum(dtype=np.uint64)) / inside.size)

    def read_and_correct(self):
        read = correct = 0.0
        started = time.process_time()
        sample = [self.intensity(cv2.subtract(self.data[k], self.dark))
                  for k in range(0, self.frames, max(1, self.frames // 64))]
        reference = sorted(sample)[len(sample) // 2]
        self.seconds["reference intensity"] = (time.process_time() - started) / self.frames
        self.kept = {k: None for k in np.linspace(0, self.frames - 1, SAMPLE).astype(int).tolist()}
        halo = slice(self.rows.start - 1, self.rows.stop + 1)
        self.strip = np.empty((self.frames, halo.stop - halo.start, self.width), np.uint16)
        self.raw = np.empty((self.frames, MEDIAN_ROWS, self.width), np.uint16)
        same = True
        for k in range(self.frames):
            started = time.process_time()
            raw = self.data[k]
            middle = time.process_time()
            frame = cv2.subtract(raw, self.dark)
            intensity = self.intensity(frame)
            factor = np.float32(reference / intensity)
            frame = np.minimum(np.rint(frame.astype(np.float32) * factor), 65535).astype(np.uint16)
            ended = time.process_time()
            read, correct = read + middle - started, correct + ended - middle
            same &= intensity == self.result["entry/beam/intensity"][k] and factor == self.result["entry/beam/factor"][k]
            self.strip[k] = frame[halo]
            self.raw[k] = raw[self.rows][:MEDIAN_ROWS]
            if k in self.kept:
                self.kept[k] = frame
        self.seconds["read and decode"] = read / self.frames
        self.seconds["correct"] = correct / self.frames
        check(f"beam intensity and factor of {self.frames} frames", same)

    def windows(self):
        for first in range(0, self.frames, 2 * H_STEP):
            centre = min(first + H_STEP, self.frames - 1)
            yield slice(max(0, centre - H_WINDOW), min(self.frames, centre + H_WINDOW + 1))

    def background(self):
        strip = self.strip[:, 1:1 + MEDIAN_ROWS]
        made, seconds = timed(lambda: np.stack([rank_median(strip[w]) for w in self.windows()]))
        self.seconds["background"] = seconds * self.height / MEDIAN_ROWS / self.frames
        expected = self.result["entry/background/data"][:, self.rows][:, :MEDIAN_ROWS]
        check(f"{len(made)} backgrounds, {MEDIAN_ROWS} rows of each", np.array_equal(made, expected))

    def offset(self, frame, background):
        stride = self.config["background"]["offset_stride"]
        keep = np.ones(frame.shape, bool)
        keep[self.excluded] = False
        keep = keep[::stride, ::stride]
        values = (frame[::stride, ::stride].astype(np.int32) - background[::stride, ::stride])[keep]
        return int(rank_median(values))

    def denoise(self, frame, background, offset, first_row=0):
        left = (frame.astype(np.int32) - background - offset).clip(0, 65535).astype(np.uint16)
        rows = slice(max(0, self.excluded[0].start - first_row), max(0, self.excluded[0].stop - first_row))
        left[rows, self.excluded[1]] = 0
        left = cv2.medianBlur(left, 3)
        left[rows, self.excluded[1]] = 0
        return left

    def frame_pass(self):
        offsets = self.result["entry/background/frame_offset"][()]
        backgrounds = self.result["entry/background/data"]
        offset_of, voxel = self.result["entry/voxels/offset"][()], self.result["entry/voxels"]
        frames, v, u, values = (voxel[name][()] for name in ("frame", "v", "u", "intensity"))
        assert offset_of[-1] == len(frames)
        total, same_offset, same_voxels, voxels = 0.0, True, True, 0
        for k, frame in self.kept.items():
            background = backgrounds[k // (2 * H_STEP)]
            started = time.process_time()
            offset = self.offset(frame, background)
            denoised = self.denoise(frame, background, offset)
            total += time.process_time() - started
            same_offset &= offset == offsets[k]
            here = frames == k
            voxels += np.count_nonzero(here)
            same_voxels &= np.array_equal(denoised[v[here], u[here]], values[here])
        self.seconds["offset, subtract, 2D median"] = total / len(self.kept)
        check(f"offsets of {len(self.kept)} frames", same_offset)
        check(f"denoised pixels at the {voxels} voxels of spots in them", same_voxels and voxels > 0)

    def label(self):
        offsets = self.result["entry/background/frame_offset"][()]
        backgrounds = self.result["entry/background/data"][:, self.rows.start - 1:self.rows.stop + 1]
        volume = np.stack([self.denoise(self.strip[k], backgrounds[k // (2 * H_STEP)], offsets[k], self.rows.start - 1)[1:-1]
                           for k in range(self.frames)])
        segment = self.config["segment"]
        seed, grow_min = (int(segment[key].removesuffix(" counts")) for key in ("seed", "grow_min"))
        structure = np.ones((3, 3, 3))

        def blobs():
            seeds, _ = ndimage.label(volume >= seed, structure)
            at = np.flatnonzero(seeds)
            number = seeds.ravel()[at]
            large = np.bincount(number) >= segment["min_seed_volume"]
            grown, _ = ndimage.label(volume >= grow_min, structure)
            wanted = np.unique(grown.ravel()[at[large[number]]])
            boxes = ndimage.find_objects(grown)
            found = []
            for i in wanted:
                box = boxes[i - 1]
                inside = grown[box] == i
                found.append((int(volume[box][inside].sum(dtype=np.uint64)), int(np.count_nonzero(inside)),
                              *(edge for s in box for edge in (s.start, s.stop - 1))))
            return found

        found, seconds = timed(blobs)
        rows = self.rows.stop - self.rows.start
        self.seconds["label and sum"] = seconds * self.height / rows / self.frames
        ours = zip(*(self.result[f"entry/spots/{name}"][()].tolist() for name in
                     ("integral", "volume", "frame_start", "frame_end", "v_min", "v_max", "u_min", "u_max")))
        first, last = self.rows.start, self.rows.stop - 1
        ours = sorted((i, n, k0, k1, v0 - first, v1 - first, u0, u1) for i, n, k0, k1, v0, v1, u0, u1 in ours
                      if v0 > first and v1 < last)
        theirs = sorted(blob for blob in found if blob[4] > 0 and blob[5] < rows - 1)
        check(f"integral, volume and box of the {len(ours)} spots whole inside {rows} rows", ours == theirs and len(ours) > 0)
        (_, count), self.skimage_seconds = timed(lambda: skimage.measure.label(volume >= grow_min, return_num=True,
                                                                               connectivity=3))
        self.skimage_seconds *= self.height / rows / self.frames


def single_steps(peer, binary, folder):
    """(what, ours, Python's, its name) in seconds for what is done alike."""
    path = peer.result["entry/scan/path"][()].decode()
    steps = json.loads(subprocess.run([binary / "bench_steps", path, str(peer.first), str(peer.first + MEDIAN_ROWS - 1), folder],
                                      check=True, stdout=subprocess.PIPE).stdout)["seconds"]
    ours = {name: statistics.median(seconds) for name, seconds in steps.items()}
    rows = []
    decode = peer.seconds["read and decode"]
    rows.append(("decode, a frame", ours["decode"] / peer.frames, decode, "h5py + hdf5plugin"))

    moving = np.fromfile(folder / "moving.u16", np.uint16).reshape(-1, MEDIAN_ROWS, peer.width)
    afresh = np.fromfile(folder / "afresh.u16", np.uint16).reshape(moving.shape)
    check("moving median and every window selected afresh", np.array_equal(moving, afresh))
    whole = peer.height / MEDIAN_ROWS / peer.frames  # from the strip to a frame of the whole scan
    rows.append(("moving median, a frame", ours["moving"] * whole, ours["afresh"] * whole, "rank_select of each window (C++)"))
    few = peer.raw[:, :2]
    made, seconds = timed(lambda: np.stack([np.median(few[w], axis=0) for w in peer.windows()]))
    odd = [i for i, w in enumerate(peer.windows()) if (w.stop - w.start) % 2]
    check(f"numpy.median of the {len(odd)} windows of an odd number of frames",
          len(odd) > 0 and np.array_equal(made[odd], moving[odd, :2]))
    rows.append(("", ours["moving"] * whole, seconds * peer.height / 2 / peer.frames, "numpy.median"))
    made, seconds = timed(lambda: np.stack([rank_median(few[w]) for w in peer.windows()]))
    check("numpy.partition", np.array_equal(made, moving[:, :2]))
    rows.append(("", ours["moving"] * whole, seconds * peer.height / 2 / peer.frames, "numpy.partition"))
    full = [(i, w.stop - 1) for i, w in enumerate(peer.windows()) if w.stop - w.start == 2 * H_WINDOW + 1]
    one = few[:, :1].astype(np.float64)
    made, seconds = timed(lambda: bottleneck.move_median(one, 2 * H_WINDOW + 1, axis=0))
    check(f"bottleneck.move_median of the {len(full)} whole windows",
          len(full) > 0 and all(np.array_equal(made[last], moving[i, :1]) for i, last in full))
    rows.append(("", ours["moving"] * whole, seconds * peer.height / peer.frames, "bottleneck.move_median (every frame)"))

    frame = peer.data[0]
    for radius in (1, 2, 3):
        side = 2 * radius + 1
        denoised = np.fromfile(folder / f"median_{radius}.u16", np.uint16).reshape(frame.shape)
        if radius < 3:  # larger ones cv2 has of 8 bits only
            made, seconds = timed(lambda: cv2.medianBlur(frame, side), 5)
            check(f"cv2.medianBlur {side} x {side}", np.array_equal(made, denoised))
            rows.append((f"2D median {side} x {side}, a frame", ours[f"median_{radius}"], seconds, "cv2.medianBlur"))
        made, seconds = timed(lambda: ndimage.median_filter(frame[:258], side, mode="nearest"))
        check(f"scipy.ndimage.median_filter {side} x {side}", np.array_equal(made[:250], denoised[:250]))
        name = f"2D median {side} x {side}, a frame" if radius == 3 else ""
        rows.append((name, ours[f"median_{radius}"], seconds * peer.height / 258, "scipy.ndimage.median_filter"))
    return rows


def main():
    binary, scan, folder = (pathlib.Path(argument) for argument in sys.argv[1:])
    cv2.setNumThreads(1)
    plain = run_ours(binary, scan, folder)
    with h5py.File(folder / "spots.h5") as result:
        peer = Peer(result)
        print(f"\nThe same in Python: all {peer.frames} frames read and corrected; median of {MEDIAN_ROWS} rows, frame pass of "
              f"{SAMPLE} frames, labels of {LABEL_ROWS} rows, scaled up")
        for step in (peer.read_and_correct, peer.background, peer.frame_pass, peer.label):
            step()
        rows = single_steps(peer, binary, folder)
    total = sum(peer.seconds.values())
    print("\nThe Python pipeline, ms a frame of one core")
    for name, seconds in peer.seconds.items():
        print(f"  {name:<32}{1000 * seconds:>10.2f}")
    print(f"  {'together':<32}{1000 * total:>10.2f}   ({1 / total:.2f} images/s; labelled by scikit-image instead: "
          f"{1000 * peer.skimage_seconds:.2f} for one of two labellings)")
    for i, run in enumerate(plain["runs"]):
        threads = f"{run['threads']} thread" + "s" * (run["threads"] > 1)
        rows.insert(i, (f"plain run, a frame, {threads}", statistics.median(run["run_seconds"]) / peer.frames, total,
                        "the Python pipeline, one core"))
    rows.insert(0, ("plain run, a frame, cpu time", statistics.median(plain["runs"][0]["run_cpu_seconds"]) / peer.frames, total,
                    "the Python pipeline, one core"))
    print(f"\n{'':<34}{'dctprep ms':>12}{'peer ms':>12}{'ratio':>9}  peer")
    for name, ours, theirs, whose in rows:
        print(f"{name:<34}{1000 * ours:>12.3f}{1000 * theirs:>12.3f}{theirs / ours:>9.1f}  {whose}")
    (folder / "peers.json").write_text(json.dumps(
        {"python_seconds_a_frame": peer.seconds,
         "rows": [dict(zip(("what", "dctprep_seconds", "peer_seconds", "peer"), row)) for row in rows]}, indent=2))
    if failures:
        sys.exit(f"\nDIFFERENT: {'; '.join(failures)}")
    print("\nall peers find the same numbers")


if __name__ == "__main__":
    main()
