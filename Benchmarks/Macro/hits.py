"""ClickBench's 43 queries over its table of page views, `hits`, filled with seeded synthetic rows.

The questions are the public benchmark's (github.com/ClickHouse/ClickBench). Where it leaves the order of equal
rows open, the order is made whole, so that answers can be compared; thresholds and offsets shrink with the rows.
"""

import pathlib
import subprocess

from suite import Query, Suite

DDL = (pathlib.Path(__file__).resolve().parent / "hits.sql").read_text(encoding="utf-8")
# The site, days and visible pages of the last seven queries.
SITE = "CounterID = 62 AND EventDate >= '2013-07-01' AND EventDate <= '2013-07-31'"
HOST = "^https?://(?:www\\.)?([^/]+)/.*$"


def limits(random, facts):
    """ClickBench's thresholds at 10 M rows and more, in proportion below."""
    rows = facts["rows"]
    return {"many": min(100_000, rows // 100), "first": min(1_000, rows // 10_000), "deep": min(10_000, rows // 1_000)}


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def groups_exist(rows):
    return [(f"SELECT count(*) FROM hits WHERE UserID = {user} AND SearchPhrase = {literal(phrase)}", (count,))
            for user, phrase, count in rows]


def query(number, text, statistics_only=False, proof=None):
    """`text`: SQL, or (dialect, limits) -> SQL."""
    return Query(f"Q{number:02}", limits, text if callable(text) else lambda d, v: text, statistics_only, proof)


QUERIES = [query(number, *how) for number, how in enumerate([
    ("SELECT COUNT(*) FROM hits", True),
    ("SELECT COUNT(*) FROM hits WHERE AdvEngineID <> 0",),
    ("SELECT SUM(AdvEngineID), COUNT(*), AVG(ResolutionWidth) FROM hits", True),
    (lambda d, v: f"SELECT {d.average('UserID')} FROM hits", True),
    ("SELECT COUNT(DISTINCT UserID) FROM hits",),
    ("SELECT COUNT(DISTINCT SearchPhrase) FROM hits",),
    ("SELECT MIN(EventDate), MAX(EventDate) FROM hits", True),
    ("SELECT AdvEngineID, COUNT(*) FROM hits WHERE AdvEngineID <> 0 GROUP BY AdvEngineID "
     "ORDER BY COUNT(*) DESC, AdvEngineID",),
    ("SELECT RegionID, COUNT(DISTINCT UserID) AS u FROM hits GROUP BY RegionID ORDER BY u DESC, RegionID LIMIT 10",),
    ("SELECT RegionID, SUM(AdvEngineID), COUNT(*) AS c, AVG(ResolutionWidth), COUNT(DISTINCT UserID) FROM hits "
     "GROUP BY RegionID ORDER BY c DESC, RegionID LIMIT 10",),
    ("SELECT MobilePhoneModel, COUNT(DISTINCT UserID) AS u FROM hits WHERE MobilePhoneModel <> '' "
     "GROUP BY MobilePhoneModel ORDER BY u DESC, MobilePhoneModel LIMIT 10",),
    ("SELECT MobilePhone, MobilePhoneModel, COUNT(DISTINCT UserID) AS u FROM hits WHERE MobilePhoneModel <> '' "
     "GROUP BY MobilePhone, MobilePhoneModel ORDER BY u DESC, MobilePhone, MobilePhoneModel LIMIT 10",),
    ("SELECT SearchPhrase, COUNT(*) AS c FROM hits WHERE SearchPhrase <> '' GROUP BY SearchPhrase "
     "ORDER BY c DESC, SearchPhrase LIMIT 10",),
    ("SELECT SearchPhrase, COUNT(DISTINCT UserID) AS u FROM hits WHERE SearchPhrase <> '' GROUP BY SearchPhrase "
     "ORDER BY u DESC, SearchPhrase LIMIT 10",),
    ("SELECT SearchEngineID, SearchPhrase, COUNT(*) AS c FROM hits WHERE SearchPhrase <> '' "
     "GROUP BY SearchEngineID, SearchPhrase ORDER BY c DESC, SearchEngineID, SearchPhrase LIMIT 10",),
    ("SELECT UserID, COUNT(*) FROM hits GROUP BY UserID ORDER BY COUNT(*) DESC, UserID LIMIT 10",),
    ("SELECT UserID, SearchPhrase, COUNT(*) FROM hits GROUP BY UserID, SearchPhrase "
     "ORDER BY COUNT(*) DESC, UserID, SearchPhrase LIMIT 10",),
    ("SELECT UserID, SearchPhrase, COUNT(*) FROM hits GROUP BY UserID, SearchPhrase LIMIT 10", False, groups_exist),
    (lambda d, v: f"SELECT UserID, {d.field('minute', 'EventTime')} AS m, SearchPhrase, COUNT(*) FROM hits "
                  "GROUP BY UserID, m, SearchPhrase ORDER BY COUNT(*) DESC, UserID, m, SearchPhrase LIMIT 10",),
    ("SELECT UserID FROM hits WHERE UserID = 435090932899640449",),
    ("SELECT COUNT(*) FROM hits WHERE URL LIKE '%google%'",),
    ("SELECT SearchPhrase, MIN(URL), COUNT(*) AS c FROM hits WHERE URL LIKE '%google%' AND SearchPhrase <> '' "
     "GROUP BY SearchPhrase ORDER BY c DESC, SearchPhrase LIMIT 10",),
    ("SELECT SearchPhrase, MIN(URL), MIN(Title), COUNT(*) AS c, COUNT(DISTINCT UserID) FROM hits "
     "WHERE Title LIKE '%Google%' AND URL NOT LIKE '%.google.%' AND SearchPhrase <> '' GROUP BY SearchPhrase "
     "ORDER BY c DESC, SearchPhrase LIMIT 10",),
    ("SELECT * FROM hits WHERE URL LIKE '%google%' ORDER BY EventTime, WatchID LIMIT 10",),
    ("SELECT SearchPhrase FROM hits WHERE SearchPhrase <> '' ORDER BY EventTime, WatchID LIMIT 10",),
    ("SELECT SearchPhrase FROM hits WHERE SearchPhrase <> '' ORDER BY SearchPhrase LIMIT 10",),
    ("SELECT SearchPhrase FROM hits WHERE SearchPhrase <> '' ORDER BY EventTime, SearchPhrase LIMIT 10",),
    (lambda d, v: f"SELECT CounterID, AVG({d.length('URL')}) AS l, COUNT(*) AS c FROM hits WHERE URL <> '' "
                  f"GROUP BY CounterID HAVING COUNT(*) > {v['many']} ORDER BY l DESC, CounterID LIMIT 25",),
    (lambda d, v: f"SELECT {d.replaced('Referer', HOST, chr(92) + '1')} AS k, AVG({d.length('Referer')}) AS l, "
                  f"COUNT(*) AS c, MIN(Referer) FROM hits WHERE Referer <> '' GROUP BY k "
                  f"HAVING COUNT(*) > {v['many']} ORDER BY l DESC, k LIMIT 25",),
    ("SELECT SUM(ResolutionWidth), " + ", ".join(f"SUM(ResolutionWidth + {k})" for k in range(1, 90)) + " FROM hits",
     True),
    ("SELECT SearchEngineID, ClientIP, COUNT(*) AS c, SUM(IsRefresh), AVG(ResolutionWidth) FROM hits "
     "WHERE SearchPhrase <> '' GROUP BY SearchEngineID, ClientIP ORDER BY c DESC, SearchEngineID, ClientIP LIMIT 10",),
    ("SELECT WatchID, ClientIP, COUNT(*) AS c, SUM(IsRefresh), AVG(ResolutionWidth) FROM hits "
     "WHERE SearchPhrase <> '' GROUP BY WatchID, ClientIP ORDER BY c DESC, WatchID, ClientIP LIMIT 10",),
    ("SELECT WatchID, ClientIP, COUNT(*) AS c, SUM(IsRefresh), AVG(ResolutionWidth) FROM hits "
     "GROUP BY WatchID, ClientIP ORDER BY c DESC, WatchID, ClientIP LIMIT 10",),
    ("SELECT URL, COUNT(*) AS c FROM hits GROUP BY URL ORDER BY c DESC, URL LIMIT 10",),
    ("SELECT 1, URL, COUNT(*) AS c FROM hits GROUP BY 1, URL ORDER BY c DESC, URL LIMIT 10",),
    ("SELECT ClientIP, ClientIP - 1, ClientIP - 2, ClientIP - 3, COUNT(*) AS c FROM hits "
     "GROUP BY ClientIP, ClientIP - 1, ClientIP - 2, ClientIP - 3 ORDER BY c DESC, ClientIP LIMIT 10",),
    (f"SELECT URL, COUNT(*) AS PageViews FROM hits WHERE {SITE} AND DontCountHits = 0 AND IsRefresh = 0 "
     "AND URL <> '' GROUP BY URL ORDER BY PageViews DESC, URL LIMIT 10",),
    (f"SELECT Title, COUNT(*) AS PageViews FROM hits WHERE {SITE} AND DontCountHits = 0 AND IsRefresh = 0 "
     "AND Title <> '' GROUP BY Title ORDER BY PageViews DESC, Title LIMIT 10",),
    (lambda d, v: f"SELECT URL, COUNT(*) AS PageViews FROM hits WHERE {SITE} AND IsRefresh = 0 AND IsLink <> 0 "
                  f"AND IsDownload = 0 GROUP BY URL ORDER BY PageViews DESC, URL LIMIT 10 OFFSET {v['first']}",),
    (lambda d, v: "SELECT TraficSourceID, SearchEngineID, AdvEngineID, "
                  "CASE WHEN (SearchEngineID = 0 AND AdvEngineID = 0) THEN Referer ELSE '' END AS Src, URL AS Dst, "
                  f"COUNT(*) AS PageViews FROM hits WHERE {SITE} AND IsRefresh = 0 "
                  "GROUP BY TraficSourceID, SearchEngineID, AdvEngineID, Src, Dst ORDER BY PageViews DESC, "
                  f"TraficSourceID, SearchEngineID, AdvEngineID, Src, Dst LIMIT 10 OFFSET {v['first']}",),
    (f"SELECT URLHash, EventDate, COUNT(*) AS PageViews FROM hits WHERE {SITE} AND IsRefresh = 0 "
     "AND TraficSourceID IN (-1, 6) AND RefererHash = 3594120000172545465 GROUP BY URLHash, EventDate "
     "ORDER BY PageViews DESC, URLHash, EventDate LIMIT 10 OFFSET 100",),
    (lambda d, v: f"SELECT WindowClientWidth, WindowClientHeight, COUNT(*) AS PageViews FROM hits WHERE {SITE} "
                  "AND IsRefresh = 0 AND DontCountHits = 0 AND URLHash = 2868770270353813622 "
                  "GROUP BY WindowClientWidth, WindowClientHeight ORDER BY PageViews DESC, WindowClientWidth, "
                  f"WindowClientHeight LIMIT 10 OFFSET {v['deep']}",),
    (lambda d, v: f"SELECT {d.truncate('minute', 'EventTime')} AS M, COUNT(*) AS PageViews FROM hits "
                  "WHERE CounterID = 62 AND EventDate >= '2013-07-14' AND EventDate <= '2013-07-15' AND IsRefresh = 0 "
                  f"AND DontCountHits = 0 GROUP BY {d.truncate('minute', 'EventTime')} "
                  f"ORDER BY {d.truncate('minute', 'EventTime')} LIMIT 10 OFFSET {v['first']}",),
], 1)]


def generate(options, folder):
    subprocess.run([options.program, "generate", "hits", "--out", folder, "--rows", str(options.rows),
                    "--seed", str(options.seed)], check=True, stderr=subprocess.DEVNULL)
    return f"{folder}/hits.csv", {"rows": options.rows}


def schema():
    # ClickBench's own primary key orders the rows in ClickHouse; it orders them here too.
    order = "(CounterID, EventDate, UserID, EventTime, WatchID)"
    return {
        "almanac": f"{DDL.strip()} PARTITION BY MONTH (EventTime) ORDER BY {order};",
        "duckdb": DDL,
        "clickhouse": f"{DDL} ENGINE = MergeTree ORDER BY {order}",
    }


SUITE = Suite(
    name="hits",
    title="ClickBench's 43 queries over {rows:,} synthetic hits",
    table="hits",
    rows=10_000_000,
    repeat=3,
    notes="ClickBench's texts with whole orders",
    queries=QUERIES,
    generate=generate,
    schema=schema,
    # An empty text in quotes is a text.
    duckdb_copy=", ALLOW_QUOTED_NULLS false",
    clickhouse_structure=DDL[DDL.index("(\n") + 1:DDL.rindex(")")].strip(),
)
