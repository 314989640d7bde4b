-- The CRM's five standard reports. A parameter that is NULL does not filter; dates are days of the
-- session's time zone, both ends included. Call one from any PostgreSQL client:
--   SELECT * FROM report.sales_by_month(tenant => 1, start_date => '2026-01-01');

-- 1. Sales by month: won deals by the month they were closed in.
CREATE OR REPLACE REPORT sales_by_month(
  tenant         integer,
  start_date     date    DEFAULT NULL,
  end_date       date    DEFAULT NULL,
  manager_id     integer DEFAULT NULL,
  department_id  integer DEFAULT NULL
) AS
SELECT date_trunc('month', d.closed_at) AS month,
       count(*)                         AS deals,
       sum(d.amount)                    AS amount,
       round(avg(d.amount), 2)          AS average_amount
FROM deals d
WHERE d.tenant_id = :tenant
  AND d.status = 'won'
  AND (:start_date IS NULL OR d.closed_at >= :start_date)
  AND (:end_date IS NULL OR d.closed_at < :end_date + 1)
  AND (:manager_id IS NULL OR d.manager_id = :manager_id)
  AND (:department_id IS NULL OR d.department_id = :department_id)
GROUP BY date_trunc('month', d.closed_at)
ORDER BY month;

-- 2. Manager activity: tasks that each manager completed in the period.
CREATE OR REPLACE REPORT manager_activity(
  tenant         integer,
  start_date     date    DEFAULT NULL,
  end_date       date    DEFAULT NULL,
  department_id  integer DEFAULT NULL,
  manager_id     integer DEFAULT NULL
) AS
SELECT m.id                                        AS manager_id,
       m.name                                      AS manager,
       p.title                                     AS department,
       count(*)                                    AS completed,
       count(*) FILTER (WHERE a.kind = 'call')     AS calls,
       count(*) FILTER (WHERE a.kind = 'meeting')  AS meetings,
       count(*) FILTER (WHERE a.kind = 'email')    AS emails,
       count(DISTINCT a.deal_id)                   AS deals
FROM activities a
JOIN managers m ON m.id = a.manager_id
JOIN departments p ON p.id = m.department_id
WHERE a.tenant_id = :tenant
  AND a.status = 'done'
  AND (:start_date IS NULL OR a.completed_at >= :start_date)
  AND (:end_date IS NULL OR a.completed_at < :end_date + 1)
  AND (:department_id IS NULL OR a.department_id = :department_id)
  AND (:manager_id IS NULL OR a.manager_id = :manager_id)
GROUP BY m.id, m.name, p.title
ORDER BY completed DESC, m.id;

-- 3. Leads by source: leads that came through each channel.
CREATE OR REPLACE REPORT leads_by_source(
  tenant       integer,
  start_date   date DEFAULT NULL,
  end_date     date DEFAULT NULL,
  source_type  text DEFAULT NULL
) AS
SELECT s.id           AS source_id,
       s.title        AS source,
       s.source_type  AS source_type,
       count(*)       AS leads
FROM leads l
JOIN sources s ON s.id = l.source_id
WHERE l.tenant_id = :tenant
  AND (:start_date IS NULL OR l.created_at >= :start_date)
  AND (:end_date IS NULL OR l.created_at < :end_date + 1)
  AND (:source_type IS NULL OR s.source_type = :source_type)
GROUP BY s.id, s.title, s.source_type
ORDER BY leads DESC, s.id;

-- 4. Lead conversion: the share of leads that became deals, and of those the won ones.
CREATE OR REPLACE REPORT lead_conversion(
  tenant      integer,
  start_date  date    DEFAULT NULL,
  end_date    date    DEFAULT NULL,
  manager_id  integer DEFAULT NULL,
  source_id   integer DEFAULT NULL
) AS
SELECT s.id                                           AS source_id,
       s.title                                        AS source,
       count(*)                                       AS leads,
       count(d.id)                                    AS deals,
       count(d.id) FILTER (WHERE d.status = 'won')    AS won,
       round(100.0 * count(d.id) / count(*), 2)       AS conversion_percent,
       sum(d.amount) FILTER (WHERE d.status = 'won')  AS won_amount
FROM leads l
JOIN sources s ON s.id = l.source_id
LEFT JOIN deals d ON d.id = l.deal_id AND d.tenant_id = :tenant
WHERE l.tenant_id = :tenant
  AND (:start_date IS NULL OR l.created_at >= :start_date)
  AND (:end_date IS NULL OR l.created_at < :end_date + 1)
  AND (:manager_id IS NULL OR l.manager_id = :manager_id)
  AND (:source_id IS NULL OR l.source_id = :source_id)
GROUP BY s.id, s.title
ORDER BY conversion_percent DESC, s.id;

-- 5. Sales funnel: count and amount of deals on each stage.
CREATE OR REPLACE REPORT sales_funnel(
  tenant       integer,
  start_date   date    DEFAULT NULL,
  end_date     date    DEFAULT NULL,
  manager_id   integer DEFAULT NULL,
  pipeline_id  integer DEFAULT NULL
) AS
SELECT s.position     AS position,
       s.title        AS stage,
       count(*)       AS deals,
       sum(d.amount)  AS amount
FROM deals d
JOIN stages s ON s.pipeline_id = d.pipeline_id AND s.code = d.stage
WHERE d.tenant_id = :tenant
  AND (:start_date IS NULL OR d.created_at >= :start_date)
  AND (:end_date IS NULL OR d.created_at < :end_date + 1)
  AND (:manager_id IS NULL OR d.manager_id = :manager_id)
  AND (:pipeline_id IS NULL OR d.pipeline_id = :pipeline_id)
GROUP BY s.position, s.title
ORDER BY s.position;
