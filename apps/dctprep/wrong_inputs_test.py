# SPDX-License-Identifier: BSD-3-Clause
# The inputs of wrong_inputs_test.cc: a small scan in many forms, and what is wrong with it in each.
import os
import shutil

import fabio
import h5py
import numpy as np
import tifffile

D, H, W = 12, 24, 40
random = np.random.default_rng(1)
stack = random.poisson(100, (D, H, W)).astype(np.uint16)
v, u = np.mgrid[:H, :W]
for frame, row, column in [(2, 5, 6), (5, 17, 30), (9, 12, 33)]:
    stack[frame] += (900 * np.exp(-((v - row) ** 2 + (u - column) ** 2) / 4)).astype(np.uint16)
omega = 30.0 * np.arange(D)


def write(name, **datasets):
    with h5py.File(name, "w") as file:
        for key, value in datasets.items():
            file[key] = value


with h5py.File("scan.h5", "w") as file:
    file.create_dataset("data", data=stack, chunks=(1, H, W), compression="gzip")
    file["omega"] = omega
    file["short"] = omega[:7]
    file["table"] = np.zeros((D, 3))
    file["nan"] = np.where(np.arange(D) == 4, np.nan, omega)
    file["half"] = omega / 2
with h5py.File("angles.h5", "w") as file:
    file["omega"] = omega
whole = open("scan.h5", "rb").read()
for share in (10, 40, 70, 99):
    open(f"cut{share}.h5", "wb").write(whole[: len(whole) * share // 100])

# Named as something that they are not.
open("empty.h5", "w").close()
open("empty.edf", "w").close()
open("text.h5", "w").write("these are notes of the beam time\n" * 20)
open("text.edf", "w").write("these are notes of the beam time\n" * 20)
open("text.tif", "w").write("these are notes of the beam time\n" * 20)
os.makedirs("folder")
os.makedirs("notes")
open("notes/readme.txt", "w").write("nothing\n")
os.makedirs("folder.h5")
os.makedirs("folder.toml")
os.mkfifo("pipe.h5")

# Datasets that are no frames.
with h5py.File("odd.h5", "w") as file:
    file["group/inner"] = 1
    file["line"] = np.zeros(100)
    file["text"] = "no frames"
    file["none"] = np.zeros((0, H, W), np.uint16)
    file["narrow"] = np.zeros((D, H, 0), np.uint16)
    file["five"] = np.zeros((2, 2, 2, H, W), np.uint8)
    file["pairs"] = np.zeros((D, H, W), [("a", "u2"), ("b", "u2")])
    file["complex"] = np.zeros((2, H, W), np.complex64)
    file["fraction"] = np.where(stack == stack[3, 4, 5], 1.5, stack)
    file["negative"] = stack.astype(np.int32) - 95
    file["large"] = np.where(np.arange(D)[:, None, None] == 6, 70000, stack).astype(np.int32)
    file["not_a_number"] = np.where(np.arange(D)[:, None, None] == 3, np.nan, stack)
    file["dangling"] = h5py.SoftLink("/nowhere")
    file["outside"] = h5py.ExternalLink("gone.h5", "/data")
write("nothing.h5")
with h5py.File("several.h5", "w") as file:
    for i in range(40):
        file[f"a_group_with_a_long_name/stack_{i:02}"] = stack[:3]
with h5py.File("huge.h5", "w") as file:  # says it is 2 TB, and holds nothing
    file.create_dataset("data", (1000000, 1024, 1024), np.uint16, chunks=(1, 1024, 1024))

# Series.
for folder in ("series", "hole", "damaged", "mixed"):
    os.makedirs(folder)
for k in range(D):
    image = fabio.edfimage.EdfImage(stack[k])
    for folder in ("series", "hole", "damaged", "mixed"):
        if (folder, k) != ("hole", 4):
            image.write(f"{folder}/ff{k:04}.edf")
name = "damaged/ff0003.edf"
os.truncate(name, os.path.getsize(name) - 500)
fabio.edfimage.EdfImage(stack[0, :10]).write("mixed/ff0006.edf")
fabio.edfimage.EdfImage(stack[0]).write("image.edf")
fabio.cbfimage.CbfImage(stack[0].astype(np.int32)).write("image.cbf")
tifffile.imwrite("image.tif", stack[0])
for name in ("image.edf", "image.cbf", "image.tif"):
    whole = open(name, "rb").read()
    open("head_" + name, "wb").write(whole[:60])
    open("half_" + name, "wb").write(whole[: len(whole) // 2])
tifffile.imwrite("colour.tif", np.zeros((H, W, 3), np.uint8))

# Companions.
write("dark.h5", data=np.full((3, H, W), 10, np.uint16))
write("flat.h5", data=np.full((3, H, W), 200, np.uint16))
write("dark_small.h5", data=np.full((3, H, W - 1), 10, np.uint16))
write("dark_fraction.h5", data=np.full((3, H, W), 1.5))
with h5py.File("dark_lost.h5", "w") as file:
    file.create_dataset("data", (3, H, W), np.uint16, chunks=(1, H, W))
mask = np.zeros((H, W), np.uint8)
mask[3, 4] = 1
np.save("mask.npy", mask)
np.save("mask_all.npy", mask + 1)
np.save("mask_small.npy", mask[1:])
np.save("mask_stack.npy", np.zeros((2, H, W)))
np.save("mask_text.npy", np.full((H, W), "x"))
open("mask_cut.npy", "wb").write(open("mask.npy", "rb").read()[:200])
write("masks.h5", one=mask, two=mask, text="mask", line=mask[0])

# What stands behind other files.
write("source.h5", data=stack)
layout = h5py.VirtualLayout((D, H, W), np.uint16)
layout[:] = h5py.VirtualSource("source.h5", "data", (D, H, W))
with h5py.File("virtual.h5", "w") as file:
    file.create_virtual_dataset("data", layout)
stack.tofile("raw.bin")
with h5py.File("external.h5", "w") as file:
    file.create_dataset("data", stack.shape, stack.dtype, external=[("raw.bin", 0, h5py.h5f.UNLIMITED)])
with h5py.File("middle.h5", "w") as file:
    file["data"] = h5py.ExternalLink("source.h5", "/data")
with h5py.File("linked.h5", "w") as file:
    file["data"] = h5py.ExternalLink("middle.h5", "/data")
with h5py.File("lost.h5", "w") as file:
    missing = h5py.VirtualLayout((D, H, W), np.uint16)
    missing[:6] = h5py.VirtualSource("source.h5", "data", (D, H, W))[:6]
    missing[6:] = h5py.VirtualSource("gone.h5", "data", (D, H, W))[6:]
    file.create_virtual_dataset("data", missing)
os.symlink("scan.h5", "alias.h5")
os.symlink("nowhere.h5", "broken_link.h5")
shutil.copy("scan.h5", "exists.h5")
open("precious.toml", "w").write('[scan]\npath = "scan.h5"\n[output]\npath = "scan.h5"\n')
