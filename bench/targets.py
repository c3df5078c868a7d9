#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The measured tables of docs/performance.md, of what run.sh has left in a folder.

usage: targets.py FOLDER
"""
import json
import pathlib
import statistics
import sys


def load(folder, name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def on_threads(report, threads):
    return next((run for run in report["runs"] if run["threads"] == threads), None)


def a_frame(report, name):
    """Of the runs on the most threads."""
    run = max(report["runs"], key=lambda run: run["threads"])
    return statistics.median(run[name]) / report["scan"]["frames"]


def whole_runs(bench):
    rows = []
    one, two = on_threads(bench, 1), on_threads(bench, 2)
    if two:
        run, decode = statistics.median(two["run_seconds"]), statistics.median(two["decode_seconds"])
        cpu = statistics.median(two["run_cpu_seconds"]) / statistics.median(two["decode_cpu_seconds"])
        rows.append(("whole run / read and decode, two threads", f"{run / decode:.1f} (cpu time: {cpu:.1f})", "at most 1.6"))
        rows.append(("images/s, whole run, two threads", f"{bench['scan']['frames'] / run:.0f}", "200, least 120"))
        rows.append(("most memory", f"{two['peak_bytes'] / 2**30:.2f} GiB", "at most 4 GiB"))
        if one:
            gain = statistics.median(one["run_seconds"]) / run
            rows.append(("two threads against one", f"{gain:.2f}", "at least 1.8"))
    return rows


def against_peers(peers):
    wanted = {("decode, a frame", "h5py + hdf5plugin"): "at least 1.5",
              ("plain run, a frame, cpu time", "the Python pipeline, one core"): "",
              ("plain run, a frame, 2 threads", "the Python pipeline, one core"): "at least 60",
              ("moving median, a frame", "numpy.median"): "at least 100",
              ("moving median, a frame", "rank_select of each window (C++)"): "at least 8"}
    rows, what = [], ""
    for row in peers["rows"]:
        what = row["what"] or what
        if (what, row["peer"]) in wanted:
            rows.append((f"{what}: against {row['peer']}", f"{row['peer_seconds'] / row['dctprep_seconds']:.1f} times",
                         wanted[what, row["peer"]]))
    return rows


def scaling(folder, less, more, what, target):
    a, b = load(folder, less), load(folder, more)
    if not a or not b:
        return []
    more = [f"{100 * (a_frame(b, name) / a_frame(a, name) - 1):+.0f} %" for name in ("run_seconds", "run_cpu_seconds")]
    spots = f" ({b['spots']} and {a['spots']})" if "spots" in what else ""
    return [(f"cost a frame, {what}{spots}", f"{more[0]} (cpu time: {more[1]})", target)]


def print_stages(bench):
    """Stages may overlap: their seconds are those of all threads together."""
    run = on_threads(bench, 1) or bench["runs"][0]
    frames = bench["scan"]["frames"]
    print("\n| stage | ms a frame, one thread |\n|---|---|")
    for name, seconds in run["seconds_by_stage"].items():
        print(f"| {name} | {1000 * statistics.median(seconds) / frames:.2f} |")
    print(f"| whole run, cpu time | {1000 * statistics.median(run['run_cpu_seconds']) / frames:.2f} |")


def main():
    folder = pathlib.Path(sys.argv[1])
    rows = []
    bench, peers = load(folder, "bench"), load(folder, "peers")
    if bench:
        machine = bench["machine"]
        print(f"{machine['cpu']}, {machine['cores']} cores, {machine['backend']}, commit {machine['commit']}\n")
        rows += whole_runs(bench)
    if peers:
        rows += against_peers(peers)
    rows += scaling(folder, "frames_600", "frames_2400", "2,400 frames against 600", "within 10 %")
    rows += scaling(folder, "spots_few", "spots_many", "many spots against few", "within 25 %")
    print("| figure | measured | target |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    if bench:
        print_stages(bench)


if __name__ == "__main__":
    main()
