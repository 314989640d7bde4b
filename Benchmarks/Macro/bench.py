"""Runs the CRM's queries on Almanac, DuckDB and ClickHouse over the same rows, in turn, in one run.

Answers are compared on every repetition; a difference ends the run with an error.
"""

import argparse
import datetime
import math
import multiprocessing
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile

import answers
import dialects
import engines
import queries

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ["duckdb", "clickhouse"]
# Under this many milliseconds a query is level when it is within as many of the peer.
LEVEL_MS = 1.0


class Worker:
    """An engine in its own process."""

    def __init__(self, name, folder, options):
        context = multiprocessing.get_context("spawn")
        self.name = name
        self.pipe, other = context.Pipe()
        path = pathlib.Path(folder) / name
        path.mkdir()
        self.process = context.Process(target=engines.serve, args=(name, str(path), options, other))
        self.process.start()
        self.version = self.receive()[0]

    def receive(self):
        status, *answer = self.pipe.recv()
        if status != "ok":
            raise SystemExit(f"bench: {self.name}: {answer[0]}")
        return answer

    def call(self, *command):
        self.pipe.send(command)
        return self.receive()

    def close(self):
        self.pipe.send(("close",))
        self.process.join()


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="rows of deals (20,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of data and literals (1)")
    parser.add_argument("--ids", choices=["dense", "sparse"], default="dense", help="style of 64-bit ids")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each query; the best counts (5)")
    parser.add_argument("--engines", default="almanac,duckdb,clickhouse", help="which engines, by comma")
    parser.add_argument("--only", default="", help="only queries whose name contains this")
    parser.add_argument("--output", help="write the table to this Markdown file too")
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"), help=argparse.SUPPRESS)
    return parser.parse_args()


def generate(options, folder):
    subprocess.run([options.program, "generate", "crm", "--out", folder, "--deals", str(options.rows),
                    "--seed", str(options.seed), "--ids", options.ids, "--table", "deals"],
                   check=True, stderr=subprocess.DEVNULL)
    csv = f"{folder}/deals.csv"
    # Every thousandth id or so, for look-ups of rows that exist.
    ids, step = [], max(1, options.rows // 1_000)
    with open(csv, encoding="utf-8") as lines:
        next(lines)
        for number, line in enumerate(lines):
            if number % step == 0:
                ids.append(int(line.split(",", 1)[0]))
    return csv, ids


def measure(query, workers, options, ids):
    """Milliseconds of each repetition by engine; every answer compared."""
    draws = random.Random(f"{options.seed} {query.name}")
    times = {worker.name: [] for worker in workers}
    for _ in range(options.repeat):
        literals = query.draw(draws, {"ids": ids, "rows": options.rows})
        first = None
        for worker in workers:
            rows, seconds = worker.call("run", query.text(dialects.DIALECTS[worker.name], literals))
            times[worker.name].append(seconds * 1000)
            first = first or (worker.name, rows)
            different = answers.difference(first[1], rows)
            if different:
                raise SystemExit(f"bench: {query.name}: {first[0]} and {worker.name} differ: {different}\n{literals}")
    return times


def geometric_mean(ratios):
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else float("nan")


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB"


def run(options, folder):
    csv, ids = generate(options, folder)
    size = os.path.getsize(csv)
    names = options.engines.split(",")
    settings = {"program": options.program, "schema": str(ROOT / "schema/crm/tables.sql")}
    workers = [Worker(name, folder, settings) for name in names]
    out = [f"# CRM queries over {options.rows:,} deals", "",
           f"- {datetime.date.today()}; {machine()}; {engines.THREADS} threads each",
           f"- {'; '.join(worker.version for worker in workers)}",
           f"- seed {options.seed}, {options.ids} ids, best of {options.repeat}, new literals each time, answers compared",
           "- Almanac over the wire (psycopg, one connection), peers in process", "",
           "| engine | load s | M rows/s | MB on disk | peak MB |", "|---|---|---|---|---|"]
    loads = {}
    for worker in workers:
        loads[worker.name] = worker.call("load", csv)[1]
        worker.call("settle")
    os.remove(csv)
    baseline = 0.0
    if "almanac" in names:
        almanac = next(worker for worker in workers if worker.name == "almanac")
        baseline = min(almanac.call("run", "SELECT 1")[1] for _ in range(50)) * 1000
    table, ratios, apart, failures = [], [], [], []
    for query in queries.QUERIES:
        if options.only not in query.name:
            continue
        times = measure(query, workers, options, ids)
        best = {name: min(values) for name, values in times.items()}
        row = f"| {query.name}{' *' if query.statistics_only else ''} | "
        row += " | ".join(f"{best[name]:.2f}" for name in names)
        peer = min((best[name] for name in PEERS if name in best), default=None)
        if peer and "almanac" in best:
            ours = max(best["almanac"] - baseline, 0.001)
            ratio = peer / ours
            (apart if query.statistics_only else ratios).append(ratio)
            row += f" | {ratio:.2f}"
            if ours > peer and not (ours < 2 and ours - peer <= LEVEL_MS):
                failures.append(query.name)
        table.append(row + " |")
        print(table[-1], file=sys.stderr, flush=True)
    for worker in workers:
        figures = worker.call("figures")[0]
        peak = max(figures["peak"], figures.get("load peak", 0))
        out.append(f"| {worker.version} | {loads[worker.name]:.2f} | {options.rows / loads[worker.name] / 1e6:.2f} "
                   f"| {figures['bytes'] / 1e6:.0f} | {peak / 1e6:.0f} |")
        worker.close()
    heads = [*names, "better peer ÷ Almanac"] if "almanac" in names and len(names) > 1 else names
    out += ["", f"The CSV has {size / 1e6:.0f} MB. Times are milliseconds.", "", "| query | " + " | ".join(heads) + " |",
            "|---" * (len(heads) + 1) + "|", *table, ""]
    if ratios or apart:
        out += [f"Geometric mean: **{geometric_mean(ratios):.2f}×** the better peer without the queries marked * "
                f"(statistics alone may answer them), {geometric_mean(ratios + apart):.2f}× with them. "
                f"`SELECT 1` over the connection, {baseline:.3f} ms, is subtracted from Almanac.",
                f"Slower than the better peer: {', '.join(failures) or 'none'}."]
    return "\n".join(out) + "\n"


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder:
        report = run(options, folder)
    print(report)
    if options.output:
        pathlib.Path(options.output).write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
