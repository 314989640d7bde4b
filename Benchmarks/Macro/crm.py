"""The CRM's questions over the table of deals, as templates: every repetition draws new literals."""

import pathlib
import subprocess

from suite import Query, Suite

MONTHS = [f"{year}-{month:02d}-01" for year in range(2023, 2027) for month in range(1, 13)][6:43]


WON = "status = 'won'"


def period(random, months):
    start = random.randrange(len(MONTHS) - months)
    return {"start": MONTHS[start], "end": MONTHS[start + months]}


def anything(random, scale):
    """No literal to draw: a condition that keeps nearly every row makes each text new, and needs a look at every row."""
    return {"minimum": random.randrange(150_100, 300_000) / 100}


def within(d, column, v):
    return f"{column} >= {d.moment(v['start'] + ' 00:00:00')} AND {column} < {d.moment(v['end'] + ' 00:00:00')}"


def tenant(random, scale):
    return random.randrange(1, 9)


QUERIES = [
    Query("sales by month, won in a year",
          lambda r, s: period(r, 12),
          lambda d, v: f"SELECT {d.truncate('month', 'closed_at')} AS m, count(*), sum(amount) FROM deals "
                       f"WHERE status = 'won' AND {within(d, 'closed_at', v)} GROUP BY m ORDER BY m"),
    Query("all rows by month", anything,
          lambda d, v: f"SELECT {d.truncate('month', 'created_at')} AS m, count(*), sum(amount) FROM deals "
                       f"WHERE amount > {v['minimum']} GROUP BY m ORDER BY m"),
    Query("one tenant's months",
          lambda r, s: {"tenant": tenant(r, s)},
          lambda d, v: f"SELECT {d.truncate('month', 'created_at')} AS m, count(*), sum(amount) FROM deals "
                       f"WHERE tenant_id = {v['tenant']} GROUP BY m ORDER BY m"),
    Query("funnel of a pipeline",
          lambda r, s: {"pipeline": r.randrange(1, 4)} | period(r, 12),
          lambda d, v: f"SELECT stage, count(*), sum(amount) FROM deals WHERE pipeline_id = {v['pipeline']} "
                       f"AND {within(d, 'created_at', v)} GROUP BY stage ORDER BY stage"),
    Query("deals by source in a period",
          lambda r, s: period(r, 6),
          lambda d, v: f"SELECT source, count(*) AS n FROM deals WHERE {within(d, 'created_at', v)} "
                       f"GROUP BY source ORDER BY n DESC, source"),
    Query("manager board",
          lambda r, s: {"tenant": tenant(r, s)} | period(r, 12),
          lambda d, v: f"SELECT manager_id, count(*) AS n, {d.count_if(WON)} AS won, "
                       f"sum(amount) AS total FROM deals WHERE tenant_id = {v['tenant']} AND {within(d, 'created_at', v)} "
                       f"GROUP BY manager_id ORDER BY total DESC, manager_id LIMIT 20"),
    Query("count(distinct customer)", anything,
          lambda d, v: f"SELECT {d.distinct('customer_id')} FROM deals WHERE amount > {v['minimum']}"),
    Query("count(distinct customer) by month", anything,
          lambda d, v: f"SELECT {d.truncate('month', 'created_at')} AS m, {d.distinct('customer_id')} FROM deals "
                       f"WHERE amount > {v['minimum']} GROUP BY m ORDER BY m"),
    Query("top 10 customers", anything,
          lambda d, v: f"SELECT customer_id, sum(amount) AS total FROM deals WHERE amount > {v['minimum']} "
                       f"GROUP BY customer_id ORDER BY total DESC, customer_id LIMIT 10"),
    Query("median and P90 by source", anything,
          lambda d, v: f"SELECT source, {d.quantile(0.5, 'amount')}, {d.quantile(0.9, 'amount')} FROM deals "
                       f"WHERE amount > {v['minimum']} GROUP BY source ORDER BY source"),
    Query("title LIKE '%digits%'",
          lambda r, s: {"digits": r.randrange(100, 1000)},
          lambda d, v: f"SELECT count(*), {d.total('amount')} FROM deals WHERE title LIKE '%{v['digits']}%'"),
    Query("tenant × source × stage", anything,
          lambda d, v: f"SELECT tenant_id, source, stage, count(*), sum(amount) FROM deals WHERE amount > {v['minimum']} "
                       f"GROUP BY tenant_id, source, stage ORDER BY tenant_id, source, stage"),
    Query("day × manager, top 100", anything,
          lambda d, v: f"SELECT {d.truncate('day', 'created_at')} AS day, manager_id, count(*) AS n, sum(amount) AS total "
                       f"FROM deals WHERE amount > {v['minimum']} GROUP BY day, manager_id "
                       f"ORDER BY total DESC, day, manager_id LIMIT 100"),
    Query("cycle time by stage", anything,
          lambda d, v: f"SELECT stage, avg({d.seconds_between('created_at', 'closed_at')}) FROM deals "
                       f"WHERE closed_at IS NOT NULL AND amount > {v['minimum']} GROUP BY stage ORDER BY stage"),
    Query("point look-up",
          lambda r, s: {"id": r.choice(s["ids"])},
          lambda d, v: f"SELECT id, tenant_id, amount, title, status FROM deals WHERE id = {v['id']}"),
    Query("extremes of a tenant",
          lambda r, s: {"tenant": tenant(r, s)},
          lambda d, v: f"SELECT min(amount), max(amount), min(created_at), max(created_at), max(closed_at) FROM deals "
                       f"WHERE tenant_id = {v['tenant']}"),
    Query("latest 50 of a tenant",
          lambda r, s: {"tenant": tenant(r, s), "minimum": r.randrange(150_100, 300_000) / 100},
          lambda d, v: f"SELECT id, created_at, amount, title FROM deals WHERE tenant_id = {v['tenant']} "
                       f"AND amount > {v['minimum']} ORDER BY created_at DESC, id DESC LIMIT 50"),
    Query("group by title, top 10", anything,
          lambda d, v: f"SELECT title, count(*) AS n FROM deals WHERE amount > {v['minimum']} "
                       f"GROUP BY title ORDER BY n DESC, title LIMIT 10"),
    Query("hour histogram of large deals",
          lambda r, s: {"amount": r.randrange(90_000, 110_000)},
          lambda d, v: f"SELECT {d.field('hour', 'created_at')} AS h, count(*) FROM deals WHERE amount > {v['amount']} "
                       f"GROUP BY h ORDER BY h"),
    Query("KPI tile of a tenant's month",
          lambda r, s: {"tenant": tenant(r, s)} | period(r, 1),
          lambda d, v: f"SELECT count(*), {d.total('amount')}, avg(amount), {d.distinct('customer_id')}, "
                       f"{d.sum_if('amount', WON)} FROM deals WHERE tenant_id = {v['tenant']} "
                       f"AND {within(d, 'created_at', v)}"),
    Query("conversion by source in a year",
          lambda r, s: period(r, 12),
          lambda d, v: f"SELECT source, count(*), {d.count_if(WON)}, {d.sum_if('amount', WON)} FROM deals "
                       f"WHERE {within(d, 'created_at', v)} GROUP BY source ORDER BY source"),
    Query("several conditions, IN",
          lambda r, s: {"tenant": tenant(r, s), "amount": r.randrange(10_000, 60_000)} | period(r, 18),
          lambda d, v: f"SELECT currency, stage, count(*), sum(amount) FROM deals WHERE tenant_id = {v['tenant']} "
                       f"AND stage IN ('new', 'proposal', 'won') AND amount BETWEEN {v['amount']} AND {v['amount'] * 4} "
                       f"AND {within(d, 'created_at', v)} GROUP BY currency, stage ORDER BY currency, stage"),
    Query("weekday histogram of a tenant",
          lambda r, s: {"tenant": tenant(r, s)},
          lambda d, v: f"SELECT {d.field('isodow', 'created_at')} AS w, count(*), avg(amount) FROM deals "
                       f"WHERE tenant_id = {v['tenant']} GROUP BY w ORDER BY w"),
    Query("customers of each manager",
          lambda r, s: {"tenant": tenant(r, s)} | period(r, 12),
          lambda d, v: f"SELECT manager_id, {d.distinct('customer_id')} AS n FROM deals WHERE tenant_id = {v['tenant']} "
                       f"AND {within(d, 'created_at', v)} GROUP BY manager_id ORDER BY n DESC, manager_id LIMIT 10"),
    Query("size classes (CASE)",
          lambda r, s: {"small": r.randrange(5_000, 20_000), "large": r.randrange(60_000, 120_000)},
          lambda d, v: f"SELECT CASE WHEN amount < {v['small']} THEN 'small' WHEN amount < {v['large']} THEN 'middle' "
                       f"ELSE 'large' END AS size, count(*), sum(amount) FROM deals GROUP BY size ORDER BY size"),
    Query("largest 20 open deals",
          lambda r, s: {"department": r.randrange(1, 9)},
          lambda d, v: f"SELECT id, amount, title FROM deals WHERE status = 'open' AND department_id = {v['department']} "
                       f"ORDER BY amount DESC, id LIMIT 20"),
    Query("Russian prefix, ILIKE",
          lambda r, s: {"digit": r.randrange(1, 10)},
          lambda d, v: f"SELECT count(*), {d.total('amount')} FROM deals WHERE title ILIKE 'поставка {v['digit']}%'"),
    Query("year × department, HAVING",
          lambda r, s: {"count": r.randrange(100, 1_000)},
          lambda d, v: f"SELECT {d.field('year', 'created_at')} AS y, department_id, count(*), sum(amount) FROM deals "
                       f"GROUP BY y, department_id HAVING count(*) > {v['count']} ORDER BY y, department_id"),
    Query("count, sum, min, max of everything", lambda r, s: {},
          lambda d, v: "SELECT count(*), sum(amount), min(created_at), max(created_at), min(amount), max(amount) FROM deals",
          statistics_only=True),
    Query("rows of a year by month", lambda r, s: period(r, 12),
          lambda d, v: f"SELECT {d.truncate('month', 'created_at')} AS m, count(*) FROM deals "
                       f"WHERE {within(d, 'created_at', v)} GROUP BY m ORDER BY m",
          statistics_only=True),
]


# 20 commits, each of every 400th row in an order that ids do not show.
UPDATES = ("amount = amount + 1, status = 'won'",
           [f"id % 1000003 * 48271 % 1000003 % 400 = {number}" for number in range(20)])


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
    return csv, {"ids": ids, "rows": options.rows}


def schema():
    return {
        "almanac": (pathlib.Path(__file__).resolve().parents[2] / "schema/crm/tables.sql").read_text(encoding="utf-8"),
        "duckdb": "CREATE TABLE deals (id BIGINT NOT NULL, tenant_id INTEGER NOT NULL, created_at TIMESTAMP NOT NULL, "
                  "closed_at TIMESTAMP, customer_id BIGINT NOT NULL, manager_id INTEGER NOT NULL, "
                  "department_id INTEGER NOT NULL, pipeline_id INTEGER NOT NULL, stage VARCHAR NOT NULL, "
                  "source VARCHAR NOT NULL, currency VARCHAR NOT NULL, amount DECIMAL(15,2) NOT NULL, "
                  "title VARCHAR NOT NULL, status VARCHAR NOT NULL)",
        "clickhouse": "CREATE TABLE deals (id Int64, tenant_id Int32, created_at DateTime64(6, 'UTC'), "
                      "closed_at Nullable(DateTime64(6, 'UTC')), customer_id Int64, manager_id Int32, "
                      "department_id Int32, pipeline_id Int32, stage LowCardinality(String), "
                      "source LowCardinality(String), currency LowCardinality(String), amount Decimal(15, 2), "
                      "title String, status LowCardinality(String)) "
                      "ENGINE = MergeTree PARTITION BY toYYYYMM(created_at) ORDER BY (tenant_id, created_at)",
    }


SUITE = Suite(
    name="crm",
    title="CRM queries over {rows:,} deals",
    table="deals",
    rows=20_000_000,
    repeat=5,
    notes="{ids} ids, new literals each time",
    queries=QUERIES,
    generate=generate,
    schema=schema,
    updates=UPDATES,
)
