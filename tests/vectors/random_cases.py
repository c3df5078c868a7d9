# SPDX-License-Identifier: BSD-3-Clause
"""Small simulated scans with configurations, drawn at random or made to measure."""
import numpy as np


def toml_text(config):
    def value(x):
        if isinstance(x, bool):
            return str(x).lower()
        if isinstance(x, str):
            return f'"{x}"'
        return "[" + ", ".join(map(value, x)) + "]" if isinstance(x, list) else repr(x)

    return "\n".join(f"[{table}]\n" + "".join(f"{key} = {value(x)}\n" for key, x in keys.items()) for table, keys in config.items())


def base_config():
    """Levels in counts, no direct beam, everything written; every value that the program would look for is given."""
    return {
        "scan": {"path": "scan.h5::/entry/detector/data", "dark": "none", "flat": "none", "omega_start": -10.0, "omega_step": 0.25,
                 "wrap": False, "bad_frames": [], "max_bad_frames": 0, "mask": "none"},
        "beam": {"region": "none", "sample": "none", "normalise": "none", "guard": 0},
        "background": {"half_window": 8, "half_step": 3},
        "denoise": {"mode": "full", "threshold": 20},
        "segment": {"unit": "counts", "seed": 30, "grow_min": 12, "grow_max": 25, "min_seed_volume": 3, "split": 0.0, "max_fill": 1.0},
        "filter": {},
        "spots": {"rejected": True},
    }


def spot_image(shape, place, width, height):
    """A Gaussian over (frame, row, column)."""
    axes = np.ogrid[tuple(slice(0, n) for n in shape)]
    return height * np.exp(-0.5 * sum(((axis - at) / w) ** 2 for axis, at, w in zip(axes, place, width)))


def make_stack(rng, shape, spots=6, brightness=150.0, level=60.0, glow=60.0, wrap=False, pairs=0, frames_wide=1.2, pixels_wide=1.5):
    """Mean counts before the noise, and counts with it: level, glow, spots, and `pairs` of spots that touch."""
    frames, height, width = shape
    v, u = np.mgrid[:height, :width]
    mean = np.full(shape, level) + glow * np.exp(-((v - height / 2) ** 2 + (u - width / 3) ** 2) / (0.08 * height * width))
    for i in range(spots + pairs):
        place = np.array([rng.uniform(0, frames), rng.uniform(1, height - 1), rng.uniform(1, width - 1)])
        size = np.array([frames_wide, pixels_wide, pixels_wide]) * rng.uniform(0.7, 1.5, 3)
        places = [place]
        if i >= spots:
            places.append(place + rng.choice([-1, 1], 3) * size * rng.uniform(1.4, 2.4, 3) * rng.permutation([1, 1, 0.3]))
        for one in places:
            for turn in (-frames, 0, frames) if wrap else (0,):
                mean += spot_image(shape, one + [turn, 0, 0], size, brightness * rng.lognormal(0, 0.7))
    return mean


def with_noise(rng, mean, readout=3.0, gain=1.0, offset=0.0):
    counts = gain * rng.poisson(np.maximum(mean, 0) / gain) + rng.normal(0, readout, mean.shape) + offset
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)


def random_case(seed):
    """A configuration, and the datasets of its file scan.h5 (and mask.npy)."""
    rng = np.random.default_rng(seed)

    def chance(share):
        return bool(rng.random() < share)

    def draw(low, high):
        return int(rng.integers(low, high + 1))

    config = base_config()
    shape = (draw(5, 40), draw(8, 34), draw(8, 40))
    if chance(0.25):  # more columns than a vector or a word of bits holds
        shape = (draw(5, 20), draw(3, 14), draw(60, 200))
    frames, height, width = shape
    wrap = chance(0.3)
    sigma = chance(0.5)
    mean = make_stack(rng, shape, draw(3, 14), rng.choice([40.0, 150.0, 500.0, 2000.0]), rng.choice([5.0, 60.0, 300.0]), rng.choice([0.0, 100.0]), wrap,
                      draw(0, 4), rng.uniform(0.8, 3), rng.uniform(0.8, 3.5))
    data = {}
    scan, beam, segment, spots = config["scan"], config["beam"], config["segment"], config["spots"]
    if height > 20 and width > 20 and chance(0.5):
        u0, v0 = draw(3, 8), draw(3, 8)
        u1, v1 = u0 + draw(7, 11), v0 + draw(3, 8)
        beam.update(region=[u0, v0, u1, v1], guard=draw(0, 3), normalise=str(rng.choice(["none", "fullbeam", "margin"])), margin=draw(1, 4))
        beam["sample"] = [u0 + 2, v0, u1 - draw(2, 3), v1]
        mean[:, v0:v1, u0:u1] += 3000 * (1 + 0.1 * np.sin(np.arange(frames)))[:, None, None]
        if chance(0.3):
            beam["intensity"] = float(rng.uniform(500, 6000))
        beam["transmission"] = chance(0.5)
    mean *= (1 + 0.02 * rng.normal(size=frames))[:, None, None]
    if beam["region"] != "none" and chance(0.3):
        mean[draw(0, frames - 1)] *= 0.01
        scan["max_bad_frames"] = 5
    offset = 0.0
    if chance(0.4):
        offset = 50.0
        data["darks/data"] = with_noise(rng, np.zeros((draw(1, 6), height, width)), 3.0, offset=offset)
        scan["dark"] = "scan.h5::/darks/data"
        if beam.get("transmission"):
            data["flats/data"] = with_noise(rng, np.full((draw(1, 4), height, width), 2000.0), 3.0, offset=offset)
            scan["flat"] = "scan.h5::/flats/data"
    stack = with_noise(rng, mean, rng.choice([0.5, 3.0, 8.0]), rng.choice([0.3, 1.0, 4.0]), offset)
    if chance(0.2):
        stack = np.minimum(stack, 255).astype(np.uint8)
        data = {name: np.minimum(values, 255).astype(np.uint8) for name, values in data.items()}
    elif chance(0.2):
        stack[rng.random(shape) < 0.001] = 65535
        scan["saturation"] = draw(200, 65535)
    data["entry/detector/data"] = stack
    mask = None
    if chance(0.4):
        mask = (rng.random((height, width)) < 0.03).astype(np.uint8)
        mask[draw(0, height - 1)] |= chance(0.5)
        mask[0, 0] = 0
        scan["mask"] = "mask.npy"
    if chance(0.3):
        scan["bad_frames"] = sorted(rng.choice(frames, draw(1, 3), replace=False).tolist())
        scan["max_bad_frames"] = 6
    if wrap:
        scan.update(wrap=True, omega_step=float(rng.choice([-1, 1]) * 360 / frames))
    elif chance(0.4):  # a list, of one sweep or several
        omega, k, value = [], 0, float(rng.uniform(-90, 90))
        step = float(rng.choice([-0.5, 0.1, 1.0]))
        few = chance(0.5) or frames < 20
        ends = [frames] if few else [frames // 3, 2 * frames // 3, frames]
        for end in ends:
            while k < end:
                omega.append(value)
                value += step * (1 + 0.1 * float(rng.uniform(-1, 1)))
                k += 1
            if chance(0.5):
                step = -step
                value += 2 * step
            else:
                value += 7 * step
        if chance(0.3):  # edges
            inner = [0.5 * (a + b) for a, b in zip(omega, omega[1:])]
            omega = [2 * omega[0] - inner[0]] + inner + [2 * omega[-1] - inner[-1]] if few else omega
        whole = int(1000 * abs(value)) % 2 == 0  # else folded, within frames too where these are edges
        data["entry/omega"] = np.array(omega) if whole else np.array(omega) % 360
        scan.update(omega="scan.h5::/entry/omega", order=str(rng.choice(["auto", "stored", "omega"])))
        del scan["omega_start"], scan["omega_step"]
    config["background"] = {"half_window": draw(3, 20) if chance(0.8) else 500, "half_step": draw(0, 6), "stride": draw(1, 3),
                            "frame_offset": chance(0.7), "offset_stride": draw(1, 5), "save": chance(0.7)}
    config["denoise"] = {"mode": str(rng.choice(["off", "full", "conditional"])), "radius": draw(1, 2), "threshold": draw(1, 60)}
    if sigma:
        low, high = sorted(rng.uniform(1.0, 5.0, 2))
        segment.update(unit="sigma", grow_min=float(low), seed=float(high), grow_max=float(rng.uniform(low, 8)))
        if chance(0.3):
            for key in ("grow_min", "seed", "grow_max"):
                segment[key] = f"{segment[key]} sigma"
            del segment["unit"]
    else:
        low, high = sorted((draw(2, 40), draw(5, 60)))
        segment.update(grow_min=low, seed=high, grow_max=draw(low, 80))
    segment.update(tau=float(rng.uniform(0, 0.6)), connectivity=int(rng.choice([6, 18, 26])), min_seed_volume=draw(0, 4),
                   method="single" if chance(0.15) else "double", split=float(rng.choice([0, 0.6, 0.95, 1.0])),
                   max_fill=1.0 if chance(0.8) else 0.25)
    if chance(0.2):
        segment.update(voxel_min=draw(0, 60), voxel_max=draw(61, 400))
    limits = {"min_area": draw(1, 9), "max_area": draw(15, 200), "min_extent": draw(1, 4), "max_extent": draw(8, 20), "min_frames": draw(1, 3),
              "max_frames": draw(4, 12), "min_beam_distance": draw(1, 8), "reject_border": True, "reject_truncated": True}
    config["filter"] = {key: limit for key, limit in limits.items() if chance(0.1)}
    spots.update(trim_min=float(rng.choice([0, 0.0005, 0.2])), trim_tail=float(rng.choice([0, 0.0005, 0.2])),
                 image=str(rng.choice(["blob3d", "blob2d", "box", "none"])), voxels=chance(0.8), rejected=chance(0.8), photometry=chance(0.8),
                 photometry_frames=100 if chance(0.7) else draw(2, 8))
    return config, data, mask
