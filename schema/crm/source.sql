-- The CRM's own tables in PostgreSQL: where changes come from.
-- Keys and foreign keys are PostgreSQL's business; Almanac keeps the same columns (tables.sql).

CREATE TABLE tenants (
  id          integer PRIMARY KEY,
  key         uuid NOT NULL UNIQUE,
  name        text NOT NULL,
  time_zone   text NOT NULL,
  created_at  timestamptz NOT NULL
);

CREATE TABLE departments (
  id         integer PRIMARY KEY,
  tenant_id  integer NOT NULL REFERENCES tenants (id),
  title      text NOT NULL
);

CREATE TABLE managers (
  id             integer PRIMARY KEY,
  tenant_id      integer NOT NULL REFERENCES tenants (id),
  department_id  integer NOT NULL REFERENCES departments (id),
  name           text NOT NULL,
  email          text NOT NULL,
  hired_on       date NOT NULL,
  is_active      boolean NOT NULL
);

CREATE TABLE customers (
  id          bigint PRIMARY KEY,
  tenant_id   integer NOT NULL REFERENCES tenants (id),
  name        text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('company', 'person')),
  city        text,
  created_at  timestamptz NOT NULL
);

CREATE TABLE pipelines (
  id         integer PRIMARY KEY,
  tenant_id  integer NOT NULL REFERENCES tenants (id),
  title      text NOT NULL
);

CREATE TABLE stages (
  pipeline_id  integer NOT NULL REFERENCES pipelines (id),
  code         text NOT NULL,
  position     integer NOT NULL,
  title        text NOT NULL,
  PRIMARY KEY (pipeline_id, code)
);

CREATE TABLE sources (
  id           integer PRIMARY KEY,
  tenant_id    integer NOT NULL REFERENCES tenants (id),
  code         text NOT NULL,
  source_type  text NOT NULL,
  title        text NOT NULL
);

CREATE TABLE deals (
  id             bigint PRIMARY KEY,
  tenant_id      integer NOT NULL REFERENCES tenants (id),
  created_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  customer_id    bigint NOT NULL REFERENCES customers (id),
  manager_id     integer NOT NULL REFERENCES managers (id),
  department_id  integer NOT NULL REFERENCES departments (id),
  pipeline_id    integer NOT NULL REFERENCES pipelines (id),
  stage          text NOT NULL,
  source         text NOT NULL,
  currency       text NOT NULL,
  amount         numeric(15,2) NOT NULL,
  title          text NOT NULL,
  status         text NOT NULL CHECK (status IN ('open', 'won', 'lost')),
  FOREIGN KEY (pipeline_id, stage) REFERENCES stages (pipeline_id, code)
);

CREATE TABLE leads (
  id            bigint PRIMARY KEY,
  tenant_id     integer NOT NULL REFERENCES tenants (id),
  created_at    timestamptz NOT NULL,
  converted_at  timestamptz,
  source_id     integer NOT NULL REFERENCES sources (id),
  manager_id    integer REFERENCES managers (id),
  deal_id       bigint REFERENCES deals (id),
  status        text NOT NULL CHECK (status IN ('new', 'in work', 'converted', 'rejected')),
  title         text NOT NULL
);

CREATE TABLE activities (
  id             bigint PRIMARY KEY,
  tenant_id      integer NOT NULL REFERENCES tenants (id),
  created_at     timestamptz NOT NULL,
  completed_at   timestamptz,
  manager_id     integer NOT NULL REFERENCES managers (id),
  department_id  integer NOT NULL REFERENCES departments (id),
  deal_id        bigint REFERENCES deals (id),
  kind           text NOT NULL,
  status         text NOT NULL CHECK (status IN ('planned', 'done', 'cancelled')),
  duration_s     integer,
  subject        text NOT NULL
);
