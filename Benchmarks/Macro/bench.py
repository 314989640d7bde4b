"""Runs a suite of queries (crm, hits) on Almanac, DuckDB and ClickHouse over the same rows, in turn, in one run.

Answers are compared on every repetition; a query with a difference or an error has no times, and the run ends with an error.
"""

import argparse
import datetime
import json
import multiprocessing
import os
import pathlib
import platform
import random
import subprocess
import sys
import tempfile

import answers
import crm
import dialects
import engines
import hits
from table import Table

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUITES = {suite.name: suite for suite in (crm.SUITE, hits.SUITE)}


class Refused(Exception):
    """An engine could not answer a query."""


class Worker:
    """An engine in its own process."""

    def __init__(self, name, folder, options):
        context = multiprocessing.get_context("spawn")
        self.name = name
        self.pipe, other = context.Pipe()
        path = pathlib.Path(folder) / name
        path.mkdir(exist_ok=True)
        self.process = context.Process(target=engines.serve, args=(name, str(path), options, other))
        self.process.start()
        self.version = self.receive()[0]

    def receive(self):
        status, *answer = self.pipe.recv()
        if status == "refused":
            raise Refused(answer[0])
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
    # The suite may be left out: `tools/bench --rows …` runs the CRM's.
    words = sys.argv[1:]
    if not words or words[0].startswith("-"):
        words.insert(0, "crm")
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("suite", choices=SUITES, help="whose queries (crm)")
    parser.add_argument("--rows", type=int, help="rows of the table (crm 20,000,000, hits 10,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of data and literals (1)")
    parser.add_argument("--ids", choices=["dense", "sparse"], default="dense", help="crm: style of 64-bit ids")
    parser.add_argument("--repeat", type=int, help="repetitions of each query; the best counts (crm 5, hits 3)")
    parser.add_argument("--engines", default="almanac,duckdb,clickhouse", help="which engines, by comma")
    parser.add_argument("--only", default="", help="only queries whose name contains this")
    parser.add_argument("--updated", action="store_true", help="crm: measure again after 5 %% of the rows, at random, "
                        "were updated on every engine")
    parser.add_argument("--output", help="write the table to this Markdown file too")
    parser.add_argument("--keep", metavar="DIR", help="leave the loaded data here, and use what a run with the same "
                        "rows and seed left")
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"), help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    options.suite = SUITES[options.suite]
    options.rows = options.rows or options.suite.rows
    options.repeat = options.repeat or options.suite.repeat
    if options.updated and (options.keep or not options.suite.updates):
        parser.error("--updated changes the table: of crm only, and not with --keep")
    return options


def load(workers, options, folder):
    """Generates and loads what `folder` does not hold yet: (facts, seconds by engine, bytes of the CSV)."""
    notes = pathlib.Path(folder) / "loaded.json"
    run = [options.suite.name, options.rows, options.seed, options.ids]
    known = json.loads(notes.read_text()) if notes.exists() else {"run": run, "loads": {}}
    if known["run"] != run:
        raise SystemExit(f"bench: {folder} holds other data: {known['run']}")
    missing = [worker for worker in workers if worker.name not in known["loads"]]
    if missing:
        csv, known["facts"] = options.suite.generate(options, folder)
        known["csv"] = os.path.getsize(csv)
        for worker in missing:
            known["loads"][worker.name] = worker.call("load", csv)[1]
            notes.write_text(json.dumps(known))
        os.remove(csv)
    for worker in workers:
        worker.call("settle")
    return known["facts"], known["loads"], known["csv"]


def difference(query, workers, answer, worker, rows):
    """What is wrong with the rows of `worker`; `None` when nothing is. `answer`: the first engine's name and rows."""
    if not query.proof:
        different = answers.difference(answer[1], rows)
        return different and f"{answer[0]} and {worker.name} differ: {different}"
    if len(rows) != len(answer[1]):
        return f"{answer[0]} and {worker.name} differ: {len(answer[1])} rows against {len(rows)}"
    judge = next((other for other in workers if other is not worker), worker)
    for text, expected in query.proof(rows):
        different = answers.difference(judge.call("run", text)[0], [expected])
        if different:
            return f"{judge.name} does not confirm {worker.name}: {different}"
    return None


def measure(query, workers, options, facts):
    """Milliseconds of each repetition by engine, every answer compared; or what is wrong, as a text."""
    draws = random.Random(f"{options.seed} {query.name}")
    times = {worker.name: [] for worker in workers}
    for _ in range(options.repeat):
        literals = query.draw(draws, facts)
        answer = None
        for worker in workers:
            try:
                rows, seconds = worker.call("run", query.text(dialects.DIALECTS[worker.name], literals))
            except Refused as error:
                return f"{worker.name}: {error}"
            times[worker.name].append(seconds * 1000)
            answer = answer or (worker.name, rows)
            wrong = difference(query, workers, answer, worker, rows)
            if wrong:
                return f"{wrong}\n{literals}"
    return times


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB"


def start(options, folder):
    schema = options.suite.schema()
    names = options.engines.split(",")
    return [Worker(name, folder, {"program": options.program, "schema": schema[name], "table": options.suite.table,
                                  "duckdb_copy": options.suite.duckdb_copy,
                                  "clickhouse_structure": options.suite.clickhouse_structure}) for name in names]


def measured(title, workers, options, facts, pristine=None):
    """The table of one round over all queries."""
    baseline = 0.0
    for worker in workers:
        if worker.name == "almanac":
            baseline = min(worker.call("run", "SELECT 1")[1] for _ in range(50)) * 1000
    table = Table(title, [worker.name for worker in workers], baseline, pristine)
    print(title, file=sys.stderr, flush=True)
    for query in options.suite.queries:
        if options.only in query.name:
            table.add(query, measure(query, workers, options, facts))
    return table


def updated(workers, options, facts, pristine):
    """The tables after rows were updated: at once, and when every engine has put its files in order."""
    def all_do(command, *arguments):
        # Almanac comes last: what it puts off until nobody asks is still to be done when the queries begin.
        took = {worker.name: worker.call(command, *arguments)[1] for worker in reversed(workers)}
        return ", ".join(f"{worker.name} {took[worker.name]:.1f} s" for worker in workers)

    took = all_do("update", options.suite.updates)
    at_once = measured(f"Right after 5 % of the rows were updated (in {took})", workers, options, facts, pristine)
    took = all_do("rest")
    return [at_once, measured(f"When the engines had come to rest ({took})", workers, options, facts, pristine)]


def run(options, folder):
    """The report, and the names of the queries without right answers."""
    workers = start(options, folder)
    facts, loads, size = load(workers, options, folder)
    out = ["# " + options.suite.title.format(rows=options.rows), "",
           f"- {datetime.date.today()}; {machine()}; {engines.THREADS} threads each",
           f"- {'; '.join(worker.version for worker in workers)}",
           f"- seed {options.seed}, best of {options.repeat}, answers compared; "
           + options.suite.notes.format(ids=options.ids),
           "- Almanac over the wire (psycopg, one connection), peers in process", "",
           "| engine | load s | M rows/s | MB on disk | peak MB |", "|---|---|---|---|---|"]
    tables = [measured("As loaded", workers, options, facts)]
    sizes = {worker.name: worker.call("figures")[0]["bytes"] for worker in workers}
    if options.updated:
        tables += updated(workers, options, facts, tables[0].ours)
    for worker in workers:
        figures = worker.call("figures")[0]
        peak = max(figures["peak"], figures.get("load peak", 0))
        out.append(f"| {worker.version} | {loads[worker.name]:.2f} | {options.rows / loads[worker.name] / 1e6:.2f} "
                   f"| {sizes[worker.name] / 1e6:.0f} | {peak / 1e6:.0f} |")
        worker.close()
    out += ["", f"The CSV has {size / 1e6:.0f} MB. Times are milliseconds.", ""]
    for table in tables:
        out += [f"### {table.title}", "", *table.lines(), ""] if options.updated else table.lines()
    return "\n".join(out) + "\n", [name for table in tables for name in table.wrong]


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        report, wrong = run(options, folder)
    print(report)
    if options.output:
        pathlib.Path(options.output).write_text(report, encoding="utf-8")
    if wrong:
        raise SystemExit(f"bench: no right answer: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
