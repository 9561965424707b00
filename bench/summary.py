"""Holds Brix's answers against the other engines' and writes the evidence and the ratios.

usage: summary.py FOLDER MILLIONS EVIDENCE.json
"""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

folder, millions, evidence = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
read = lambda name: json.loads((folder / f"{name}.json").read_text())  # noqa: E731
rivals, features, imports = read("rivals"), read("features"), read("import")
runs = rivals["runs"] + features["runs"]
expected = rivals["answers"] | features["answers"]


def fastest(asked):
    """What Brix took at the moment when it took least, with what it took at each."""
    moments = [read(f"brix-{asked}-{moment}") for moment in ("before", "after-rivals", "after-features")]
    if any(moment.get(answer) != moments[0].get(answer) for moment in moments for answer in ("qualified", "sums")):
        sys.exit(f"{asked}: Brix does not always say the same")
    return min(moments, key=lambda measured: measured["seconds"]) | {"moments": [measured["seconds"] for measured in moments]}


brix = {asked: fastest(asked) for asked in ("one", "fifty", "features")}

for asked, measured in brix.items():
    qualified = measured.get("qualified", {})
    answer = [qualified[key] for key in sorted(qualified)] or measured.pop("sums")
    if answer != expected[asked]:
        sys.exit(f"{asked}: Brix says {answer}, the others say {expected[asked]}")


def best(asked, layout):
    of = [run for run in runs if run["asked"] == asked and run["layout"] == layout and "seconds" in run]
    return min(of, key=lambda run: run["seconds"])


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
ratios = {}
print(f"{millions} million events, {os.cpu_count()} cores ({processor()}), commit {commit}; all answers agree\n")
print("| Asked | Layout of the others | Fastest of the others | Brix | Ratio |")
print("|---|---|---|---|---|")
for asked, measured in brix.items():
    for layout in ("raw", "clustered"):
        run = best(asked, layout)
        ratio = run["seconds"] / measured["seconds"]
        ratios[f"{asked} {layout}"] = round(ratio, 2)
        way = f"{run['engine']} ({run['variant']}, {run['how']}) {run['seconds']:.3f} s"
        print(f"| {asked} | {layout} | {way} | {measured['seconds']:.3f} s | {ratio:.1f}× |")
for asked in ("one", "fifty"):
    measured = brix[asked]
    over = measured["seconds"] / measured["seconds_to_read_the_columns"]
    memory = measured["peak_memory_bytes"] / 2**20
    print(f"\n{asked}: {over:.2f}× the {measured['seconds_to_read_the_columns']:.3f} s that reading the columns takes; peak memory {memory:.0f} MiB")
table, whole = brix["features"], brix["features"]["discovery"]
print(f"\nfeature table: {table['people']:,} people, {table['table_bytes'] / 2**20:.0f} MiB, peak memory {table['table_peak_memory_bytes'] / 2**20:.0f} MiB")
print(f"\nwhole discovery: {whole['seconds']:.2f} s, peak memory {whole['peak_memory_bytes'] / 2**20:.0f} MiB; tried {whole['tried']}")
for name, figures in imports.items():
    print(f"\nimport from {name}: {figures['rows'] / figures['seconds']:,.0f} rows a second")
evidence.parent.mkdir(parents=True, exist_ok=True)
evidence.write_text(
    json.dumps(
        {
            "command": f"bench/run {millions}",
            "date": datetime.date.today().isoformat(),
            "commit": commit,
            "machine": {"cores": os.cpu_count(), "processor": processor(), "system": platform.platform()},
            "seed": 20,
            "ratios": ratios,
            "brix": brix,
            "others": runs,
            "import": imports,
        },
        indent=1,
    )
    + "\n"
)
