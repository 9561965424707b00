"""Reads a lake with DuckDB: `python lake_with_duckdb.py FOLDER` prints events by name and the most active accounts."""

import json
import sys
from pathlib import Path

import duckdb


def view(connection, folder, manifest, table):
    """Makes a view of a table (`events` or `facts`): all parts of all runs, without the lives that have moved on."""
    parts = []
    for part in (part for run in manifest["runs"] for part in run["parts"]):
        entry = part[table]
        if entry is None:
            continue
        data, lives = folder / entry["data"]["name"], folder / entry["lives"]["name"]
        select = f"select * from read_parquet('{data}')"
        if entry.get("moved"):
            moved = folder / entry["moved"]["name"]
            select += f""" anti join (
                select household, person
                from read_parquet('{lives}', file_row_number = true) lives
                join read_parquet('{moved}') moved on moved.life = lives.file_row_number
            ) gone using (household, person)"""
        parts.append(f"({select})")
    connection.execute(f"create view {table} as " + " union all by name ".join(parts))


def dictionary(connection, folder, manifest, name):
    """Makes a table of codes and texts."""
    files = [str(folder / segment["name"]) for segment in manifest[name]]
    connection.execute(f"create table {name} as select code, text from read_parquet({files})")


def main(folder):
    folder = Path(folder)
    manifest = json.loads((folder / (folder / "current").read_text().strip()).read_text())
    connection = duckdb.connect()
    view(connection, folder, manifest, "events")
    dictionary(connection, folder, manifest, "names")
    dictionary(connection, folder, manifest, "accounts")
    # In the dictionary of names the kind that the source states stands before the first colon.
    names = connection.execute("""
        select substr(text, strpos(text, ':') + 1) as name, count(*) as rows
        from events join names on names.code = events.name
        group by all order by rows desc, name
    """).fetchall()
    accounts = connection.execute("""
        select text as account, count(distinct person) as people
        from events join accounts on accounts.code = events.account
        group by all order by people desc, account limit 3
    """).fetchall()
    print(json.dumps({"names": names, "accounts": accounts}))


if __name__ == "__main__":
    main(sys.argv[1])
