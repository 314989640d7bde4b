-- What psql does in scripts; its output must be the same on PostgreSQL and on Almanac.
CREATE TABLE psql_deals (id integer PRIMARY KEY, stage text NOT NULL, amount numeric(12,2), at timestamp);
INSERT INTO psql_deals VALUES (1, 'новая', 10.5, '2026-01-02 03:04:05'), (2, 'won', NULL, NULL);
INSERT INTO psql_deals VALUES (3, E'two\nlines', -7, '2026-02-01') RETURNING id, amount;
SELECT * FROM psql_deals ORDER BY id;
SELECT 1 AS one; SELECT 2 AS two \; SELECT 3 AS three;
SELECT id FROM psql_deals WHERE false;
;

-- Copying from and to the client.
\copy psql_deals (id, stage, amount) from stdin with (format csv)
10,"a ""quoted"", stage",1.25
11,plain,
\.
COPY psql_deals (id, stage) FROM stdin;
12	tab\tbed
\.
\copy (SELECT id, stage, amount FROM psql_deals ORDER BY id) to stdout with (format csv, header)
COPY (SELECT id, stage FROM psql_deals WHERE id > 9 ORDER BY id) TO STDOUT;
\copy psql_deals (id, stage) from stdin
x	not a number
\.
\set VERBOSITY terse
\copy psql_deals (id, stage) from stdin
20	good
1	a key that is there
\.
\set VERBOSITY default
\copy psql_deals (id, stage) from stdin with (format csv)
30
\.
\copy psql_deals (id, stage) from stdin with (format csv)
31,plain
32,"line
break"
33,x,y
\.
SELECT count(*) FROM psql_deals;

-- Errors and their places.
SELECT nope FROM psql_deals;
SELECT id,
       'жук', amont
FROM psql_deals;
SELECT id FROM psql_deal;
SELECT 1 +;
SELECT 1 / 0;
SELECT 'x'::integer;
INSERT INTO psql_deals VALUES (1, 'twice');
\set VERBOSITY terse
INSERT INTO psql_deals VALUES (100, NULL);
\set VERBOSITY default
SELECT no_such_function(1);
\echo :ERROR :SQLSTATE :LAST_ERROR_MESSAGE
SELECT id FROM psql_deals WHERE id = 1;
\echo :ERROR :SQLSTATE :ROW_COUNT
\set VERBOSITY sqlstate
SELECT nope FROM psql_deals;
\set VERBOSITY terse
SELECT nope FROM psql_deals;
\set VERBOSITY default

-- Transactions, by hand and by psql.
BEGIN;
DELETE FROM psql_deals;
SELECT count(*) FROM psql_deals;
SELECT nope;
SELECT 1;
COMMIT;
SELECT count(*) FROM psql_deals;
\set ON_ERROR_ROLLBACK on
BEGIN;
DELETE FROM psql_deals WHERE id = 12;
SELECT nope;
SELECT count(*) FROM psql_deals;
COMMIT;
\unset ON_ERROR_ROLLBACK
\set AUTOCOMMIT off
UPDATE psql_deals SET amount = 0;
ROLLBACK;
\set AUTOCOMMIT on
SAVEPOINT a;
START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
DELETE FROM psql_deals;
ROLLBACK;

-- Ways to print.
\pset null '(null)'
SELECT id, amount, at FROM psql_deals ORDER BY id \gx
\x on
SELECT id, stage FROM psql_deals WHERE id < 3 ORDER BY id;
\x off
\pset format unaligned
SELECT id, stage, amount, at, id > 2 AS big FROM psql_deals ORDER BY id;
\pset format csv
SELECT id, stage FROM psql_deals ORDER BY id;
\pset format aligned
\pset null ''
SELECT '2026-01-02 03:04:05.6+00'::timestamptz AT TIME ZONE 'Europe/Moscow' AS t, interval '1 day 2 hours' AS i,
  true AS b, '\x00ff'::bytea AS y, 1e20::float8 AS f, '{"a": 1}'::jsonb AS j;

-- Variables, cursors, prepared statements.
SELECT max(id) AS biggest, count(*) AS n FROM psql_deals \gset
\echo :biggest :n
SELECT stage FROM psql_deals WHERE id = :biggest AND stage <> :'n';
SELECT 'SELECT ' || id || ' + 1' FROM psql_deals WHERE id < 3 ORDER BY id \gexec
\set FETCH_COUNT 7
SELECT g FROM generate_series(1, 20) g;
\unset FETCH_COUNT
PREPARE by_id(integer) AS SELECT stage FROM psql_deals WHERE id = $1;
EXECUTE by_id(2);
EXECUTE by_id(1, 2);
DEALLOCATE by_id;
EXECUTE by_id(2);
BEGIN;
DECLARE walk CURSOR FOR SELECT id FROM psql_deals ORDER BY id;
FETCH 2 FROM walk;
FETCH ALL FROM walk;
CLOSE walk;
COMMIT;
\timing on
SELECT 1;
\timing off
SET statement_timeout TO '100ms';
SELECT count(*) FROM generate_series(1, 3000000000) g WHERE g % 7 = 1;
RESET statement_timeout;
SET no_such_setting TO 1;
SHOW timezone;
SET timezone TO 'Europe/Moscow';
SHOW timezone;
\encoding
UPDATE psql_deals SET amount = amount + 1 WHERE id > 9;
DELETE FROM psql_deals WHERE id > 9;
TRUNCATE psql_deals;
ALTER TABLE psql_deals ADD COLUMN extra integer DEFAULT 5;
INSERT INTO psql_deals (id, stage) VALUES (1, 'x');
SELECT * FROM psql_deals;
DROP TABLE psql_deals;
DROP TABLE psql_deals;
