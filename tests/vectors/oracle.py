# SPDX-License-Identifier: BSD-3-Clause
"""An independent implementation of docs/specification.md: plain NumPy and SciPy, the whole scan in memory, no thought of speed.

`results(scan, config)` gives every dataset of a result that depends on the data, by its path below /entry. Functions are named after
the sections of the specification and are in their order.
"""
import math
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

LISTED, UNREADABLE, MISSING, NO_BEAM = range(4)
REASONS = ["min_seed_volume", "voxel_clip", "min_area", "max_area", "min_extent", "max_extent", "min_frames", "max_frames",
           "min_beam_distance", "reject_border", "reject_truncated"]
OVERLAP, TRUNCATED, BORDER, SATURATED, BAD_FRAME, CUT, LONG = (1 << bit for bit in range(7))
NAN = float("nan")


@dataclass
class Scan:
    """Frames are uint16 arrays of H x W, or the number of the cause why a frame cannot be read."""
    frames: list
    darks: list = field(default_factory=list)
    flats: list = field(default_factory=list)
    omega: np.ndarray = None  # one angle a frame; None: start and step
    mask: np.ndarray = None
    monitor: np.ndarray = None
    type_max: int = 65535
    first: int = 0  # number of frames[0] in the file
    file_frame: list = None  # where each frame stands in the file; None: in order from `first`

    @property
    def shape(self):
        return next(f.shape for f in [*self.frames, *self.darks, *self.flats] if isinstance(f, np.ndarray))


class Refused(Exception):
    """The run ends with an error."""


DEFAULTS = {
    "scan": {"omega_start": "auto", "omega_step": "auto", "wrap": False, "bad_frames": [], "max_bad_frames": 0, "saturation": "auto",
             "order": "auto", "turn": "auto"},
    "beam": {"region": "none", "sample": "none", "normalise": "none", "margin": 5, "intensity": "auto", "guard": 0, "transmission": False},
    "background": {"half_window": 250, "half_step": 25, "stride": 1, "frame_offset": True, "offset_stride": 4, "save": True},
    "denoise": {"mode": "full", "radius": 1, "threshold": 1},
    "segment": {"method": "double", "unit": "auto", "seed": 1, "tau": 0.1, "grow_min": 1, "grow_max": 1, "connectivity": 26,
                "min_seed_volume": 0, "split": 0.0, "voxel_min": 0, "voxel_max": 65535, "max_fill": 0.25},
    "filter": {"min_area": 0, "max_area": 0, "min_extent": 0, "max_extent": 0, "min_frames": 0, "max_frames": 0, "min_beam_distance": 0,
               "reject_border": False, "reject_truncated": False},
    "spots": {"trim_min": 0.0005, "trim_tail": 0.0005, "image": "blob3d", "voxels": True, "rejected": False, "photometry": True,
              "photometry_frames": 100},
}


def with_defaults(config):
    return {table: {**keys, **config.get(table, {})} for table, keys in DEFAULTS.items()}


def rank_median(values, axis=0):
    values = np.sort(np.asarray(values), axis=axis)
    return np.take(values, values.shape[axis] // 2, axis=axis)


# Angles and sweeps


def usual_step(omega):
    return float(rank_median(np.abs(np.diff(omega))))


def omega_of_list(values):
    """Whole turns undone."""
    values = [float(value) for value in values]
    if len(values) < 2:
        return np.array(values)
    usual, shift = usual_step(values), 0.0
    for k in range(1, len(values)):
        jump = values[k] + shift - values[k - 1]
        turns = math.floor(abs(jump) / 360 + 0.5) * (1 if jump > 0 else -1)
        rest = abs(jump - 360 * turns)
        if turns != 0 and abs(rest - usual) <= 0.5 * usual:
            shift -= 360 * turns
        values[k] += shift
    return np.array(values)


def sweeps_of(omega):
    """Lists of first and last frame."""
    frames = len(omega)
    if frames < 3 or not np.isfinite(omega).all():
        return [(0, frames - 1)]
    usual, starts, direction = usual_step(omega), [0], None
    for k in range(1, frames):
        step = float(omega[k] - omega[k - 1])
        sign = (step > 0) - (step < 0)
        if abs(abs(step) - usual) <= 0.5 * usual and direction in (None, sign):
            direction = sign
        else:
            starts.append(k)
            direction = None
    return [(a, b - 1) for a, b in zip(starts, starts[1:] + [frames])]


def angles(scan, config):
    frames = len(scan.frames)
    if scan.omega is not None:
        return scan.omega
    start, step = config["scan"]["omega_start"], config["scan"]["omega_step"]
    if "auto" in (start, step):
        return np.full(frames, NAN)
    return np.array([start + (scan.first + k) * step for k in range(frames)], dtype=np.float64)


def in_even_order(angles, direction, tolerance):
    """Frames in the order of their angles, if these are even; else None."""
    order = sorted(range(len(angles)), key=lambda k: direction * angles[k])
    rising = [angles[k] for k in order]
    step = usual_step(rising)
    even = step != 0 and all(abs(abs(b - a) - step) <= tolerance * step for a, b in zip(rising, rising[1:]))
    return (order, rising) if even else None


def interlaced_order(omega):
    """Frames and their angles in the order of omega; None where the scan is not interlaced."""
    direction = -1 if omega[1] < omega[0] else 1
    found = in_even_order(omega, direction, 0.5) if len(sweeps_of(omega)) > 1 else None
    if found is None and max(omega) - min(omega) >= 360:
        usual = usual_step(omega)
        within = [a - direction * 360.0 * math.floor((direction * (a - omega[0]) + 1e-6 * usual) / 360) for a in omega]
        found = in_even_order(within, direction, 0.1)
    return found


def turns_of(omega):
    """Lists of first and last frame of each whole turn; [] where the scan is not several."""
    if len(omega) < 3 or len(sweeps_of(omega)) > 1:
        return []
    covered = abs(omega[-1] - omega[0])
    step = covered / (len(omega) - 1)
    turns = math.floor((covered + step) / 360 + 0.5)
    if turns < 2 or not -0.5 * step <= covered + step - 360.0 * turns <= 1.5 * step:
        return []
    number = [math.floor((abs(a - omega[0]) + 0.5 * step) / 360) for a in omega]
    frames = [[k for k, n in enumerate(number) if n == turn] for turn in range(turns)]
    return [(some[0], some[-1]) for some in frames] if all(frames) else []


def arranged(scan, config):
    """The frames that are processed, in their order; their angles without jumps of whole turns."""
    if scan.omega is None or len(scan.frames) < 2:
        return scan
    omega = omega_of_list(scan.omega).tolist()
    order = list(range(len(omega)))
    sweeps, interlaced = sweeps_of(omega), interlaced_order(omega)
    if interlaced is None and len(sweeps) > 1 and (4 * len(sweeps) > len(omega) or any(first == last for first, last in sweeps)):
        raise Refused("the angles do not move steadily")
    wanted = config["scan"]["order"]
    if wanted == "omega" and interlaced is None:
        order = sorted(order, key=lambda k: omega[k])
        omega = [omega[k] for k in order]
    elif wanted != "stored" and interlaced is not None:
        order, omega = interlaced
    turn = config["scan"]["turn"]
    if turn != "auto":
        turns = turns_of(omega)
        if not 1 <= turn <= max(1, len(turns)):
            raise Refused("no such turn")
        first, last = turns[turn - 1] if turns else (0, len(omega) - 1)
        order, omega = order[first:last + 1], omega[first:last + 1]
    return replace(scan, frames=[scan.frames[k] for k in order], omega=np.array(omega), file_frame=[scan.first + k for k in order],
                   monitor=None if scan.monitor is None else scan.monitor[order])


# Dark, direct beam


def minus(frame, dark):
    return np.maximum(frame.astype(np.int64) - dark, 0).astype(np.uint16)


def region_of(value):
    """(u0, v0, u1, v1), or None."""
    return None if value in ("none", "auto", None) else tuple(value)


def intensity_pixels(beam, height, width, bad):
    region, sample = region_of(beam["region"]), region_of(beam["sample"])
    if region is None:
        return None
    u0, v0, u1, v1 = region
    pixels = np.zeros((height, width), bool)
    if beam["normalise"] == "margin":
        for first, last in ((sample[0] - beam["margin"], sample[0]), (sample[2], sample[2] + beam["margin"])):
            first, last = max(first, u0), min(last, u1)
            if first < last:
                pixels[v0:v1, first:last] = True
    else:
        pixels[v0:v1, u0:u1] = True
    pixels &= ~bad
    if not pixels.any():
        raise Refused("no good pixel measures the beam")
    return pixels


def mean_of(frame, pixels):
    if pixels is None:
        return 1.0
    return float(int(frame[pixels].sum(dtype=np.uint64))) / float(int(pixels.sum()))


def corrected(frame, factor):
    if factor == np.float32(1):
        return frame
    product = frame.astype(np.float32) * np.float32(factor)
    return np.rint(np.minimum(product, np.float32(65535))).astype(np.uint16)


def transmission(frame, intensity, flat, flat_intensity, region, radius):
    u0, v0, u1, v1 = region
    ratio = frame[v0:v1, u0:u1].astype(np.float64) / intensity
    if flat is not None:
        crop = flat[v0:v1, u0:u1].astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(crop == 0, NAN, ratio / (crop / flat_intensity))
    padded = np.pad(ratio, radius, mode="edge")
    out = np.full(ratio.shape, NAN)
    for v in range(ratio.shape[0]):
        for u in range(ratio.shape[1]):
            if not np.isnan(ratio[v, u]):
                window = padded[v:v + 2 * radius + 1, u:u + 2 * radius + 1].ravel()
                out[v, u] = rank_median(window[~np.isnan(window)])
    return out.astype(np.float32)


# Background, subtraction, 2D median


def blocks_of(sweeps, half_step):
    """Lists of first, last, centre, sweep."""
    size = max(1, 2 * half_step)
    return [(a, min(a + size - 1, last), min(a + half_step, last), (first, last))
            for first, last in sweeps for a in range(first, last + 1, size)]


def window_of(block, frames, options, wrap):
    _, _, centre, (first, last) = block
    window = set()
    for k in range(centre - options["half_window"], centre + options["half_window"] + 1):
        if (k - centre) % options["stride"] == 0:
            if wrap:
                window.add(k % frames)
            elif first <= k <= last:
                window.add(k)
    return sorted(window)


def offset_of(frame, background, usable, options):
    stride = options["offset_stride"]
    difference = (frame.astype(np.int64) - background)[::stride, ::stride][usable[::stride, ::stride]]
    return 0 if not options["frame_offset"] or difference.size == 0 else int(rank_median(difference))


def median_2d(residual, bad, options):
    radius = options["radius"]
    if options["mode"] == "off":
        return residual
    padded, padded_bad = np.pad(residual, radius, mode="edge"), np.pad(bad, radius, mode="edge")
    median = np.zeros_like(residual)
    for v in range(residual.shape[0]):
        for u in range(residual.shape[1]):
            place = np.s_[v:v + 2 * radius + 1, u:u + 2 * radius + 1]
            values = padded[place][~padded_bad[place]]
            if values.size:
                median[v, u] = rank_median(values)
    if options["mode"] == "full":
        return median
    stands_out = np.abs(residual.astype(np.int64) - median) > options["threshold"]
    return np.where(bad | stands_out, median, residual)


# Levels


def in_sigma(segment):
    units = {text.split()[-1] for text in (segment[key] for key in ("seed", "grow_min", "grow_max")) if isinstance(text, str)}
    return segment["unit"] == "sigma" or "sigma" in units


def step_of(level, sigma):
    number = float(level.split()[0]) if isinstance(level, str) else level
    return min(65535, max(1, math.floor(16 * number + 0.5))) if sigma else int(number)


def bin_of(total):
    if total < 4:
        return 1 + total
    octave = total.bit_length() - 1
    return 1 + 4 * (octave - 1) + (total // 2 ** (octave - 2)) % 4


def noise_model(frames, bad_frame, sweeps, scan, usable):
    """readout_variance, gain, and x, y, n of the bins."""
    count, (height, width) = len(bad_frame), scan.shape
    step = 1
    while (step + 1) ** 2 * 2 ** 18 <= height * width:
        step += 1
    places = np.zeros((height, width), bool)
    places[::step, ::step] = True
    places &= usable
    sweep_at = {k: sweep for sweep in sweeps for k in range(sweep[0], sweep[1] + 1)}
    bins = {}  # differences and sum of t

    def add(number, differences, total):
        held = bins.setdefault(number, [[], 0])
        held[0].extend(np.clip(differences, -4096, 4096).tolist())
        held[1] += total

    pairs = min(16, count - 1)
    for i in range(pairs):
        k = i * (count - 1) // pairs
        if bad_frame[k] or bad_frame[k + 1] or sweep_at[k] != sweep_at[k + 1]:
            continue
        a, b = (frames[j][places].astype(np.int64) for j in (k, k + 1))
        numbers = np.array([bin_of(int(t)) for t in a + b])
        for number in np.unique(numbers):
            here = numbers == number
            add(int(number), (b - a)[here], int((a + b)[here].sum()))
    for i in range(min(8, len(scan.darks) // 2)):
        a, b = scan.darks[2 * i], scan.darks[2 * i + 1]
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            add(0, (b.astype(np.int64) - a)[places], 0)

    def quantile(values, counts, share):
        wanted, below = share * float(counts.sum()), 0.0
        for value, here in zip(values.tolist(), counts.tolist()):
            if below + here >= wanted:
                return (value - 0.5) + (wanted - below) / here
            below += here
        raise AssertionError

    levels, variances, samples = [], [], []
    for number in sorted(bins):
        differences, total = bins[number]
        n = len(differences)
        if n < 100:
            continue
        values, counts = np.unique(differences, return_counts=True)
        w = (quantile(values, counts, 0.75) - quantile(values, counts, 0.25)) / 1.3489795003921634
        y = max(1 / 12, (w * w - 1 / 12) / 2)
        x = float(total) / (2.0 * n)
        if number > 0 and x < 2 * math.sqrt(y):
            continue
        levels.append(x)
        variances.append(y)
        samples.append(n)
    if not levels:
        return NAN, NAN, (levels, variances, samples)
    s = sx = sy = sxx = sxy = 0.0
    for x, y, n in zip(levels, variances, samples):
        weight = n / (y * y)
        s += weight
        sx += weight * x
        sy += weight * y
        sxx += weight * x * x
        sxy += weight * x * y
    det = s * sxx - sx * sx
    if len(levels) == 1 or not det > 1e-9 * s * sxx:
        gain, readout = 0.0, sy / s
    else:
        gain, readout = (s * sxy - sx * sy) / det, (sxx * sy - sx * sxy) / det
    if gain < 0:
        gain, readout = 0.0, sy / s
    elif readout < 1 / 12:
        readout = 1 / 12
        gain = max(0.0, (sxy - 1 / 12 * sx) / sxx) if sxx > 0 else 0.0
    return readout, gain, (levels, variances, samples)


def in_sixteenths(denoised, background, bad, readout, gain):
    under = background.copy()
    height, width = under.shape
    for v in range(height):
        good = [u for u in range(width) if not bad[v, u]]
        for u in range(width):
            if bad[v, u]:
                left = [x for x in good if x < u]
                under[v, u] = background[v, left[-1]] if left else background[v, good[0]] if good else 0
    sigma = np.sqrt(np.maximum(1 / 12, readout + gain * under.astype(np.float64)))
    weight = np.maximum(1.0, np.rint(1048576.0 / sigma)).astype(np.int64)
    return np.minimum(65535, (denoised.astype(np.int64) * weight + 32768) // 65536).astype(np.uint16)


# Segmentation. Voxels are (k, v, u).


class Space:
    """Which voxels are neighbours."""

    def __init__(self, shape, connectivity, sweeps, wrap):
        self.shape, self.sweeps, self.wrap = shape, sweeps, wrap
        order = {6: 1, 18: 2, 26: 3}[connectivity]
        self.structure = ndimage.generate_binary_structure(3, order)
        self.steps = [tuple(step - 1) for step in np.argwhere(self.structure) if tuple(step) != (1, 1, 1)]
        self.sweep = np.repeat(np.arange(len(sweeps)), [b - a + 1 for a, b in sweeps])

    def index(self, voxel):
        frames, height, width = self.shape
        return ((voxel[0] % frames) * height + voxel[1]) * width + voxel[2]

    def neighbours(self, voxel):
        frames, height, width = self.shape
        for dk, dv, du in self.steps:
            k, v, u = voxel[0] + dk, voxel[1] + dv, voxel[2] + du
            if self.wrap:
                k %= frames
            if 0 <= k < frames and 0 <= v < height and 0 <= u < width and self.sweep[k] == self.sweep[voxel[0]]:
                yield k, v, u

    def components(self, wanted):
        """Labels from 1 on, and how many."""
        labels, count = np.zeros(self.shape, np.int64), 0
        for first, last in self.sweeps:
            part, found = ndimage.label(wanted[first:last + 1], self.structure)
            labels[first:last + 1] = np.where(part > 0, part + count, 0)
            count += found
        if self.wrap:
            parent = list(range(count + 1))

            def root(label):
                while parent[label] != label:
                    label = parent[label]
                return label

            for v, u in np.argwhere(wanted[-1]):
                for k, v2, u2 in self.neighbours((self.shape[0] - 1, int(v), int(u))):
                    if k == 0 and wanted[0, v2, u2]:
                        a, b = sorted((root(labels[-1, v, u]), root(labels[0, v2, u2])))
                        parent[b] = a
            labels = np.array([root(label) for label in range(count + 1)])[labels]
        return labels, count


@dataclass
class Blob:
    voxels: list  # unwrapped, in order
    growth_threshold: int = 0
    level: int = 0
    seed_volume: int = 0
    is_part: bool = False
    small: bool = False


def unwrapped(voxels, space):
    """In the order of (frame, v, u)."""
    frames = space.shape[0]
    held = {voxel[0] for voxel in voxels}
    if space.wrap and 0 in held and frames - 1 in held and len(held) < frames:
        gap = next(k for k in range(frames) if k not in held)
        voxels = [(k + frames if k < gap else k, v, u) for k, v, u in voxels]
    return sorted(voxels)


def voxels_by_label(labels):
    groups = {}
    for k, v, u in np.argwhere(labels).tolist():
        groups.setdefault(int(labels[k, v, u]), []).append((k, v, u))
    return groups


def split(voxels, z, space, seed, share, min_seed_volume):
    """Lists of voxels: the parts, or the whole blob alone."""
    inside = set(voxels)
    value = {voxel: int(z[voxel]) for voxel in voxels}
    order = sorted(voxels, key=lambda voxel: (-value[voxel], space.index(voxel)))
    rank = {voxel: i for i, voxel in enumerate(order)}
    basin_of, label_of, basins = {}, {}, {}  # a basin: its voxels

    def is_firm(basin, x):
        peak = max(value[voxel] for voxel in basins[basin])
        bright = sum(value[voxel] >= seed for voxel in basins[basin])
        least = max(30 if peak < 2 * seed else 12, min_seed_volume)
        return bright >= least and value[x] < share * peak

    for i, x in enumerate(order):
        near = sorted((y for y in space.neighbours(x) if y in inside and y in basin_of), key=rank.get)
        if not near:
            basin_of[x], label_of[x], basins[i] = i, i, [x]
            continue
        touched = {basin_of[y] for y in near}
        firm = {basin for basin in touched if is_firm(basin, x)} if len(touched) > 1 else set()
        label_of[x] = label_of[next(y for y in near if not firm or basin_of[y] in firm)]
        if len(touched) > 1:
            for basin in touched - firm:
                for voxel in basins[basin]:
                    label_of[voxel] = label_of[x]
        joined = min(touched)
        for basin in touched - {joined}:
            for voxel in basins[basin]:
                basin_of[voxel] = joined
            basins[joined] += basins.pop(basin)
        basins[joined].append(x)
        basin_of[x] = joined
    parts = {}
    for voxel in voxels:
        parts.setdefault(label_of[voxel], []).append(voxel)
    return list(parts.values())


def segment(z, space, options, seed, grow_min, grow_max):
    bright, _ = space.components(z >= seed)
    seeds, blobs = [], []
    for voxels in voxels_by_label(bright).values():
        if len(voxels) < options["min_seed_volume"]:
            blobs.append(Blob(unwrapped(voxels, space), small=True))
            continue
        peak = min(voxels, key=lambda voxel: (-int(z[voxel]), space.index(voxel)))
        seeds.append((int(z[peak]), peak, len(voxels)))
    seeds.sort(key=lambda one: (-one[0], space.index(one[1])))  # strongest first
    single = options["method"] == "single"
    threshold = [seed if single else min(seed, max(grow_min, min(grow_max, math.ceil(options["tau"] * peak - 1e-6))))
                 for peak, _, _ in seeds]
    level, blob_label = [None] * len(seeds), {}
    for height in range(min(threshold, default=1), seed + 1):
        labels, _ = space.components(z >= height)
        strongest = {}  # of each component
        for n, (_, peak, _) in enumerate(seeds):
            strongest.setdefault(int(labels[peak]), n)
        for n, (_, peak, _) in enumerate(seeds):
            if level[n] is None and threshold[n] <= height and strongest[int(labels[peak])] == n:
                level[n] = height
                blob_label[n] = (labels, int(labels[peak]))
    for n, (_, peak, volume) in enumerate(seeds):
        if any(blob_label[m][0][peak] == blob_label[m][1] for m in range(n)):
            continue
        labels, label = blob_label[n]
        voxels = [tuple(voxel) for voxel in np.argwhere(labels == label).tolist()]
        parts = [voxels] if options["split"] == 0 else split(voxels, z, space, seed, options["split"], options["min_seed_volume"])
        for part in parts:
            is_part = len(parts) > 1
            own = sum(int(z[voxel]) >= seed for voxel in part) if is_part else volume
            blobs.append(Blob(unwrapped(part, space), threshold[n], level[n], own, is_part))
    return blobs


# Filters and spots


class Measure:
    """What a blob is measured against."""

    def __init__(self, **values):
        self.__dict__.update(values)

    def sweep_of(self, k):
        return next(sweep for sweep in self.space.sweeps if sweep[0] <= k <= sweep[1])

    def f(self, voxel):
        return int(self.denoised[voxel[0] % self.space.shape[0]][voxel[1], voxel[2]])


def outline(voxels, m):
    frames, vs, us = zip(*voxels)
    peak = min(voxels, key=lambda voxel: (-m.f(voxel), m.space.index(voxel)))
    return {"frame_start": min(frames), "frame_end": max(frames), "u_min": min(us), "u_max": max(us), "v_min": min(vs), "v_max": max(vs),
            "volume": len(voxels), "area": len({voxel[1:] for voxel in voxels}), "peak": m.f(peak), "peak_frame": peak[0],
            "peak_v": peak[1], "peak_u": peak[2]}


def flags_of(voxels, blob, row, m):
    frames, height, width = m.space.shape
    flags = OVERLAP if blob.is_part or blob.level > blob.growth_threshold else 0
    if m.space.wrap:
        near = {k % frames for k in range(row["frame_start"] - 1, row["frame_end"] + 2)}
    else:
        first, last = m.sweep_of(row["frame_start"])
        if row["frame_start"] == first or row["frame_end"] == last:
            flags |= TRUNCATED
        near = {k for k in range(row["frame_start"] - 1, row["frame_end"] + 2) if first <= k <= last}
    if row["u_min"] == 0 or row["v_min"] == 0 or row["u_max"] == width - 1 or row["v_max"] == height - 1:
        flags |= BORDER
    if any(m.saturated[voxel[0] % frames][voxel[1:]] and not m.bad[voxel[1:]] for voxel in voxels):
        flags |= SATURATED
    if any(m.bad_frame[k] for k in near):
        flags |= BAD_FRAME
    if m.excluded.any():
        beside = ndimage.binary_dilation(m.excluded, np.ones((3, 3), bool))
        if any(beside[voxel[1:]] for voxel in voxels):
            flags |= CUT
    if 2 * (row["frame_end"] - row["frame_start"] + 1) > m.config["background"]["half_window"]:
        flags |= LONG
    return flags


def reason_of(row, flags, m):
    limit = m.config["filter"]
    sides = row["u_max"] - row["u_min"] + 1, row["v_max"] - row["v_min"] + 1
    frames = row["frame_end"] - row["frame_start"] + 1
    distance = None
    if m.region is not None:
        u0, v0, u1, v1 = m.region
        distance = max(u0 - 1 - row["u_max"], row["u_min"] - u1, v0 - 1 - row["v_max"], row["v_min"] - v1)
    tests = [("min_area", row["area"] < limit["min_area"]), ("max_area", row["area"] > limit["max_area"]),
             ("min_extent", min(sides) < limit["min_extent"]), ("max_extent", max(sides) > limit["max_extent"]),
             ("min_frames", frames < limit["min_frames"]), ("max_frames", frames > limit["max_frames"]),
             ("min_beam_distance", distance is not None and distance < limit["min_beam_distance"]),
             ("reject_border", bool(flags & BORDER)), ("reject_truncated", bool(flags & TRUNCATED))]
    return next((name for name, applies in tests if limit[name] and applies), None)


def moments(voxels, row, m):
    total = sum(m.f(voxel) for voxel in voxels)
    columns, first, second, cross = {}, {}, {}, 0
    low = {"frame": row["frame_start"], "v": row["v_min"], "u": row["u_min"]}
    for axis, (name, start) in enumerate(low.items()):
        first[name] = sum(m.f(voxel) * (voxel[axis] - start) for voxel in voxels)
        second[name] = sum(m.f(voxel) * (voxel[axis] - start) ** 2 for voxel in voxels)
        columns[name] = float(start * total + first[name]) / float(total)
        columns["sigma_" + name] = math.sqrt(float(second[name] * total - first[name] ** 2) / float(total * total))
    cross = sum(m.f(voxel) * (voxel[1] - low["v"]) * (voxel[2] - low["u"]) for voxel in voxels)
    columns["cov_uv"] = float(cross * total - first["u"] * first["v"]) / float(total * total)
    return columns


def omega_at(x, omega):
    count = len(omega)
    turn = -360.0 if omega[-1] < omega[0] else 360.0

    def at(k):
        return float(omega[k % count]) + turn * (k // count)

    below = math.floor(x)
    share = x - below
    return at(below) if share == 0 else at(below) + share * (at(below + 1) - at(below))


def omega_trim(voxels, row, options, m):
    sums = {k: 0 for k in range(row["frame_start"], row["frame_end"] + 1)}
    for voxel in voxels:
        sums[voxel[0]] += m.f(voxel)
    integral = sum(sums.values())
    brightest = min(sums, key=lambda k: (-sums[k], k))

    def trim(k, step):
        while k != brightest and sums[k] < options["trim_min"] * sums[brightest]:
            k += step
        dropped = 0
        while k != brightest and dropped + sums[k] <= options["trim_tail"] * integral:
            dropped += sums[k]
            k += step
        return k

    return {"integral": integral, "frame_max": brightest, "frame_ext_start": trim(row["frame_start"], 1),
            "frame_ext_end": trim(row["frame_end"], -1)}


def image_of(voxels, row, kind, m):
    frames = m.space.shape[0]
    image = np.zeros((row["v_max"] - row["v_min"] + 1, row["u_max"] - row["u_min"] + 1), np.uint32)
    kept = range(row["frame_ext_start"], row["frame_ext_end"] + 1)
    if kind == "blob3d":
        for voxel in voxels:
            if voxel[0] in kept:
                image[voxel[1] - row["v_min"], voxel[2] - row["u_min"]] += m.f(voxel)
        return image
    under = np.full(image.shape, kind == "box")
    if kind == "blob2d":
        for _, v, u in voxels:
            under[v - row["v_min"], u - row["u_min"]] = True
    crop = np.s_[row["v_min"]:row["v_max"] + 1, row["u_min"]:row["u_max"] + 1]
    for k in kept:
        reached = m.z[k % frames][crop] >= m.lowest
        image += np.where(under & reached, m.denoised[k % frames][crop], 0).astype(np.uint32)
    return image


def about(x, zeroth, first, second):
    return second - 2 * x * first + x * x * zeroth


def photometry(voxels, blob, blobs, row, m):
    frames, height, width = m.space.shape
    columns = dict.fromkeys(("intensity", "intensity_sigma", "snr", "intensity_frame", "intensity_u", "intensity_v", "frame_sigma", "u_sigma",
                             "v_sigma", "pedestal"), NAN)
    columns["intensity_volume"] = 0
    start = blob.voxels[0]
    island = m.islands == m.islands[start[0] % frames, start[1], start[2]]
    if island.any(axis=(1, 2)).sum() > m.config["spots"]["photometry_frames"]:
        return columns
    side = max(row["v_max"] - row["v_min"], row["u_max"] - row["u_min"]) + 1
    wider = max(0, side // 16 - 2)
    margin, ring_start, ring_end = 2 + wider, 4 + wider, 9 + 2 * wider
    shape = np.zeros((height, width), bool)
    for _, v, u in voxels:
        shape[v, u] = True
    distance = ndimage.distance_transform_cdt(~shape, metric="chessboard") if not shape.all() else np.zeros(shape.shape, int)
    vb, ub = max(0, row["v_min"] - ring_end), max(0, row["u_min"] - ring_end)
    held = row["frame_end"] - row["frame_start"] + 1
    if m.space.wrap:
        first = row["frame_start"] - 1 if held < frames else row["frame_start"]
        last = min(row["frame_end"] + 1, first + frames - 1)
    else:
        sweep = m.sweep_of(row["frame_start"])
        first, last = max(sweep[0], row["frame_start"] - 1), min(sweep[1], row["frame_end"] + 1)
    others = np.zeros(m.space.shape, bool)
    for other in blobs:
        if other is not blob and not other.small:
            for k, v, u in other.voxels:
                others[k % frames, v, u] = True
    usable = ~m.bad & ~m.excluded
    dv, du = np.mgrid[:height, :width]
    dv, du = dv - vb, du - ub
    sums = []  # of each frame
    good_frames = 0
    for frame in range(first, last + 1):
        k = frame % frames
        one = dict.fromkeys(("n", "nu", "nv", "nuu", "nvv", "s", "su", "sv", "l", "lu", "lv", "luu", "lvv", "rn", "rs", "rl"), 0)
        one["f"] = 1.0
        sums.append(one)
        if m.bad_frame[k]:
            continue
        good_frames += 1
        one["f"] = float(m.factor[k])
        light = m.frames[k].astype(np.int64)
        residual = light - m.backgrounds[k] - m.offset[k]
        claimed = m.z[k] >= m.lowest
        inside = usable & (distance <= margin) & (~claimed | (island[k] & ~others[k]))
        ring = usable & (distance >= ring_start) & (distance <= ring_end) & ~claimed
        u, v = du[inside], dv[inside]
        for name, values in (("n", np.ones_like(u)), ("s", residual[inside]), ("l", light[inside])):
            one[name] += int(values.sum())
            one[name + "u"] += int((values * u).sum())
            one[name + "v"] += int((values * v).sum())
            if name != "s":
                one[name + "uu"] += int((values * u * u).sum())
                one[name + "vv"] += int((values * v * v).sum())
        one["rn"], one["rs"], one["rl"] = int(ring.sum()), int(residual[ring].sum()), int(light[ring].sum())
    for voxel in voxels:
        if m.bad[voxel[1:]]:
            one, value, v, u = sums[voxel[0] - first], m.f(voxel), voxel[1] - vb, voxel[2] - ub
            for name, weight in (("", 1), ("u", u), ("v", v)):
                one["s" + name] += value * weight
                one["l" + name] += value * weight
            one["luu"] += value * u * u
            one["lvv"] += value * v * v

    def over_frames(name):
        return sum(one[name] for one in sums)

    n, s, ring_n, ring_s = (over_frames(name) for name in ("n", "s", "rn", "rs"))
    n_k = sum(one["n"] * i for i, one in enumerate(sums))
    s_k = sum(one["s"] * i for i, one in enumerate(sums))
    has_pedestal = ring_n > 0 and 4 * ring_n >= n
    scale, pedestal = (ring_n, ring_s) if has_pedestal else (1, 0)
    net = s * scale - pedestal * n
    columns["intensity"] = float(net) / float(scale)
    columns["pedestal"] = float(pedestal) / float(scale)
    columns["intensity_volume"] = n
    readout, gain = m.readout, m.gain
    background = m.config["background"]
    sweep_first, sweep_last = m.sweep_of(row["frame_start"])
    width_of_window = min(sweep_last - sweep_first + 1, 2 * (background["half_window"] // background["stride"]) + 1)
    coherent = 1 + good_frames * (math.pi / 2) / width_of_window
    rounding = good_frames / 12
    variance = ring_variance = 0.0
    for one in sums:
        f = one["f"]
        variance += f * f * readout * float(one["n"]) + f * gain * float(one["l"])
        ring_variance += f * f * readout * float(one["rn"]) + f * gain * float(one["rl"])
    places, ring_places = float(n), float(scale)
    if has_pedestal:
        pedestal_variance = (ring_variance * coherent + rounding * ring_places) / (ring_places * ring_places)
    else:
        pedestal_variance = 1 / 12
    columns["intensity_sigma"] = math.sqrt(variance * coherent + rounding * places + places * places * pedestal_variance)
    if columns["intensity_sigma"] > 0:
        columns["snr"] = columns["intensity"] / columns["intensity_sigma"]
    if net <= 0:
        return columns

    def centroid(low, first_moment):
        return float(low * net + first_moment) / float(net)

    def sigma(of_light, centre, first_moment):
        lever = float(first_moment) - centre * places
        return math.sqrt(of_light + lever * lever * pedestal_variance) / columns["intensity"]

    for name, low in (("u", ub), ("v", vb)):
        first_n = over_frames("n" + name)
        first_net = over_frames("s" + name) * scale - pedestal * first_n
        columns["intensity_" + name] = centroid(low, first_net)
        x = centroid(0, first_net)
        spread = of_light = 0.0
        for one in sums:
            f = one["f"]
            here = about(x, float(one["n"]), float(one["n" + name]), float(one["n" + 2 * name]))
            spread += here
            of_light += f * f * readout * here + f * gain * about(x, float(one["l"]), float(one["l" + name]), float(one["l" + 2 * name]))
        columns[name + "_sigma"] = sigma(of_light * coherent + rounding * spread, x, first_n)
    first_net = s_k * scale - pedestal * n_k
    columns["intensity_frame"] = centroid(first, first_net)
    x, of_light = centroid(0, first_net), 0.0
    for i, one in enumerate(sums):
        f, d = one["f"], i - x
        of_light += d * d * (f * f * readout * float(one["n"]) + f * gain * float(one["l"]))
    columns["frame_sigma"] = sigma(of_light, x, n_k)
    return columns


TYPES = {"id": np.uint32, "volume": np.uint32, "area": np.uint32, "integral": np.uint64, "peak": np.uint16, "grow_level": np.uint16,
         "seed_volume": np.uint32, "flags": np.uint32, "intensity_volume": np.uint32, "reason": np.uint8}
for _name in ("frame_start frame_end frame_ext_start frame_ext_end frame_max u_min u_max v_min v_max peak_frame peak_v peak_u").split():
    TYPES[_name] = np.int32
SPOT_COLUMNS = ("id frame_start frame_end frame_ext_start frame_ext_end frame_max u_min u_max v_min v_max volume area integral peak "
                "peak_frame peak_v peak_u frame u v omega sigma_frame sigma_u sigma_v cov_uv grow_level seed_volume flags").split()
PHOTOMETRY_COLUMNS = ("intensity intensity_sigma snr intensity_frame intensity_u intensity_v frame_sigma u_sigma v_sigma pedestal "
                      "intensity_volume").split()
REJECTED_COLUMNS = "reason peak_frame peak_v peak_u peak volume area frame_start frame_end u_min u_max v_min v_max".split()


def results(scan, config):
    """Datasets by their path below /entry. Every value of `config` is given, or has the default of the program."""
    config = with_defaults(config)
    scan = arranged(scan, config)
    options, background, levels = config["scan"], config["background"], config["segment"]
    count, (height, width) = len(scan.frames), scan.shape
    bad = np.zeros((height, width), bool) if scan.mask is None else scan.mask != 0
    omega = angles(scan, config)
    sweeps, wrap = sweeps_of(omega), options["wrap"]
    if wrap:
        covered = abs(omega[-1] - omega[0])
        if count < 3 or len(sweeps) > 1 or not abs(covered + covered / (count - 1) - 360) <= 0.5 * covered / (count - 1):
            raise Refused("no full turn")
    out = {"scan/omega": omega, "scan/shape": np.array([count, height, width], np.int64),
           "scan/sweep_start": np.array([first for first, _ in sweeps], np.int32),
           "scan/file_frame": np.array(scan.file_frame or range(scan.first, scan.first + count), np.int32)}

    # Dark, direct beam
    darks = [frame for frame in scan.darks if isinstance(frame, np.ndarray)]
    flats = [frame for frame in scan.flats if isinstance(frame, np.ndarray)]
    dark = rank_median(darks).astype(np.int64) if darks else np.zeros((height, width), np.int64)
    region = region_of(config["beam"]["region"])
    measured = intensity_pixels(config["beam"], height, width, bad)
    excluded = np.zeros((height, width), bool)
    if region is not None:
        guard = config["beam"]["guard"]
        excluded[max(0, region[1] - guard):region[3] + guard, max(0, region[0] - guard):region[2] + guard] = True
    cause = {k: LISTED for k in options["bad_frames"]}
    cause.update({k: frame for k, frame in enumerate(scan.frames) if not isinstance(frame, np.ndarray) and k not in cause})
    below = {k: minus(frame, dark) for k, frame in enumerate(scan.frames) if k not in cause}
    intensity = {k: mean_of(frame, measured) for k, frame in below.items()}
    by_monitor = config["beam"]["normalise"] == "monitor"
    factor = np.ones(count, np.float32)
    reference = 1.0
    if region is not None:
        sample = [intensity[k] for k in range(0, count, max(1, count // 64)) if k in intensity] or list(intensity.values())
        middle = float(rank_median(sample)) if sample else 0.0
        reference = middle if config["beam"]["intensity"] == "auto" else config["beam"]["intensity"]
    if by_monitor:
        known = [x for k, x in enumerate(scan.monitor) if k not in options["bad_frames"] and math.isfinite(x)]
        monitor_middle = float(rank_median(known))
    for k in list(below):
        if region is not None and intensity[k] <= 0.05 * middle:
            cause[k] = NO_BEAM
        elif by_monitor:
            if math.isfinite(scan.monitor[k]) and scan.monitor[k] > 0.05 * monitor_middle:
                factor[k] = np.float32(monitor_middle / scan.monitor[k])
            else:
                cause[k] = NO_BEAM
        elif region is not None and config["beam"]["normalise"] != "none":
            factor[k] = np.float32(reference / intensity[k])
    bad_frame = np.array([k in cause for k in range(count)])
    most = options["max_bad_frames"]
    if most == "auto":
        most = min(max(1, count // 100), count - 1) + len(set(options["bad_frames"]))
    if bad_frame.sum() > most:
        raise Refused(f"{bad_frame.sum()} bad frames")
    frames = {k: corrected(frame, factor[k]) for k, frame in below.items() if not bad_frame[k]}
    out["scan/bad_frames"] = np.array(sorted(cause), np.int32)
    out["scan/bad_frame_cause"] = np.array([cause[k] for k in sorted(cause)], np.uint8)
    told = scan.monitor if by_monitor else intensity
    out["beam/intensity"] = np.array([NAN if bad_frame[k] else told[k] for k in range(count)], np.float64)
    out["beam/factor"] = factor
    out["beam/region"] = np.array(region or (0, 0, 0, 0), np.int32)
    has_sample = config["beam"]["normalise"] == "margin"
    out["beam/sample"] = np.array(region_of(config["beam"]["sample"]) if has_sample else (0, 0, 0, 0), np.int32)
    if config["beam"]["transmission"]:
        flat = minus(rank_median(flats), dark) if flats else None
        flat_intensity = mean_of(flat, measured) if flats else 1.0
        none = np.full((region[3] - region[1], region[2] - region[0]), NAN, np.float32)
        out["beam/transmission"] = np.array([
            none if bad_frame[k] else transmission(below[k], intensity[k], flat, flat_intensity, region, config["denoise"]["radius"])
            for k in range(count)])

    # Background, subtraction, 2D median
    usable = ~bad & ~excluded
    blocks = blocks_of(sweeps, background["half_step"])
    offset = np.zeros(count, np.int32)
    denoised = np.zeros((count, height, width), np.uint16)
    images, backgrounds = [], {}
    for block in blocks:
        window = [frames[k] for k in window_of(block, count, background, wrap) if not bad_frame[k]]
        image = rank_median(window) if window else np.zeros((height, width), np.uint16)
        images.append(image)
        for k in range(block[0], block[1] + 1):
            backgrounds[k] = image
            if bad_frame[k]:
                continue
            offset[k] = offset_of(frames[k], image, usable, background)
            residual = np.clip(frames[k].astype(np.int64) - image - offset[k], 0, 65535).astype(np.uint16)
            residual[~usable] = 0
            denoised[k] = median_2d(residual, bad, config["denoise"])
            denoised[k][excluded] = 0
    if background["save"]:
        out["background/data"] = np.array(images)
    out["background/centre"] = np.array([block[2] for block in blocks], np.int32)
    out["background/frame_offset"] = offset

    # Levels
    sigma = in_sigma(levels)
    seed, grow_min, grow_max = (step_of(levels[key], sigma) for key in ("seed", "grow_min", "grow_max"))
    lowest = seed if levels["method"] == "single" else grow_min
    readout = gain = NAN
    if sigma or config["spots"]["photometry"]:
        readout, gain, fitted = noise_model(frames, bad_frame, sweeps, scan, usable)
        out["noise/readout_variance"], out["noise/gain"] = np.array([readout]), np.array([gain])
        for name, values, kind in zip(("level", "variance", "samples"), fitted, (np.float64, np.float64, np.uint64)):
            out["noise/" + name] = np.array(values, kind)
    z = denoised
    if sigma:
        if math.isnan(gain):
            raise Refused("the noise is not known")
        z = np.array([in_sixteenths(denoised[k], backgrounds[k], bad, readout, gain) for k in range(count)])
    for k in range(count):
        if int((z[k] >= lowest).sum()) > levels["max_fill"] * (height * width):
            raise Refused(f"frame {k} is full")

    # Segmentation
    space = Space((count, height, width), levels["connectivity"], sweeps, wrap)
    blobs = segment(z, space, levels, seed, grow_min, grow_max)

    # Filters and spots
    limit = config["scan"]["saturation"]
    limit = scan.type_max if limit == "auto" else limit
    saturated = [frame >= limit if isinstance(frame, np.ndarray) else np.zeros((height, width), bool) for frame in scan.frames]
    m = Measure(space=space, config=config, denoised=denoised, z=z, lowest=lowest, frames=frames, backgrounds=backgrounds, offset=offset,
                factor=factor, bad=bad, excluded=excluded, bad_frame=bad_frame, region=region, saturated=saturated, readout=readout, gain=gain)
    with_photometry = config["spots"]["photometry"]
    if with_photometry:
        m.islands = space.components(z >= lowest)[0]
    spots, rejected = [], []
    for blob in blobs:
        if blob.small:
            rejected.append({"reason": 0, **outline(blob.voxels, m)})
            continue
        voxels = [voxel for voxel in blob.voxels if levels["voxel_min"] <= m.f(voxel) <= levels["voxel_max"]]
        if not voxels:
            rejected.append({"reason": 1, **outline(blob.voxels, m)})
            continue
        if voxels[0][0] >= count:
            voxels = [(k - count, v, u) for k, v, u in voxels]
        row = outline(voxels, m)
        flags = flags_of(voxels, blob, row, m)
        reason = reason_of(row, flags, m)
        if reason is not None:
            rejected.append({"reason": REASONS.index(reason), **row})
            continue
        row.update(moments(voxels, row, m), grow_level=blob.level, seed_volume=blob.seed_volume, flags=flags)
        row["omega"] = omega_at(row["frame"], omega)
        row.update(omega_trim(voxels, row, config["spots"], m))
        if with_photometry:
            row.update(photometry(voxels, blob, blobs, row, m))
        row["voxels"] = voxels
        spots.append(row)

    # Tables
    def place(row):
        return row["frame_start"], space.index((row["peak_frame"], row["peak_v"], row["peak_u"]))

    spots.sort(key=place)
    rejected.sort(key=lambda row: (*place(row), row["reason"]))
    for number, row in enumerate(spots):
        row["id"] = number
    for name in SPOT_COLUMNS + PHOTOMETRY_COLUMNS * with_photometry:
        out["spots/" + name] = np.array([row[name] for row in spots], TYPES.get(name, np.float64))
    if config["spots"]["voxels"]:
        voxels = [voxel for row in spots for voxel in row["voxels"]]
        out["voxels/offset"] = np.cumsum([0] + [len(row["voxels"]) for row in spots], dtype=np.uint64)
        for axis, (name, kind) in enumerate((("frame", np.int32), ("v", np.uint16), ("u", np.uint16))):
            out["voxels/" + name] = np.array([voxel[axis] for voxel in voxels], kind)
        out["voxels/intensity"] = np.array([m.f(voxel) for voxel in voxels], np.uint16)
    kind = config["spots"]["image"]
    if kind != "none":
        pictures = [image_of(row["voxels"], row, kind, m) for row in spots]
        out["images/offset"] = np.cumsum([0] + [picture.size for picture in pictures], dtype=np.uint64)
        out["images/data"] = np.concatenate([picture.ravel() for picture in pictures] or [[]]).astype(np.uint32)
    out["rejected/count"] = np.bincount([row["reason"] for row in rejected], minlength=len(REASONS)).astype(np.uint64)
    if config["spots"]["rejected"]:
        for name in REJECTED_COLUMNS:
            out["rejected/" + name] = np.array([row[name] for row in rejected], TYPES[name])
    out["oracle/F"] = denoised
    if sigma:
        out["oracle/Z"] = z
    return out
