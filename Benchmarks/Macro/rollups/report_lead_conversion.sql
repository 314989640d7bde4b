-- Lead conversion: mostly of a period, now and then of a manager.
\set tenant random(1, 8)
\set first random(0, 1095)
\set last random(:first, 1095)
\set has_period random(1, 10)
\set manager_id random(1, 192)
\set has_manager_id random(1, 10)
SELECT * FROM report.lead_conversion(
  tenant => :tenant,
  start_date => CASE WHEN :has_period <= 7 THEN date '2023-07-01' + :first END,
  end_date => CASE WHEN :has_period <= 7 THEN date '2023-07-01' + :last END,
  manager_id => CASE WHEN :has_manager_id <= 3 THEN :manager_id END);
