"""Following a PostgreSQL: how fast changes are applied and durable against pg_recvlogical writing the same stream to a
file, how fast tables are copied against a COPY to nowhere, and how long a commit takes until queries here see it.

Source and follower share the machine. Pairs are interleaved; medians are given.
"""

import argparse
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

import psycopg

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
    parser.add_argument("--latency-seconds", type=float, default=10, help="time of the latency measurement (10)")
    parser.add_argument("--rate", type=int, default=10_000, help="changes a second meanwhile (10,000)")
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"))
    return parser.parse_args()


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


class Source:
    """A PostgreSQL of our own."""

    def __init__(self, folder):
        self.folder = folder / "postgres"
        self.folder.mkdir()
        self.bin = pathlib.Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip())
        self.user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        self.port = free_port()
        self.run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        settings = ["wal_level=logical", "fsync=off", "max_wal_size=8GB", "shared_buffers=512MB", "listen_addresses=127.0.0.1",
                    f"unix_socket_directories={self.folder}", "autovacuum=off", "timezone=UTC"]
        options = " ".join(f"-c {setting}" for setting in settings) + f" -p {self.port}"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        self.conninfo = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def run(self, program, *words):
        subprocess.run([*self.user, str(self.bin / program), *map(str, words)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd="/")

    def connect(self):
        return psycopg.connect(self.conninfo, autocommit=True)

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")


class Follower:
    def __init__(self, folder, program):
        self.port = free_port()
        self.process = subprocess.Popen([program, "serve", "--data", str(folder / "data"), "--listen", f"127.0.0.1:{self.port}"],
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def connect(self):
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user=almanac dbname=almanac", autocommit=True)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def value(connection, sql, *parameters):
    return connection.execute(sql, parameters or None).fetchone()[0]


def processor_seconds(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    """Pairs of measurements of one kind of change."""

    def __init__(self, options, source, follower, database, process):
        self.options, self.source, self.follower, self.database = options, source, follower, database
        self.process = process
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
        out = subprocess.DEVNULL
        with tempfile.NamedTemporaryFile() as file:
            start = time.monotonic()
            subprocess.run([str(self.database.bin / "pg_recvlogical"), "--dbname", self.database.conninfo, "--slot", "bench", "--start",
                            "--file", file.name, "--endpos", end, "--no-loop", "--option", "proto_version=1", "--option",
                            f"publication_names={self.publication}"], check=True, stdout=out)
            return time.monotonic() - start

    def applied(self, end):
        before = processor_seconds(self.process)
        start = time.monotonic()
        self.follower.execute("RESUME REPLICATION bench")
        assert value(self.follower, "SELECT wait_for_lsn(%s, 600000)", end)
        seconds = time.monotonic() - start
        # Applied and durable: what is visible is durable by default.
        return seconds, processor_seconds(self.process) - before

    def measure(self, name, change):
        count = self.options.changes
        theirs, ours, processor = [], [], []
        for pair in range(self.options.pairs):
            wait_for_rest(self.follower)
            self.follower.execute("PAUSE REPLICATION bench")
            self.source.execute("SELECT pg_create_logical_replication_slot('bench', 'pgoutput')")
            change(count)
            end = value(self.source, "SELECT pg_current_wal_lsn()::text")
            order = ["theirs", "ours"] if pair % 2 == 0 else ["ours", "theirs"]
            for side in order:
                if side == "theirs":
                    theirs.append(self.recvlogical(end))
                else:
                    seconds, used = self.applied(end)
                    ours.append(seconds)
                    processor.append(used)
            self.source.execute("SELECT pg_drop_replication_slot('bench')")
        them, us = statistics.median(theirs), statistics.median(ours)
        ratio = statistics.median(a / b for a, b in zip(theirs, ours))
        print(f"| {name} | {count / us:,.0f} | {count / them:,.0f} | {ratio:.0%} | {statistics.median(processor) / count * 1e6:.2f} |", flush=True)
        rest = value(self.follower, "SELECT sum(missing_keys + duplicate_keys + resyncs) FROM almanac.replication_tables")
        assert rest == 0, "the replication was not exact"


def copy_to_nowhere(source):
    start = time.monotonic()
    size = 0
    with source.cursor().copy("COPY deals TO STDOUT (FORMAT binary)") as copy:
        for data in copy:
            size += len(data)
    return time.monotonic() - start, size


def latency(options, database, server):
    """Commit to visible: a probe's row is asked for until it is there, while others change rows."""
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
        source.execute("UPDATE probe SET n = %s", (number,))
        start = time.monotonic()
        while value(follower, "SELECT n FROM probe") != number:
            time.sleep(0.0005)
        times.append(time.monotonic() - start)
        time.sleep(0.01)
    stop.set()
    thread.join()
    times.sort()
    return len(times), times[len(times) // 2] * 1000, times[min(len(times) - 1, len(times) * 99 // 100)] * 1000


def main():
    options = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="almanac-bench-cdc."))
    folder.chmod(0o755)
    database = server = None
    try:
        database = Source(folder)
        source = database.connect()
        source.execute(SCHEMA)
        source.execute("CREATE TABLE probe (id integer PRIMARY KEY, n integer)")
        source.execute("INSERT INTO probe VALUES (1, 0)")
        source.execute("INSERT INTO deals " + ROWS, (1, options.rows))
        source.execute("VACUUM ANALYZE deals")
        server = Follower(folder, options.program)
        follower = server.connect()
        copy_to_nowhere(source)
        nowhere, size = copy_to_nowhere(source)
        start = time.monotonic()
        follower.execute(
            f"CREATE REPLICATION bench CONNECTION '{database.conninfo}' TABLES (deals PARTITION BY MONTH (created_at) "
            "ORDER BY (created_at), probe)")
        while value(follower, "SELECT count(*) FROM almanac.replication_tables WHERE state <> 'ready'") > 0:
            time.sleep(0.01)
        copied = time.monotonic() - start
        print(f"copy of {options.rows:,} rows ({size / 1e6:,.0f} MB): {copied:.2f} s from CREATE REPLICATION to ready, "
              f"{options.rows / copied:,.0f} rows/s; binary COPY to nowhere {nowhere:.2f} s ({nowhere / copied:.0%})", flush=True)
        print(f"\n{options.changes:,} changes, 1,000 a transaction, medians of {options.pairs} pairs\n")
        print("| | applied and durable, changes/s | pg_recvlogical to a file | ratio | our processor, µs a change |\n|---|---|---|---|---|")
        stream = Stream(options, source, follower, database, server.process.pid)
        stream.measure("inserts", stream.inserts)
        stream.measure("updates", stream.updates)
        count, median, late = latency(options, database, server)
        print(f"\ncommit to visible at {options.rate:,} changes/s: p50 {median:.1f} ms, p99 {late:.1f} ms ({count} probes)")
    finally:
        if server:
            server.stop()
        if database:
            database.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
