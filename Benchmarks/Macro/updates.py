"""Updates by key on a large table through the wire, and what an idle server keeps in memory.

Each form changes rows in batches of 1,000, at random over all rows; a batch is one durable commit.
"""

import argparse
import itertools
import multiprocessing
import os
import pathlib
import platform
import random
import subprocess
import tempfile
import time

import crm
import engines

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 1000


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench updates", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="rows of deals (20,000,000)")
    parser.add_argument("--ids", choices=["dense", "sparse"], default="dense", help="what ids look like (dense)")
    parser.add_argument("--seconds", type=float, default=5, help="time of each form (5)")
    parser.add_argument("--warm", type=float, default=0,
                        help="seconds of each form before its time is taken: blocks are read from disk at first (0)")
    parser.add_argument("--connections", type=int, default=2,
                        help="clients of the last form, each with rows of its own (2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"))
    parser.add_argument("--folder", help="where files go; removed at the end when not given")
    return parser.parse_args()


def status(process, field):
    for line in open(f"/proc/{process}/status"):
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def report(name, rate, each):
    print(f"{name:80} {rate:>9,.0f} rows/s, server {each:5.1f} µs a row", flush=True)


class Updates:
    def __init__(self, connection, ids, seed):
        self.connection = connection
        self.ids = ids
        self.random = random.Random(seed)

    def keys(self):
        return self.random.sample(self.ids, BATCH)

    def statements(self):
        """1,000 prepared statements of one row each in a transaction, sent without waiting."""
        with self.connection.transaction(), self.connection.pipeline():
            for key in self.keys():
                self.connection.execute(
                    "UPDATE deals SET amount = amount + 1, status = 'won' WHERE id = %s", (key,), prepare=True)

    def in_list(self):
        """UPDATE … WHERE id IN (…)"""
        self.connection.execute(
            f"UPDATE deals SET amount = amount + 1 WHERE id IN ({', '.join(map(str, self.keys()))})")

    def from_values(self):
        """UPDATE … FROM (VALUES …)"""
        rows = ", ".join(f"({key}, {self.random.randrange(10**6)})" for key in self.keys())
        self.connection.execute(
            f"UPDATE deals SET amount = v.amount FROM (VALUES {rows}) AS v(id, amount) WHERE deals.id = v.id")

    def upsert(self):
        """INSERT … ON CONFLICT DO UPDATE"""
        rows = ", ".join(
            f"({key}, 1, '2025-0{key % 9 + 1}-03 10:00:00+00', 17, 5, 3, 2, 'new', 'site', 'RUB', {key % 1000}, "
            f"'Deal {key}', 'open')" for key in self.keys())
        self.connection.execute(
            "INSERT INTO deals (id, tenant_id, created_at, customer_id, manager_id, department_id, pipeline_id, stage, "
            f"source, currency, amount, title, status) VALUES {rows} "
            "ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, status = excluded.status")


def client(info, ids, seed, seconds, counts):
    """One of several clients: changes its rows by IN lists for a while."""
    import psycopg
    with psycopg.connect(info, autocommit=True) as connection:
        updates = Updates(connection, ids, seed)
        end = time.perf_counter() + seconds
        count = 0
        while time.perf_counter() < end:
            updates.in_list()
            count += BATCH
        counts.put(count)


def several(engine, options, ids):
    """The rows all clients together change in a second, and the server's time for each."""
    info = f"host=127.0.0.1 port={engine.connection.info.port} user=almanac dbname=almanac"
    counts = multiprocessing.Queue()
    clients = [multiprocessing.Process(target=client, args=(info, ids[number::options.connections], number,
                                                           options.seconds, counts))
               for number in range(options.connections)]
    start, before = time.perf_counter(), engines.processor_seconds(engine.server.pid)
    for process in clients:
        process.start()
    count = sum(counts.get() for _ in clients)
    for process in clients:
        process.join()
    seconds = time.perf_counter() - start
    return count / seconds, (engines.processor_seconds(engine.server.pid) - before) / count * 1e6


def run(options, folder):
    engine = engines.Almanac(folder, {"program": options.program, "schema": crm.schema()["almanac"], "table": "deals"})
    subprocess.run([options.program, "generate", "crm", "--out", folder, "--deals", str(options.rows), "--seed",
                    str(options.seed), "--ids", options.ids, "--table", "deals"], check=True, stdout=subprocess.DEVNULL)
    csv = f"{folder}/deals.csv"
    with open(csv) as lines:
        next(lines)
        step = max(1, options.rows // 1_000_000)
        ids = [int(line.split(",", 1)[0]) for number, line in enumerate(lines) if number % step == 0]
    engine.load(csv)
    os.remove(csv)
    print(f"{engine.version}, {platform.machine()}, {options.rows:,} deals, {options.ids} ids, seed {options.seed}")
    print(f"on disk {engines.folder_bytes(engine.folder) / options.rows:.2f} bytes a row")
    engine.settle()
    try:
        time.sleep(2)
        resident = status(engine.server.pid, "VmRSS:")
        print(f"idle server: {resident / 1e6:,.0f} MB resident, {resident / options.rows:.2f} bytes a row")
        updates = Updates(engine.connection, ids, options.seed)
        for form in (updates.statements, updates.in_list, updates.from_values, updates.upsert):
            start = time.perf_counter()
            for number in itertools.count():
                form()
                if number >= 2 and time.perf_counter() - start >= options.warm:
                    break
            count, start, before = 0, time.perf_counter(), engines.processor_seconds(engine.server.pid)
            while time.perf_counter() - start < options.seconds:
                form()
                count += BATCH
            seconds = time.perf_counter() - start
            each = (engines.processor_seconds(engine.server.pid) - before) / count * 1e6
            report(form.__doc__.splitlines()[0], count / seconds, each)
        if options.connections > 1:
            report(f"UPDATE … WHERE id IN (…), {options.connections} connections", *several(engine, options, ids))
        resident = status(engine.server.pid, "VmRSS:")
        print(f"after the updates: {resident / 1e6:,.0f} MB resident")
    finally:
        engine.close()


def main():
    options = arguments()
    if options.folder:
        pathlib.Path(options.folder).mkdir(parents=True, exist_ok=True)
        run(options, options.folder)
    else:
        with tempfile.TemporaryDirectory(prefix="almanac-updates-") as folder:
            run(options, folder)


if __name__ == "__main__":
    main()
