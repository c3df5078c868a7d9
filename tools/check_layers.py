#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Includes point down only: a folder may include what stands below it, and stages never include each other."""
import pathlib
import re
import sys

GROUND = {"base"}
WORDS = {"kernels", "core"}
STAGES = {"read", "correct", "background", "denoise", "segment", "measure", "write", "simulate", "draw"}
WHOLE = ["config", "estimate", "score", "pipeline", "tune", "bench"]

allowed = {"base": {"base"}, "testing": GROUND | WORDS | {"testing"}, "kernels": GROUND | {"kernels"}, "core": GROUND | WORDS}
for stage in STAGES:
    allowed[stage] = GROUND | WORDS | {stage}
for i, folder in enumerate(WHOLE):
    allowed[folder] = GROUND | WORDS | STAGES | set(WHOLE[: i + 1])

root = pathlib.Path(__file__).resolve().parent.parent
wrong = []
for path in sorted((root / "dctprep").rglob("*.*")):
    if path.suffix not in {".h", ".cc"}:
        continue
    folder = path.relative_to(root / "dctprep").parts[0]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#include "dctprep/([a-z_]+)/', line)
        if not match:
            continue
        target = match.group(1)
        if target == "testing" and path.stem.endswith("_test"):
            continue
        # Tests may look sideways: they compare stages with each other.
        if path.stem.endswith("_test") and target in allowed:
            continue
        if folder not in allowed or target not in allowed[folder]:
            wrong.append(f"{path.relative_to(root)}:{number}: {folder}/ may not include {target}/")
print("\n".join(wrong) if wrong else "layers: includes point down only")
sys.exit(1 if wrong else 0)
