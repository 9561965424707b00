"""Writes events as a warehouse unloads them: Parquet in time order, ids and names as text.

usage: generate.py MILLIONS FOLDER

Users start over a year, have 40 events on average over some weeks, ten common names and thirty rare ones. The same
events are also written in the layout that suits the other engines best: whole numbers for ids, names and times,
clustered by user and sorted by time.
"""

import pathlib
import sys

import numpy
import pyarrow
import pyarrow.parquet

EVENTS_PER_USER = 40
NAMES = [f"Event {number:02}" for number in range(40)]
YEAR = 365 * 86_400
CHUNK = 2_000_000


def draw(generator, first_user, users):
    """Events of some users, clustered: user, name, time in microseconds."""
    counts = generator.geometric(1 / EVENTS_PER_USER, users)
    user = numpy.repeat(numpy.arange(first_user, first_user + users, dtype=numpy.int32), counts)
    start = numpy.repeat(generator.integers(0, YEAR, users), counts)
    # Gaps between events are of hours to days, so that a life spans weeks.
    gap = generator.exponential(16 * 3600, len(user)).astype(numpy.int64)
    first = numpy.concatenate(([0], numpy.cumsum(counts)[:-1]))
    gap[first] = 0
    elapsed = numpy.cumsum(gap)
    elapsed -= numpy.repeat(elapsed[first], counts)
    common = generator.random(len(user)) < 0.6
    name = numpy.where(common, generator.integers(0, 10, len(user)), generator.integers(0, len(NAMES), len(user)))
    return user, name.astype(numpy.int16), (1_700_000_000 + start + elapsed) * 1_000_000


def main():
    millions, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    total = millions * 1_000_000
    users = total // EVENTS_PER_USER
    generator = numpy.random.default_rng(20)
    schema = pyarrow.schema([("user", pyarrow.int32()), ("name", pyarrow.int16()), ("time", pyarrow.int64())])
    parts = []
    with pyarrow.parquet.ParquetWriter(folder / "clustered.parquet", schema, compression="zstd") as writer:
        for first in range(0, users, CHUNK // EVENTS_PER_USER):
            columns = draw(generator, first, min(CHUNK // EVENTS_PER_USER, users - first))
            writer.write_table(pyarrow.table(list(columns), schema=schema), row_group_size=1_000_000)
            parts.append(columns)
    user, name, time = (numpy.concatenate(column) for column in zip(*parts))
    order = numpy.argsort(time, kind="stable")
    raw = folder / "raw"
    raw.mkdir(exist_ok=True)
    texts = pyarrow.array(NAMES)
    for part, start in enumerate(range(0, len(order), 5_000_000)):
        rows = order[start : start + 5_000_000]
        ids = pyarrow.compute.binary_join_element_wise(
            "user-", pyarrow.compute.cast(pyarrow.array(user[rows]), pyarrow.string()), ""
        )
        table = pyarrow.table(
            {
                "user_id": ids,
                "event": texts.take(pyarrow.array(name[rows])),
                "timestamp": pyarrow.array(time[rows]).cast(pyarrow.timestamp("us", tz="UTC")),
            }
        )
        pyarrow.parquet.write_table(table, raw / f"events-{part:03}.parquet", compression="zstd", row_group_size=1_000_000)
    print(f"{len(order)} events of {users} users in {folder}", file=sys.stderr)


if __name__ == "__main__":
    import pyarrow.compute  # noqa: F401  (registers the kernels used above)

    main()
