"""Reads a lake with Polars: `python lake_with_polars.py FOLDER` prints events by name and the most active accounts."""

import json
import sys
from pathlib import Path

import polars


def scan(folder, manifest, table):
    """A table (`events` or `facts`): all parts of all runs, without the lives that have moved on."""
    frames = []
    for part in (part for run in manifest["runs"] for part in run["parts"]):
        entry = part[table]
        if entry is None:
            continue
        frame = polars.scan_parquet(folder / entry["data"]["name"])
        if entry.get("moved"):
            lives = polars.scan_parquet(folder / entry["lives"]["name"]).with_row_index("life")
            moved = polars.scan_parquet(folder / entry["moved"]["name"])
            gone = lives.join(moved, on="life").select("household", "person")
            frame = frame.join(gone, on=["household", "person"], how="anti")
        frames.append(frame)
    return polars.concat(frames, how="diagonal")


def dictionary(folder, manifest, name):
    """Codes and texts."""
    return polars.concat([polars.scan_parquet(folder / segment["name"]) for segment in manifest[name]])


def main(folder):
    folder = Path(folder)
    manifest = json.loads((folder / (folder / "current").read_text().strip()).read_text())
    events = scan(folder, manifest, "events")
    # In the dictionary of names the kind that the source states stands before the first colon.
    names = (
        events.group_by("name")
        .agg(polars.len().alias("rows"))
        .join(dictionary(folder, manifest, "names"), left_on="name", right_on="code")
        .select(polars.col("text").str.extract("^[^:]*:(.*)$").alias("name"), "rows")
        .sort(["rows", "name"], descending=[True, False])
        .collect()
    )
    accounts = (
        events.join(dictionary(folder, manifest, "accounts"), left_on="account", right_on="code")
        .group_by(polars.col("text").alias("account"))
        .agg(polars.col("person").n_unique().alias("people"))
        .sort(["people", "account"], descending=[True, False])
        .head(3)
        .collect()
    )
    print(json.dumps({"names": names.rows(), "accounts": accounts.rows()}))


if __name__ == "__main__":
    main(sys.argv[1])
