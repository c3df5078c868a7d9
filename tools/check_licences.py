#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every source names its licence in its first two lines."""
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
sources = {".h", ".cc", ".py", ".sh", ".cmake"}
listed = subprocess.run(["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
wrong = []
for name in listed:
    path = root / name
    if not (path.suffix in sources or path.name in {"CMakeLists.txt", "Makefile"}) or not path.is_file():
        continue
    if not any("SPDX-License-Identifier: BSD-3-Clause" in line for line in path.read_text().splitlines()[:2]):
        wrong.append(f"{name}: lacks the line 'SPDX-License-Identifier: BSD-3-Clause'")
print("\n".join(wrong) if wrong else "licences: named in all sources")
sys.exit(1 if wrong else 0)
