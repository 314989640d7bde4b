-- Leads by source, mostly of a period.
\set tenant random(1, 8)
\set first random(0, 1095)
\set last random(:first, 1095)
\set has_period random(1, 10)
SELECT * FROM report.leads_by_source(
  tenant => :tenant,
  start_date => CASE WHEN :has_period <= 7 THEN date '2023-07-01' + :first END,
  end_date => CASE WHEN :has_period <= 7 THEN date '2023-07-01' + :last END);
