"""ClickHouse with AggregatingMergeTree views for the CRM's reports and tiles, asked what Almanac is asked.

A view sees what is inserted, not what is updated: after an update its answers are compared with Almanac's again.
"""

import multiprocessing
import os
import statistics
import time

import engines
from pgbench import percentile

# MARK: Tables and views

TABLES = {
    "leads": "id Int64, tenant_id Int32, created_at DateTime64(6, 'UTC'), converted_at Nullable(DateTime64(6, 'UTC')), "
             "source_id Int32, manager_id Nullable(Int32), deal_id Nullable(Int64), status LowCardinality(String), title String",
    "activities": "id Int64, tenant_id Int32, created_at DateTime64(6, 'UTC'), completed_at Nullable(DateTime64(6, 'UTC')), "
                  "manager_id Int32, department_id Int32, deal_id Nullable(Int64), kind LowCardinality(String), "
                  "status LowCardinality(String), duration_s Nullable(Int32), subject String",
}

# Name: (order, query). The tenant leads; what is compared for equality stands before the day.
VIEWS = {
    "won_day": ("tenant_id, day, manager_id, department_id",
                "SELECT tenant_id, toDate(assumeNotNull(closed_at)) AS day, manager_id, department_id, countState() AS n, "
                "sumState(amount) AS s FROM deals WHERE status = 'won' GROUP BY tenant_id, day, manager_id, department_id"),
    "buyers_day": ("tenant_id, day",
                   "SELECT tenant_id, toDate(assumeNotNull(closed_at)) AS day, uniqExactState(customer_id) AS u "
                   "FROM deals WHERE status = 'won' GROUP BY tenant_id, day"),
    "funnel_day": ("tenant_id, day, pipeline_id, stage, manager_id",
                   "SELECT tenant_id, toDate(created_at) AS day, pipeline_id, stage, manager_id, countState() AS n, "
                   "sumState(amount) AS s FROM deals GROUP BY tenant_id, day, pipeline_id, stage, manager_id"),
    "open_day": ("tenant_id, day",
                 "SELECT tenant_id, toDate(created_at) AS day, sumState(amount) AS s FROM deals WHERE status = 'open' "
                 "GROUP BY tenant_id, day"),
    "leads_day": ("tenant_id, day, source_id",
                  "SELECT tenant_id, toDate(created_at) AS day, source_id, countState() AS n FROM leads "
                  "GROUP BY tenant_id, day, source_id"),
    "activities_day": ("tenant_id, day, manager_id, department_id, kind",
                       "SELECT tenant_id, toDate(assumeNotNull(completed_at)) AS day, manager_id, department_id, kind, "
                       "countState() AS n, uniqExactState(deal_id) AS u FROM activities WHERE status = 'done' "
                       "GROUP BY tenant_id, day, manager_id, department_id, kind"),
    "conversion_day": ("tenant_id, day, source_id, manager",
                       "SELECT l.tenant_id AS tenant_id, toDate(l.created_at) AS day, source_id, ifNull(l.manager_id, 0) AS manager, "
                       "countState() AS n, countIfState(d.id != 0) AS deals, countIfState(d.status = 'won') AS won, "
                       "sumIfState(d.amount, d.status = 'won') AS s FROM leads l LEFT JOIN "
                       "(SELECT id, tenant_id, status, amount FROM deals) d ON d.id = l.deal_id AND d.tenant_id = l.tenant_id "
                       "GROUP BY tenant_id, day, source_id, manager"),
}


# MARK: Questions


def where(v, *optional):
    text = f"tenant_id = {v['tenant']}"
    if v.get("has_period", 10) <= 7:
        text += f" AND day >= toDate('2023-07-01') + {v['first']} AND day <= toDate('2023-07-01') + {v['last']}"
    for name in optional:
        column = "manager" if name == "manager" else name
        key = "manager_id" if name == "manager" else name
        if v[f"has_{key}"] <= 3:
            text += f" AND {column} = {v[key]}"
    return text


def months(value, view, v):
    """A figure of this month and of the last."""
    part = "toStartOfMonth(day) = addMonths(toDate('2023-07-01'), {})"
    this, last = part.format(v["month"]), part.format(v["month"] - 1)
    both = f"day >= addMonths(toDate('2023-07-01'), {v['month'] - 1}) AND day < addMonths(toDate('2023-07-01'), {v['month'] + 1})"
    return (f"SELECT {value.format(this)}, {value.format(last)} FROM {view} WHERE tenant_id = {v['tenant']} AND {both}")


# Name: (which columns of the report's answer are compared, the query over the views).
QUESTIONS = {
    "report: sales by month": ((0, 1, 2), lambda v:
        f"SELECT toStartOfMonth(day) AS m, countMerge(n), sumMerge(s) FROM won_day WHERE {where(v, 'manager_id', 'department_id')} "
        "GROUP BY m ORDER BY m"),
    "report: manager activity": ((0, 3, 4, 5, 6, 7), lambda v:
        "SELECT manager_id, countMerge(n) AS c, countMergeIf(n, kind = 'call'), countMergeIf(n, kind = 'meeting'), "
        "countMergeIf(n, kind = 'email'), uniqExactMerge(u) FROM activities_day "
        f"WHERE {where(v, 'manager_id', 'department_id')} GROUP BY manager_id ORDER BY c DESC, manager_id"),
    "report: leads by source": ((0, 3), lambda v:
        f"SELECT source_id, countMerge(n) AS c FROM leads_day WHERE {where(v)} GROUP BY source_id ORDER BY c DESC, source_id"),
    "report: lead conversion": ((0, 2, 3, 4, 6), lambda v:
        "SELECT source_id, countMerge(n), countIfMerge(deals), countIfMerge(won) AS w, if(w = 0, NULL, sumIfMerge(s)) "
        f"FROM conversion_day WHERE {where(v, 'manager')} GROUP BY source_id ORDER BY source_id"),
    "report: sales funnel": ((0, 2, 3), lambda v:
        "SELECT position, countMerge(n), sumMerge(s) FROM funnel_day JOIN stages ON stages.pipeline_id = funnel_day.pipeline_id "
        f"AND stages.code = funnel_day.stage WHERE {where(v, 'manager_id').replace('manager_id', 'funnel_day.manager_id')}"
        + (f" AND funnel_day.pipeline_id = {v['pipeline_id']}" if v["has_pipeline_id"] <= 3 else "")
        + " GROUP BY position, title ORDER BY position"),
    "tile: revenue": ((0, 1), lambda v: months("sumMergeIf(s, {})", "won_day", v)),
    "tile: won": ((0, 1), lambda v: months("countMergeIf(n, {})", "won_day", v)),
    "tile: average check": ((0, 1), lambda v:
        months("toFloat64(sumMergeIf(s, {0})) / countMergeIf(n, {0})", "won_day", v)),
    "tile: new leads": ((0, 1), lambda v: months("countMergeIf(n, {})", "leads_day", v)),
    "tile: open pipeline": ((0, 1), lambda v: months("sumMergeIf(s, {})", "open_day", v)),
    "tile: distinct buyers": ((0, 1), lambda v: months("uniqExactMergeIf(u, {})", "buyers_day", v)),
}


def comparable(rows, columns=None):
    """Rows without an order: numbers as such, averages to a millionth, moments without a zone."""
    def value(one):
        if isinstance(one, float) or hasattr(one, "quantize") and one.as_tuple().exponent < -2:
            return round(float(one), 4)
        return one.replace(tzinfo=None) if hasattr(one, "tzinfo") else one
    return sorted((tuple(value(row[place]) for place in columns or range(len(row))) for row in rows), key=repr)


# MARK: The run


def serve(csv, folder, asked, repeat, pipe):
    """In a process of its own: loads, asks, updates a tenth of the deals, asks again."""
    import crm
    os.environ["TZ"] = "UTC"
    engine = engines.ClickHouse(folder, {"schema": crm.schema()["clickhouse"], "table": "deals", "duckdb_copy": "",
                                         "clickhouse_structure": crm.SUITE.clickhouse_structure})
    query = engine.session.query
    query(engine.schema)
    for name, columns in TABLES.items():
        query(f"CREATE TABLE {name} ({columns}) ENGINE = MergeTree PARTITION BY toYYYYMM(created_at) ORDER BY (tenant_id, created_at)")
    query("CREATE TABLE stages (pipeline_id Int32, code String, position Int32, title String) ENGINE = Memory")
    for name, (order, select) in VIEWS.items():
        query(f"CREATE TABLE {name} ENGINE = AggregatingMergeTree ORDER BY ({order}) EMPTY AS {select}")
        # One that joins would build the other table's hash table for each block that is inserted.
        if name != "conversion_day":
            query(f"CREATE MATERIALIZED VIEW {name}_view TO {name} AS {select}")
    engine.schema = "SELECT 1"
    start = time.perf_counter()
    engine.load(f"{csv}/deals.csv")
    lines = [f"{engine.version}: deals loaded with four views in {time.perf_counter() - start:.1f} s"]
    for name in ("leads", "activities", "stages"):
        query(f"INSERT INTO {name} SELECT * FROM file('{csv}/{name}.csv', 'CSVWithNames') SETTINGS max_threads = {engines.THREADS}, "
              "date_time_input_format = 'best_effort', max_partitions_per_insert_block = 0")
    query(f"INSERT INTO conversion_day {VIEWS['conversion_day'][1]}")
    for name in VIEWS:
        query(f"OPTIMIZE TABLE {name} FINAL")
    figures = {}
    for name, (columns, text) in QUESTIONS.items():
        draws, before, _ = asked[name]
        same = sum(comparable(engine.run(text(values))) == comparable(rows, columns) for values, rows in zip(draws, before))
        times = []
        for number in range(repeat):
            values = draws[number % len(draws)]
            start = time.perf_counter()
            engine.run(text(values))
            times.append((time.perf_counter() - start) * 1000)
        figures[name] = [statistics.median(times), percentile(times, .95), same]
    query("ALTER TABLE deals UPDATE amount = amount + 1 WHERE id % 10 = 3 SETTINGS mutations_sync = 1")
    for name, (columns, text) in QUESTIONS.items():
        draws, _, after = asked[name]
        figures[name].append(sum(
            comparable(engine.run(text(values))) == comparable(rows, columns) for values, rows in zip(draws, after)))
    engine.close()
    pipe.send((lines, figures))


def run(csv, folder, asked, repeat):
    """Lines to print, and by question: median ms, p95 ms, answers equal to Almanac's before and after the update.

    `asked`: By question the values drawn, and Almanac's answers before and after.
    """
    pipe, other = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(csv, folder, asked, repeat, other))
    process.start()
    other.close()
    try:
        return pipe.recv()
    except EOFError:
        raise SystemExit("bench: ClickHouse ended early")
    finally:
        process.join()
