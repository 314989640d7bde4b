"""The CRM's reports and dashboard tiles over rollups, beside ClickHouse with AggregatingMergeTree views.

Loads the CRM with and without three rollups, declares schema/crm/rollups.sql, then pgbench asks every report and tile (rollups/*.sql) with random
parameters: at rest, while updates by key arrive, and on several connections. Answers are compared with the rows' (`SET rollups = off`) and with
ClickHouse's, before and after a tenth of the deals is updated.
"""

import argparse
import os
import pathlib
import platform
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import engines
import pgbench
import rollup_peer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = pathlib.Path(__file__).resolve().parent / "rollups"
TABLES = ["tenants", "departments", "managers", "customers", "pipelines", "stages", "sources", "deals", "leads",
          "activities"]
# Those whose cost is measured: sums by day, sums by more keys, different values.
THREE = ["deals_won_day", "deals_funnel_day", "deals_buyers_day"]
PER_TRANSACTION = 10
WARM = 20


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench rollups", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="rows of deals (20,000,000); a quarter as many leads, "
                        "half as many activities")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=300, help="runs of each question (300)")
    parser.add_argument("--compared", type=int, default=10, help="answers of each question that are compared (10)")
    parser.add_argument("--updates", type=int, default=1000, help="updates a second while questions are asked (1,000)")
    parser.add_argument("--seconds", type=float, default=8, help="time of each run for a rate (8)")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--keep", metavar="DIR", help="leave the generated files here, and use what an earlier run left")
    parser.add_argument("--no-cost", action="store_true", help="without the cost of rollups for loads and changes")
    parser.add_argument("--no-clickhouse", action="store_true", help="without the peer")
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"), help=argparse.SUPPRESS)
    return parser.parse_args()


# MARK: Loading


def generate(options, folder):
    csv = pathlib.Path(folder) / "csv"
    if not (csv / "done").exists():
        subprocess.run([options.program, "generate", "crm", "--out", str(csv), "--deals", str(options.rows), "--leads",
                        str(options.rows // 4), "--activities", str(options.rows // 2), "--seed", str(options.seed)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (csv / "done").touch()
    return str(csv)


def create(options, folder):
    """A running server with the CRM's empty tables and reports."""
    shutil.rmtree(f"{folder}/data", ignore_errors=True)
    for script in ("tables.sql", "reports.sql"):
        subprocess.run([options.program, "query", "--data", f"{folder}/data", "--file", str(ROOT / "schema/crm" / script)],
                       check=True, stdout=subprocess.DEVNULL)
    engine = engines.Almanac(folder, {"program": options.program, "schema": "", "table": ""})
    engine.settle()
    return engine


def load(options, engine, csv, table):
    """Seconds of a load into the running server."""
    start = time.perf_counter()
    subprocess.run([options.program, "load", "--connect", f"127.0.0.1:{engine.connection.info.port}", "--table", table,
                    f"{csv}/{table}.csv"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def definitions(names=None):
    text = re.sub(r"--.*", "", (ROOT / "schema/crm/rollups.sql").read_text())
    statements = [part.strip() for part in text.split(";") if "CREATE ROLLUP" in part]
    return [part for part in statements if names is None or any(f"CREATE ROLLUP {name} " in part for name in names)]


def wait_until_built(connection):
    start = time.perf_counter()
    while connection.execute("SELECT count(*) FROM almanac.rollups WHERE state <> 'ready' OR rows_behind > 0").fetchone()[0]:
        time.sleep(.05)
    return time.perf_counter() - start


def wait_until_quiet(engine):
    """Seconds until the server takes less than a twentieth of a processor for a second; at most two minutes."""
    clock = (~engine.server.pid << 3) | 2  # the processor time of another process, as clock_getcpuclockid(3) has it
    start = before = time.perf_counter()
    used = time.clock_gettime(clock)
    while before - start < 120:
        time.sleep(1)
        now, total = time.perf_counter(), time.clock_gettime(clock)
        if total - used < (now - before) / 20:
            break
        before, used = now, total
    return time.perf_counter() - start


def change_rate(connection, options):
    """Rows a second that updates by key change, a thousand a commit, as fast as they go."""
    draw, count, start = random.Random(options.seed), 0, time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        keys = ", ".join(str(draw.randint(1, options.rows)) for _ in range(1000))
        connection.execute(f"UPDATE deals SET amount = amount + 1 WHERE id IN ({keys})")
        count += 1000
    return count / (time.perf_counter() - start)


def cost(options, folder, csv):
    """A load and changes with three rollups and without, in turn, the better of two."""
    loads, changes, behind = {}, {}, []
    for _ in range(2):
        for label, names in (("without", []), ("with three", THREE)):
            engine = create(options, folder)
            try:
                for statement in definitions(names):
                    engine.connection.execute(statement)
                seconds = load(options, engine, csv, "deals")
                loads[label] = min(seconds, loads.get(label, seconds))
                if names:
                    behind.append(wait_until_built(engine.connection))
                changes[label] = max(change_rate(engine.connection, options), changes.get(label, 0))
            finally:
                engine.close()
    print("## Cost of three rollups (" + ", ".join(THREE) + ")\n")
    print("| | without | with | |\n|---|---|---|---|")
    print(f"| load of deals, s | {loads['without']:.1f} | {loads['with three']:.1f} | {loads['with three'] / loads['without']:.2f} x |")
    print(f"| updates by key, 1,000 a commit, rows/s | {changes['without']:,.0f} | {changes['with three']:,.0f} | "
          f"{100 * changes['with three'] / changes['without']:.0f} % |")
    print(f"\nThe rollups were there {min(behind):.1f} s after the load.\n", flush=True)


# MARK: Questions


def timed(connection, text):
    start = time.perf_counter()
    rows = connection.execute(text).fetchall()
    return rows, (time.perf_counter() - start) * 1000


def answers(connection, script, options):
    """Values drawn, answers, how many came from a rollup, and the median ms of the rows' answers, which must be the same."""
    draw = pgbench.generator(options.seed, script.name)
    values, found, served, times = [], [], 0, []
    for _ in range(options.compared):
        drawn, text = script.draw(draw)
        served += any(line.startswith("Rollup: ") for line, in connection.execute("EXPLAIN " + text).fetchall())
        with connection.transaction():
            answer = connection.execute(text).fetchall()
            connection.execute("SET LOCAL rollups = off")
            expected, milliseconds = timed(connection, text)
        if answer != expected:
            raise SystemExit(f"bench: rollup and rows differ: {text}")
        times.append(milliseconds)
        values.append(drawn)
        found.append(answer)
    return values, found, served, statistics.median(times)


def sizes(connection):
    print("| rollup | groups | groups of values | MB |\n|---|---|---|---|")
    total = 0
    for name, groups, values, size in connection.execute(
            "SELECT name, groups, value_groups, bytes FROM almanac.rollups ORDER BY name"):
        total += size
        print(f"| {name} | {groups:,} | {values:,} | {size / 1e6:.1f} |")
    rows = connection.execute("SELECT name, bytes FROM almanac.tables WHERE name IN ('deals', 'leads', 'activities')").fetchall()
    print("\nrows: " + ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in rows)
          + f"; rollups {total / 1e6:.0f} MB, {100 * total / sum(size for _, size in rows):.0f} % of the rows'\n", flush=True)


def almanac(options, folder, csv):
    """Figures by question, and what was asked and answered before and after the update."""
    scripts = [pgbench.Script(path) for path in sorted(SCRIPTS.glob("*.sql")) if path.stem != "update"]
    reports = [script for script in scripts if script.name.startswith("report")]
    engine = create(options, folder)
    try:
        connection = engine.connection
        client = pgbench.Client(connection.info.port)
        for table in TABLES:
            load(options, engine, csv, table)
        start = time.perf_counter()
        for statement in definitions():
            connection.execute(statement)
        wait_until_built(connection)
        print(f"## Rollups\n\nbuilt from all rows in {time.perf_counter() - start:.1f} s\n")
        sizes(connection)
        figures, asked = {}, {}
        for script in scripts:
            values, before, served, raw = answers(connection, script, options)
            times = client.ask(script, options.repeat, WARM, options.seed)
            figures[script.name] = {"served": served, "rows": raw, "rest": times}
            asked[script.name] = [values, before]
        for group, some in (("the five reports", reports), ("all eleven questions", scripts)):
            total = client.rate(some, options.connections, options.seconds, options.seed)
            print(f"{options.connections} connections at rest: {total:,.0f}/s, {group} in equal parts", flush=True)
        start = time.perf_counter()
        connection.execute("UPDATE deals SET amount = amount + 1 WHERE id % 10 = 3")
        print(f"a tenth of the deals updated in {time.perf_counter() - start:.1f} s, ", end="")
        print(f"rollups there {wait_until_built(connection):.1f} s later; every answer is that of the rows before and after", flush=True)
        for script in scripts:
            asked[script.name].append(answers(connection, script, options)[1])
        for (name,) in connection.execute("SELECT name FROM almanac.rollups ORDER BY name").fetchall():
            _, groups, differing, first = connection.execute(f"CHECK ROLLUP {name}").fetchone()
            if differing:
                raise SystemExit(f"bench: CHECK ROLLUP {name}: {differing} of {groups} groups differ: {first}")
        print("CHECK ROLLUP: no group of any rollup differs", flush=True)
        print(f"what the update left to do in the background was done {wait_until_quiet(engine):.0f} s later", flush=True)
        updates = client.background(pgbench.Script(SCRIPTS / "update.sql"), options.updates / PER_TRANSACTION, {
            "deals": options.rows, "leads": options.rows // 4, "activities": options.rows // 2})
        time.sleep(2)
        for script in scripts:
            figures[script.name]["updates"] = client.ask(script, options.repeat, WARM, options.seed + 1)
        rate = updates.stop() * PER_TRANSACTION
        print(f"{rate:,.0f} updates/s arrived while questions were asked under updates", flush=True)
        total = client.rate(reports, options.connections, options.seconds, options.seed)
        print(f"{options.connections} connections right behind them: {total:,.0f} reports/s, the five in equal parts\n", flush=True)
        return figures, asked
    finally:
        engine.close()


def report(options, figures, peer):
    print("| question | from a rollup | median ms | p95 ms | p95 ms under updates | rows, median ms | ClickHouse median ms | p95 ms "
          "| its answers right | after the update |\n|---|---|---|---|---|---|---|---|---|---|")
    for name, own in figures.items():
        median, p95, before, after = peer.get(name, [float("nan")] * 2 + ["-"] * 2)
        print(f"| {name} | {100 * own['served'] // options.compared} % | {statistics.median(own['rest']):.2f} | "
              f"{pgbench.percentile(own['rest'], .95):.2f} | {pgbench.percentile(own['updates'], .95):.2f} | {own['rows']:.1f} | "
              f"{median:.2f} | {p95:.2f} | {before} of {options.compared} | {after} of {options.compared} |")


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="almanac-rollups-") as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        csv = generate(options, folder)
        print(f"{options.rows:,} deals, seed {options.seed}, {platform.machine()}, {os.cpu_count()} cores\n")
        if not options.no_cost:
            cost(options, folder, csv)
        figures, asked = almanac(options, folder, csv)
        peer = {}
        if not options.no_clickhouse:
            shutil.rmtree(f"{folder}/clickhouse", ignore_errors=True)
            lines, peer = rollup_peer.run(csv, folder, asked, options.repeat)
            print("\n".join(lines) + "\n")
        report(options, figures, peer)


if __name__ == "__main__":
    main()
