"""Asks DuckDB, chDB and Polars for the feature table of a discovery: for each user and event name how many events and on how many
separate days, within 1, 3, 7, 14 and 30 days of the user's first event; and for eight of the names how soon the first one came (in
steps), by how much the second half of the window has more than the first one (in steps), and how many came in its last quarter.
Brix's table has more of such times, which are not asked here: how soon again, and which of two events came first.

usage: features.py FOLDER RESULT.json [--repeat N] [--like RESULT.json]

The table stays within the engine; what is compared is its sums by event, measure and window.
"""

import functools

import chdb.session
import polars

from definitions import DAY
from rivals import THREADS, Results, arguments, duckdb_connection, fields, sources

WINDOWS = [1, 3, 7, 14, 30]
LONGEST = WINDOWS[-1] * DAY
TIMED = 8
COLUMNS = [f"{measure}_{window}" for measure in ("count", "days", "soon", "growth", "late") for window in WINDOWS]
HOUR = DAY // 24
SOON = [HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY]
GROWTH = [50, 100, 150, 200, 300]


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
    timed = f"e < {TIMED}" if layout == "clustered" else f"e < 'Event {TIMED:02}'"

    def count(condition, name):
        return f"{count_if.format(where(engine, condition))} {name}"

    counts = [count(f"t < t0 + {window * DAY}", f"count_{window}") for window in WINDOWS]
    halves = [count(f"{timed} and t < t0 + {window * DAY // 2}", f"half_{window}") for window in WINDOWS]
    quarters = [
        count(f"{timed} and t >= t0 + {window * DAY - window * DAY // 4} and t < t0 + {window * DAY}", f"late_{window}")
        for window in WINDOWS
    ]
    counts += halves + quarters
    if variant == "two steps":
        # A day counts within a window if its first event does.
        some = "any_value" if engine == "duckdb" else "any"
        by_day = f"select u, e, {day} d, {some}(t0) started, min(t) first, {', '.join(counts)} from ({joined}) group by u, e, d"
        sums = [f"sum({name}_{window}) {name}_{window}" for name in ("count", "half", "late") for window in WINDOWS]
        sums.append(f"min(first) - {some}(started) soonest")
        days = [f"{count_if.format(where(engine, f'first < started + {window * DAY}'))} days_{window}" for window in WINDOWS]
        features = f"select u, e, {', '.join(sums + days)} from ({by_day}) group by u, e"
    else:
        soonest = [f"min(t - t0) soonest"]
        features = f"select u, e, {', '.join(counts + soonest + [bits(engine, window) for window in WINDOWS])} from ({joined}) group by u, e"
    steps = ", ".join(soon(timed, window) + ", " + growth(timed, window) for window in WINDOWS)
    known = ", ".join(f"{name}_{window}" for name in ("count", "days", "late") for window in WINDOWS)
    table = f"select u, e, {known}, {steps} from ({features})"
    return f"select e, {', '.join(f'sum({column})' for column in COLUMNS)} from ({table}) group by e"


def soon(timed, window):
    """One, and one more for each length of time within which the first came; none if it did not come in the window."""
    steps = " + ".join(f"case when soonest < {length} then 1 else 0 end" for length in SOON)
    return f"case when {timed} and soonest < {window * DAY} then 1 + {steps} else 0 end soon_{window}"


def growth(timed, window):
    """One for each share of the first half's events that the second half reaches."""
    grown = f"(count_{window} - half_{window}) * 100"
    steps = " + ".join(f"case when {grown} >= {share} * half_{window} then 1 else 0 end" for share in GROWTH)
    return f"case when {timed} and half_{window} > 0 then {steps} else 0 end growth_{window}"


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
    return flat(duckdb_connection().execute(sql(layout, source, variant, "duckdb")).fetchall())


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
    timed = polars.col("e") < (TIMED if layout == "clustered" else f"Event {TIMED:02}")
    counts = [(t < t0 + window * DAY).sum().alias(f"count_{window}") for window in WINDOWS]
    for window in WINDOWS:
        length = window * DAY
        counts.append((timed & (t < t0 + length // 2)).sum().alias(f"half_{window}"))
        counts.append((timed & (t >= t0 + length - length // 4) & (t < t0 + length)).sum().alias(f"late_{window}"))
    days = [(t < t0 + window * DAY).sum().alias(f"days_{window}") for window in WINDOWS]
    by_day = events.group_by("u", "e", (t // DAY).alias("d")).agg(t0.first(), t.min(), *counts)
    summed = [polars.col(f"{name}_{window}").sum() for name in ("count", "half", "late") for window in WINDOWS]
    features = by_day.group_by("u", "e").agg(*summed, *days, (t.min() - t0.first()).alias("soonest"))
    features = features.with_columns(*(steps(timed, window) for window in WINDOWS), *(grown(timed, window) for window in WINDOWS))
    sums = features.group_by("e").agg(*(polars.col(column).sum() for column in COLUMNS))
    streaming = variant.startswith("streaming")
    return flat(sums.collect(engine="streaming" if streaming else "auto").select("e", *COLUMNS).rows())


def steps(timed, window):
    """As [`soon`]."""
    soonest = polars.col("soonest")
    reached = sum(((soonest < length).cast(polars.Int32) for length in SOON), start=polars.lit(1))
    return polars.when(timed & (soonest < window * DAY)).then(reached).otherwise(0).alias(f"soon_{window}")


def grown(timed, window):
    """As [`growth`]."""
    early, all_ = polars.col(f"half_{window}").cast(polars.Int64), polars.col(f"count_{window}").cast(polars.Int64)
    reached = sum((((all_ - early) * 100 >= share * early).cast(polars.Int32) for share in GROWTH), start=polars.lit(0))
    return polars.when(timed & (early > 0)).then(reached).otherwise(0).alias(f"growth_{window}")


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
                ask = [functools.partial(run, layout, source, variant)]
                results.add("features", layout, (engine, variant, "combined"), ask, given.repeat)
    results.write(given.result)


if __name__ == "__main__":
    main()
