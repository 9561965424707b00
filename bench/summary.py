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
rivals = json.loads((folder / "rivals.json").read_text())
brix = {kind: json.loads((folder / f"brix-{kind}.json").read_text()) for kind in ("one", "fifty")}
imports = json.loads((folder / "import.json").read_text())

for kind, measured in brix.items():
    answer = [measured["qualified"][key] for key in sorted(measured["qualified"])]
    if answer != rivals["answers"][kind]:
        sys.exit(f"{kind}: Brix says {answer}, the others say {rivals['answers'][kind]}")


def best(kind, layout):
    runs = [run for run in rivals["runs"] if run["asked"] == kind and run["layout"] == layout and "seconds" in run]
    return min(runs, key=lambda run: run["seconds"])


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
ratios = {}
print(f"{millions} million events, {os.cpu_count()} cores ({processor()}), commit {commit}; all answers agree\n")
print("| Asked | Layout of the others | Fastest of the others | Brix | Ratio |")
print("|---|---|---|---|---|")
for kind, measured in brix.items():
    for layout in ("raw", "clustered"):
        run = best(kind, layout)
        ratio = run["seconds"] / measured["seconds"]
        ratios[f"{kind} {layout}"] = round(ratio, 2)
        way = f"{run['engine']} ({run['variant']}, {run['how']}) {run['seconds']:.3f} s"
        print(f"| {kind} | {layout} | {way} | {measured['seconds']:.3f} s | {ratio:.1f}× |")
for kind, measured in brix.items():
    over = measured["seconds"] / measured["seconds_to_read_the_columns"]
    memory = measured["peak_memory_bytes"] / 2**20
    print(f"\n{kind}: {over:.2f}× the time to read the columns through the scan; peak memory {memory:.0f} MiB")
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
            "rivals": rivals["runs"],
            "import": imports,
        },
        indent=1,
    )
    + "\n"
)
