"""The CRM's reports and dashboard tiles over rollups, beside ClickHouse with AggregatingMergeTree views.

Loads the CRM, declares schema/crm/rollups.sql, then asks every report and tile with random parameters: at rest, while updates by key arrive, and on
several connections. Answers are compared with the rows' (`SET rollups = off`). At the end a tenth of the deals is updated: Almanac's answers
and those of ClickHouse's views are compared with the rows again.
"""

import argparse
import multiprocessing
import os
import pathlib
import random
import statistics
import subprocess
import tempfile
import time

import engines

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = ["tenants", "departments", "managers", "customers", "pipelines", "stages", "sources", "deals", "leads",
          "activities"]
BATCH = 10


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench rollups", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="rows of deals (20,000,000); a quarter as many leads, "
                        "half as many activities")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=200, help="runs of each question (200)")
    parser.add_argument("--updates", type=int, default=1000, help="updates a second while questions are asked (1,000)")
    parser.add_argument("--seconds", type=float, default=5, help="time of the run on several connections (5)")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--keep", metavar="DIR", help="leave the loaded data here, and use what an earlier run left")
    parser.add_argument("--no-clickhouse", action="store_true", help="without the peer")
    parser.add_argument("--program", default=str(ROOT / ".build/release/almanac"), help=argparse.SUPPRESS)
    return parser.parse_args()


# MARK: Questions


def day(draw):
    return f"20{draw.choice([23, 24, 25])}-{draw.randrange(7, 13) if draw.random() < .3 else draw.randrange(1, 13):02d}-" \
           f"{draw.randrange(1, 28):02d}"


def report(name, *optional):
    """A report with a random tenant, mostly with a period, sometimes with each other parameter."""
    def text(draw):
        given = [f"tenant => {draw.randrange(1, 9)}"]
        if draw.random() < .7:
            start, end = sorted([day(draw), day(draw)])
            given += [f"start_date => '{start}'", f"end_date => '{end}'"]
        given += [f"{key} => {draw.randrange(1, limit)}" for key, limit in optional if draw.random() < .3]
        return f"SELECT * FROM report.{name}({', '.join(given)})"
    return text


def tile(column, what, condition):
    """A figure of this month against the last, both from one query."""
    def text(draw):
        tenant, month = draw.randrange(1, 9), f"20{draw.choice([24, 25])}-{draw.randrange(2, 13):02d}-01"
        this = f"{column} >= date '{month}' AND {column} < date '{month}' + interval '1 month'"
        last = f"{column} >= date '{month}' - interval '1 month' AND {column} < date '{month}'"
        table = "leads" if what == "leads" else "deals"
        value = "count(*)" if what in ("won", "leads") else what
        return (f"SELECT {value} FILTER (WHERE {this}), {value} FILTER (WHERE {last}) FROM {table} "
                f"WHERE tenant_id = {tenant}{condition}")
    return text


WON = " AND status = 'won'"
QUESTIONS = {
    "report: sales by month": report("sales_by_month", ("manager_id", 193), ("department_id", 17)),
    "report: manager activity": report("manager_activity", ("manager_id", 193), ("department_id", 17)),
    "report: leads by source": report("leads_by_source"),
    "report: lead conversion": report("lead_conversion", ("manager_id", 193)),
    "report: sales funnel": report("sales_funnel", ("manager_id", 193), ("pipeline_id", 19)),
    "tile: revenue": tile("closed_at", "sum(amount)", WON),
    "tile: won": tile("closed_at", "won", WON),
    "tile: average check": tile("closed_at", "avg(amount)", WON),
    "tile: new leads": tile("created_at", "leads", ""),
    "tile: open pipeline amount": tile("created_at", "sum(amount)", " AND status = 'open'"),
    "tile: distinct buyers": tile("closed_at", "count(DISTINCT customer_id)", WON),
}


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def timed(connection, text):
    start = time.perf_counter()
    rows = connection.execute(text).fetchall()
    return rows, (time.perf_counter() - start) * 1000


# MARK: Almanac


def connect(port):
    import psycopg
    return psycopg.connect(f"host=127.0.0.1 port={port} user=almanac dbname=almanac", autocommit=True)


def load(options, folder):
    """Loads what `folder` does not hold yet: seconds that the deals took."""
    note = pathlib.Path(folder) / "deals.seconds"
    if note.exists():
        return float(note.read_text())
    subprocess.run([options.program, "generate", "crm", "--out", f"{folder}/csv", "--deals", str(options.rows), "--leads",
                    str(options.rows // 4), "--activities", str(options.rows // 2), "--seed", str(options.seed)],
                   check=True, stdout=subprocess.DEVNULL)
    run = [options.program, "query", "--data", f"{folder}/data", "--file"]
    for script in ("tables.sql", "reports.sql"):
        subprocess.run([*run, str(ROOT / "schema/crm" / script)], check=True, stdout=subprocess.DEVNULL)
    for table in TABLES:
        start = time.perf_counter()
        subprocess.run([options.program, "load", "--data", f"{folder}/data", "--table", table,
                        f"{folder}/csv/{table}.csv"], check=True, stdout=subprocess.DEVNULL)
        if table == "deals":
            seconds = time.perf_counter() - start
    note.write_text(str(seconds))
    return seconds


def wait_until_built(connection):
    start = time.perf_counter()
    while connection.execute("SELECT count(*) FROM almanac.rollups WHERE state <> 'ready'").fetchone()[0]:
        time.sleep(.1)
    return time.perf_counter() - start


def update(port, rate, seed, stop, done):
    """Single-row updates by key, ten a transaction, `rate` a second; says how many there were."""
    connection, draw, count, start = connect(port), random.Random(seed), 0, time.perf_counter()
    largest = connection.execute("SELECT max(id) FROM deals").fetchone()[0]
    while not stop.is_set():
        with connection.transaction(), connection.pipeline():
            for _ in range(BATCH):
                connection.execute("UPDATE deals SET amount = amount + 1, status = 'won' WHERE id = %s",
                                   (draw.randrange(1, largest + 1),), prepare=True)
        count += BATCH
        time.sleep(max(0, start + count / rate - time.perf_counter()))
    done.value = count / (time.perf_counter() - start)


def ask_for_a_while(port, seed, seconds, done):
    connection, draw, count = connect(port), random.Random(seed), 0
    texts = [QUESTIONS[name] for name in QUESTIONS if name.startswith("report") and "conversion" not in name
             and "activity" not in name]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.execute(draw.choice(texts)(draw)).fetchall()
        count += 1
    done.value = count


def measure(connection, options, compared):
    """For each question: median and p95 in ms, that of the rows, how many are served by a rollup."""
    rows = []
    for name, question in QUESTIONS.items():
        draw = random.Random(f"{options.seed} {name}")
        served, raw = 0, []
        for _ in range(compared):
            text = question(draw)
            served += any(line.startswith("Rollup: ") for line, in connection.execute("EXPLAIN " + text).fetchall())
            with connection.transaction():
                answer = connection.execute(text).fetchall()
                connection.execute("SET LOCAL rollups = off")
                expected, milliseconds = timed(connection, text)
            raw.append(milliseconds)
            if answer != expected:
                raise SystemExit(f"bench: rollup and rows differ: {text}")
        times = [timed(connection, question(draw))[1] for _ in range(options.repeat)]
        rows.append((name, f"{100 * served // compared} %", statistics.median(times), percentile(times, .95),
                     statistics.median(raw)))
        print(rows[-1], flush=True)
    return rows


def table(title, rows):
    print(f"\n## {title}\n\n| question | from a rollup | median ms | p95 ms | rows, median ms |\n|---|---|---|---|---|")
    for name, served, median, p95, raw in rows:
        print(f"| {name} | {served} | {median:.2f} | {p95:.2f} | {raw:.2f} |")


def almanac(options, folder):
    seconds = load(options, folder)
    engine = engines.Almanac(folder, {"program": options.program, "schema": "", "table": ""})
    engine.settle()
    try:
        connection = engine.connection
        port = connection.info.port
        if not connection.execute("SELECT count(*) FROM almanac.rollups").fetchone()[0]:
            connection.execute((ROOT / "schema/crm/rollups.sql").read_text())
        print(f"deals loaded in {seconds:.1f} s; rollups built in {wait_until_built(connection):.1f} s\n")
        print("| rollup | groups | groups of values | MB |\n|---|---|---|---|")
        for row in connection.execute("SELECT name, groups, value_groups, bytes FROM almanac.rollups ORDER BY name"):
            print(f"| {row[0]} | {row[1]:,} | {row[2]:,} | {row[3] / 1e6:.1f} |")
        print("\nrows: " + ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in connection.execute(
            "SELECT name, bytes FROM almanac.tables WHERE name IN ('deals', 'leads', 'activities')")))
        table("At rest", measure(connection, options, 10))
        stop, done = multiprocessing.Event(), multiprocessing.Value("d", 0)
        writer = multiprocessing.Process(target=update, args=(port, options.updates, options.seed, stop, done))
        writer.start()
        time.sleep(2)
        rows = measure(connection, options, 3)
        stop.set()
        writer.join()
        table(f"While {done.value:,.0f} updates/s arrive", rows)
        counts = [multiprocessing.Value("d", 0) for _ in range(options.connections)]
        readers = [multiprocessing.Process(target=ask_for_a_while, args=(port, seed, options.seconds, count))
                   for seed, count in enumerate(counts)]
        for process in readers:
            process.start()
        for process in readers:
            process.join()
        total = sum(count.value for count in counts) / options.seconds
        print(f"\n{options.connections} connections: {total:,.0f} reports/s (1, 3 and 5)")
        change_rate(connection, options)
        start = time.perf_counter()
        connection.execute("UPDATE deals SET amount = amount + 1 WHERE id % 10 = 3")
        print(f"\na tenth of the deals updated in {time.perf_counter() - start:.1f} s")
        for (name,) in connection.execute("SELECT name FROM almanac.rollups ORDER BY name").fetchall():
            _, groups, differing, _ = connection.execute(f"CHECK ROLLUP {name}").fetchone()
            print(f"CHECK ROLLUP {name}: {differing} groups differ")
    finally:
        engine.close()


def change_rate(connection, options):
    """Updates by key as fast as they go, with the rollups of deals and without."""
    rates = {}
    largest = connection.execute("SELECT max(id) FROM deals").fetchone()[0]
    draw = random.Random(options.seed)
    for label in ("with rollups", "without"):
        if label == "without":
            names = [row[0] for row in connection.execute("SELECT name FROM almanac.rollups WHERE \"table\" = 'deals'")]
            for name in names:
                connection.execute(f"DROP ROLLUP {name}")
            time.sleep(1)
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < options.seconds:
            keys = ", ".join(str(draw.randrange(1, largest + 1)) for _ in range(1000))
            connection.execute(f"UPDATE deals SET amount = amount + 1 WHERE id IN ({keys})")
            count += 1000
        rates[label] = count / (time.perf_counter() - start)
    connection.execute((ROOT / "schema/crm/rollups.sql").read_text().replace(
        "CREATE ROLLUP ", "CREATE ROLLUP IF NOT EXISTS "))
    wait_until_built(connection)
    print(f"\nupdates in batches of 1,000: {rates['with rollups']:,.0f} rows/s with rollups, {rates['without']:,.0f} without")


# MARK: ClickHouse

VIEWS = {
    "sales by month": (
        "won_day", "tenant_id, day, manager_id, department_id",
        "SELECT tenant_id, toDate(assumeNotNull(closed_at)) AS day, manager_id, department_id, countState() AS n, "
        "sumState(amount) AS s FROM deals WHERE status = 'won' "
        "GROUP BY tenant_id, day, manager_id, department_id",
        "SELECT toStartOfMonth(day) AS m, countMerge(n), sumMerge(s) FROM won_day WHERE tenant_id = {tenant} AND day >= '{start}' "
        "AND day <= '{end}' GROUP BY m ORDER BY m",
        "SELECT toStartOfMonth(closed_at) AS m, count(), sum(amount) FROM deals WHERE tenant_id = {tenant} AND status = 'won' "
        "AND toDate(closed_at) >= '{start}' AND toDate(closed_at) <= '{end}' GROUP BY m ORDER BY m",
        "SELECT date_trunc('month', closed_at) m, count(*), sum(amount) FROM deals WHERE tenant_id = {tenant} AND status = 'won' "
        "AND closed_at >= '{start}' AND closed_at < date '{end}' + 1 GROUP BY m ORDER BY m"),
    "sales funnel": (
        "funnel_day", "tenant_id, day, pipeline_id, stage",
        "SELECT tenant_id, toDate(created_at) AS day, pipeline_id, stage, countState() AS n, sumState(amount) AS s "
        "FROM deals GROUP BY tenant_id, day, pipeline_id, stage",
        "SELECT pipeline_id, stage, countMerge(n), sumMerge(s) FROM funnel_day WHERE tenant_id = {tenant} AND day >= '{start}' "
        "AND day <= '{end}' GROUP BY pipeline_id, stage ORDER BY pipeline_id, stage",
        "SELECT pipeline_id, stage, count(), sum(amount) FROM deals WHERE tenant_id = {tenant} AND toDate(created_at) >= '{start}' "
        "AND toDate(created_at) <= '{end}' GROUP BY pipeline_id, stage ORDER BY pipeline_id, stage",
        "SELECT pipeline_id, stage, count(*), sum(amount) FROM deals WHERE tenant_id = {tenant} AND created_at >= '{start}' "
        "AND created_at < date '{end}' + 1 GROUP BY pipeline_id, stage ORDER BY pipeline_id, stage"),
}


def clickhouse(options, folder, pipe):
    """In a process of its own: loads deals with views, asks, updates a tenth, asks again."""
    import crm
    os.environ["TZ"] = "UTC"
    engine = engines.ClickHouse(folder, {"schema": crm.schema()["clickhouse"], "table": "deals", "duckdb_copy": "",
                                         "clickhouse_structure": crm.SUITE.clickhouse_structure})
    engine.session.query(engine.schema)
    for view, order, select, *_ in VIEWS.values():
        engine.session.query(f"CREATE TABLE {view} ENGINE = AggregatingMergeTree ORDER BY ({order}) EMPTY AS {select}")
        engine.session.query(f"CREATE MATERIALIZED VIEW {view}_view TO {view} AS {select}")
    engine.schema = "SELECT 1"
    start = time.perf_counter()
    engine.load(f"{folder}/csv/deals.csv")
    seconds = time.perf_counter() - start
    lines = [f"{engine.version}: deals loaded with two views in {seconds:.1f} s"]
    for view, *_ in VIEWS.values():
        engine.session.query(f"OPTIMIZE TABLE {view} FINAL")
    draw = random.Random(options.seed)
    for name, (*_, view, rows, _) in VIEWS.items():
        times = []
        for _ in range(options.repeat):
            values = parameters(draw)
            start = time.perf_counter()
            engine.run(view.format(**values))
            times.append((time.perf_counter() - start) * 1000)
        lines.append(f"ClickHouse, {name} from its view: median {statistics.median(times):.2f} ms, "
                     f"p95 {percentile(times, .95):.2f} ms (in process)")
    engine.session.query("ALTER TABLE deals UPDATE amount = amount + 1 WHERE id % 10 = 3 SETTINGS mutations_sync = 1")
    for name, (*_, view, rows, _) in VIEWS.items():
        wrong = 0
        for _ in range(20):
            values = parameters(draw)
            wrong += engine.run(view.format(**values)) != engine.run(rows.format(**values))
        lines.append(f"ClickHouse, {name} after the update: {wrong} of 20 answers of the view are not those of the rows")
    engine.close()
    pipe.send(lines)


def parameters(draw):
    start, end = sorted([day(draw), day(draw)])
    return {"tenant": draw.randrange(1, 9), "start": start, "end": end}


def peer(options, folder):
    pipe, other = multiprocessing.Pipe()
    process = multiprocessing.Process(target=clickhouse, args=(options, folder, other))
    process.start()
    other.close()
    try:
        print("\n" + "\n".join(pipe.recv()))
    except EOFError:
        raise SystemExit("bench: ClickHouse ended early")
    process.join()


def same_questions(options, folder):
    """What the peer is asked, asked of Almanac over the wire."""
    engine = engines.Almanac(folder, {"program": options.program, "schema": "", "table": ""})
    engine.settle()
    try:
        wait_until_built(engine.connection)
        draw = random.Random(options.seed)
        for name, (*_, text) in VIEWS.items():
            times = [timed(engine.connection, text.format(**parameters(draw)))[1] for _ in range(options.repeat)]
            print(f"Almanac, {name}: median {statistics.median(times):.2f} ms, p95 {percentile(times, .95):.2f} ms (over the wire)")
    finally:
        engine.close()


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="almanac-rollups-") as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        almanac(options, folder)
        same_questions(options, folder)
        if not options.no_clickhouse:
            peer(options, folder)


if __name__ == "__main__":
    main()
