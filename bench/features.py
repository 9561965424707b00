"""Asks DuckDB, chDB and Polars for the feature table of a discovery: for each user and event name how many events and on how many
separate days, within 1, 3, 7, 14 and 30 days of the user's first event.

usage: features.py FOLDER RESULT.json [--repeat N] [--like RESULT.json]

The table stays within the engine; what is compared is its sums by event, measure and window (400 numbers).
"""

import chdb.session
import duckdb
import polars

from definitions import DAY
from rivals import THREADS, Results, arguments, fields, sources

WINDOWS = [1, 3, 7, 14, 30]
LONGEST = WINDOWS[-1] * DAY
COLUMNS = [f"{measure}_{window}" for measure in ("count", "days") for window in WINDOWS]


def flat(rows):
    """Sums by event name, in the order of names: [(name, sums…)…] as one list."""
    return [int(value) for row in sorted(rows) for value in row[1:]]


def sql(layout, source, variant, engine):
    """One query for DuckDB or chDB: they differ in the names of functions only."""
    user, event, stamp = fields(layout)
    table = f"read_parquet('{source}')" if engine == "duckdb" else f"file('{source}', Parquet)"
    moment, day, count_if = {
        "duckdb": (f"epoch_us({stamp})", f"t // {DAY}", "count(*) filter ({})"),
        "chdb": (f"toUnixTimestamp64Micro({stamp})", f"intDiv(t, {DAY})", "countIf({})"),
    }[engine]
    moment = moment if layout == "raw" else stamp
    events = f"select {user} u, {event} e, {moment} t from {table}"
    first = f"select {user} u, min({moment}) t0 from {table} group by u"
    joined = f"select a.u u, e, t, t0 from ({events}) a inner join ({first}) b on a.u = b.u where t < t0 + {LONGEST}"
    counts = [f"{count_if.format(where(engine, f't < t0 + {window * DAY}'))} count_{window}" for window in WINDOWS]
    if variant == "two steps":
        # A day counts within a window if its first event does.
        some = "any_value" if engine == "duckdb" else "any"
        by_day = f"select u, e, {day} d, {some}(t0) started, min(t) first, {', '.join(counts)} from ({joined}) group by u, e, d"
        sums = [f"sum(count_{window}) count_{window}" for window in WINDOWS]
        days = [f"{count_if.format(where(engine, f'first < started + {window * DAY}'))} days_{window}" for window in WINDOWS]
        features = f"select u, e, {', '.join(sums + days)} from ({by_day}) group by u, e"
    else:
        features = f"select u, e, {', '.join(counts + [bits(engine, window) for window in WINDOWS])} from ({joined}) group by u, e"
    return f"select e, {', '.join(f'sum({column})' for column in COLUMNS)} from ({features}) group by e"


def where(engine, condition):
    return f"where {condition}" if engine == "duckdb" else condition


def bits(engine, window):
    """Separate days as bits."""
    if engine == "duckdb":
        return (
            f"coalesce(bit_count(bit_or(1::bigint << (t // {DAY} - t0 // {DAY})::int) "
            f"filter (where t < t0 + {window * DAY})), 0) days_{window}"
        )
    bit = f"bitShiftLeft(toUInt64(1), toUInt8(intDiv(t, {DAY}) - intDiv(t0, {DAY})))"
    return f"bitCount(groupBitOrIf({bit}, t < t0 + {window * DAY})) days_{window}"


def run_duckdb(layout, source, variant):
    connection = duckdb.connect()
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set preserve_insertion_order = false")
    return flat(connection.execute(sql(layout, source, variant, "duckdb")).fetchall())


def run_chdb(layout, source, variant, session=[]):
    if not session:
        session.append(chdb.session.Session())
    text = str(session[0].query(sql(layout, source, variant, "chdb") + f" settings max_threads = {THREADS}", "TSV"))
    rows = [line.split("\t") for line in text.strip().split("\n")]
    return flat([(int(row[0]) if row[0].isdigit() else row[0], *row[1:]) for row in rows])


def run_polars(layout, source, variant):
    user, event, stamp = fields(layout)
    moment = polars.col(stamp).dt.timestamp("us") if layout == "raw" else polars.col(stamp)
    events = polars.scan_parquet(source).select(polars.col(user).alias("u"), polars.col(event).alias("e"), moment.alias("t"))
    t, t0 = polars.col("t"), polars.col("t0")
    if variant.endswith("over"):
        events = events.with_columns(t.min().over("u").alias("t0"))
    else:
        events = events.join(events.group_by("u").agg(t.min().alias("t0")), on="u")
    events = events.filter(t < t0 + LONGEST)
    counts = [(t < t0 + window * DAY).sum().alias(f"count_{window}") for window in WINDOWS]
    days = [(t < t0 + window * DAY).sum().alias(f"days_{window}") for window in WINDOWS]
    by_day = events.group_by("u", "e", (t // DAY).alias("d")).agg(t0.first(), t.min(), *counts)
    features = by_day.group_by("u", "e").agg(*(polars.col(f"count_{window}").sum() for window in WINDOWS), *days)
    sums = features.group_by("e").agg(*(polars.col(column).sum() for column in COLUMNS))
    streaming = variant.startswith("streaming")
    return flat(sums.collect(engine="streaming" if streaming else "auto").select("e", *COLUMNS).rows())


ENGINES = {
    "polars": (run_polars, ["join", "over", "streaming", "streaming over"]),
    "duckdb": (run_duckdb, ["bits", "two steps"]),
    "chdb": (run_chdb, ["bits", "two steps"]),
}


def main():
    given = arguments()
    results = Results(given.like)
    for layout, source in sources(given.folder).items():
        for engine, (run, variants) in ENGINES.items():
            for variant in variants:
                ask = [lambda: run(layout, source, variant)]
                results.add("features", layout, (engine, variant, "combined"), ask, given.repeat)
    results.write(given.result)


if __name__ == "__main__":
    main()
