"""Asks DuckDB, chDB and Polars who qualifies, from the same events, with the best query that we could write for each.

usage: rivals.py FOLDER RESULT.json [--repeat N] [--like RESULT.json]

With --like, only the ways that were within twice the fastest there are asked: a run over five times the events then ends on
the same day.

Each engine gets the raw events (ids and names as text, in time order) and the layout that suits it best (whole numbers,
clustered by user). Only *who* qualifies is asked of them, which is less than Brix answers (who, when, and the state at the
end). Every variant's answer is checked against the others'. The fastest variant and run counts. Criticism is welcome: add a
variant.
"""

import argparse
import functools
import json
import multiprocessing
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


# ---------------------------------------------------------------- By division
#
# The other way round: a row for each user and event name, joined with a table of all criteria; who has as many rows for a
# definition as it has criteria meets it.


def kinds(definitions):
    """The different (measure, window), and each criterion as (definition, event name, place among these, at least)."""
    wanted = sorted({(measure, d["window"]) for d in definitions for _, measure, _ in d["criteria"]})
    criteria = [
        (place, name, wanted.index((measure, d["window"])), least)
        for place, d in enumerate(definitions)
        for name, measure, least in d["criteria"]
    ]
    return wanted, criteria


def divided(definitions, rows):
    """How many meet each definition, from (definition, number) rows; those that nobody meets have none."""
    counts = {int(place): int(count) for place, count in rows}
    return [counts.get(place, 0) for place in range(len(definitions))]


def division_query(definitions, joined, layout, engine):
    wanted, criteria = kinds(definitions)
    counts = []
    for place, (measure, window) in enumerate(wanted):
        inside = f"t < t0 + {window * DAY}"
        if engine == "duckdb":
            bits = f"1::bigint << (t // {DAY} - t0 // {DAY})::int"
            value = f"count(*) filter (where {inside})"
            days = f"coalesce(bit_count(bit_or({bits}) filter (where {inside})), 0)"
        else:
            bits = f"bitShiftLeft(toUInt64(1), toUInt8(intDiv(t, {DAY}) - intDiv(t0, {DAY})))"
            value, days = f"countIf({inside})", f"bitCount(groupBitOrIf({bits}, {inside}))"
        counts.append(f"{value if measure == 'count' else days} v{place}")
    rows = ", ".join(f"({place}, {NAME[layout](name)}, {kind}, {least})" for place, name, kind, least in criteria)
    if engine == "duckdb":
        table = f"(values {rows}) c(d, e, k, least)"
    else:
        table = f"values('d UInt8, e {'String' if layout == 'raw' else 'Int16'}, k UInt8, least UInt8', {rows}) c"
    reached = " or ".join(f"(k = {place} and v{place} >= least)" for place in range(len(wanted)))
    needs = [len(d["criteria"]) for d in definitions]
    needed = " ".join(f"when {place} then {count}" for place, count in enumerate(needs))
    return f"""select d, count(*) from (select u, d from (select u, e, {', '.join(counts)} from ({joined}) group by u, e) f
               inner join {table} on f.e = c.e where {reached} group by u, d having count(*) = case d {needed} else 0 end) group by d"""


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
    if variant == "division":
        joined = f"""select a.u u, e, t, t0 from (select {user} u, {event} e, {moment} t from read_parquet('{source}')
                     where {event} in ({wanted})) a join (select {user} u, min({moment}) t0 from read_parquet('{source}') group by 1)
                     b on a.u = b.u where t < t0 + {longest}"""
        return division_query(definitions, joined, layout, "duckdb")
    return f"select {answers} from (select u, {grouped} from ({inner}) group by u)"


def duckdb_connection():
    connection = duckdb.connect()
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set enable_progress_bar = false")
    return connection


def run_duckdb(definitions, layout, source, variant):
    rows = duckdb_connection().execute(duckdb_query(definitions, layout, source, variant)).fetchall()
    return divided(definitions, rows) if variant == "division" else list(rows[0])


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
    if variant == "division":
        return division_query(definitions, inner.replace("select u,", "select a.u u,", 1), layout, "chdb")
    return f"select {answers} from (select u, {', '.join(counts)} from ({inner}) group by u)"


def run_chdb(definitions, layout, source, variant, session=[]):
    if not session:
        session.append(chdb.session.Session())
    query = chdb_query(definitions, layout, source, variant) + f" settings max_threads = {THREADS}"
    lines = str(session[0].query(query, "CSV")).strip().split("\n")
    if variant == "division":
        return divided(definitions, [line.split(",") for line in lines])
    return [int(word) for word in lines[0].split(",")]


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
    collect = "streaming" if variant.startswith("streaming") else "auto"
    if variant.endswith("division"):
        return divided(definitions, polars_division(definitions, frame, name_of).collect(engine=collect).rows())
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
    result = frame.group_by("u").agg(counts).select(answers).collect(engine=collect)
    return list(result.row(0))


def polars_division(definitions, frame, name_of):
    wanted, criteria = kinds(definitions)
    t, t0 = polars.col("t"), polars.col("t0")
    counts = [
        (t < t0 + window * DAY).sum() if measure == "count" else (t // DAY).filter(t < t0 + window * DAY).n_unique()
        for measure, window in wanted
    ]
    features = frame.group_by("u", "e").agg([count.cast(polars.UInt32).alias(f"v{place}") for place, count in enumerate(counts)])
    rows = [(place, name_of(name), kind, least, len(definitions[place]["criteria"])) for place, name, kind, least in criteria]
    table = polars.LazyFrame(rows, schema=["d", "e", "k", "least", "needed"], orient="row")
    if name_of(0) == 0:
        table = table.with_columns(polars.col("e").cast(polars.Int16))
    reached = polars.any_horizontal(
        [(polars.col("k") == place) & (polars.col(f"v{place}") >= polars.col("least")) for place in range(len(wanted))]
    )
    met = features.join(table, on="e").filter(reached).group_by("u", "d").agg(polars.len().alias("n"), polars.col("needed").first())
    return met.filter(polars.col("n") == polars.col("needed")).group_by("d").len()


# ---------------------------------------------------------------- measuring

ENGINES = {
    "polars": (run_polars, ["join", "streaming", "over", "division", "streaming division"]),
    "duckdb": (run_duckdb, ["join", "window", "division"]),
    "chdb": (run_chdb, ["join", "arrays", "division"]),
}


def measure(ask, repeat, hopeless):
    """Seconds of the fastest of several runs, and the answer. What is hopeless is not repeated."""
    best, answer = None, None
    for _ in range(repeat):
        start = time.perf_counter()
        answer = ask()
        seconds = time.perf_counter() - start
        best = seconds if best is None else min(best, seconds)
        if seconds > hopeless:
            break
    return best, [int(count) for count in answer]


def tell(theirs, ask, repeat, hopeless):
    """[`measure`], told to whoever waits."""
    try:
        theirs.send(measure(ask, repeat, hopeless))
    except Exception as problem:  # noqa: BLE001  (told, too)
        theirs.send(str(problem))


def apart(ask, repeat, hopeless):
    """As [`measure`], in a process of its own: that an engine needs more memory than there is says something about it, and ends
    no other's turn. It is a fresh one: engines have threads, which a copy of this one would wait for in vain."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=tell, args=(theirs, ask, repeat, hopeless))
    process.start()
    theirs.close()
    try:
        told = ours.recv()
    except EOFError:
        told = "its process was killed: it wants more memory than there is"
    process.join()
    if isinstance(told, str):
        raise RuntimeError(told)
    return told


class Results:
    """The seconds of each way of asking, and the one answer that all must give."""

    def __init__(self, like=None):
        self.runs, self.answers = [], {}
        self.like = json.loads(like.read_text())["runs"] if like else None

    def is_asked(self, asked, layout, way):
        """Whether a way was not hopeless the time before."""
        if self.like is None:
            return True
        before = {
            (run["engine"], run["variant"], run["how"]): run["seconds"]
            for run in self.like
            if (run["asked"], run["layout"]) == (asked, layout) and "seconds" in run
        }
        return way in before and before[way] < 2 * min(before.values())

    def hopeless(self, asked, layout):
        """So many seconds are twice as many as the fastest way took so far."""
        known = [run["seconds"] for run in self.runs if (run["asked"], run["layout"]) == (asked, layout) and "seconds" in run]
        return 2 * min(known, default=float("inf"))

    def add(self, asked, layout, way, questions, repeat):
        """Asks all questions one after the other and keeps the sum of their seconds; gives up when that is hopeless."""
        if not self.is_asked(asked, layout, way):
            return
        engine, variant, how = way
        run = dict(asked=asked, layout=layout, engine=engine, variant=variant, how=how)
        seconds, answer, hopeless = 0.0, [], self.hopeless(asked, layout)
        try:
            for ask in questions:
                took, counts = apart(ask, repeat, hopeless)
                seconds += took
                answer += counts
                if len(questions) > 1 and seconds > hopeless:
                    break
        except Exception as problem:  # noqa: BLE001  (an engine that cannot do it is a result too)
            run["failed"] = str(problem)[:200]
            print(f"{asked} {layout} {engine} {variant} {how}: {run['failed']}", file=sys.stderr)
        else:
            if len(questions) > 1 and seconds > hopeless:
                run["given_up_after_seconds"] = seconds
                self.runs.append(run)
                return
            known = self.answers.setdefault(asked, answer)
            if answer != known:
                sys.exit(f"{engine} {variant} on {layout} answers {answer}, another engine {known}")
            run["seconds"] = seconds
            print(f"{asked:8} {layout:10} {engine:7} {variant:10} {how:10} {seconds:8.3f} s", file=sys.stderr)
        self.runs.append(run)

    def write(self, path):
        path.write_text(json.dumps({"runs": self.runs, "answers": self.answers}, indent=1))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("result", type=pathlib.Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--like", type=pathlib.Path)
    return parser.parse_args()


def main():
    given = arguments()
    results = Results(given.like)
    for asked, definitions in [("one", [ONE]), ("fifty", fifty())]:
        for layout, source in sources(given.folder).items():
            for engine, (run, variants) in ENGINES.items():
                for variant in variants:
                    ask = [functools.partial(run, definitions, layout, source, variant)]
                    results.add(asked, layout, (engine, variant, "combined"), ask, given.repeat)
                if asked == "fifty":
                    one_by_one = [
                        functools.partial(run, [definition], layout, source, variants[0]) for definition in definitions
                    ]
                    results.add(asked, layout, (engine, variants[0], "one by one"), one_by_one, 1)
    results.write(given.result)


if __name__ == "__main__":
    main()
