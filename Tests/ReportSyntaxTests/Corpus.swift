/// Texts and what becomes of them; PostgreSQL 15 gave the same verdicts, apart from our own
/// statements and clauses that are 0A000 here.
enum Corpus {
  struct Refusal: Sendable {
    let text: String
    let sqlState: String
    let message: String
    let position: Int
  }

  /// Statements of PostgreSQL's grammar.
  static let accepted: [String] = [
    "select 1 as select",
    "select ;",
    "select from a",
    "select all 1",
    "values (1,2),(3)",
    "select a[1:2], (row(1,2)).*, (a).b",
    "select overlaps(1)",
    "select a between 1 and 2 and 3",
    "select a in (1) in (2)",
    "select a is null is null",
    "select a = b is null",
    "select a like b = c",
    "select not a = b",
    "select - a ^ b",
    "select * from (a join b on true)",
    "select * from (a join b on true) x",
    "select * from ((a join b on true))",
    "select * from ((select 1) x join b on true)",
    "select * from (((select 1) union select 2)) x",
    "select ((select 1) + 2)",
    "select ((select 1) union (select 2))",
    "select (((select 1))) limit 1",
    "(select 1) union (select 2) order by 1",
    "select 1 union select 2 intersect select 3",
    "select * from f(1) with ordinality as x(a,b)",
    "select * from f(1) as (a int, b text)",
    "select * from f(1) as x(a int, b text)",
    "select * from f(1) x(a, b)",
    "select * from rows from (f(1), g(2)) as t",
    "select * from lateral f(1)",
    "select * from a, lateral (select 1) b",
    "select * from current_date",
    "select * from coalesce(1)",
    "select * from generate_series(1,2) g",
    "select timestamp '2020-01-01', timestamp with time zone '2020-01-01', timestamp(3) without time zone '2020-01-01'",
    "select timestamp from t",
    "select interval '1' day, interval '1 2' day to hour, interval '1' second(3), interval(3) '1'",
    "select interval from t",
    "select int '1', bigint '1', numeric(5,2) '1.5', varchar(3) 'abc', double precision '1', character varying(3) 'x', char 'x', national character(3) 'x', bit(3) '101', bit varying '1'",
    "select pg_catalog.int4 '1', text 'x', foo.bar(1) 'x'",
    "select x::int[], x::int[3], x::int array, x::int array[3], x::interval day to second(3), x::timestamp(3)[]",
    "select date '2020-01-01' + 1",
    "select extract(month from x), extract('month' from x), extract(\"month\" from x), extract(epoch from x)",
    "select substring(x from 1), substring(x from 1 for 2), substring(x for 2), substring(x for 2 from 1), substring(x, 1, 2), substring(x similar 'a' escape 'b'), substring()",
    "select position(a in b), position(a || 'x' in b)",
    "select overlay(a placing b from 1 for 2), overlay(a, b, 1)",
    "select trim(a), trim(both a), trim(leading 'x' from a), trim(from a), trim(trailing from a), trim(a, b)",
    "select coalesce(1), greatest(1,2), least(1)",
    "select case when 1 then 2 end, case a when 1 then 2 else 3 end",
    "select array[1,2,3], array[[1,2],[3,4]], array[], array(select 1)",
    "select row(), row(1), (1,2), row(1,2) = (1,2)",
    "select a.*, *, a.b.* from t",
    "select f(a.*)",
    "select count(*), count(all x), count(distinct x), f(), f(distinct x order by y desc nulls last), string_agg(a, ',' order by b)",
    "select f(variadic array[1])",
    "select f(1, variadic array[1])",
    "select f(a := 1, b => 2)",
    "select sum(x) over (), sum(x) over w, sum(x) over (w partition by a order by b rows between unbounded preceding and current row exclude ties) from t window w as (order by x)",
    "select a collate \"C\" || b, a || b collate pg_catalog.\"default\"",
    "select x operator(pg_catalog.~) '^(a)$' collate pg_catalog.default",
    "select x operator(+) 1, operator(pg_catalog.-) 1",
    "select x ~ 'a', x !~* 'b', x ~~ 'c', @ x, |/ 2, x -> 'a' ->> 'b', x #>> '{a}', x @> y, !! x",
    "select 1 - -1, 1+-1, 1 @- 2, 1*-2",
    "select a !=b, a<>b, a != -1, a<-1, a>=-1",
    "select a==b",
    "select x like any (array['a']), x not ilike all (select 'b')",
    "select x = any (select 1), x = some (array[1]), x <> all ('{1}')",
    "select (a,b) overlaps (c,d)",
    "select (a,b) in ((1,2),(3,4))",
    "select a in (select 1), a not in (1,2)",
    "select current_timestamp(2), current_user, localtime, current_schema, current_schema(), current_catalog, session_user, user, current_role",
    "select now() at time zone 'utc' at time zone 'x'",
    "select value, name, date, month, year, type, key, text, level, zone, day, hour from t",
    "select a value, b name",
    "select a as day",
    "select left('a', 1), right('b', 2)",
    "select user from t",
    "select t.table, t.select from t",
    "select * from t as x(a,b), u y, v as z",
    "select * from t left join u using (a) as j",
    "select * from a join b on true join c on true",
    "select * from a join b join c on true on true",
    "select * from a cross join b, c natural left join d",
    "select * from a full outer join b on a.x = b.x",
    "select * from only t, only (t), t *",
    "select distinct a from t",
    "select distinct on (a, b) a from t",
    "select 1 group by 1, (2), (1,2), (), rollup(a,b), cube((a,b),c), grouping sets ((a),(),(b), rollup(c)) having true",
    "select 1 group by all a",
    "select 1 group by distinct a, a",
    "select a from t order by a asc nulls first, b desc nulls last, c using <",
    "select a from t limit all offset 1 rows",
    "select a from t offset 1 limit 2",
    "select a from t offset 1 row fetch next 5 rows only",
    "select a from t fetch first (1+1) rows only",
    "select a from t fetch first -1 rows only",
    "select a from t for read only",
    "with x as (select 1) select * from x",
    "with recursive x(a) as (select 1 union all select a+1 from x) select * from x",
    "with x as materialized (select 1), y as not materialized (select 2) select 1",
    "table t",
    "table t order by 1",
    "values (1,2) order by 1 limit 1",
    "insert into t values (1,2)",
    "insert into t (a,b) values (1,default), (default,2) returning *",
    "insert into t default values",
    "insert into t select 1",
    "insert into t (select 1)",
    "insert into t (a) (select 1)",
    "insert into t as x (a) values (1) on conflict do nothing",
    "insert into t values (1) on conflict (a,b) do update set a = excluded.a, (b,c) = (1,2), d = default where t.a > 1 returning a as x, b y",
    "insert into t values (1) on conflict on constraint t_pkey do nothing",
    "update t set a = 1, b = default from u where t.x = u.x returning t.*",
    "update t x set a = 1",
    "update t as x set a = 1 where true",
    "update only t set a = 1",
    "delete from t using u where t.a = u.a returning *",
    "delete from t x where x.a",
    "truncate t",
    "copy t from stdin",
    "copy t (a,b) from stdin with (format csv, header, delimiter ';', null '', quote '\"', escape '\\', force_null (a), force_quote *, encoding 'utf8', header true)",
    "copy t to stdout csv header delimiter ',' null 'x' quote '\"' force quote a, b",
    "copy t from stdin with csv",
    "copy t from stdin binary",
    "copy binary t from stdin",
    "copy (select 1) to stdout",
    "copy t from stdin where a > 1",
    "copy t to stdin",
    "create table t (a int not null default 1 primary key, b text, c numeric(10,2) default 1.5 null, d timestamp with time zone default now())",
    "create table t (a int, b int, primary key (a,b))",
    "create table if not exists s.t (a int, constraint pk primary key (a))",
    "create table t ()",
    "create table t (a) as select 1",
    "create table t as select 1 with no data",
    "create table t (a int default 1 + 2 not null)",
    "create table t (a bool default 1 = 2)",
    "create view v as select 1",
    "create or replace view s.v (a,b) as select 1, 2",
    "create schema s",
    "create schema if not exists s",
    "drop table a, b cascade",
    "drop table if exists s.t restrict",
    "drop view v",
    "drop schema s cascade",
    "alter table t add column a int, add b text default 'x', drop column c, drop if exists d cascade",
    "alter table t rename column a to b",
    "alter table t rename a to b",
    "alter table t rename to u",
    "alter table if exists t add if not exists a int",
    "begin",
    "begin work",
    "begin transaction isolation level serializable, read only, deferrable",
    "begin isolation level read committed read write",
    "start transaction isolation level repeatable read",
    "commit",
    "commit and chain",
    "commit work and no chain",
    "rollback",
    "rollback work",
    "end",
    "abort",
    "savepoint a",
    "release savepoint a",
    "release a",
    "rollback to savepoint a",
    "rollback to a",
    "rollback transaction to savepoint a",
    "explain select 1",
    "explain analyze verbose select 1",
    "explain (analyze, verbose off, format json, costs false) select 1",
    "explain (select 1)",
    "explain ((select 1))",
    "show timezone",
    "show time zone",
    "show transaction isolation level",
    "show all",
    "show session authorization",
    "show a.b",
    "set timezone to 'utc'",
    "set timezone = 'utc'",
    "set local x.y = 1",
    "set session search_path to a, 'b', \"C\"",
    "set time zone 'utc'",
    "set time zone local",
    "set time zone default",
    "set time zone -3",
    "set time zone interval '1' hour to minute",
    "set x to default",
    "set x = on",
    "set x = -1.5",
    "set names 'utf8'",
    "set schema 'a'",
    "set role none",
    "set session authorization default",
    "set session characteristics as transaction isolation level read uncommitted",
    "set transaction read only",
    "reset all",
    "reset x",
    "reset time zone",
    "discard all",
    "discard plans",
    "prepare p as select $1",
    "prepare p (int, text) as insert into t values ($1, $2)",
    "execute p",
    "execute p(1, 'a')",
    "deallocate p",
    "deallocate all",
    "deallocate prepare p",
    "declare c cursor for select 1",
    "declare c binary no scroll cursor with hold for select 1",
    "declare \"C\" insensitive scroll cursor without hold for values (1)",
    "fetch c",
    "fetch 10 from c",
    "fetch forward 10 in c",
    "fetch all from c",
    "fetch forward all from c",
    "fetch backward from c",
    "fetch next from c",
    "fetch first c",
    "fetch absolute -1 from c",
    "fetch next",
    "fetch -5 c",
    "move 5 in c",
    "close c",
    "close all",
    "listen a",
    "unlisten *",
    "unlisten a",
    "notify a, 'x'",
    "checkpoint",
    "vacuum",
    "vacuum full verbose t",
    "vacuum (verbose, analyze) t (a)",
    "analyze t",
    "analyze",
    "select 1; select 2;; select 3",
    ";",
    "-- comment",
    "select 1 -- comment",
    "select 1 /* a /* b */ c */ + 2",
    "select 'a'\n'b'",
    "select e'a\\'b\\n\\x41\\101\\u0041'",
    "select U&'d\\0061t\\+000061' , U&\"d\\0061t\" , U&'d!0061' uescape '!'",
    "select $$a'b$$, $x$ $$ $x$",
    "select 1_000",
    "select \"a\"\"b\"",
    "select a ? b",
    "create table \"t\" (a integer[], b text[][] not null, c double precision, d char, e varchar(10), f time with time zone, g interval, h \"char\", i json)",
    "select x is true, x is not false, x is unknown, x isnull, x notnull",
    "select x similar to 'a' escape 'b', x not like 'a' escape 'b'",
    "select a and b or c and not d",
    "select collation for ('a')",
    "select grouping(a,b)",
    "select a[1], a[1][2], (f(x))[1], a[:2], a[1:], a[:], $1[1], (a).b.c[1]",
    "select a as \"Столбец\", 'ж' from таблица",
    "select ЖУК from t",
    "select * from unnest(array[1,2]) with ordinality",
    "select * from json_to_record('{}') as x(a int)",
    "select all from t",
    "select (select 1)::int",
    "select case when a then b end case",
    "select a.b.c.d",
    "select 9223372036854775808, -9223372036854775808, 99999999999999999999999999",
    "select count(*) filter (where a > 1) from t",
    "select array_agg(a order by b) filter (where c) over (partition by d)",
  ]

  /// Statements of our own.
  static let extensions: [String] = [
    "create table deals (id bigint not null, closed_at timestamptz, amount numeric(18,2) default 0, tenant_id int, primary key (tenant_id, id)) partition by month (closed_at) order by (closed_at, id) tenant key (tenant_id) retain 36 months with (compression = zstd, level = 3)",
    "create or replace table t (a int) partition by month (a)",
    "create table t partition by month (a) retain 1 month as select 1",
    "create table t (a, b) order by (a) as select 1, 2 with no data",
    "alter table t set retain 12 months",
    "alter table t reset retain",
    "alter table t set (compression = 'lz4')",
    "alter table t drop partition '2026-03', drop partition if exists '2026-04'",
    "compact table s.t",
    "create replication crm connection 'host=a dbname=''b''' tables (deals, s.leads partition by month (created_at) order by (a, b) tenant key (t)) with (slot = 's', on_gap = stop)",
    "create replication if not exists crm connection '' tables (a)",
    "alter replication crm add table a, b partition by month (c)",
    "alter replication crm drop table s.a, b",
    "alter replication crm connection 'host=b'",
    "alter replication crm set (on_gap = resync)",
    "drop replication if exists crm",
    "pause replication crm",
    "pause replication crm at '16/B374D848'",
    "resume replication crm",
    "resync table s.deals",
    "resync replication crm",
    "select replication, pause, resume, resync from replication as pause",
    "create rollup r on s.t key (a, date_trunc('day', b) as d, lower(c)) store (count(*), sum(x), count(distinct y)) where z = 'q'",
    "create or replace rollup r on t key (a)",
    "create rollup r on s.t left outer join u on u.id = t.v and u.w = t.w key (t.w, x) store (count(u.id)) where y > 1",
    "create rollup if not exists r on t key (a) where a > 1",
    "create rollup r on t key (date_trunc('day', b) as d) store (count(*)) where a > 1 retain 12 months",
    "drop rollup if exists r cascade",
    "check rollup r",
    "suggest rollups",
    "select rollups, suggest, store, key from suggest as rollups",
    "drop report if exists report.sales",
    "create report sales (from_date date, to_date date default current_date, ids int[] default null) as select * from deals where closed_at >= :from_date and closed_at < :to_date",
    "create or replace report r as select 1; select 2",
    "create report r (a int) as select :a::text || ':b', (array[1,2])[1 : 2]; select a[1:2]",
    "select report, retain, tenant, months, compact, word from compact as report",
    "select 0x1F, 0o17, 0b101, 1_000_000",
  ]

  static let refused: [Refusal] = [
    Refusal(
      text: "select 1 = 2 = 3",
      sqlState: "42601",
      message: "syntax error at or near \"=\"",
      position: 14
    ),
    Refusal(
      text: "select 'abc",
      sqlState: "42601",
      message: "unterminated quoted string at or near \"'abc\"",
      position: 8
    ),
    Refusal(
      text: "select \"abc",
      sqlState: "42601",
      message: "unterminated quoted identifier at or near \"\"abc\"",
      position: 8
    ),
    Refusal(
      text: "select /* abc",
      sqlState: "42601",
      message: "unterminated /* comment at or near \"/* abc\"",
      position: 8
    ),
    Refusal(
      text: "select $a$ abc",
      sqlState: "42601",
      message: "unterminated dollar-quoted string at or near \"$a$ abc\"",
      position: 8
    ),
    Refusal(
      text: "select 123abc",
      sqlState: "42601",
      message: "trailing junk after numeric literal at or near \"123abc\"",
      position: 8
    ),
    Refusal(
      text: "select 123ж",
      sqlState: "42601",
      message: "trailing junk after numeric literal at or near \"123ж\"",
      position: 8
    ),
    Refusal(
      text: "select 1 +",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 11
    ),
    Refusal(
      text: "select * from",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 14
    ),
    Refusal(
      text: "select * from;",
      sqlState: "42601",
      message: "syntax error at or near \";\"",
      position: 14
    ),
    Refusal(
      text: "select 1 from t where",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 22
    ),
    Refusal(
      text: "select E'\\u12'",
      sqlState: "22025",
      message: "invalid Unicode escape",
      position: 10
    ),
    Refusal(
      text: "select E'\\'",
      sqlState: "42601",
      message: "unterminated quoted string at or near \"E'\\'\"",
      position: 8
    ),
    Refusal(
      text: "select U&'\\00zz'",
      sqlState: "42601",
      message: "invalid Unicode escape",
      position: 11
    ),
    Refusal(
      text: "select U&'abc' uescape '+'",
      sqlState: "42601",
      message: "invalid Unicode escape character at or near \"'+'\"",
      position: 24
    ),
    Refusal(
      text: "select U&'abc' uescape 'z1'",
      sqlState: "42601",
      message: "invalid Unicode escape character at or near \"'z1'\"",
      position: 24
    ),
    Refusal(
      text: "select \"\"",
      sqlState: "42601",
      message: "zero-length delimited identifier at or near \"\"\"\"",
      position: 8
    ),
    Refusal(
      text: "select $1a",
      sqlState: "42601",
      message: "trailing junk after parameter at or near \"$1a\"",
      position: 8
    ),
    Refusal(
      text: "select B'12'",
      sqlState: "22P02",
      message: "\"2\" is not a valid binary digit",
      position: 8
    ),
    Refusal(
      text: "select x'zz'",
      sqlState: "22P02",
      message: "\"z\" is not a valid hexadecimal digit",
      position: 8
    ),
    Refusal(
      text: "select a.b.c.d.e",
      sqlState: "42601",
      message: "improper qualified name (too many dotted names): a.b.c.d.e",
      position: 8
    ),
    Refusal(
      text: "select f(a=>1, 2)",
      sqlState: "42601",
      message: "positional argument cannot follow named argument",
      position: 16
    ),
    Refusal(
      text: "select f(a=>1, a=>2)",
      sqlState: "42601",
      message: "argument name \"a\" used more than once",
      position: 16
    ),
    Refusal(
      text: "select count(distinct *)",
      sqlState: "42601",
      message: "syntax error at or near \"*\"",
      position: 23
    ),
    Refusal(
      text: "insert into t values (default), (1",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 35
    ),
    Refusal(
      text: "select 1 limit 1 limit 2",
      sqlState: "42601",
      message: "syntax error at or near \"limit\"",
      position: 18
    ),
    Refusal(
      text: "select interval(3) '1 sec', float(54) '1'",
      sqlState: "22023",
      message: "precision for type float must be less than 54 bits",
      position: 35
    ),
    Refusal(
      text: "select cast(1 as float(54))",
      sqlState: "22023",
      message: "precision for type float must be less than 54 bits",
      position: 24
    ),
    Refusal(
      text: "select cast(1 as float(0))",
      sqlState: "22023",
      message: "precision for type float must be at least 1 bit",
      position: 24
    ),
    Refusal(
      text: "select * from (select 1)",
      sqlState: "42601",
      message: "subquery in FROM must have an alias",
      position: 15
    ),
    Refusal(
      text: "select * from (values (1))",
      sqlState: "42601",
      message: "VALUES in FROM must have an alias",
      position: 15
    ),
    Refusal(
      text: "create table t (a int, )",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 24
    ),
    Refusal(
      text: "select * from t1 join t2",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 25
    ),
    Refusal(
      text: "select 1 union select 2 order by 1 union select 3",
      sqlState: "42601",
      message: "syntax error at or near \"union\"",
      position: 36
    ),
    Refusal(
      text: "select count(*) filter (where x) over (partition by)",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 52
    ),
    Refusal(
      text: "select percentile_cont(distinct 0.5) within group (order by x)",
      sqlState: "42601",
      message: "cannot use DISTINCT with WITHIN GROUP",
      position: 38
    ),
    Refusal(
      text: "select f(variadic a) within group (order by b)",
      sqlState: "42601",
      message: "cannot use VARIADIC with WITHIN GROUP",
      position: 22
    ),
    Refusal(
      text: "select f(a order by x) within group (order by b)",
      sqlState: "42601",
      message: "cannot use multiple ORDER BY clauses with WITHIN GROUP",
      position: 24
    ),
    Refusal(
      text: "set transaction isolation level foo",
      sqlState: "42601",
      message: "syntax error at or near \"foo\"",
      position: 33
    ),
    Refusal(
      text: "select \"a\".\"b\" from c.d.e.f",
      sqlState: "42601",
      message: "improper qualified name (too many dotted names): c.d.e.f",
      position: 21
    ),
    Refusal(
      text: "select 1 limit 1 offset 2 fetch first 3 rows only",
      sqlState: "42601",
      message: "syntax error at or near \"fetch\"",
      position: 27
    ),
    Refusal(
      text: "select 1 fetch first row with ties",
      sqlState: "42601",
      message: "WITH TIES cannot be specified without ORDER BY clause",
      position: 10
    ),
    Refusal(
      text: "select * from a natural join b on true",
      sqlState: "42601",
      message: "syntax error at or near \"on\"",
      position: 32
    ),
    Refusal(
      text: "select a at time zone",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 22
    ),
    Refusal(
      text: "select not",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 11
    ),
    Refusal(
      text: "select x is nul",
      sqlState: "42601",
      message: "syntax error at or near \"nul\"",
      position: 13
    ),
    Refusal(
      text: "select 1 as \"\"",
      sqlState: "42601",
      message: "zero-length delimited identifier at or near \"\"\"\"",
      position: 13
    ),
    Refusal(
      text: "select a < b < c",
      sqlState: "42601",
      message: "syntax error at or near \"<\"",
      position: 14
    ),
    Refusal(
      text: "select a between 1 and 2 between 3 and 4",
      sqlState: "42601",
      message: "syntax error at or near \"between\"",
      position: 26
    ),
    Refusal(
      text: "select a like b like c",
      sqlState: "42601",
      message: "syntax error at or near \"like\"",
      position: 17
    ),
    Refusal(
      text: "select a is distinct from b is distinct from c",
      sqlState: "42601",
      message: "syntax error at or near \"is\"",
      position: 29
    ),
    Refusal(
      text: "select 1 where a = any (1,2)",
      sqlState: "42601",
      message: "syntax error at or near \",\"",
      position: 26
    ),
    Refusal(
      text: "select 1 from (a)",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 17
    ),
    Refusal(
      text: "select * from lateral t",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 24
    ),
    Refusal(
      text: "select interval '1' day to month",
      sqlState: "42601",
      message: "syntax error at or near \"month\"",
      position: 28
    ),
    Refusal(
      text: "select extract(x)",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 17
    ),
    Refusal(
      text: "select extract(case from x)",
      sqlState: "42601",
      message: "syntax error at or near \"case\"",
      position: 16
    ),
    Refusal(
      text: "select position(a, b)",
      sqlState: "42601",
      message: "syntax error at or near \",\"",
      position: 18
    ),
    Refusal(
      text: "select nullif(1)",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 16
    ),
    Refusal(
      text: "select nullif(1,2,3)",
      sqlState: "42601",
      message: "syntax error at or near \",\"",
      position: 18
    ),
    Refusal(
      text: "select coalesce()",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 17
    ),
    Refusal(
      text: "select case end",
      sqlState: "42601",
      message: "syntax error at or near \"end\"",
      position: 13
    ),
    Refusal(
      text: "select case when 1 end",
      sqlState: "42601",
      message: "syntax error at or near \"end\"",
      position: 20
    ),
    Refusal(
      text: "select array[[1],2]",
      sqlState: "42601",
      message: "syntax error at or near \"2\"",
      position: 18
    ),
    Refusal(
      text: "select exists (select 1), exists(1)",
      sqlState: "42601",
      message: "syntax error at or near \"1\"",
      position: 34
    ),
    Refusal(
      text: "select f(variadic array[1], 2)",
      sqlState: "42601",
      message: "syntax error at or near \",\"",
      position: 27
    ),
    Refusal(
      text: "select sum(x) over (rows between current row and 1 preceding)",
      sqlState: "42P20",
      message: "frame starting from current row cannot have preceding rows",
      position: 50
    ),
    Refusal(
      text: "select sum(x) over (rows unbounded following)",
      sqlState: "42P20",
      message: "frame start cannot be UNBOUNDED FOLLOWING",
      position: 26
    ),
    Refusal(
      text: "select sum(x) over (rows between 1 following and 1 preceding)",
      sqlState: "42P20",
      message: "frame starting from following row cannot have preceding rows",
      position: 50
    ),
    Refusal(
      text: "select sum(x) over (rows 1 following)",
      sqlState: "42P20",
      message: "frame starting from following row cannot end with current row",
      position: 26
    ),
    Refusal(
      text: "select (a,b,c) overlaps (c,d)",
      sqlState: "42601",
      message: "wrong number of parameters on left side of OVERLAPS expression",
      position: 8
    ),
    Refusal(
      text: "select a in ()",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 14
    ),
    Refusal(
      text: "select current_date()",
      sqlState: "42601",
      message: "syntax error at or near \"(\"",
      position: 20
    ),
    Refusal(
      text: "select a day",
      sqlState: "42601",
      message: "syntax error at or near \"day\"",
      position: 10
    ),
    Refusal(
      text: "select a filter",
      sqlState: "42601",
      message: "syntax error at or near \"filter\"",
      position: 10
    ),
    Refusal(
      text: "select 1 x, 2 y z",
      sqlState: "42601",
      message: "syntax error at or near \"z\"",
      position: 17
    ),
    Refusal(
      text: "select left from t",
      sqlState: "42601",
      message: "syntax error at or near \"from\"",
      position: 13
    ),
    Refusal(
      text: "select table from t",
      sqlState: "42601",
      message: "syntax error at or near \"table\"",
      position: 8
    ),
    Refusal(
      text: "select * from t tablesample bernoulli(1)",
      sqlState: "0A000",
      message: "TABLESAMPLE is not supported",
      position: 17
    ),
    Refusal(
      text: "select distinct on a from t",
      sqlState: "42601",
      message: "syntax error at or near \"a\"",
      position: 20
    ),
    Refusal(
      text: "select a from t order by a nulls",
      sqlState: "42601",
      message: "syntax error at or near \"nulls\"",
      position: 28
    ),
    Refusal(
      text: "select a from t limit 1,2",
      sqlState: "42601",
      message: "LIMIT #,# syntax is not supported",
      position: 17
    ),
    Refusal(
      text: "with x as (select 1), x as (select 2) select 1",
      sqlState: "42712",
      message: "WITH query name \"x\" specified more than once",
      position: 23
    ),
    Refusal(
      text: "with x as (select 1)",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 21
    ),
    Refusal(
      text: "with x (select 1) select 1",
      sqlState: "42601",
      message: "syntax error at or near \"select\"",
      position: 9
    ),
    Refusal(
      text: "insert into t values (1) on conflict do update set a = 1",
      sqlState: "42601",
      message: "ON CONFLICT DO UPDATE requires inference specification or constraint name",
      position: 26
    ),
    Refusal(
      text: "insert into t",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 14
    ),
    Refusal(
      text: "insert t values (1)",
      sqlState: "42601",
      message: "syntax error at or near \"t\"",
      position: 8
    ),
    Refusal(
      text: "insert into t (a, b values (1)",
      sqlState: "42601",
      message: "syntax error at or near \"values\"",
      position: 21
    ),
    Refusal(
      text: "update t set",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 13
    ),
    Refusal(
      text: "update t set a",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 15
    ),
    Refusal(
      text: "delete t",
      sqlState: "42601",
      message: "syntax error at or near \"t\"",
      position: 8
    ),
    Refusal(
      text: "truncate table a, only b restart identity cascade",
      sqlState: "0A000",
      message: "RESTART IDENTITY is not supported",
      position: 26
    ),
    Refusal(
      text: "copy (select 1) from stdin",
      sqlState: "42601",
      message: "syntax error at or near \"from\"",
      position: 17
    ),
    Refusal(
      text: "copy t",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 7
    ),
    Refusal(
      text: "create table t (a int primary key, b int primary key)",
      sqlState: "42P16",
      message: "multiple primary keys for table \"t\" are not allowed",
      position: 42
    ),
    Refusal(
      text: "create table t (a)",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 19
    ),
    Refusal(
      text: "create table t",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 15
    ),
    Refusal(
      text: "create table t (a int default a in (1))",
      sqlState: "42601",
      message: "syntax error at or near \"in\"",
      position: 33
    ),
    Refusal(
      text: "create view v",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 14
    ),
    Refusal(
      text: "drop table",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 11
    ),
    Refusal(
      text: "drop tabel t",
      sqlState: "42601",
      message: "syntax error at or near \"tabel\"",
      position: 6
    ),
    Refusal(
      text: "begin read only,",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 17
    ),
    Refusal(
      text: "start work",
      sqlState: "42601",
      message: "syntax error at or near \"work\"",
      position: 7
    ),
    Refusal(
      text: "explain (foo) select 1",
      sqlState: "42601",
      message: "unrecognized EXPLAIN option \"foo\"",
      position: 10
    ),
    Refusal(
      text: "explain (format foo) select 1",
      sqlState: "22023",
      message: "unrecognized value for EXPLAIN option \"format\": \"foo\"",
      position: 10
    ),
    Refusal(
      text: "explain show x",
      sqlState: "42601",
      message: "syntax error at or near \"show\"",
      position: 9
    ),
    Refusal(text: "show", sqlState: "42601", message: "syntax error at end of input", position: 5),
    Refusal(
      text: "set transaction",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 16
    ),
    Refusal(text: "set x", sqlState: "42601", message: "syntax error at end of input", position: 6),
    Refusal(
      text: "set x = select",
      sqlState: "42601",
      message: "syntax error at or near \"select\"",
      position: 9
    ),
    Refusal(
      text: "discard x",
      sqlState: "42601",
      message: "syntax error at or near \"x\"",
      position: 9
    ),
    Refusal(
      text: "select 'a' 'b'",
      sqlState: "42601",
      message: "syntax error at or near \"'b'\"",
      position: 12
    ),
    Refusal(
      text: "select 1e5, .5, 1., 1.5e-3, 1..2",
      sqlState: "42601",
      message: "syntax error at or near \"..\"",
      position: 30
    ),
    Refusal(
      text: "select 1e, 1",
      sqlState: "42601",
      message: "trailing junk after numeric literal at or near \"1e\"",
      position: 8
    ),
    Refusal(
      text: "select 1.2.3",
      sqlState: "42601",
      message: "syntax error at or near \".3\"",
      position: 11
    ),
    Refusal(
      text: "select #",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 9
    ),
    Refusal(
      text: "select ?",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 9
    ),
    Refusal(
      text: "select \\",
      sqlState: "42601",
      message: "syntax error at or near \"\\\"",
      position: 8
    ),
    Refusal(
      text: "select {",
      sqlState: "42601",
      message: "syntax error at or near \"{\"",
      position: 8
    ),
    Refusal(
      text: "select a b c",
      sqlState: "42601",
      message: "syntax error at or near \"c\"",
      position: 12
    ),
    Refusal(
      text: "select a, from t",
      sqlState: "42601",
      message: "syntax error at or near \"from\"",
      position: 11
    ),
    Refusal(
      text: "select from from t",
      sqlState: "42601",
      message: "syntax error at or near \"from\"",
      position: 13
    ),
    Refusal(
      text: "select (1",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 10
    ),
    Refusal(
      text: "select 1)",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 9
    ),
    Refusal(
      text: "select [1]",
      sqlState: "42601",
      message: "syntax error at or near \"[\"",
      position: 8
    ),
    Refusal(
      text: "select a..b",
      sqlState: "42601",
      message: "syntax error at or near \"..\"",
      position: 9
    ),
    Refusal(
      text: "select a.",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 10
    ),
    Refusal(
      text: "select .a",
      sqlState: "42601",
      message: "syntax error at or near \".\"",
      position: 8
    ),
    Refusal(
      text: "select a::",
      sqlState: "42601",
      message: "syntax error at end of input",
      position: 11
    ),
    Refusal(
      text: "select ::int",
      sqlState: "42601",
      message: "syntax error at or near \"::\"",
      position: 8
    ),
    Refusal(
      text: "select a b, c as d e",
      sqlState: "42601",
      message: "syntax error at or near \"e\"",
      position: 20
    ),
    Refusal(
      text: "foo",
      sqlState: "42601",
      message: "syntax error at or near \"foo\"",
      position: 1
    ),
    Refusal(
      text: "select 1 select 2",
      sqlState: "42601",
      message: "syntax error at or near \"2\"",
      position: 17
    ),
    Refusal(
      text: "create foo",
      sqlState: "42601",
      message: "syntax error at or near \"foo\"",
      position: 8
    ),
    Refusal(
      text: "select treat(a as int)",
      sqlState: "0A000",
      message: "TREAT is not supported",
      position: 8
    ),
    Refusal(
      text: "select normalize('a', nfc), x is normalized",
      sqlState: "0A000",
      message: "IS NORMALIZED is not supported",
      position: 34
    ),
    Refusal(
      text: "select f(x)[1]",
      sqlState: "42601",
      message: "syntax error at or near \"[\"",
      position: 12
    ),
    Refusal(
      text: "select * from t where a = 'ж' and b = = 1",
      sqlState: "42601",
      message: "syntax error at or near \"=\"",
      position: 39
    ),
    Refusal(
      text: "select 'ж' || 'ы' from from",
      sqlState: "42601",
      message: "syntax error at or near \"from\"",
      position: 24
    ),
    Refusal(
      text: "select xmlparse(document 'a')",
      sqlState: "0A000",
      message: "XMLPARSE is not supported",
      position: 8
    ),
    Refusal(
      text: "merge into t using u on true when matched then delete",
      sqlState: "0A000",
      message: "MERGE is not supported",
      position: 1
    ),
    Refusal(
      text: "select 1 into x",
      sqlState: "0A000",
      message: "SELECT INTO is not supported",
      position: 10
    ),
    Refusal(
      text: "create unique index i on t(a)",
      sqlState: "0A000",
      message: "CREATE UNIQUE is not supported",
      position: 8
    ),
    Refusal(
      text: "select * from a asof join b on true",
      sqlState: "0A000",
      message: "ASOF JOIN is not supported",
      position: 17
    ),
    Refusal(
      text: "select distinct from t",
      sqlState: "42601",
      message: "syntax error at or near \"from\"",
      position: 17
    ),
    Refusal(
      text: "select cast(a as)",
      sqlState: "42601",
      message: "syntax error at or near \")\"",
      position: 17
    ),
    Refusal(
      text: "select cast(a int)",
      sqlState: "42601",
      message: "syntax error at or near \"int\"",
      position: 15
    ),
  ]
}
