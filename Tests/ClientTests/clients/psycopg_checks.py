"""psycopg 3: python psycopg_checks.py CONNINFO"""

import contextlib
import datetime
import decimal
import sys
import threading
import time
import uuid

import psycopg
from psycopg import errors
from psycopg.types.json import Jsonb

import checks

ROW = (
    1, True, -3, 7, decimal.Decimal("12.50"), 1.5, 2.25, "жук\t'\\", uuid.UUID(int=5), datetime.date(2026, 3, 4),
    datetime.time(1, 2, 3, 4), datetime.datetime(2026, 1, 2, 3, 4, 5, 6),
    datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), datetime.timedelta(days=3, seconds=4),
    {"a": [1, None]}, b"\x00\xff'",
)
PARAMETERS = ROW[:14] + (Jsonb(ROW[14]),) + ROW[15:]


@contextlib.contextmanager
def table(name, columns="id integer PRIMARY KEY, t text, dt date", autocommit=True):
    """A connection and an empty table."""
    with psycopg.connect(sys.argv[1], autocommit=True) as connection:
        connection.execute("SET timezone TO 'UTC'")
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.autocommit = autocommit
        yield connection


def count(connection, name):
    return connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]


def check_types_go_and_come_in_text_and_binary():
    with table("kinds", checks.ROW_COLUMNS) as connection:
        for mark in ("s", "t", "b"):
            places = ", ".join([f"%{mark}"] * len(ROW))
            connection.execute("DELETE FROM kinds")
            assert connection.execute(f"INSERT INTO kinds VALUES ({places})", PARAMETERS).statusmessage == "INSERT 0 1"
            for binary in (False, True):
                rows = connection.execute("SELECT * FROM kinds", binary=binary).fetchall()
                assert rows == [ROW], (mark, binary, rows)
        nulls = (2,) + (None,) * 15
        connection.execute(f"INSERT INTO kinds VALUES ({', '.join(['%s'] * 16)})", nulls)
        assert connection.execute("SELECT * FROM kinds WHERE id = 2", binary=True).fetchone() == nulls


def check_a_result_describes_its_columns():
    with table("described", checks.ROW_COLUMNS) as connection:
        description = connection.execute("SELECT * FROM described").description
        assert [c.type_code for c in description] == [
            20, 16, 21, 23, 1700, 700, 701, 25, 2950, 1082, 1083, 1114, 1184, 1186, 3802, 17,
        ]
        assert (description[4].precision, description[4].scale) == (12, 2)


def check_a_connection_knows_its_server():
    with table("known") as connection:
        info = connection.info
        assert 150000 <= info.server_version < 160000 and info.encoding == "utf-8"
        assert info.timezone == datetime.timezone.utc or str(info.timezone) == "UTC"


def check_arrays_of_parameters():
    with table("listed") as connection:
        connection.cursor().executemany("INSERT INTO listed VALUES (%s, %s)", [(k, f"x{k}") for k in range(9)])
        for binary in (False, True):
            query = "SELECT id FROM listed WHERE id = ANY(%s) OR t = ANY(%s) ORDER BY id"
            rows = connection.execute(query, ([1, 3], ["x5", "none"]), binary=binary).fetchall()
            assert rows == [(1,), (3,), (5,)]


def check_executemany_and_returning():
    with table("many") as connection:
        cursor = connection.cursor()
        cursor.executemany("INSERT INTO many (id, t) VALUES (%s, %s)", [(k, f"x{k}") for k in range(500)])
        assert cursor.rowcount == 500
        cursor.executemany("INSERT INTO many VALUES (%s) RETURNING id, t", [(k,) for k in (700, 701)], returning=True)
        found = [cursor.fetchone()]
        while cursor.nextset():
            found.append(cursor.fetchone())
        assert found == [(700, None), (701, None)]


def check_server_side_cursors():
    with table("walked") as connection:
        connection.cursor().executemany("INSERT INTO walked VALUES (%s)", [(k,) for k in range(100)])
        for binary in (False, True):
            with connection.transaction(), connection.cursor("walk", binary=binary) as cursor:
                cursor.itersize = 7
                cursor.execute("SELECT id FROM walked WHERE id < %s ORDER BY id", (50,))
                assert [d.name for d in cursor.description] == ["id"]
                assert cursor.fetchone() == (0,) and cursor.fetchmany(2) == [(1,), (2,)]
                assert [r[0] for r in cursor] == list(range(3, 50))
        error = checks.fails(psycopg.Error, lambda: connection.cursor("late").execute("SELECT 1"))
        assert error.sqlstate == "25P01"


def check_a_cursor_with_hold_outlives_its_transaction():
    with table("held") as connection:
        connection.cursor().executemany("INSERT INTO held VALUES (%s)", [(k,) for k in range(30)])
        with connection.cursor("kept", withhold=True) as cursor:
            cursor.execute("SELECT id FROM held ORDER BY id")
            assert len(cursor.fetchmany(10)) == 10 and len(cursor.fetchall()) == 20
        found = connection.execute("SELECT count(*) FROM pg_cursors WHERE name = 'kept'").fetchone()
        assert found == (0,)


def check_pipelines_and_their_errors():
    with table("piped") as connection:
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::int + 1", (k,)) for k in range(100)]
        assert [c.fetchone()[0] for c in cursors] == list(range(1, 101))

        def broken():
            with connection.pipeline():
                connection.execute("INSERT INTO piped VALUES (1)")
                connection.execute("SELECT 1 / 0")
                connection.execute("INSERT INTO piped VALUES (2)")

        assert checks.fails(errors.DivisionByZero, broken).sqlstate == "22012"
        assert count(connection, "piped") == 0
        with connection.pipeline() as pipeline:
            connection.execute("INSERT INTO piped VALUES (3)")
            pipeline.sync()
            checks.fails(errors.DivisionByZero, lambda: connection.execute("SELECT 1 / 0").fetchone())
            pipeline.sync()
            connection.execute("INSERT INTO piped VALUES (4)")
        assert count(connection, "piped") == 2


def check_transactions_and_savepoints():
    with table("changed", autocommit=False) as connection:
        connection.execute("INSERT INTO changed VALUES (1), (2), (3)")
        connection.commit()
        connection.execute("DELETE FROM changed")
        assert count(connection, "changed") == 0
        connection.rollback()
        assert count(connection, "changed") == 3
        connection.rollback()
        with connection.transaction():
            connection.execute("DELETE FROM changed WHERE id = 1")
            with connection.transaction(force_rollback=True):
                connection.execute("DELETE FROM changed")
            with contextlib.suppress(errors.UniqueViolation), connection.transaction():
                connection.execute("INSERT INTO changed VALUES (2)")
            assert count(connection, "changed") == 2
        checks.fails(errors.UndefinedColumn, lambda: connection.execute("SELECT nope FROM changed"))
        checks.fails(errors.InFailedSqlTransaction, lambda: connection.execute("SELECT 1"))
        connection.rollback()
        assert count(connection, "changed") == 2
        connection.rollback()
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        checks.fails(errors.ReadOnlySqlTransaction, lambda: connection.execute("DELETE FROM changed"))


def check_copy_in():
    with table("copied") as connection:
        day = datetime.date(2026, 1, 2)
        with connection.cursor().copy("COPY copied FROM STDIN") as copy:
            for k in range(3_000):
                copy.write_row((k, f"tab\t{k}\\", day))
        with connection.cursor().copy("COPY copied (id, t, dt) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text", "date"])
            for k in range(3_000, 6_000):
                copy.write_row((k, None if k % 2 else f"жук {k}", day))
        with connection.cursor().copy("COPY copied (id, t) FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write("id,t\n7000,\"a,\"")
            copy.write("\"b\"\n")
        assert count(connection, "copied") == 6_001
        query = "SELECT t, dt FROM copied WHERE id IN (17, 3002, 3003, 7000) ORDER BY id"
        assert connection.execute(query).fetchall() == [
            ("tab\t17\\", day), ("жук 3002", day), (None, day), ('a,"b', None),
        ]

        def given_up():
            with connection.cursor().copy("COPY copied FROM STDIN") as copy:
                copy.write("9000\tx\t2026-01-01\n")
                raise KeyError

        checks.fails(KeyError, given_up)

        def wrong():
            with connection.cursor().copy("COPY copied FROM STDIN") as copy:
                copy.write("8000\tx\t2026-01-01\nno number\tx\t2026-01-01\n")

        context = checks.fails(errors.InvalidTextRepresentation, wrong).diag.context
        assert context == 'COPY copied, line 2, column id: "no number"', context
        assert count(connection, "copied") == 6_001


def check_copy_out_row_by_row():
    with table("sent") as connection:
        rows = [(k, f"tab\t{k}" if k % 3 else None, datetime.date(2026, 1, 2)) for k in range(3_000)]
        connection.cursor().executemany("INSERT INTO sent VALUES (%s, %s, %s)", rows)
        for options in ("", " (FORMAT BINARY)"):
            with connection.cursor().copy(f"COPY (SELECT * FROM sent ORDER BY id) TO STDOUT{options}") as copy:
                copy.set_types(["int4", "text", "date"])
                assert list(copy.rows()) == rows, options
        with connection.cursor().copy("COPY (SELECT id FROM sent ORDER BY id LIMIT 2) TO STDOUT (FORMAT csv, HEADER)") as copy:
            assert [bytes(part) for part in copy] == [b"id\n", b"0\n", b"1\n"]
        with connection.cursor().copy("COPY (SELECT id FROM sent WHERE id < 0) TO STDOUT (FORMAT BINARY)") as copy:
            copy.set_types(["int4"])
            assert list(copy.rows()) == []


def check_prepared_statements():
    with table("asked") as connection:
        connection.cursor().executemany("INSERT INTO asked VALUES (%s, %s)", [(k, f"x{k}") for k in range(20)])
        for k in range(20):
            row = connection.execute("SELECT t FROM asked WHERE id = %s", (k,), prepare=True).fetchone()
            assert row == (f"x{k}",)
        connection.execute("ALTER TABLE asked ADD COLUMN extra integer")
        assert connection.execute("SELECT t FROM asked WHERE id = %s", (3,), prepare=True).fetchone() == ("x3",)


def check_errors_carry_their_fields():
    with table("blamed") as connection:
        connection.execute("INSERT INTO blamed VALUES (1)")
        error = checks.fails(errors.UniqueViolation, lambda: connection.execute("INSERT INTO blamed VALUES (1)"))
        diagnosis = error.diag
        assert (diagnosis.sqlstate, diagnosis.severity_nonlocalized) == ("23505", "ERROR")
        assert (diagnosis.table_name, diagnosis.constraint_name) == ("blamed", "blamed_pkey")
        assert diagnosis.message_detail == "Key (id)=(1) already exists."
        error = checks.fails(errors.UndefinedColumn, lambda: connection.execute("SELECT 'ж', idd FROM blamed"))
        assert error.diag.statement_position == "13" and "blamed.id" in error.diag.message_hint
        error = checks.fails(errors.NotNullViolation, lambda: connection.execute("INSERT INTO blamed VALUES (NULL)"))
        assert (error.diag.table_name, error.diag.column_name) == ("blamed", "id")


def check_a_statement_can_be_cancelled():
    with table("stopped") as connection:
        stop = threading.Timer(1.5, connection.cancel)
        stop.start()
        start = time.monotonic()
        slow = "SELECT count(*) FROM generate_series(1, 3000000000) g WHERE g % 7 = 1"
        checks.fails(errors.QueryCanceled, lambda: connection.execute(slow))
        assert time.monotonic() - start < 10
        assert count(connection, "stopped") == 0
        connection.execute("SET statement_timeout TO 200")
        checks.fails(errors.QueryCanceled, lambda: connection.execute(slow))


def check_streaming_and_other_cursors():
    with table("streamed") as connection:
        assert len(list(connection.cursor().stream("SELECT * FROM generate_series(1, 20000)"))) == 20_000
        row = psycopg.ClientCursor(connection).execute("SELECT %s, %s", (1, "a'b\\")).fetchone()
        assert row == (1, "a'b\\")
        assert psycopg.RawCursor(connection).execute("SELECT $1::int + $2::int", (1, 2)).fetchone() == (3,)
        cursor = connection.execute("SELECT 1; SELECT 'two'")
        assert cursor.fetchall() == [(1,)] and cursor.nextset() and cursor.fetchall() == [("two",)]


checks.run(sys.modules[__name__])
