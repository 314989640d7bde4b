-- Almanac's tables for the CRM: the columns of source.sql in their order.
-- Facts are partitioned by month and sorted by tenant and time; dimensions have one partition.

CREATE TABLE tenants (
  id          integer PRIMARY KEY,
  key         uuid NOT NULL,
  name        text NOT NULL,
  time_zone   text NOT NULL,
  created_at  timestamptz NOT NULL
);

CREATE TABLE departments (
  id         integer PRIMARY KEY,
  tenant_id  integer NOT NULL,
  title      text NOT NULL
);

CREATE TABLE managers (
  id             integer PRIMARY KEY,
  tenant_id      integer NOT NULL,
  department_id  integer NOT NULL,
  name           text NOT NULL,
  email          text NOT NULL,
  hired_on       date NOT NULL,
  is_active      boolean NOT NULL
);

CREATE TABLE customers (
  id          bigint PRIMARY KEY,
  tenant_id   integer NOT NULL,
  name        text NOT NULL,
  kind        text NOT NULL,
  city        text,
  created_at  timestamptz NOT NULL
);

CREATE TABLE pipelines (
  id         integer PRIMARY KEY,
  tenant_id  integer NOT NULL,
  title      text NOT NULL
);

CREATE TABLE stages (
  pipeline_id  integer NOT NULL,
  code         text NOT NULL,
  position     integer NOT NULL,
  title        text NOT NULL,
  PRIMARY KEY (pipeline_id, code)
);

CREATE TABLE sources (
  id           integer PRIMARY KEY,
  tenant_id    integer NOT NULL,
  code         text NOT NULL,
  source_type  text NOT NULL,
  title        text NOT NULL
);

CREATE TABLE deals (
  id             bigint PRIMARY KEY,
  tenant_id      integer NOT NULL,
  created_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  customer_id    bigint NOT NULL,
  manager_id     integer NOT NULL,
  department_id  integer NOT NULL,
  pipeline_id    integer NOT NULL,
  stage          text NOT NULL,
  source         text NOT NULL,
  currency       text NOT NULL,
  amount         numeric(15,2) NOT NULL,
  title          text NOT NULL,
  status         text NOT NULL
) PARTITION BY MONTH (created_at) ORDER BY (tenant_id, created_at) TENANT KEY (tenant_id);

CREATE TABLE leads (
  id            bigint PRIMARY KEY,
  tenant_id     integer NOT NULL,
  created_at    timestamptz NOT NULL,
  converted_at  timestamptz,
  source_id     integer NOT NULL,
  manager_id    integer,
  deal_id       bigint,
  status        text NOT NULL,
  title         text NOT NULL
) PARTITION BY MONTH (created_at) ORDER BY (tenant_id, created_at) TENANT KEY (tenant_id);

CREATE TABLE activities (
  id             bigint PRIMARY KEY,
  tenant_id      integer NOT NULL,
  created_at     timestamptz NOT NULL,
  completed_at   timestamptz,
  manager_id     integer NOT NULL,
  department_id  integer NOT NULL,
  deal_id        bigint,
  kind           text NOT NULL,
  status         text NOT NULL,
  duration_s     integer,
  subject        text NOT NULL
) PARTITION BY MONTH (created_at) ORDER BY (tenant_id, created_at) TENANT KEY (tenant_id);
