-- Ten updates by key in one transaction: mostly of deals, which are won or opened again, one of a lead, one of an activity.
BEGIN;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :deals)
\set status random(0, 3)
UPDATE deals SET amount = amount + 1, closed_at = coalesce(closed_at, created_at), status = CASE :status WHEN 0 THEN 'open' WHEN 1 THEN 'lost' ELSE 'won' END WHERE id = :id;
\set id random(1, :leads)
\set deal random(1, :deals)
UPDATE leads SET status = 'converted', deal_id = :deal WHERE id = :id;
\set id random(1, :activities)
UPDATE activities SET status = 'done', completed_at = created_at WHERE id = :id;
COMMIT;
