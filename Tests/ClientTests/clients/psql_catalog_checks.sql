-- What psql's commands and BI tools ask of the catalog.
create schema catalog_checks;
set search_path = catalog_checks;
create table plain (a integer, b varchar(5) not null, c numeric(10,2) default 0, d timestamptz, e uuid, f double precision);
create table keyed (id bigint, part date not null, "Odd Name" text, primary key (id, part));
create view seen as select id, "Odd Name" as name from keyed where id > 3;
\d
\dt
\dv
\di
\dt+ nothing*
\dt catalog_checks.*
\d plain
\d keyed
\d seen
\d keyed_pkey
\d nothing
\dm
\ds
\det
\dx nothing
\dRp
\dn catalog_checks
\dT
\df
select 'keyed'::regclass::text, 'catalog_checks.keyed'::regclass = 'keyed'::regclass as same, 23::regtype::text;
select ('noth' || 'ing')::regclass;
select to_regclass('nothing') is null as missing;
select a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attnum from pg_attribute a
  where a.attrelid = 'plain'::regclass and a.attnum > 0 order by a.attnum;
select conname::text, contype::text, conkey::text from pg_constraint where conrelid = 'keyed'::regclass;
select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'keyed'::regclass;
select pg_get_indexdef(indexrelid), indkey::text, indisunique, indisprimary from pg_index where indrelid = 'keyed'::regclass;
select t.typname::text, t.typlen, t.typcategory::text, t.typarray::bigint as arrays from pg_type t
  where t.oid in (16, 20, 21, 23, 25, 700, 701, 1043, 1082, 1114, 1184, 1186, 1700, 2950) order by t.oid;
select n.nspname::text from pg_namespace n where n.nspname in ('public', 'pg_catalog', 'information_schema') order by 1;
select schemaname::text, tablename::text, hasindexes from pg_tables where schemaname = 'catalog_checks' order by 2;
select viewname::text from pg_views where schemaname = 'catalog_checks';
select indexname::text, indexdef from pg_indexes where schemaname = 'catalog_checks';
select pg_size_pretty(0::bigint), pg_size_pretty(10239::bigint), pg_size_pretty(10240::bigint), pg_size_pretty(123456789::bigint), pg_size_pretty(-99999::bigint);
select has_table_privilege('keyed', 'select') as may, has_schema_privilege('catalog_checks', 'usage') as use, pg_is_in_recovery();
-- pgjdbc's getTables and getColumns, shortened.
select n.nspname::text as table_schem, c.relname::text as table_name, case n.nspname ~ '^pg_' or n.nspname = 'information_schema'
  when true then 'SYSTEM TABLE' when false then case c.relkind when 'r' then 'TABLE' when 'v' then 'VIEW' else null end else null end as table_type,
  d.description as remarks from pg_catalog.pg_namespace n, pg_catalog.pg_class c
  left join pg_catalog.pg_description d on (c.oid = d.objoid and d.objsubid = 0 and d.classoid = 'pg_class'::regclass)
  where c.relnamespace = n.oid and n.nspname like 'catalog\_checks' and c.relkind in ('r', 'v') order by 3, 1, 2;
select * from (select n.nspname::text, c.relname::text, a.attname::text, a.atttypid::bigint, a.attnotnull or (t.typtype = 'd' and t.typnotnull) as attnotnull,
  a.atttypmod, a.attlen, row_number() over (partition by a.attrelid order by a.attnum) as attnum, nullif(a.attidentity, '') as identity,
  pg_catalog.pg_get_expr(def.adbin, def.adrelid) as adsrc, dsc.description, t.typbasetype::bigint as base, t.typtype::text
  from pg_catalog.pg_namespace n join pg_catalog.pg_class c on (c.relnamespace = n.oid) join pg_catalog.pg_attribute a on (a.attrelid = c.oid)
  join pg_catalog.pg_type t on (a.atttypid = t.oid)
  left join pg_catalog.pg_attrdef def on (a.attrelid = def.adrelid and a.attnum = def.adnum)
  left join pg_catalog.pg_description dsc on (c.oid = dsc.objoid and a.attnum = dsc.objsubid)
  where c.relkind in ('r', 'p', 'v', 'f', 'm') and a.attnum > 0 and not a.attisdropped and n.nspname = 'catalog_checks') c order by 1, 2, attnum;
-- Metabase, Grafana and the like.
select table_schema::text, table_name::text, table_type::text, is_insertable_into::text from information_schema.tables
  where table_schema = 'catalog_checks' and table_type = 'BASE TABLE' order by 2;
select column_name::text, ordinal_position::int, is_nullable::text, data_type::text, udt_name::text, character_maximum_length::int, numeric_precision::int,
  numeric_precision_radix::int, numeric_scale::int, datetime_precision::int, column_default::text from information_schema.columns
  where table_schema = 'catalog_checks' and table_name = 'plain' order by 2;
select tc.constraint_name::text, tc.constraint_type::text, kc.column_name::text, kc.ordinal_position::int from information_schema.table_constraints tc
  join information_schema.key_column_usage kc using (constraint_schema, constraint_name)
  where tc.table_schema = 'catalog_checks' and tc.constraint_type = 'PRIMARY KEY' order by 4;
select column_name::text from information_schema.constraint_column_usage where table_name = 'keyed' order by 1;
select schema_name::text from information_schema.schemata where schema_name = 'catalog_checks';
select count(*) from information_schema.referential_constraints where constraint_schema = 'catalog_checks';
select quote_ident(table_name) from information_schema.tables where quote_ident(table_schema) not in ('information_schema', 'pg_catalog')
  and table_schema = 'catalog_checks' and table_type = 'BASE TABLE' order by table_name;
drop view seen;
drop table keyed;
drop table plain;
drop schema catalog_checks;
