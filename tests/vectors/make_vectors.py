#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the test vectors that are named in CASES: scan, configuration, and the results that oracle.py expects.

usage: make_vectors.py [--force] [NAME...]

Without --force only missing ones are written. Vectors that are not in CASES are never touched.
"""
import pathlib
import sys
import tomllib

import numpy as np

import oracle
import scan_files
from random_cases import base_config, make_stack, spot_image, toml_text, with_noise

HERE = pathlib.Path(__file__).resolve().parent
DATA = "entry/detector/data"


def changed(**tables):
    config = base_config()
    for table, keys in tables.items():
        config[table].update(keys)
    return config


# What follows gives a configuration and files: datasets of scan.h5, or images by name.


def sigma_beam():
    """Levels in sigma, glow of the beam, dark, bad pixels at both ends of rows, whole rows of them, margin, transmission."""
    rng = np.random.default_rng(1)
    shape = (18, 30, 32)
    mean = make_stack(rng, shape, 12, 150.0, 20.0, 400.0, pixels_wide=1.1)
    mean[:, 11:18, 8:20] += 2500 * (1 + 0.1 * np.sin(np.arange(18)))[:, None, None]
    mask = np.zeros(shape[1:], np.uint8)
    mask[4, :3] = mask[5, -2:] = mask[7, 10] = mask[23] = mask[26, 5:28] = 1
    config = changed(scan={"mask": "mask.npy", "dark": "scan.h5::/darks/data", "flat": "scan.h5::/flats/data"},
                     beam={"region": [8, 11, 20, 18], "sample": [11, 11, 17, 18], "normalise": "margin", "margin": 2, "guard": 2,
                           "transmission": True},
                     segment={"unit": "sigma", "seed": 3.0, "grow_min": 1.53125, "grow_max": 2.2, "tau": 0.2, "min_seed_volume": 2})
    return config, {DATA: with_noise(rng, mean, offset=80.0), "darks/data": with_noise(rng, np.zeros((4, 30, 32)), offset=80.0),
                    "flats/data": with_noise(rng, np.full((2, 30, 32), 2000.0), offset=80.0), "mask.npy": mask}


def sigma_conditional():
    """Levels that carry their unit, the conditional median, the clip in counts, bad frames between the pairs that tell the noise."""
    rng = np.random.default_rng(2)
    shape = (26, 22, 26)
    stack = with_noise(rng, make_stack(rng, shape, 9, 250.0, 30.0, 200.0), 2.0, 2.0)
    stack[rng.random(shape) < 0.004] += 800
    config = changed(scan={"bad_frames": [0, 9, 10, 25], "max_bad_frames": 4}, denoise={"mode": "conditional", "threshold": 40},
                     background={"half_window": 6, "half_step": 0, "stride": 2, "offset_stride": 3},
                     segment={"seed": "4.5 sigma", "grow_min": "2 sigma", "grow_max": "3.03125 sigma", "min_seed_volume": 4, "voxel_min": 12,
                              "voxel_max": 400, "connectivity": 18}, spots={"image": "blob2d", "trim_min": 0.1})
    del config["segment"]["unit"]
    return config, {DATA: stack}


def blob_frames(frames, height, width, blobs):
    """Spots on nothing: boxes (frames, rows, columns, value), each the largest of what covers it."""
    stack = np.zeros((frames, height, width), np.uint16)
    for k, v, u, value in blobs:
        place = tuple(slice(*one) for one in (k, v, u))
        stack[place] = np.maximum(stack[place], value)
    return stack


BARE = {"background": {"half_window": 40, "half_step": 10, "frame_offset": False}, "denoise": {"mode": "off"}}


def split_limits():
    """Two boxes a row that touch through a saddle. Whether they are split depends on 11 or 12, 29 or 30 voxels, on the saddle, on equals."""
    blobs = []

    def pair(row, first, second, saddle):
        """Boxes of 3 frames: sizes and values (rows, columns, value), 2 columns of `saddle` between them."""
        at = 1
        for height, width, value in (first, second):
            blobs.append(((4, 7), (row, row + height), (at, at + width), value))
            at += width + 2
        blobs.append(((5, 6), (row, row + 1), (1, at), saddle))

    pair(1, (2, 2, 200), (2, 2, 160), 90)  # 12 voxels each: split
    pair(5, (2, 2, 200), (1, 3, 160), 90)  # 9 and 2: not
    blobs.append(((7, 8), (5, 6), (5, 7), 160))
    pair(9, (2, 2, 200), (2, 2, 150), 90)  # 90 is not below 0.6 * 150
    pair(13, (2, 2, 200), (2, 2, 151), 90)
    pair(17, (2, 2, 200), (2, 5, 59), 33)  # below twice the seed: 30 voxels
    pair(21, (2, 2, 200), (3, 3, 59), 33)  # 27 and 2: not
    blobs.append(((7, 8), (22, 23), (5, 7), 59))
    pair(25, (2, 2, 200), (2, 2, 60), 33)  # twice the seed: 12
    pair(29, (2, 2, 120), (2, 2, 120), 60)  # equals
    pair(33, (4, 4, 61), (4, 4, 59), 10)  # the saddle below the seed, above the growth threshold
    blobs.append(((4, 5), (37, 38), (1, 12), 100))  # 11 voxels and 12
    blobs.append(((4, 5), (37, 38), (12, 13), 40))
    blobs.append(((4, 5), (37, 38), (13, 25), 100))
    stack = blob_frames(30, 40, 27, blobs)
    return {**changed(**BARE, segment={"seed": 30, "grow_min": 8, "grow_max": 20, "tau": 0.05, "split": 0.6, "min_seed_volume": 0}),
            "spots": {"rejected": True}}, {DATA: stack}


def split_min_seed_volume():
    """A min_seed_volume above 30: parts need as many; connectivity 6; three peaks and a ring."""
    rng = np.random.default_rng(3)
    mean = np.zeros((30, 24, 30))
    for place, size, height in (((8, 8, 7), (1.5, 2, 2), 300), ((9, 8, 14), (1.5, 2, 2), 260), ((8, 14, 10), (1.3, 1.6, 1.6), 200),
                                ((20, 16, 20), (2, 3, 3), 250), ((20, 17, 26), (1.2, 1.2, 1.2), 240)):
        mean += spot_image(mean.shape, place, size, height)
    stack = with_noise(rng, mean + 20, 1.0, 1.0)
    return changed(background={"half_window": 12, "half_step": 4}, denoise={"mode": "off"},
                   segment={"seed": 40, "grow_min": 10, "grow_max": 30, "connectivity": 6, "min_seed_volume": 35, "split": 0.95}), {DATA: stack}


def split_sigma_wrap():
    """Split in Z over the seam, connectivity 18, all frames of a turn in the negative sense."""
    rng = np.random.default_rng(4)
    shape = (20, 26, 30)
    mean = make_stack(rng, shape, 3, 300.0, 40.0, 100.0, wrap=True, pairs=3, frames_wide=1.3, pixels_wide=1.6)
    for at in (-0.5, 19.5):
        mean += spot_image(shape, (at, 8, 8), (1.2, 1.8, 1.8), 500) + spot_image(shape, (at + 1, 8, 15), (1.2, 1.8, 1.8), 420)
    return changed(scan={"wrap": True, "omega_step": -18.0}, background={"half_window": 7, "half_step": 2},
                   segment={"unit": "sigma", "seed": 3.0, "grow_min": 2.0, "grow_max": 2.75, "connectivity": 18, "split": 0.8},
                   spots={"image": "box"}), {DATA: with_noise(rng, mean)}


def saddles():
    """Growth in detail: chains of peaks with saddles at all heights, equal peaks, absorbed seeds, tau P on whole numbers."""
    blobs = []
    for row, (peaks, lows) in enumerate([((100, 90, 80), (20, 12)), ((60, 100, 60), (15, 15)), ((100, 100, 100), (29, 10)),
                                         ((40, 35, 300), (7, 8)), ((300, 31, 100), (22, 6)), ((100, 30, 30), (7, 6)), ((31, 30, 200), (16, 15)),
                                         ((200, 400, 31), (13, 5))]):
        v = 1 + 4 * row
        for i, peak in enumerate(peaks):
            blobs.append(((10, 12), (v, v + 1), (1 + 6 * i, 3 + 6 * i), peak))
            if i < 2:
                blobs.append(((11, 12), (v, v + 1), (3 + 6 * i, 7 + 6 * i), lows[i]))
        blobs.append(((12, 13), (v, v + 1), (1, 14), 5))
    stack = blob_frames(30, 33, 18, blobs)
    stack[10, 1, 1] += 1  # the others are equals
    return changed(**BARE, segment={"seed": 30, "grow_min": 5, "grow_max": 28, "tau": 0.07, "min_seed_volume": 2}), {DATA: stack}


def sweeps():
    """Three sweeps: a row, the same to and fro, and a jump; spots at their ends; angles as a list."""
    rng = np.random.default_rng(5)
    shape = (34, 22, 26)
    mean = make_stack(rng, shape, 5, 300.0, 60.0, 60.0)
    for frame, v, u in ((10.5, 6, 6), (11, 15, 20), (22, 8, 18), (22.5, 16, 5), (0, 12, 12), (33, 18, 14)):
        mean += spot_image(shape, (frame, v, u), (1.4, 1.3, 1.3), 400)
    mean[11:23] += 25
    omega = np.concatenate([0.5 * np.arange(11), 5.0 - 0.5 * np.arange(12), 40 + 0.5 * np.arange(11)]) + 0.01 * rng.uniform(-1, 1, 34)
    config = changed(scan={"omega": "scan.h5::/entry/omega", "order": "stored", "bad_frames": [12, 33], "max_bad_frames": 2},
                     background={"half_window": 7, "half_step": 2}, segment={"split": 0.7})
    del config["scan"]["omega_start"], config["scan"]["omega_step"]
    return config, {DATA: with_noise(rng, mean), "entry/omega": omega}


def interlaced():
    """Three passes between each other, to and fro, and a bad frame."""
    rng = np.random.default_rng(13)
    data = with_noise(rng, make_stack(rng, (27, 20, 24), 8, 250.0))
    omega = 10 + 0.2 * np.arange(27) + 0.01 * rng.uniform(-1, 1, 27)
    stored = np.concatenate([np.arange(0, 27, 3), np.arange(25, 0, -3), np.arange(2, 27, 3)])
    config = changed(scan={"omega": "scan.h5::/entry/omega", "bad_frames": [13], "max_bad_frames": 1})
    del config["scan"]["omega_start"], config["scan"]["omega_step"]
    return config, {DATA: data[stored], "entry/omega": omega[stored]}


def second_turn():
    """The second of two turns, which is closed."""
    rng = np.random.default_rng(14)
    data = with_noise(rng, make_stack(rng, (37, 18, 20), 12, 250.0))
    config = changed(scan={"omega": "scan.h5::/entry/omega", "turn": 2, "wrap": True}, background={"half_window": 5, "half_step": 2})
    del config["scan"]["omega_start"], config["scan"]["omega_step"]
    return config, {DATA: data, "entry/omega": (150 - 20.0 * np.arange(37)) % 360}


def reference_images():
    """NXtomo: darks, groups of flats between projections, an invalid image and one taken for alignment among them."""
    rng = np.random.default_rng(15)
    keys = np.array([2, 2, 2, 1, 1] + 11 * [0] + [1, 3, 1] + 12 * [0] + [1, 2, 0])
    shape = (len(keys), 22, 26)
    projection = keys == 0
    mean = np.zeros(shape)
    mean[projection] = make_stack(rng, (int(projection.sum()), 22, 26), 7, 250.0)
    mean[projection, 9:14, 8:18] += 1500
    mean[keys == 1] = 10
    mean[keys == 1, 9:14, 8:18] = 2500
    mean[keys == 3] = 500
    control = keys.copy()
    control[-1] = -1
    omega = np.zeros(len(keys))
    omega[projection] = 0.5 * np.arange(projection.sum())
    place = "entry/instrument/detector/"
    config = changed(scan={"path": f"scan.h5::/{place}data", "dark": "auto", "flat": "auto", "omega": "scan.h5::/entry/sample/rotation_angle"},
                     beam={"region": [8, 9, 18, 14], "sample": [11, 9, 15, 14], "normalise": "margin", "margin": 2, "transmission": True})
    del config["scan"]["omega_start"], config["scan"]["omega_step"]
    return config, {place + "data": with_noise(rng, mean, offset=60.0), place + "image_key": keys, place + "image_key_control": control,
                    "entry/sample/rotation_angle": omega}


def edges():
    """N + 1 angles, the edges of the frames, that fall; levels in sigma with method "single"."""
    rng = np.random.default_rng(6)
    omega = 3.0 - 0.25 * np.arange(25)
    config = changed(scan={"omega": "scan.h5::/entry/omega", "order": "stored"},
                     segment={"unit": "sigma", "method": "single", "seed": 2.5, "grow_min": 1.0, "grow_max": 4.0}, spots={"image": "box"})
    del config["scan"]["omega_start"], config["scan"]["omega_step"]
    return config, {DATA: with_noise(rng, make_stack(rng, (24, 20, 24), 8, 200.0)), "entry/omega": omega}


def unknown_omega():
    """Nothing tells the angles; uint8; the largest connectivity; no more pixels than a window of the 2D median holds."""
    rng = np.random.default_rng(7)
    stack = np.minimum(with_noise(rng, make_stack(rng, (26, 5, 6), 4, 100.0, 15.0, 0.0), 1.0), 255).astype(np.uint8)
    stack[8:10, 2:4, 2:4] = 255
    config = changed(scan={"omega": "none"}, background={"half_window": 5, "half_step": 2, "offset_stride": 2},
                     denoise={"mode": "conditional", "radius": 3, "threshold": 8}, segment={"seed": 14, "grow_min": 6, "grow_max": 10})
    del config["scan"]["omega_start"], config["scan"]["omega_step"]
    return config, {DATA: stack}


def seam():
    """The clip takes a blob's first part before the seam, or all but what lies behind it; a blob in every frame; wrapped windows with stride."""
    rng = np.random.default_rng(8)
    frames = 18
    stack = with_noise(rng, np.full((frames, 22, 24), 30.0), 1.0, 0.3)
    for k, v, u, value in ((17, 4, 4, 900), (0, 4, 4, 120), (1, 4, 4, 100), (16, 10, 4, 90), (17, 10, 4, 100), (0, 10, 4, 900), (17, 16, 4, 900),
                           (0, 16, 4, 900), (17, 4, 16, 100), (0, 4, 16, 110), (1, 4, 16, 90)):
        stack[k, v:v + 3, u:u + 3] += np.uint16(value)
    for k in range(frames):  # all round
        u = 8 + abs(k - 9)
        stack[k, 15:18, u:u + 3] += np.uint16(150 + 10 * (k % 3))
    return changed(scan={"wrap": True, "omega_step": 20.0},
                   background={"half_window": 8, "half_step": 1, "stride": 3}, denoise={"mode": "off"},
                   segment={"seed": 60, "grow_min": 20, "grow_max": 50, "voxel_max": 400, "connectivity": 26}), {DATA: stack}


def wide_spot():
    """Spots wider than 48 pixels, for which photometry widens its margin and ring; an island that lasts too long."""
    rng = np.random.default_rng(9)
    shape = (12, 38, 70)
    mean = np.full(shape, 12.0)
    mean += spot_image(shape, (5, 13, 34), (1.0, 3.0, 17.0), 120) + spot_image(shape, (8, 31, 14), (0.8, 1.2, 2.2), 60)
    mean += spot_image(shape, (6, 31, 62), (1.8, 1.2, 1.2), 400)
    return changed(background={"half_window": 11, "half_step": 6}, segment={"seed": 25, "grow_min": 9, "grow_max": 15},
                   spots={"photometry_frames": 6}), {DATA: with_noise(rng, mean, 1.0, 1.0)}


def monitor():
    """Frames are scaled by a monitor, which fails twice; the direct beam is there too; connectivity 6."""
    rng = np.random.default_rng(10)
    shape = (22, 22, 26)
    current = 50 * (1 + 0.2 * np.sin(np.arange(22)))
    mean = make_stack(rng, shape, 8, 300.0) * (current / 50)[:, None, None]
    mean[:, 8:13, 9:17] += 900
    current[6], current[15] = np.nan, 0.4
    return changed(scan={"max_bad_frames": 2}, beam={"region": [9, 8, 17, 13], "normalise": "monitor", "monitor": "scan.h5::/entry/monitor/data",
                                                     "guard": 1},
                   segment={"connectivity": 6, "split": 1.0}, filter={"min_beam_distance": 1}), \
        {DATA: with_noise(rng, mean), "entry/monitor/data": current}


def extremes():
    """Counts at both ends of 16 bits: factors above 1, clipped residuals, differences beyond 4096, saturation, a beam that fails."""
    rng = np.random.default_rng(11)
    shape = (20, 24, 28)
    mean = make_stack(rng, shape, 6, 2000.0, 300.0)
    mean[:, 10:15, 10:20] += 30000 * (1 - 0.03 * np.arange(20))[:, None, None]
    mean[11] *= 0.001
    stack = with_noise(rng, mean, 5.0, 3.0)
    stack[4:6, 3:6, 3:6] = 65535
    stack[13:15, 18:21, 20:24] = 64000
    stack[7, ::2, ::3] = 0
    stack[16:18, 4, 4:24] = 65535
    return changed(scan={"max_bad_frames": 1, "saturation": 64000}, denoise={"mode": "off"},
                   beam={"region": [10, 10, 20, 15], "normalise": "fullbeam", "guard": 1, "intensity": 45000.0},
                   background={"half_window": 5, "half_step": 0}, segment={"seed": 600, "grow_min": 150, "grow_max": 400, "split": 0.6},
                   filter={"min_extent": 2, "max_frames": 6}), {DATA: stack}


def markers():
    """A series of EDF images of type int32 with markers -1 and -2, big-endian, and a number that is missing."""
    rng = np.random.default_rng(12)
    stack = with_noise(rng, make_stack(rng, (18, 18, 22), 7, 200.0, 30.0, 0.0)).astype(np.int32)
    stack[:, 5, 7:9], stack[:, 12] = -1, -2
    stack[3, 14, 14] = 70000
    images = {f"scan/im_{k}.edf": image for k, image in enumerate(stack) if k != 8}
    return changed(scan={"path": "scan", "max_bad_frames": 1}, segment={"min_seed_volume": 2}), images


CASES = {
    "sigma-beam": sigma_beam,
    "sigma-conditional": sigma_conditional,
    "split-limits": split_limits,
    "split-min_seed_volume": split_min_seed_volume,
    "split-sigma-wrap": split_sigma_wrap,
    "saddles": saddles,
    "sweeps": sweeps,
    "omega-interlaced": interlaced,
    "omega-second-turn": second_turn,
    "omega-edges": edges,
    "reference-images": reference_images,
    "omega-unknown": unknown_omega,
    "seam": seam,
    "wide-spot": wide_spot,
    "monitor": monitor,
    "extremes": extremes,
    "markers": markers,
}


def write(name):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    config, files = CASES[name]()
    (folder / "config.toml").write_text(toml_text(config))
    datasets = {path: values for path, values in files.items() if "." not in path}
    if datasets:
        scan_files.write_hdf5(folder / "scan.h5", datasets)
    for path, image in files.items():
        if path.endswith(".npy"):
            np.save(folder / path, image)
        elif path.endswith(".edf"):
            (folder / path).parent.mkdir(exist_ok=True)
            scan_files.write_edf(folder / path, image, big_endian=True)
    config = tomllib.loads((folder / "config.toml").read_text())
    found = oracle.results(scan_files.read_scan(folder, config), config)
    scan_files.write_results(folder / "expected.h5", found, oracle.REASONS, "oracle/Z" in found)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{name}: {len(found['spots/id'])} spots, rejected {found['rejected/count'].tolist()}, flags {found['spots/flags'].tolist()}, "
          f"{size // 1024} KiB")


def main():
    arguments = sys.argv[1:]
    names = [name for name in arguments if name != "--force"] or list(CASES)
    for name in names:
        if "--force" in arguments or not (HERE / name / "expected.h5").exists():
            write(name)


if __name__ == "__main__":
    main()
