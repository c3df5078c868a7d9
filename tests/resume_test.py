# SPDX-License-Identifier: BSD-3-Clause
"""Runs that are killed at any moment go on where they were, and end with the bytes of an undisturbed run.
Usage: resume_test.py DCTPREP [KILLS]"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

DCTPREP = os.path.abspath(sys.argv[1])
# HDF5 itself forgets memory where it meets damaged files.
os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
D, H, W = 240, 200, 220
SETTINGS = ["background.half_window=20", "background.half_step=3", "scan.bad_frames=[17, 160]", "spots.rejected=true",
            "spots.image=blob2d", "run.resume=true"]


def stack():
    rng = np.random.default_rng(11)
    v, u = np.mgrid[:H, :W]
    data = rng.poisson(120 + 80 * np.exp(-((v - 100) ** 2 + (u - 110) ** 2) / 2000), (D, H, W)).astype(np.uint16)
    data[:, 90:110, 100:120] += 3000
    data = (data * rng.uniform(0.95, 1.05, (D, 1, 1))).astype(np.uint16)
    for _ in range(400):
        f, r, c = rng.integers(0, D), rng.integers(8, H - 8), rng.integers(8, W - 8)
        peak, long = rng.uniform(80, 900), rng.choice([1, 2, 8])
        box = np.s_[r - 8:r + 8, c - 8:c + 8]
        for k in range(int(f - 2 * long), int(f + 2 * long + 1)):
            light = peak * np.exp(-(k - f) ** 2 / (2 * long ** 2)) * np.exp(-((v - r) ** 2 + (u - c) ** 2) / 6)
            data[k % D][box] += np.round(light[box]).astype(np.uint16)
    return data


def words(settings):
    return [word for setting in settings for word in ("--set", setting)]


def bytes_of(name):
    """Every dataset but how the file was made, as it is stored."""
    found = {}

    def add(path, item):
        if not isinstance(item, h5py.Dataset) or path.startswith("entry/process"):
            return
        if item.chunks:
            places = [item.id.get_chunk_info(i).chunk_offset for i in range(item.id.get_num_chunks())]
            found[path] = [item.id.read_direct_chunk(place)[1] for place in places]
        else:
            found[path] = np.asarray(item[()]).tobytes()

    with h5py.File(name) as file:
        file.visititems(add)
        assert len(file["entry/spots/id"]) > 100
    return found


def start(out, *more):
    return subprocess.Popen([DCTPREP, "run", "scan.h5", "-o", out, "--force", "--threads", "2",
                             *words([*SETTINGS, *SCAN, *more])], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def finish(process, status=0):
    out, err = process.communicate()
    assert process.returncode == status, (process.returncode, err)
    return err


def no_traces():
    left = [name for name in os.listdir() if ".part-" in name or ".resume" in name]
    assert not left, left


def test_kills(random_kill, kills):
    before = time.time()
    finish(start("right.h5"))
    long = time.time() - before
    right = bytes_of("right.h5")
    resumed = done = 0
    while done < kills:
        process = start("out.h5")
        time.sleep(random_kill.uniform(0, 1.2 * long))
        process.send_signal(signal.SIGKILL)
        err = process.communicate()[1]
        resumed += "going on from frame" in err
        done += process.returncode == -signal.SIGKILL
        if process.returncode == 0:
            assert bytes_of("out.h5") == right
    err = finish(start("out.h5"))
    assert bytes_of("out.h5") == right
    no_traces()
    return resumed


def test_refusals():
    # Killed after some blocks: what comes then must not take them for another scan, or other settings.
    def kill_half():
        process = start("out.h5")
        while not any(name.startswith("blocks_0000001") for name in os.listdir("out.h5.resume")
                      ) if os.path.isdir("out.h5.resume") else True:
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        process.send_signal(signal.SIGSTOP)
        # One at a time.
        err = finish(start("out.h5"), 1)
        assert "another run is at work" in err, err
        process.send_signal(signal.SIGKILL)
        process.communicate()

    kill_half()
    err = finish(start("out.h5", "filter.min_frames=2"))
    assert "warning:" in err and "min_frames" in err and "going on" not in err, err
    kill_half()
    os.utime("scan.h5")
    err = finish(start("out.h5"))
    assert "warning:" in err and "scan.h5" in err and "going on" not in err, err
    kill_half()
    name = sorted(name for name in os.listdir("out.h5.resume") if name.startswith("blocks_"))[1]
    with open(f"out.h5.resume/{name}", "r+b") as file:
        file.truncate(1000)
    err = finish(start("out.h5"))
    assert "going on from frame" in err, err
    assert bytes_of("out.h5") == bytes_of("right.h5")
    no_traces()


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with h5py.File("scan.h5", "w") as file:
        file["entry/data/data"] = stack()
        file["entry/data/omega"] = np.arange(D) * 360 / D
    chance = random.Random(5)
    resumed = 0
    SCAN = ["scan.wrap=true", "beam.region=[100,90,120,110]", "beam.normalise=fullbeam", "beam.transmission=true"]
    resumed += test_kills(chance, KILLS // 2)
    SCAN = ["scan.wrap=false", "beam.region=none", "beam.normalise=none"]
    resumed += test_kills(chance, KILLS - KILLS // 2)
    assert resumed > 0
    test_refusals()
print(f"resume_test: {KILLS} kills, {resumed} of the runs killed went on from another one: passed")
