"""asyncpg: python asyncpg_checks.py CONNINFO"""

import asyncio
import contextlib
import datetime
import decimal
import io
import sys
import uuid

import asyncpg

import checks

ROW = (
    1, True, -3, 7, decimal.Decimal("12.50"), 1.5, 2.25, "жук\t'\\", uuid.UUID(int=5), datetime.date(2026, 3, 4),
    datetime.time(1, 2, 3, 4), datetime.datetime(2026, 1, 2, 3, 4, 5, 6),
    datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), datetime.timedelta(days=3, seconds=4),
    '{"a": 1}', b"\x00\xff'",
)


def address():
    """The words of CONNINFO as asyncpg wants them."""
    words = dict(word.split("=", 1) for word in sys.argv[1].split())
    return {"host": words["host"], "port": int(words["port"]), "user": words["user"], "database": words["dbname"]}


@contextlib.asynccontextmanager
async def table(name, columns="id bigint PRIMARY KEY, t text, dt date"):
    """A connection and an empty table."""
    connection = await asyncpg.connect(**address(), timeout=10)
    try:
        await connection.execute(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns})")
        yield connection
    finally:
        await connection.close(timeout=5)


async def fails(kind, awaitable):
    try:
        await awaitable
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


async def check_types_go_and_come():
    async with table("akinds", checks.ROW_COLUMNS) as connection:
        places = ", ".join(f"${k + 1}" for k in range(16))
        assert await connection.execute(f"INSERT INTO akinds VALUES ({places})", *ROW) == "INSERT 0 1"
        assert tuple(await connection.fetchrow("SELECT * FROM akinds")) == ROW
        assert tuple(await connection.fetchrow("SELECT * FROM akinds WHERE u = $1 AND n = $2", ROW[8], ROW[4])) == ROW
        nulls = (2,) + (None,) * 15
        await connection.execute(f"INSERT INTO akinds VALUES ({places})", *nulls)
        assert tuple(await connection.fetchrow("SELECT * FROM akinds WHERE id = $1", 2)) == nulls
        odd = await connection.fetchrow("SELECT 'infinity'::timestamp, 'NaN'::numeric, 'NaN'::float8, 1e30::numeric")
        assert odd[0] == datetime.datetime.max and odd[1].is_nan() and odd[2] != odd[2] and odd[3] == 10**30


async def check_prepared_statements_and_their_types():
    async with table("aasked") as connection:
        await connection.executemany("INSERT INTO aasked (id, t) VALUES ($1, $2)", [(k, f"x{k}") for k in range(50)])
        statement = await connection.prepare("SELECT id, t FROM aasked WHERE id > $1 AND t <> $2 ORDER BY id")
        assert [p.name for p in statement.get_parameters()] == ["int8", "text"]
        assert [(a.name, a.type.name) for a in statement.get_attributes()] == [("id", "int8"), ("t", "text")]
        for first in (5, 40, 100):
            assert len(await statement.fetch(first, "x45")) == max(0, 48 - first)
            assert statement.get_statusmsg() == f"SELECT {max(0, 48 - first)}"
        assert await statement.fetchval(47, "") == 48


async def check_many_rows_in_one_batch():
    async with table("amany") as connection:
        rows = [(k, f"x{k}", datetime.date(2026, 1, 1 + k % 28)) for k in range(2_000)]
        await connection.executemany("INSERT INTO amany VALUES ($1, $2, $3)", rows)
        assert [tuple(r) for r in await connection.fetch("SELECT * FROM amany ORDER BY id")] == rows
        twice = [(5_000, "a", None), (5_001, "b", None), (5_000, "c", None)]
        await fails(asyncpg.UniqueViolationError, connection.executemany("INSERT INTO amany VALUES ($1, $2, $3)", twice))
        assert await connection.fetchval("SELECT count(*) FROM amany") == 2_000


async def check_cursors():
    async with table("awalked") as connection:
        await connection.executemany("INSERT INTO awalked (id) VALUES ($1)", [(k,) for k in range(100)])
        async with connection.transaction():
            seen = [r["id"] async for r in connection.cursor("SELECT id FROM awalked ORDER BY id", prefetch=7)]
            assert seen == list(range(100))
            cursor = await connection.cursor("SELECT id FROM awalked WHERE id >= $1 ORDER BY id", 10)
            assert [r["id"] for r in await cursor.fetch(3)] == [10, 11, 12]
            assert await cursor.forward(2) == 2
            assert (await cursor.fetchrow())["id"] == 15


async def check_transactions():
    async with table("achanged") as connection:
        await connection.execute("INSERT INTO achanged (id) VALUES (1), (2)")
        with contextlib.suppress(KeyError):
            async with connection.transaction():
                await connection.execute("DELETE FROM achanged")
                with contextlib.suppress(ValueError):
                    async with connection.transaction():
                        await connection.execute("INSERT INTO achanged (id) VALUES (77)")
                        raise ValueError
                assert await connection.fetchval("SELECT count(*) FROM achanged") == 0
                raise KeyError
        assert await connection.fetchval("SELECT count(*) FROM achanged") == 2
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await fails(asyncpg.ReadOnlySQLTransactionError, connection.execute("DELETE FROM achanged"))


async def check_copy():
    async with table("acopied") as connection:
        rows = [(k, f"r\t{k}", datetime.date(2026, 1, 2)) for k in range(2_000)]
        tag = await connection.copy_records_to_table("acopied", records=rows, columns=["id", "t", "dt"])
        assert tag == "COPY 2000"
        tag = await connection.copy_to_table("acopied", source=io.BytesIO(b"9000,x\n9001,y\n"), columns=["id", "t"], format="csv")
        assert tag == "COPY 2"
        out = io.BytesIO()
        query = "SELECT id, t FROM acopied WHERE id > $1 ORDER BY id"
        tag = await connection.copy_from_query(query, 1_997, output=out, format="csv")
        assert tag == "COPY 4" and out.getvalue() == b"1998,r\t1998\n1999,r\t1999\n9000,x\n9001,y\n"
        out = io.BytesIO()
        assert await connection.copy_from_table("acopied", columns=["id"], output=out) == "COPY 2002"
        assert len(out.getvalue().split()) == 2_002
        broken = connection.copy_to_table("acopied", source=io.BytesIO(b"x,y\n"), columns=["id", "t"], format="csv")
        await fails(asyncpg.InvalidTextRepresentationError, broken)
        assert await connection.fetchval("SELECT count(*) FROM acopied") == 2_002


async def check_errors():
    async with table("ablamed") as connection:
        await connection.execute("INSERT INTO ablamed (id) VALUES (1)")
        error = await fails(asyncpg.UniqueViolationError, connection.execute("INSERT INTO ablamed (id) VALUES ($1)", 1))
        assert (error.table_name, error.constraint_name, error.detail) == (
            "ablamed", "ablamed_pkey", "Key (id)=(1) already exists.",
        )
        # asyncpg sends Parse, Describe and Flush: the error must come without a Sync.
        error = await asyncio.wait_for(fails(asyncpg.UndefinedColumnError, connection.fetch("SELECT nope FROM ablamed")), 5)
        assert error.position == "8"
        assert await connection.fetchval("SELECT 1") == 1


async def check_a_slow_statement_can_be_given_up():
    async with table("astopped") as connection:
        # Long enough that the statement runs by then: a cancel that comes before it has been read cancels nothing, as in PostgreSQL.
        slow = connection.fetch("SELECT count(*) FROM generate_series(1, 3000000000) g WHERE g % 3 = 1", timeout=1.5)
        await fails(asyncio.TimeoutError, slow)
        assert await connection.fetchval("SELECT 5") == 5


async def check_a_pool():
    pool = await asyncpg.create_pool(**address(), min_size=2, max_size=5)
    try:
        answers = await asyncio.gather(*(pool.fetchval("SELECT $1::int", k) for k in range(50)))
        assert answers == list(range(50))
        async with pool.acquire() as connection:
            await connection.execute("SET timezone TO 'Europe/Moscow'")
        zones = await asyncio.gather(*(pool.fetchval("SHOW timezone") for _ in range(10)))
        assert "Europe/Moscow" not in zones
    finally:
        await asyncio.wait_for(pool.close(), 10)


checks.run(sys.modules[__name__])
