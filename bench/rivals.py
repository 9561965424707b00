"""Asks DuckDB, chDB and Polars who qualifies, from the same events, with the best query that we could write for each.

usage: rivals.py FOLDER RESULT.json [--repeat N]

Each engine gets the raw events (ids and names as text, in time order) and the layout that suits it best (whole numbers,
clustered by user). Only *who* qualifies is asked of them, which is less than Brix answers (who, when, and the state at the
end). Every variant's answer is checked against the others'. The fastest variant and run counts. Criticism is welcome: add a
variant.
"""

import argparse
import json
import pathlib
import sys
import time

import chdb.session
import duckdb
import polars

from definitions import DAY, ONE, aggregates, column, fifty, holds

THREADS = 2
NAME = {"raw": lambda name: f"'Event {name:02}'", "clustered": str}


def sources(folder):
    return {"raw": str(folder / "raw" / "*.parquet"), "clustered": str(folder / "clustered.parquet")}


def fields(layout):
    """Names of user, event and time (in microseconds) in a layout."""
    if layout == "raw":
        return "user_id", "event", "timestamp"
    return "user", "name", "time"


# ---------------------------------------------------------------- DuckDB


def duckdb_query(definitions, layout, source, variant):
    user, event, stamp = fields(layout)
    moment = f"epoch_us({stamp})" if layout == "raw" else stamp
    wanted = ", ".join(NAME[layout](name) for name in sorted({name for name, _, _ in aggregates(definitions)}))
    counts = []
    for name, measure, window in aggregates(definitions):
        inside = f"e = {NAME[layout](name)} and t < t0 + {window * DAY}"
        if measure == "count":
            counts.append(f"count(*) filter ({inside}) as {column(name, measure, window)}")
        else:
            # Separate days as bits: much faster here than count(distinct …).
            day = f"1::bigint << (t // {DAY} - t0 // {DAY})::int"
            counts.append(f"coalesce(bit_count(bit_or({day}) filter ({inside})), 0) as {column(name, measure, window)}")
    answers = ", ".join(f"count(*) filter {holds(d)}" for d in definitions).replace("filter (", "filter (where ")
    grouped = ", ".join(counts).replace("filter (", "filter (where ")
    longest = max(d["window"] for d in definitions) * DAY
    if variant == "join":
        inner = f"""select u, t0, e, t from (select {user} u, {event} e, {moment} t from read_parquet('{source}')
                    where {event} in ({wanted})) join (select {user} u, min({moment}) t0 from read_parquet('{source}') group by 1)
                    using (u) where t < t0 + {longest}"""
    else:
        inner = f"""select * from (select u, e, t, min(t) over (partition by u) t0
                    from (select {user} u, {event} e, {moment} t from read_parquet('{source}')))
                    where e in ({wanted}) and t < t0 + {longest}"""
    return f"select {answers} from (select u, {grouped} from ({inner}) group by u)"


def run_duckdb(definitions, layout, source, variant):
    connection = duckdb.connect()
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set preserve_insertion_order = false")
    return list(connection.execute(duckdb_query(definitions, layout, source, variant)).fetchall()[0])


# ---------------------------------------------------------------- chDB (ClickHouse)


def chdb_query(definitions, layout, source, variant):
    user, event, stamp = fields(layout)
    moment = f"toUnixTimestamp64Micro({stamp})" if layout == "raw" else stamp
    table = f"file('{source}', Parquet)"
    wanted = ", ".join(NAME[layout](name) for name in sorted({name for name, _, _ in aggregates(definitions)}))
    longest = max(d["window"] for d in definitions) * DAY
    answers = ", ".join(f"countIf{holds(d)}" for d in definitions)
    counts = []
    if variant == "arrays":
        # One group by, no join: each user's events as an array.
        for name, measure, window in aggregates(definitions):
            inside = f"x -> x.1 = {NAME[layout](name)} and x.2 < t0 + {window * DAY}"
            hits = f"arrayFilter({inside}, events)"
            if measure == "count":
                counts.append(f"arrayCount({inside}, events) as {column(name, measure, window)}")
            else:
                counts.append(f"length(arrayDistinct(arrayMap(x -> intDiv(x.2, {DAY}), {hits}))) as {column(name, measure, window)}")
        inner = f"""select {user} u, min({moment}) t0, groupArrayIf(({event}, {moment}), {event} in ({wanted})) events
                    from {table} group by u"""
        return f"select {answers} from (select {', '.join(counts)} from ({inner}))"
    for name, measure, window in aggregates(definitions):
        inside = f"e = {NAME[layout](name)} and t < t0 + {window * DAY}"
        if measure == "count":
            counts.append(f"countIf({inside}) as {column(name, measure, window)}")
        else:
            day = f"bitShiftLeft(toUInt64(1), toUInt8(intDiv(t, {DAY}) - intDiv(t0, {DAY})))"
            counts.append(f"bitCount(groupBitOrIf({day}, {inside})) as {column(name, measure, window)}")
    inner = f"""select u, e, t, t0 from (select {user} u, {event} e, {moment} t from {table} where {event} in ({wanted})) a
                inner join (select {user} u, min({moment}) t0 from {table} group by u) b using (u) where t < t0 + {longest}"""
    return f"select {answers} from (select u, {', '.join(counts)} from ({inner}) group by u)"


def run_chdb(definitions, layout, source, variant, session=[]):
    if not session:
        session.append(chdb.session.Session())
    query = chdb_query(definitions, layout, source, variant) + f" settings max_threads = {THREADS}"
    return [int(word) for word in str(session[0].query(query, "CSV")).strip().split(",")]


# ---------------------------------------------------------------- Polars


def run_polars(definitions, layout, source, variant):
    user, event, stamp = fields(layout)
    frame = polars.scan_parquet(source)
    moment = polars.col(stamp).dt.timestamp("us") if layout == "raw" else polars.col(stamp)
    name_of = (lambda name: f"Event {name:02}") if layout == "raw" else (lambda name: name)
    frame = frame.select(polars.col(user).alias("u"), polars.col(event).alias("e"), moment.alias("t"))
    wanted = [name_of(name) for name in sorted({name for name, _, _ in aggregates(definitions)})]
    longest = max(d["window"] for d in definitions) * DAY
    u, e, t, t0 = (polars.col(name) for name in ("u", "e", "t", "t0"))
    if variant == "over":
        frame = frame.with_columns(t.min().over("u").alias("t0"))
    else:
        frame = frame.filter(e.is_in(wanted)).join(frame.group_by("u").agg(t.min().alias("t0")), on="u")
    frame = frame.filter(e.is_in(wanted) & (t < t0 + longest))
    counts = []
    for name, measure, window in aggregates(definitions):
        inside = (e == name_of(name)) & (t < t0 + window * DAY)
        value = inside.sum() if measure == "count" else (t // DAY).filter(inside).n_unique()
        counts.append(value.alias(column(name, measure, window)))
    answers = []
    for definition in definitions:
        terms = [
            polars.col(column(name, measure, definition["window"])) >= least
            for name, measure, least in definition["criteria"]
        ]
        answers.append(polars.all_horizontal(terms).sum().alias(definition["id"]))
    result = frame.group_by("u").agg(counts).select(answers).collect(engine="streaming" if variant == "streaming" else "auto")
    return list(result.row(0))


# ---------------------------------------------------------------- measuring

ENGINES = {
    "duckdb": (run_duckdb, ["join", "window"]),
    "chdb": (run_chdb, ["join", "arrays"]),
    "polars": (run_polars, ["join", "streaming", "over"]),
}


def measure(run, definitions, layout, source, variant, repeat):
    """Seconds of the fastest of several runs, and the answer."""
    best, answer = None, None
    for _ in range(repeat):
        start = time.perf_counter()
        answer = run(definitions, layout, source, variant)
        seconds = time.perf_counter() - start
        best = seconds if best is None else min(best, seconds)
        if seconds > 60:
            break
    return best, [int(count) for count in answer]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("result", type=pathlib.Path)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    results, expected = [], {}
    for asked, definitions in [("one", [ONE]), ("fifty", fifty())]:
        for layout, source in sources(given.folder).items():
            for engine, (run, variants) in ENGINES.items():
                ways = [(variant, "combined", [definitions]) for variant in variants]
                if asked == "fifty":
                    ways.append((variants[0], "one by one", [[definition] for definition in definitions]))
                for variant, how, batches in ways:
                    repeat = 1 if how == "one by one" else given.repeat
                    seconds, answer = 0.0, []
                    try:
                        for batch in batches:
                            took, counts = measure(run, batch, layout, source, variant, repeat)
                            seconds += took
                            answer += counts
                    except Exception as problem:  # noqa: BLE001  (an engine that cannot do it is a result too)
                        print(f"{asked} {layout} {engine} {variant} {how}: {str(problem)[:200]}", file=sys.stderr)
                        results.append(dict(asked=asked, layout=layout, engine=engine, variant=variant, how=how, failed=str(problem)[:200]))
                        continue
                    known = expected.setdefault(asked, answer)
                    if answer != known:
                        sys.exit(f"{engine} {variant} on {layout} answers {answer}, another engine {known}")
                    print(f"{asked:6} {layout:10} {engine:7} {variant:10} {how:10} {seconds:8.3f} s", file=sys.stderr)
                    results.append(dict(asked=asked, layout=layout, engine=engine, variant=variant, how=how, seconds=seconds))
    given.result.write_text(json.dumps({"runs": results, "answers": expected}, indent=1))


if __name__ == "__main__":
    main()
