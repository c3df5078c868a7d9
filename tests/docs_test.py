#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the code blocks of README.md and docs/ that are marked for it, so that the documentation stays true.

usage: docs_test.py DCTPREP_COMMAND

A block follows the line <!-- test --> and is ```sh or ```python. The blocks of a page run one after the other in a folder of their
own, which holds a small simulated scan.h5, with `dctprep` on the PATH. Every link of a page to a file of the repository, or to a
section of a page, must lead somewhere, and so must every section of docs/specification.md that a source names. docs/result.md must
name every dataset and attribute of a result.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import h5py

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^<!-- test -->\n+```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"^<!-- test", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)")
CITATION = re.compile(r'docs/specification\.md[ ,(]+((?:"[^"]+"(?: and )?)+)')
RUNNERS = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
SCAN = ["width=192", "height=192", "frames=120", "grains=6"]


def headings(page):
    return re.findall(r"^#+ +(.*)$", page.read_text(), re.MULTILINE)


def sections(page):
    """The names by which links call them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(page)}


def broken_links(page):
    for target, section in LINK.findall(page.read_text()):
        there = page.parent / target if target else page
        if not there.exists():
            yield target
        elif section and there.suffix == ".md" and section not in sections(there):
            yield f"{target}#{section}"


def unknown_citations():
    """Sections of docs/specification.md that sources name and that are not there."""
    known = headings(ROOT / "docs" / "specification.md")
    for folder in ("dctprep", "apps", "tests"):
        for source in sorted([*(ROOT / folder).rglob("*.h"), *(ROOT / folder).rglob("*.cc")]):
            text = re.sub(r"\s*\n\s*//\s*", " ", source.read_text())
            for named in CITATION.findall(text):
                yield from (f"{source.relative_to(ROOT)}: {one}" for one in re.findall(r'"([^"]+)"', named) if one not in known)


def unnamed_in_result_page(command, scan, folder):
    """What a result with everything switched on holds, and docs/result.md does not name."""
    result = folder / "everything.h5"
    settings = ["spots.rejected=true", "beam.transmission=true"]
    subprocess.run([command, "run", "-q", scan, "-o", result, *(w for s in settings for w in ("--set", s))], check=True)
    subprocess.run([command, "score", result, "--mates", "--json"], check=True, stdout=subprocess.DEVNULL)
    page = (ROOT / "docs" / "result.md").read_text()
    words = {word for code in re.findall(r"`([^`\n]+)`", page) for word in re.split(r"[^\w@]+", code)}
    missing = []

    def visit(name, node):
        leaf = name.split("/")[-1]
        if leaf not in words and not name.startswith("entry/process/timing/"):
            missing.append(name)
        missing.extend(f"{name}@{attribute}" for attribute in node.attrs if f"@{attribute}" not in words)

    with h5py.File(result) as file:
        visit("entry", file)
        file.visititems(visit)
    return missing


def main():
    command = pathlib.Path(sys.argv[1]).resolve()
    environment = dict(os.environ, PATH=f"{command.parent}:{os.environ['PATH']}")
    failures = 0
    blocks = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        scan = scratch / "scan.h5"
        subprocess.run([command, "simulate", "-q", "-o", scan, *(w for s in SCAN for w in ("--set", s))], check=True)
        for citation in unknown_citations():
            print(f"docs/specification.md has no such section: {citation}")
            failures += 1
        for name in unnamed_in_result_page(command, scan, scratch):
            print(f"docs/result.md does not name {name}")
            failures += 1
        for page in sorted([ROOT / "README.md", ROOT / "tests" / "vectors" / "README.md", *(ROOT / "docs").rglob("*.md")]):
            text = page.read_text()
            name = page.relative_to(ROOT)
            for target in broken_links(page):
                print(f"{name}: the link to {target} leads nowhere")
                failures += 1
            found = BLOCK.findall(text)
            if len(found) != len(MARK.findall(text)):
                print(f"{name}: a <!-- test --> is not followed by a block of code")
                failures += 1
            folder = scratch / "pages" / page.relative_to(ROOT).with_suffix("")
            folder.mkdir(parents=True)
            shutil.copy(scan, folder)
            for number, (language, code) in enumerate(found, 1):
                blocks += 1
                done = subprocess.run([*RUNNERS[language], code], cwd=folder, env=environment, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                print(f"{name}: block {number}: {'ok' if done.returncode == 0 else 'FAILED'}")
                if done.returncode != 0:
                    print(code, done.stdout, sep="\n")
                    failures += 1
    if blocks == 0:
        print("no page has a block to run")
    sys.exit(1 if failures or not blocks else 0)


if __name__ == "__main__":
    main()
