"""A grouping, a sort and a join whose rows do not fit `work_mem`: time, peak memory, bytes in temporary files.

A table of pairs (i, k): i counts from 1, k = i * 48271 mod (2^31 - 1) is different in every row and in no order. The answers follow from the numbers
1 to N, or are those of the same question asked another way.
"""

import argparse
import pathlib
import platform
import re
import tempfile
import time

import engines
import updates

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHUNK = 5_000_000


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench spill", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="rows, and distinct keys (20,000,000)")
    parser.add_argument("--memory", default="256MB", help="work_mem (256MB)")
    parser.add_argument("--compare", action="store_true", help="also with enough memory: 64 GB")
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help="where files go; removed at the end when not given")
    return parser.parse_args()


def questions(server, rows):
    """Each name with its text and the rows that are right."""
    total = rows * (rows + 1) // 2
    keys = int(server.run("SELECT sum(k) FROM pairs")[0][0])
    last = server.run("SELECT k, i FROM pairs ORDER BY k DESC LIMIT 5")[::-1]
    return {
        "group by": ("SELECT count(*), sum(k), sum(n), max(n), sum(s) FROM "
                     "(SELECT k, count(*) AS n, sum(i) AS s FROM pairs GROUP BY k) AS g",
                     [(rows, keys, rows, 1, total)]),
        "group by text": ("SELECT count(*), sum(n), max(n), sum(s) FROM "
                          "(SELECT 'key ' || k AS t, count(*) AS n, sum(i) AS s FROM pairs GROUP BY 1) AS g",
                          [(rows, rows, 1, total)]),
        "sort": (f"SELECT k, i FROM pairs ORDER BY k OFFSET {rows - 5}", last),
        "join": ("SELECT count(*), sum(a.i), sum(b.i) FROM pairs AS a JOIN pairs AS b ON a.k = b.k",
                 [(rows, total, total)]),
        "left join": ("SELECT count(*), count(b.i), sum(b.i) FROM pairs AS a LEFT JOIN pairs AS b ON a.k = b.k + 1",
                      [(rows, *server.run("SELECT count(*), sum(i) FROM pairs WHERE k + 1 IN (SELECT k FROM pairs)")[0])]),
    }


def fill(server, rows):
    server.connection.execute("CREATE TABLE pairs (i bigint NOT NULL, k bigint NOT NULL)")
    for first in range(1, rows + 1, CHUNK):
        server.connection.execute(f"INSERT INTO pairs SELECT i, i * 48271 % 2147483647 FROM "
                                  f"generate_series({first}::bigint, {min(rows, first + CHUNK - 1)}::bigint) AS g(i)")


def measure(server, name, text, expected, memory):
    server.connection.execute(f"SET work_mem = '{memory}'")
    # The highest resident size starts again from what is resident now.
    pathlib.Path(f"/proc/{server.server.pid}/clear_refs").write_text("5")
    before = updates.status(server.server.pid, "VmRSS")
    start = time.perf_counter()
    found = server.run(text)
    seconds = time.perf_counter() - start
    peak = updates.status(server.server.pid, "VmHWM")
    if [tuple(row) for row in found] != [tuple(row) for row in expected]:
        raise SystemExit(f"{name}: {found} instead of {expected}")
    plan = "\n".join(row[0] for row in server.run("EXPLAIN ANALYZE " + text))
    spilled = sum(int(number) for number in re.findall(r"spilled bytes=(\d+)", plan))
    print(f"{name:<15}{memory:>8}{seconds:>9.1f} s{before / 1e6:>9.0f} MB{peak / 1e6:>8.0f} MB{spilled / 1e6:>9.0f} MB",
          flush=True)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="almanac-spill-") as temporary:
        folder = options.folder or temporary
        pathlib.Path(folder, "data").mkdir(parents=True, exist_ok=True)
        server = engines.Almanac(folder, {"program": options.program, "schema": "", "table": ""})
        server.settle()
        try:
            start = time.perf_counter()
            fill(server, options.rows)
            print(f"{server.version} on {platform.machine()}; {options.rows:,} rows, written in "
                  f"{time.perf_counter() - start:.1f} s; answers are checked")
            print(f"{'':<15}{'work_mem':>8}{'time':>11}{'before':>12}{'peak':>11}{'spilled':>12}")
            for name, (text, expected) in questions(server, options.rows).items():
                measure(server, name, text, expected, options.memory)
                if options.compare:
                    measure(server, name, text, expected, "64GB")
        finally:
            server.close()


if __name__ == "__main__":
    main()
