# SPDX-License-Identifier: BSD-3-Clause
"""Angles from the file to the table of spots: what a scan does not say is unknown in every output; interlaced passes,
several turns and jumps give what the ordered scan gives. Usage: angles_test.py DCTPREP"""
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

DCTPREP = os.path.abspath(sys.argv[1])
D, H, W = 60, 40, 48
SPOTS = [(8, 10, 12, 700), (17, 30, 20, 900), (25, 12, 36, 600), (33, 28, 40, 800), (41, 8, 24, 750), (50, 20, 8, 650)]
SETTINGS = ["beam.region=none", "beam.normalise=none", "background.half_window=100", "segment.seed=100",
            "segment.grow_min=60", "segment.grow_max=80", "segment.unit=counts", "segment.min_seed_volume=5",
            "denoise.mode=off", "segment.split=0"]
# Numbers that do not depend on where frame 0 is.
SHAPE = ["u_min", "u_max", "v_min", "v_max", "volume", "area", "integral", "peak", "u", "v", "omega"]


def stack(frames=D, spots=SPOTS, seed=1):
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[:H, :W]
    data = rng.poisson(100 + 30 * np.exp(-((v - 20) ** 2 + (u - 24) ** 2) / 300), (frames, H, W)).astype(float)
    for f, r, c, peak in spots:
        for k in range(max(0, f - 2), min(frames, f + 3)):
            data[k] += np.round(peak * np.exp(-(k - f) ** 2 / 1.5) * np.exp(-((v - r) ** 2 + (u - c) ** 2) / 3))
    return data.astype(np.uint16)


def write(name, frames, omega=None):
    with h5py.File(name, "w") as file:
        file["entry/data/data"] = frames
        if omega is not None:
            file["entry/data/omega"] = omega


def command(*arguments):
    done = subprocess.run([DCTPREP, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stderr)
    return done


def run(scan, *more, out="spots.h5"):
    settings = [word for setting in [*SETTINGS, *more] for word in ("--set", setting)]
    return command("run", scan, "-o", out, "--force", "-q", "--json", *settings)


def table(name):
    with h5py.File(name) as file:
        spots = {key: file["entry/spots"][key][()] for key in SHAPE + ["flags", "frame_start", "frame_end"]}
        return spots, file["entry/scan/omega"][()], dict(file["entry/scan/omega"].attrs)


def same(found, right, what):
    assert len(found["u"]) == len(right["u"]) > 0, (what, len(found["u"]), len(right["u"]))
    # A table is in the order of frames; compare in the order of omega.
    order, order_right = np.lexsort((found["u"], found["omega"])), np.lexsort((right["u"], right["omega"]))
    for key in SHAPE:
        assert np.allclose(found[key][order].astype(float), right[key][order_right].astype(float), rtol=0, atol=1e-9), \
            (what, key, found[key][order], right[key][order_right])


def test_unknown():
    frames = stack(90, [(1, 10, 12, 700), (88, 10, 12, 700), (40, 30, 20, 900)])
    write("unknown.h5", frames)
    said = json.loads(run("unknown.h5").stdout)
    assert any("omega is unknown" in line for line in said["warnings"]), said["warnings"]
    spots, omega, attributes = table("spots.h5")
    assert len(spots["u"]) == 3, "no turn is closed"
    assert np.isnan(omega).all() and np.isnan(spots["omega"]).all()
    assert attributes["source"] == "unknown" and attributes["dataset"] == ""
    with h5py.File("spots.h5") as file:
        assert "omega is unknown" in file["entry/process/warnings"][()].decode()
        config = file["entry/process/config"][()].decode()
    assert 'omega_step = "auto"' in config, "no step is made up"
    quiet = command("run", "unknown.h5", "-o", "spots.h5", "--force", "-q", *[w for s in SETTINGS for w in ("--set", s)])
    assert "warning: omega is unknown" in quiet.stderr, quiet.stderr
    initial = command("init", "unknown.h5", "-q")
    assert "omega is unknown" in initial.stderr
    for key in ("omega_start", "omega_step", "omega"):
        assert f'\n{key} = "auto"' in initial.stdout, initial.stdout
    assert "\n# warning: omega is unknown" in initial.stdout
    told = json.loads(command("info", "unknown.h5", "--json", "-q").stdout)
    assert told["omega"]["source"] == "unknown" and told["omega"]["start"] is None, told["omega"]
    score = json.loads(command("score", "spots.h5", "--json", "-q").stdout)
    assert score["friedel"]["why_none"] == "omega is unknown" and score["friedel"]["paired"] == 0
    for option in (["--mates"], ["--pairs", "pairs.csv"]):
        refused = subprocess.run([DCTPREP, "score", "spots.h5", *option], capture_output=True, text=True)
        assert refused.returncode == 1 and "omega is unknown" in refused.stderr, refused
    command("show", "spots.h5", "-o", "pictures", "-q")
    command("export", "spots.h5", "--to", "csv", "-o", "spots.csv", "-q")
    # Given by hand it is known, and says so.
    run("unknown.h5", "scan.omega_start=0", "scan.omega_step=0.1")
    spots, omega, attributes = table("spots.h5")
    assert attributes["source"] == "given" and np.allclose(omega, 0.1 * np.arange(90)), attributes


def test_interlaced():
    frames, omega = stack(), 10 + 0.5 * np.arange(D)
    write("ordered.h5", frames, omega)
    run("ordered.h5", out="ordered_spots.h5")
    right, omega_right, _ = table("ordered_spots.h5")
    passes = {
        "forward": np.r_[np.arange(0, D, 2), np.arange(1, D, 2)],
        "to and fro": np.r_[np.arange(0, D, 2), np.arange(1, D, 2)[::-1]],
        "three": np.r_[np.arange(0, D, 3), np.arange(1, D, 3), np.arange(2, D, 3)],
        "second half first": np.r_[np.arange(D // 2, D), np.arange(D // 2)],
    }
    for what, order in passes.items():
        write("passes.h5", frames[order], omega[order])
        run("passes.h5")
        found, omega_found, _ = table("spots.h5")
        assert np.allclose(omega_found, omega_right), what
        same(found, right, what)
        with h5py.File("spots.h5") as file:
            assert np.array_equal(order[file["entry/scan/file_frame"][()]], np.arange(D)), what
    # Downwards, as measured in that order.
    write("down.h5", frames[::-1], omega[::-1])
    run("down.h5", out="down_spots.h5")
    order = np.r_[np.arange(0, D, 2), np.arange(1, D, 2)]
    write("passes.h5", frames[::-1][order], omega[::-1][order])
    run("passes.h5")
    same(table("spots.h5")[0], table("down_spots.h5")[0], "downwards")
    # Two turns of 6 degree steps, one between the other, counting on and modulo 360.
    omega = 6.0 * np.arange(D)
    write("turn.h5", frames, omega)
    run("turn.h5", out="turn_spots.h5")
    for shift in (0, 360):
        write("passes.h5", frames[order], omega[order] + shift * (np.arange(D) >= D // 2))
        run("passes.h5")
        same(table("spots.h5")[0], table("turn_spots.h5")[0], f"interlaced turns, {shift}")


def test_turns():
    once, again = stack(), stack(seed=2)
    omega = 6.0 * np.arange(D)
    for name, frames in (("first.h5", once), ("second.h5", again)):
        write(name, frames, omega)
        run(name, out=name.replace(".h5", "_spots.h5"))
    for what, angles in (("counting on", np.r_[omega, omega + 360]), ("modulo 360", np.r_[omega, omega])):
        write("turns.h5", np.concatenate([once, again]), angles)
        said = json.loads(run("turns.h5", out="both.h5").stdout)
        assert [os.path.basename(one["output"]) for one in said["turns"]] == ["both_turn1.h5", "both_turn2.h5"], said
        assert not os.path.exists("both.h5")
        for turn, single in (("both_turn1.h5", "first_spots.h5"), ("both_turn2.h5", "second_spots.h5")):
            found, right = table(turn)[0], table(single)[0]
            found["omega"] = found["omega"] % 360
            right["omega"] = right["omega"] % 360
            same(found, right, what)
        run("turns.h5", "scan.turn=2")
        found = table("spots.h5")[0]
        found["omega"] = found["omega"] % 360
        same(found, right, what)
    refused = subprocess.run([DCTPREP, "run", "turns.h5", "--set", "scan.turn=3"], capture_output=True, text=True)
    assert refused.returncode == 2 and "omega runs over 2 turns" in refused.stderr, refused


def test_jump():
    # A spot in the last frames before the jump, another at the same place behind it.
    frames = stack(spots=[(29, 20, 20, 900), (31, 20, 20, 900), (12, 8, 8, 800)])
    omega = np.r_[0.5 * np.arange(30), 40 + 0.5 * np.arange(30)]
    write("jump.h5", frames, omega)
    said = json.loads(run("jump.h5").stdout)
    assert any("2 sweeps, frames 0-29 and 30-59" in line for line in said["warnings"]), said["warnings"]
    spots, _, _ = table("spots.h5")
    assert len(spots["u"]) == 3
    for start, end, flags in zip(spots["frame_start"], spots["frame_end"], spots["flags"]):
        assert end <= 29 or start >= 30
        assert bool(flags & 2) == (end == 29 or start == 30), "what is cut by the jump is flagged"
    score = json.loads(command("score", "spots.h5", "--json", "-q").stdout)
    assert "several sweeps" in score["friedel"]["why_none"]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, "passed")
