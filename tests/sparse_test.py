# SPDX-License-Identifier: BSD-3-Clause
"""Stored sparse frames by the command: other thresholds and any number of parts give what one run gives, to the bit.
Usage: sparse_test.py DCTPREP"""
import json
import os
import random
import subprocess
import sys
import tempfile

import h5py
import numpy as np

DCTPREP = os.path.abspath(sys.argv[1])
# HDF5 itself forgets memory where it meets damaged files.
os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
D, H, W = 120, 56, 64


def command(*arguments, status=0):
    done = subprocess.run([DCTPREP, *arguments], capture_output=True, text=True)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    assert status == 0 or len(done.stderr.splitlines()) == 1, done.stderr
    return done


def stack(seed):
    """Spots that last for one to thirty frames, one over the seam, a glow, and hot pixels."""
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[:H, :W]
    data = rng.poisson(120 + 80 * np.exp(-((v - 28) ** 2 + (u - 32) ** 2) / 200), (D, H, W)).astype(float)
    for i in range(60):
        f, r, c = (0 if i == 0 else rng.integers(0, D)), rng.integers(3, H - 3), rng.integers(3, W - 3)
        peak, long = rng.uniform(60, 900), rng.choice([1, 2, 4, 12])
        for k in range(int(f - 2 * long), int(f + 2 * long + 1)):
            data[k % D] += np.round(peak * np.exp(-(k - f) ** 2 / (2 * long ** 2))
                                    * np.exp(-((v - r) ** 2 + (u - c) ** 2) / rng.uniform(3, 8)))
    data[rng.integers(0, D, 200), rng.integers(0, H, 200), rng.integers(0, W, 200)] = 65535
    return np.clip(data, 0, 65535).astype(np.uint16)


def write(name, seed, wrap):
    with h5py.File(name, "w") as file:
        file["entry/data/data"] = stack(seed)
        file["entry/data/omega"] = np.arange(D) * (360 / D if wrap else 0.25)


def same(one, other):
    """Every dataset but how the file was made."""
    count = 0
    with h5py.File(one) as a, h5py.File(other) as b:
        names, names_b = [], []
        for file, found in ((a, names), (b, names_b)):
            file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset)
                            and not name.startswith("entry/process") else None)
        assert names == names_b, set(names) ^ set(names_b)
        for name in names:
            # Backgrounds are packed with a filter that h5py may lack: the bytes are compared as they are stored.
            x, y = a[name], b[name]
            assert x.shape == y.shape and x.dtype == y.dtype, name
            if x.chunks:
                chunks = x.id.get_num_chunks()
                assert chunks == y.id.get_num_chunks(), name
                for i in range(chunks):
                    place = x.id.get_chunk_info(i).chunk_offset
                    assert x.id.read_direct_chunk(place)[1] == y.id.read_direct_chunk(place)[1], (name, place)
            else:
                left, right = np.asarray(x[()]), np.asarray(y[()])
                assert left.tobytes() == right.tobytes(), name
            count += 1
        spots = len(a["entry/spots/id"])
    assert count > 50 and spots > 10, (count, spots)
    return spots


def settings(values):
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


BASE = {"beam.region": "none", "beam.normalise": "none", "background.half_window": 20, "background.half_step": 3,
        "denoise.mode": "full", "scan.bad_frames": "[17, 60]", "spots.rejected": "true", "spots.image": "blob2d"}
COUNTS = {"segment.unit": "counts", "segment.seed": 60, "segment.grow_min": 30, "segment.grow_max": 50,
          "segment.min_seed_volume": 3, "segment.split": 0.2}
SIGMA = {"segment.unit": "sigma", "segment.seed": 4, "segment.grow_min": 2, "segment.grow_max": 3.5,
         "segment.min_seed_volume": 3, "segment.split": "0.3"}


def test_parts(wrap, levels):
    write("scan.h5", 3 + wrap, wrap)
    chosen = {**BASE, **levels, "scan.wrap": str(wrap).lower()}
    command("run", "scan.h5", "-o", "one.h5", "--force", "-q", *settings(chosen))
    command("prepare", "scan.h5", "-o", "plan.h5", "--force", "-q", *settings(chosen))
    command("run", "plan.h5", "-o", "by_plan.h5", "--force", "-q")
    same("one.h5", "by_plan.h5")
    for parts in (1, 2, 3, 7, 50):
        files = [f"part{i}.h5" for i in range(1, parts + 1)]
        for i, name in enumerate(files, 1):
            command("run", "plan.h5", "--part", f"{i}/{parts}", "-o", name, "--force", "-q", "--threads", str(1 + i % 2))
        random.Random(parts).shuffle(files)
        command("merge", "merged.h5", *files, "--force", "-q")
        same("one.h5", "merged.h5")
    # Without a plan: every part finds the same.
    for i in (1, 2):
        command("run", "scan.h5", "--part", f"{i}/2", "-o", f"own{i}.h5", "--force", "-q", *settings(chosen))
    command("merge", "merged.h5", "own2.h5", "own1.h5", "--force", "-q")
    same("one.h5", "merged.h5")


def test_refusals():
    command("run", "plan.h5", "--part", "1/3", "-o", "p1.h5", "--force", "-q")
    command("run", "plan.h5", "--part", "3/3", "-o", "p3.h5", "--force", "-q")
    command("run", "plan.h5", "--part", "2/3", "-o", "p2.h5", "--force", "-q")
    text = command("merge", "no.h5", "p1.h5", "p3.h5", "-q", status=1).stderr
    assert "no part holds frames" in text, text
    text = command("merge", "no.h5", "p1.h5", "p3.h5", "p2.h5", "p2.h5", "-q", status=1).stderr
    assert "p2.h5" in text and "both hold" in text, text
    command("run", "scan.h5", "--part", "2/2", "-o", "other.h5", "-q", *settings({**BASE, **SIGMA}))
    text = command("merge", "no.h5", "p1.h5", "other.h5", "-q", status=1).stderr
    assert "other.h5" in text and "another plan" in text, text
    command("merge", "p1.h5", "p1.h5", "p2.h5", "p3.h5", "--force", "-q", status=2)
    for part in ("0/3", "4/3", "1", "1/", "a/b", "1/3x"):
        assert "--part" in command("run", "plan.h5", "--part", part, "-o", "no.h5", "-q", status=2).stderr
    command("run", "plan.h5", "--part", "1/3", "-o", "no.h5", "-q", "--set", "segment.seed=80", status=2)
    command("merge", "no.h5", "one.h5", "-q", status=1)
    with open("p2.h5", "r+b") as file:
        file.seek(os.path.getsize("p2.h5") // 2)
        file.write(b"\0" * 3000)
    assert "p2.h5" in command("merge", "no.h5", "p1.h5", "p2.h5", "p3.h5", "-q", status=1).stderr
    os.rename("scan.h5", "moved.h5")
    text = command("merge", "no.h5", "p1.h5", "p3.h5", "p3.h5", "-q", status=1).stderr
    text = command("run", "plan.h5", "--part", "2/3", "-o", "p2.h5", "--force", "-q", status=1).stderr
    assert "scan.h5" in text, text
    command("run", "plan.h5", "--part", "2/3", "-o", "p2.h5", "--force", "-q", "--scan", "moved.h5")
    text = command("merge", "no.h5", "p1.h5", "p2.h5", "p3.h5", "-q", status=1).stderr
    assert "--scan" in text, text
    command("merge", "merged.h5", "p1.h5", "p2.h5", "p3.h5", "--force", "-q", "--scan", "moved.h5")
    same("one.h5", "merged.h5")
    command("merge", "plain.h5", "p1.h5", "p2.h5", "p3.h5", "--force", "-q", "--set", "spots.photometry=false")
    os.rename("moved.h5", "scan.h5")
    assert not os.path.exists("no.h5")


def test_resegment(wrap, levels, step):
    write("scan.h5", 5 + wrap, wrap)
    chosen = {**BASE, **levels, "scan.wrap": str(wrap).lower()}
    lowest = int(levels["segment.grow_min"] * 0.75 * 16) / 16 if levels is SIGMA else 22
    answer = json.loads(command("run", "scan.h5", "-o", "first.h5", "--force", "-q", "--json", "--set",
                                "output.sparse=true", "--set", f"output.sparse_level={lowest}",
                                *settings(chosen)).stdout)
    assert answer["sparse"] == "first_sparse.h5" and os.path.exists("first_sparse.h5")
    command("resegment", "first.h5", "-o", "again.h5", "--force", "-q")
    same("first.h5", "again.h5")
    draw = random.Random(7 + wrap)
    for _ in range(10):
        grow = lowest + step * draw.randrange(0, 40)
        seed = grow + step * draw.randrange(0, 60)
        other = {"segment.method": draw.choice(["double", "double", "single"]), "segment.seed": seed,
                 "segment.grow_min": grow, "segment.grow_max": grow + step * draw.randrange(0, 60),
                 "segment.tau": round(draw.random(), 3), "segment.connectivity": draw.choice([6, 18, 26]),
                 "segment.min_seed_volume": draw.randrange(0, 8), "segment.split": draw.choice([0, 0.2, 0.7]),
                 "segment.voxel_max": draw.choice([65535, 500]), "filter.min_frames": draw.randrange(0, 3),
                 "filter.min_area": draw.randrange(0, 8), "filter.reject_border": draw.choice(["true", "false"]),
                 "spots.image": draw.choice(["blob2d", "box", "none"])}
        if levels is COUNTS:
            for key in ("segment.seed", "segment.grow_min", "segment.grow_max"):
                other[key] = int(-(-other[key] // 1))
        command("run", "scan.h5", "-o", "full.h5", "--force", "-q", *settings({**chosen, **other}))
        command("resegment", "first_sparse.h5", "-o", "again.h5", "--force", "-q", *settings(other))
        same("full.h5", "again.h5")
    for wrong, words in ((("segment.grow_min=1",), "below"), (("denoise.mode=off",), "run the scan again"),
                         (("segment.nothing=1",), "nothing"), (("segment.seed=auto",), "give a value")):
        done = subprocess.run([DCTPREP, "resegment", "first.h5", "-o", "no.h5", "-q", "--set", *wrong],
                              capture_output=True, text=True)
        assert done.returncode == 2 and words in done.stderr, done.stderr
    assert "output.sparse=true" in command("resegment", "full.h5", "-o", "no.h5", "-q", status=1).stderr
    command("resegment", "first.h5", "-o", "first_sparse.h5", "--force", "-q", status=2)
    assert not os.path.exists("no.h5")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    test_parts(False, COUNTS)
    test_refusals()
    test_parts(True, SIGMA)
    test_resegment(False, SIGMA, 1 / 16)
    test_resegment(True, COUNTS, 1)
    assert not [name for name in os.listdir() if ".part-" in name]
print("sparse_test: passed")
