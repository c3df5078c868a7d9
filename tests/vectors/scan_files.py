# SPDX-License-Identifier: BSD-3-Clause
"""Scans and results of test vectors from files and into files: HDF5, and series of EDF images."""
import os
import pathlib
import re

import h5py
import numpy as np

from oracle import MISSING, UNREADABLE, Scan

try:
    import hdf5plugin  # noqa: F401  filters of compressed scans
except ImportError:
    pass

EDF_TYPES = {"UnsignedByte": "u1", "UnsignedShort": "u2", "SignedInteger": "i4", "UnsignedInteger": "u4", "FloatValue": "f4"}


def read_edf(path):
    data = pathlib.Path(path).read_bytes()
    end = data.index(b"}\n") + 2
    header = dict(re.findall(r"(\w+)\s*=\s*(.*?)\s*;", data[:end].decode("latin-1")))
    order = ">" if header.get("ByteOrder") == "HighByteFirst" else "<"
    kind = np.dtype(order + EDF_TYPES[header["DataType"]])
    height, width = int(header["Dim_2"]), int(header["Dim_1"])
    return np.frombuffer(data, kind, height * width, end).reshape(height, width)


def write_edf(path, image, big_endian=False):
    image = np.ascontiguousarray(image, image.dtype.newbyteorder(">" if big_endian else "<"))
    kind = next(name for name, code in EDF_TYPES.items() if code == image.dtype.str[1:])
    header = (f"{{\nHeaderID = EH:000001:000000:000000 ;\nImage = 1 ;\nByteOrder = {'High' if big_endian else 'Low'}ByteFirst ;\n"
              f"DataType = {kind} ;\nDim_1 = {image.shape[1]} ;\nDim_2 = {image.shape[0]} ;\nSize = {image.nbytes} ;\n")
    pathlib.Path(path).write_bytes(header.encode().ljust(510) + b"}\n" + image.tobytes())


def as_pixels(image):
    """uint16, as the section Frames says; markers of masked pixels become 0."""
    if image.dtype.kind == "u" and image.dtype.itemsize <= 2:
        return image.astype(np.uint16)
    values = image.astype(np.float64)
    marked = np.isnan(values)
    if image.dtype.kind == "u":
        marked |= image >= np.iinfo(image.dtype).max - 1
    elif image.dtype.kind == "i":
        marked |= (values >= -2) & (values < 0) & ~(values < -2).any()
    return np.clip(np.floor(np.where(marked, 0, values) + 0.5), 0, 65535).astype(np.uint16)


def markers_of(image):
    if image.dtype.kind == "f":
        return np.isnan(image)
    if image.dtype.kind == "u" and image.dtype.itemsize > 2:
        return image >= np.iinfo(image.dtype).max - 1
    if image.dtype.kind == "i":
        return ((image == -1) | (image == -2)) & ~(image < -2).any()
    return np.zeros(image.shape, bool)


def hdf5_frames(dataset, folder):
    """Frames as they are stored, or why there is none."""
    stored = [MISSING] * len(dataset)
    present = range(len(dataset))
    if dataset.is_virtual:
        gone = set()
        for source in dataset.virtual_sources():
            if not (folder / source.file_name).exists():
                low, high = (corner[0] for corner in source.vspace.get_select_bounds())
                gone.update(range(low, high + 1))
        present = [k for k in present if k not in gone]
    elif dataset.chunks:
        chunks = {dataset.id.get_chunk_info(i).chunk_offset[0] for i in range(dataset.id.get_num_chunks())}
        present = [k for k in present if k // dataset.chunks[0] * dataset.chunks[0] in chunks]
    for k in present:
        try:
            stored[k] = dataset[k]
        except OSError:
            stored[k] = UNREADABLE
    return stored


def read_images(path, folder):
    """`path` as in a configuration; [] for "none"."""
    if path in ("none", "auto", None):
        return []
    file, _, name = path.partition("::")
    place = folder / file
    if name:
        with h5py.File(place) as opened:
            return hdf5_frames(opened[name], folder)
    numbered = {int(re.search(r"(\d+)\.edf$", one.name).group(1)): one for one in place.glob("*.edf")}
    numbers = sorted(numbered)
    step = min((b - a for a, b in zip(numbers, numbers[1:])), default=1)
    return [read_edf(numbered[k]) if k in numbered else MISSING for k in range(numbers[0], numbers[-1] + 1, step)]


def read_list(path, folder):
    file, _, name = path.partition("::")
    with h5py.File(folder / file) as opened:
        return opened[name][()].astype(np.float64)


def middle(start, end):
    return 0.5 * (start + (end - 360 * np.rint((end - start) / 360)))


def images_by_key(options, stored, folder):
    """Of a NXtomo file: numbers of projections, flats and darks among the images stored."""
    file, _, name = options["path"].partition("::")
    with h5py.File(folder / file) as opened:
        group = opened[name].parent
        if "image_key" not in group:
            return None
        keys = group["image_key"][()]
        aligned = group["image_key_control"][()] < 0 if "image_key_control" in group else np.zeros(len(keys), bool)
    return [[k for k in range(len(stored)) if keys[k] == wanted and not aligned[k]] for wanted in (0, 1, 2)]


def read_scan(folder, config):
    """The scan that the configuration in `folder` names."""
    folder = pathlib.Path(folder)
    options = config["scan"]
    stored = read_images(options["path"], folder)
    darks, flats = read_images(options.get("dark"), folder), read_images(options.get("flat"), folder)
    keyed = images_by_key(options, stored, folder) if "::" in options["path"] else None
    everything = len(stored)
    if keyed:
        if options.get("flat", "auto") == "auto":
            flats = [stored[k] for k in keyed[1]]
        if options.get("dark", "auto") == "auto":
            darks = [stored[k] for k in keyed[2]]
        stored = [stored[k] for k in keyed[0]]
    omega = None
    if options.get("omega", "auto") not in ("auto", "none"):
        omega = read_list(options["omega"], folder)
        if omega.ndim == 2:
            omega = middle(omega[:, 0], omega[:, 1])
        elif keyed and len(omega) == everything:
            omega = omega[keyed[0]]
        elif keyed and everything != len(stored) and len(omega) == everything + 1:
            omega = middle(omega[:-1], omega[1:])[keyed[0]]
        elif len(omega) == len(stored) + 1:
            omega = middle(omega[:-1], omega[1:])
    monitor = config["beam"].get("monitor", "auto")
    monitor = None if monitor == "auto" else read_list(monitor, folder)
    first, last = options.get("frames", [0, len(stored) - 1])
    stored = stored[first:last + 1]
    mask = None
    given = options.get("mask", "auto")
    if given not in ("auto", "none"):
        name = folder / given.partition("::")[0]
        mask = np.load(name) if name.suffix == ".npy" else read_edf(name) if name.suffix == ".edf" else read_list(given, folder)
        mask = mask != 0
    shown = [(k, image) for k, image in enumerate(stored) if isinstance(image, np.ndarray)]
    type_max = 255 if shown and shown[0][1].dtype.itemsize == 1 else 65535
    marked = next((markers_of(image) for k, image in shown if k not in options.get("bad_frames", [])), None)
    if marked is not None and marked.any():
        mask = marked if mask is None else mask | marked

    def pixels(images):
        return [as_pixels(image) if isinstance(image, np.ndarray) else image for image in images]

    return Scan(frames=pixels(stored), darks=pixels(darks), flats=pixels(flats), omega=None if omega is None else omega[first:last + 1], mask=mask,
                monitor=None if monitor is None else monitor[first:last + 1], type_max=type_max, first=first)


def write_hdf5(path, datasets):
    """`datasets` by path."""
    with h5py.File(path, "w", libver="latest") as file:
        for name, values in datasets.items():
            values = np.asarray(values)
            if values.ndim > 1 and values.size:
                chunks = (1, *values.shape[1:]) if name.startswith(("entry/detector", "darks", "flats")) else True
                file.create_dataset(name, data=values, chunks=chunks, compression="gzip", compression_opts=9, shuffle=True, track_times=False)
            else:
                file.create_dataset(name, data=values, track_times=False)


def write_results(path, found, reason_names, in_sigma):
    temporary = pathlib.Path(path).with_suffix(".part")
    write_hdf5(temporary, {"entry/" + name: values for name, values in found.items()})
    with h5py.File(temporary, "a", libver="latest") as file:
        file["entry/rejected/count"].attrs["reason_names"] = reason_names
        if in_sigma:
            file["entry/spots/grow_level"].attrs["units"] = "sigma/16"
    os.replace(temporary, path)


def differences(expected, got, limit=5):
    """What differs between two files of results: of `expected`, every dataset that the scan and the configuration determine."""
    found = []

    def compare(name, node):
        name = name.removeprefix("entry/")
        if not isinstance(node, h5py.Dataset) or name.startswith(("process", "oracle")) or name in ("scan/path", "scan/shape"):
            return
        if "entry/" + name not in got:
            found.append(f"{name}: is missing")
            return
        want, have = node[()], got["entry/" + name][()]
        if want.shape != have.shape:
            found.append(f"{name}: shape {have.shape}, expected {want.shape}")
            return
        if want.dtype != have.dtype:
            found.append(f"{name}: type {have.dtype}, expected {want.dtype}")
        if name in ("scan/omega", "spots/omega"):  # omega itself comes from decimal numbers
            same = np.isclose(want, have, rtol=0, atol=1e-9, equal_nan=True)
        else:
            same = (want == have) | ((want != want) & (have != have))
        if not np.all(same):
            places = np.argwhere(~same)
            at = tuple(places[0])
            found.append(f"{name}: {len(places)} of {want.size} differ, the first at {[int(i) for i in at]}: {have[at]}, expected {want[at]}")

    expected["entry"].visititems(compare)
    return found[:limit] + ([f"and {len(found) - limit} more datasets"] if len(found) > limit else [])
