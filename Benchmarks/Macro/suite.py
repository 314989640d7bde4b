"""What a suite of queries over one table is made of."""

from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Query:
    name: str
    # Draws the literals of one repetition: (random, facts) -> dict.
    draw: Callable
    # Writes the SQL: (dialect, literals) -> text.
    text: Callable
    # Almanac may answer it from statistics of blocks alone; counted apart.
    statistics_only: bool = False
    # For a query with many right answers: rows of one -> [(SQL of any engine, the row it must give)].
    proof: Callable | None = None


@dataclass(frozen=True)
class Suite:
    name: str
    # The report's heading; {rows} is filled in.
    title: str
    # The table, and the name of its CSV file.
    table: str
    # Rows and repetitions unless asked otherwise.
    rows: int
    repeat: int
    # For the report's list; names of options are filled in.
    notes: str
    queries: list
    # Makes the CSV: (options, folder) -> (its path, facts that literals are drawn from).
    generate: Callable
    # DDL by engine.
    schema: Callable
    # The updates of --updated, the same rows on every engine: conditions, of one UPDATE each, and what is set. Together 5 % of the rows.
    updates: tuple | None = None
    # Options of DuckDB's COPY and ClickHouse's file() that this CSV needs.
    duckdb_copy: str = ""
    clickhouse_structure: str = ""
