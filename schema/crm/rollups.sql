-- Rollups for the CRM's reports and dashboard tiles. Queries find them by themselves (EXPLAIN names them).
-- The tenant leads every key; what a report compares for equality comes before the day, so that groups read together lie together.

-- Reports 1 (sales by month) and the tiles revenue, won deals, average check.
CREATE ROLLUP deals_won_month ON deals
  KEY (tenant_id, date_trunc('month', closed_at) AS month, manager_id, department_id)
  STORE (count(*), sum(amount))
  WHERE status = 'won';

CREATE ROLLUP deals_won_day ON deals
  KEY (tenant_id, date_trunc('day', closed_at) AS day, department_id)
  STORE (count(*), sum(amount))
  WHERE status = 'won';

CREATE ROLLUP deals_won_manager_day ON deals
  KEY (tenant_id, manager_id, department_id, date_trunc('day', closed_at) AS day)
  STORE (count(*), sum(amount))
  WHERE status = 'won';

-- Report 5 (sales funnel) and the tile open pipeline amount.
CREATE ROLLUP deals_funnel_day ON deals
  KEY (tenant_id, pipeline_id, stage, status, date_trunc('day', created_at) AS day)
  STORE (count(*), sum(amount));

CREATE ROLLUP deals_funnel_manager_day ON deals
  KEY (tenant_id, manager_id, pipeline_id, stage, date_trunc('day', created_at) AS day)
  STORE (count(*), sum(amount));

-- The tile distinct buyers.
CREATE ROLLUP deals_buyers_day ON deals
  KEY (tenant_id, date_trunc('day', closed_at) AS day)
  STORE (count(DISTINCT customer_id))
  WHERE status = 'won';

-- Report 2 (manager activity). Different deals are counted for the keys before the day, whatever stands behind it: with a department
-- the second answers.
CREATE ROLLUP activities_done ON activities
  KEY (tenant_id, manager_id, date_trunc('day', completed_at) AS day, kind)
  STORE (count(*), count(DISTINCT deal_id))
  WHERE status = 'done';

CREATE ROLLUP activities_done_department ON activities
  KEY (tenant_id, manager_id, department_id, date_trunc('day', completed_at) AS day, kind)
  STORE (count(*), count(DISTINCT deal_id))
  WHERE status = 'done';

-- Without dates a month is fine enough.
CREATE ROLLUP activities_done_month ON activities_done
  KEY (tenant_id, manager_id, date_trunc('month', completed_at) AS month, kind)
  STORE (count(*), count(DISTINCT deal_id));

-- Report 4 (lead conversion): leads with the deals that they became, whichever of both changes.
CREATE ROLLUP leads_conversion_day ON leads LEFT JOIN deals ON deals.id = leads.deal_id AND deals.tenant_id = leads.tenant_id
  KEY (leads.tenant_id, source_id, date_trunc('day', leads.created_at) AS day, deals.status)
  STORE (count(*), count(deals.id), sum(amount));

CREATE ROLLUP leads_conversion_manager_day ON leads LEFT JOIN deals ON deals.id = leads.deal_id AND deals.tenant_id = leads.tenant_id
  KEY (leads.tenant_id, leads.manager_id, source_id, date_trunc('day', leads.created_at) AS day, deals.status)
  STORE (count(*), count(deals.id), sum(amount));

-- Report 3 (leads by source) and the tile new leads.
CREATE ROLLUP leads_day ON leads
  KEY (tenant_id, source_id, date_trunc('day', created_at) AS day)
  STORE (count(*));
