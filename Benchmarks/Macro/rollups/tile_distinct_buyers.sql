-- Different customers that bought in a month and in the month before.
\set tenant random(1, 8)
\set month random(1, 35)
SELECT count(DISTINCT customer_id) FILTER (WHERE closed_at >= date '2023-07-01' + :month * interval '1 month' AND closed_at < date '2023-07-01' + (:month + 1) * interval '1 month'),
       count(DISTINCT customer_id) FILTER (WHERE closed_at >= date '2023-07-01' + (:month - 1) * interval '1 month' AND closed_at < date '2023-07-01' + :month * interval '1 month')
FROM deals WHERE tenant_id = :tenant AND status = 'won';
