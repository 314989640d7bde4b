"""Following a PostgreSQL: how fast changes are applied and durable against pg_recvlogical writing the same stream to a
file, how fast tables are copied against a COPY to nowhere, and how long a commit takes until queries here see it.

Source and follower share the machine. Pairs are interleaved; medians are given.
"""

import argparse
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

import engines
from cdc_servers import Follower, Postgres, Subscriber

ROOT = pathlib.Path(__file__).resolve().parents[2]

SCHEMA = """
CREATE TABLE deals (
  id bigint PRIMARY KEY, tenant_id integer NOT NULL, created_at timestamptz NOT NULL, closed_at timestamptz,
  customer_id bigint NOT NULL, manager_id integer NOT NULL, department_id integer NOT NULL, pipeline_id integer NOT NULL,
  stage text NOT NULL, source text NOT NULL, currency text NOT NULL, amount numeric(15,2) NOT NULL, title text NOT NULL,
  status text NOT NULL)
"""
ROWS = """
SELECT i, i %% 40, timestamptz '2023-01-01' + (i %% 1095) * interval '1 day' + (i %% 86400) * interval '1 second', NULL, i %% 100000,
  i %% 300, i %% 20, i %% 5, 'stage ' || i %% 9, 'source ' || i %% 12, 'RUB', (i * 7919 %% 10000000) / 100.0, 'Deal ' || i, 'open'
FROM generate_series(%s::bigint, %s::bigint) i
"""


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench cdc", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the table at first (2,000,000)")
    parser.add_argument("--changes", type=int, default=200_000, help="changes of a measurement, 1,000 a transaction (200,000)")
    parser.add_argument("--pairs", type=int, default=10, help="pairs of measurements (10)")
    parser.add_argument("--copies", type=int, default=3, help="copies of the table, each after a COPY to nowhere (3)")
    parser.add_argument("--only-copies", action="store_true", help="nothing but them")
    parser.add_argument("--no-subscriber", action="store_true", help="leave PostgreSQL's own logical subscriber out")
    parser.add_argument("--random-rows", type=int, default=0, metavar="N",
                        help="instead of all: random updates alone, against a table of N rows")
    parser.add_argument("--latency-seconds", type=float, default=10, help="time of the latency measurement (10)")
    parser.add_argument("--rate", type=int, default=10_000, help="changes a second meanwhile (10,000)")
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"))
    return parser.parse_args()


def value(connection, sql, *parameters):
    return connection.execute(sql, parameters or None).fetchone()[0]


def wait_for_rest(follower):
    """Until sealing has ended: what it takes from the next measurement is not that one's."""
    last = None
    while True:
        now = follower.execute("SELECT seals, compactions FROM almanac.maintenance").fetchone()
        if now == last:
            return
        last = now
        time.sleep(0.5)


class Stream:
    """Interleaved measurements of one kind of change: this engine, pg_recvlogical and a PostgreSQL that subscribes."""

    def __init__(self, options, database, source, server, follower, subscriber):
        self.options, self.database, self.source, self.follower = options, database, source, follower
        self.subscriber = subscriber
        self.process = server.process.pid
        self.next_id = options.rows + 1
        self.random = random.Random(1)
        self.publication = value(follower, "SELECT publication FROM almanac.replication")

    def inserts(self, count):
        for _ in range(count // 1000):
            self.source.execute("INSERT INTO deals " + ROWS, (self.next_id, self.next_id + 999))
            self.next_id += 1000

    def updates(self, count):
        for _ in range(count // 1000):
            keys = self.random.sample(range(1, self.options.rows), 1000)
            self.source.execute("UPDATE deals SET amount = amount + 1, status = 'won', closed_at = now() WHERE id = ANY(%s)", (keys,))

    def recvlogical(self, end):
        with tempfile.NamedTemporaryFile() as file:
            start = time.monotonic()
            subprocess.run([str(self.database.bin / "pg_recvlogical"), "--dbname", self.database.conninfo, "--slot", "bench", "--start",
                            "--file", file.name, "--endpos", end, "--no-loop", "--option", "proto_version=1", "--option",
                            f"publication_names={self.publication}"], check=True, stdout=subprocess.DEVNULL)
            return time.monotonic() - start

    def applied(self, end):
        self.used = engines.processor_seconds(self.process)
        start = time.monotonic()
        self.follower.execute("RESUME REPLICATION bench")
        assert value(self.follower, "SELECT wait_for_lsn(%s, 600000)", end)
        seconds = time.monotonic() - start
        # Applied and durable: what is visible is durable by default.
        self.used = engines.processor_seconds(self.process) - self.used
        return seconds

    def measure(self, name, change, count=None):
        count = count or self.options.changes
        times = {side: [] for side in ("file", "ours", "peer")[:3 if self.subscriber else 2]}
        processor = []
        for pair in range(self.options.pairs):
            wait_for_rest(self.follower)
            self.follower.execute("PAUSE REPLICATION bench")
            if self.subscriber:
                self.subscriber.pause()
            self.source.execute("SELECT pg_create_logical_replication_slot('bench', 'pgoutput')")
            change(count)
            self.source.execute("UPDATE probe SET n = n + 1")
            end = value(self.source, "SELECT pg_current_wal_lsn()::text")
            sides = list(times)
            for side in sides[pair % len(sides):] + sides[:pair % len(sides)]:
                if side == "file":
                    times[side].append(self.recvlogical(end))
                elif side == "ours":
                    times[side].append(self.applied(end))
                    processor.append(self.used)
                else:
                    times[side].append(self.subscriber.applied(value(self.source, "SELECT n FROM probe")))
            self.source.execute("SELECT pg_drop_replication_slot('bench')")
        def against(side):
            return statistics.median(them / us for them, us in zip(times[side], times["ours"]))
        rates = {side: count / statistics.median(seconds) for side, seconds in times.items()}
        peer = f"{rates['peer']:,.0f} | {against('peer'):.2f}" if self.subscriber else "- | -"
        print(f"| {name} | {rates['ours']:,.0f} | {rates['file']:,.0f} | {against('file'):.0%} | {peer} | "
              f"{statistics.median(processor) / count * 1e6:.2f} |", flush=True)
        self.check()

    def check(self):
        """Both databases answer alike, and no row was missing or there twice."""
        rest = value(self.follower, "SELECT sum(missing_keys + duplicate_keys + resyncs) FROM almanac.replication_tables")
        assert rest == 0, "the replication was not exact"
        sums = "SELECT count(*), sum(id), sum(amount), count(closed_at), count(DISTINCT status) FROM deals"
        ours, theirs = self.follower.execute(sums).fetchone(), self.source.execute(sums).fetchone()
        assert ours == theirs, f"other rows than the source's: {ours}, {theirs}"


def copy_to_nowhere(source):
    start = time.monotonic()
    size = 0
    with source.cursor().copy("COPY deals TO STDOUT (FORMAT binary)") as copy:
        for data in copy:
            size += len(data)
    return time.monotonic() - start, size


def latency(options, database, server, change, query):
    """Commit to visible: what `change` sets to a number is asked for until it is there, while others change rows."""
    stop = threading.Event()

    def load():
        connection = database.connect()
        numbers = random.Random(2)
        period = 100 / options.rate
        due = time.monotonic()
        while not stop.is_set():
            keys = [numbers.randrange(1, options.rows) for _ in range(100)]
            connection.execute("UPDATE deals SET amount = amount + 1 WHERE id = ANY(%s)", (keys,))
            due += period
            time.sleep(max(0, due - time.monotonic()))

    thread = threading.Thread(target=load)
    thread.start()
    source, follower = database.connect(), server.connect()
    times = []
    number = 0
    end = time.monotonic() + options.latency_seconds
    while time.monotonic() < end:
        number += 1
        source.execute(change, (number,))
        start = time.monotonic()
        while value(follower, query) != number:
            time.sleep(0.0005)
        times.append(time.monotonic() - start)
        time.sleep(0.01)
    stop.set()
    thread.join()
    times.sort()
    return len(times), times[len(times) // 2] * 1000, times[min(len(times) - 1, len(times) * 99 // 100)] * 1000


def print_latency(options, database, server, what, change, query):
    count, median, late = latency(options, database, server, change, query)
    print(f"commit to visible in {what} at {options.rate:,} changes/s: p50 {median:.1f} ms, p99 {late:.1f} ms ({count} probes)", flush=True)


def wait_for_rollup(follower, query):
    """Until a query is answered by the rollup."""
    while not any("sums" in row[0] for row in follower.execute("EXPLAIN " + query).fetchall()):
        time.sleep(0.05)


def fill(source, rows):
    source.execute(SCHEMA)
    source.execute("CREATE TABLE probe (id integer PRIMARY KEY, n integer)")
    source.execute("INSERT INTO probe VALUES (1, 0)")
    for first in range(1, rows + 1, 1_000_000):
        source.execute("INSERT INTO deals " + ROWS, (first, min(rows, first + 999_999)))
    source.execute("VACUUM ANALYZE deals")


def follow(options, database, source, follower):
    """Copies the tables, and measures that; the last copy stays."""
    copy_to_nowhere(source)
    pairs = []
    for number in range(options.copies):
        if number > 0:
            follower.execute("DROP REPLICATION bench")
            follower.execute("DROP TABLE deals")
            follower.execute("DROP TABLE probe")
            wait_for_rest(follower)
        nowhere, size = copy_to_nowhere(source)
        start = time.monotonic()
        follower.execute(f"CREATE REPLICATION bench CONNECTION '{database.conninfo}' TABLES (deals PARTITION BY MONTH (created_at) "
                         "ORDER BY (created_at), probe)")
        while value(follower, "SELECT count(*) FROM almanac.replication_tables WHERE state <> 'ready'") > 0:
            time.sleep(0.01)
        pairs.append((nowhere, time.monotonic() - start))
    nowhere, copied = (statistics.median(times) for times in zip(*pairs))
    ratio = statistics.median(nowhere / copied for nowhere, copied in pairs)
    rows = value(source, "SELECT count(*) FROM deals")
    print(f"copy of {rows:,} rows ({size / 1e6:,.0f} MB), medians of {options.copies}: {copied:.2f} s from CREATE REPLICATION to "
          f"ready, {rows / copied:,.0f} rows/s; binary COPY to nowhere {nowhere:.2f} s ({ratio:.0%})", flush=True)


def print_index(follower, when):
    rows, size = follower.execute("SELECT rows, index_resident_bytes FROM almanac.tables WHERE name = 'deals'").fetchone()
    print(f"key index in memory {when}: {size / 1e6:,.1f} MB, {size / rows:.2f} bytes a row", flush=True)


def main():
    options = arguments()
    options.rows = options.random_rows or options.rows
    folder = pathlib.Path(tempfile.mkdtemp(prefix="almanac-bench-cdc."))
    folder.chmod(0o755)
    servers = []
    try:
        database = Postgres(folder)
        servers.append(database)
        source = database.connect()
        fill(source, options.rows)
        server = Follower(folder, options.program)
        servers.insert(0, server)
        follower = server.connect()
        follow(options, database, source, follower)
        print_index(follower, "after the copy")
        if options.only_copies:
            return
        subscriber = None
        if not options.no_subscriber:
            subscriber = Subscriber(folder, database, SCHEMA)
            servers.insert(0, subscriber)
        print(f"\n{options.changes:,} changes, 1,000 a transaction, medians of {options.pairs} rounds\n")
        print("| | applied and durable, changes/s | pg_recvlogical to a file | ratio | PostgreSQL's subscriber | we are × faster | "
              "our processor, µs a change |\n|---|---|---|---|---|---|---|")
        stream = Stream(options, database, source, server, follower, subscriber)
        if not options.random_rows:
            stream.measure("inserts", stream.inserts)
        stream.measure(f"updates of {options.rows:,} rows", stream.updates)
        print()
        print_index(follower, "after the updates")
        if not options.random_rows:
            print_latency(options, database, server, "a row", "UPDATE probe SET n = %s", "SELECT n FROM probe")
            source.execute("INSERT INTO deals SELECT 0, 999, created_at, closed_at, customer_id, manager_id, department_id, pipeline_id, "
                           "stage, source, currency, 0, title, status FROM deals WHERE id = 1")
            follower.execute("CREATE ROLLUP sums ON deals KEY (tenant_id, date_trunc('day', created_at)) STORE (sum(amount))")
            query = "SELECT sum(amount) FROM deals WHERE tenant_id = 999"
            wait_for_rollup(follower, query)
            print_latency(options, database, server, "a sum of a rollup", "UPDATE deals SET amount = %s WHERE id = 0", query)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
