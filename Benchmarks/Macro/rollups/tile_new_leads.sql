-- Leads of a month and of the month before.
\set tenant random(1, 8)
\set month random(1, 35)
SELECT count(*) FILTER (WHERE created_at >= date '2023-07-01' + :month * interval '1 month' AND created_at < date '2023-07-01' + (:month + 1) * interval '1 month'),
       count(*) FILTER (WHERE created_at >= date '2023-07-01' + (:month - 1) * interval '1 month' AND created_at < date '2023-07-01' + :month * interval '1 month')
FROM leads WHERE tenant_id = :tenant;
