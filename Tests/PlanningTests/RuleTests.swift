import Catalog
import Columnar
import Foundation
import Planning
import ReportSyntax
import Testing

/// The rules are tested on the plans that texts become.
@Suite struct RuleTests {
  @Test func `a scan reads only the columns that are used, and filters itself`() throws {
    expect(
      "SELECT stage FROM deals WHERE amount > 10.00 AND tenant_id = 3",
      """
      Scan deals (stage)
        Filter: amount > 10.00 AND tenant_id = 3
      """
    )
  }

  @Test func `count of a column that is never NULL reads nothing`() throws {
    expect(
      "SELECT count(id) FROM deals",
      """
      Aggregate
        Aggregates: count(*)
        ->  Scan deals ()
      """
    )
    expect(
      "SELECT count(amount) FROM deals",
      """
      Aggregate
        Aggregates: count(amount)
        ->  Scan deals (amount)
      """
    )
  }

  @Test func `counts of rows beside a sum count what it adds up`() {
    let text = plan("SELECT stage, count(*), avg(id) FROM deals GROUP BY stage")
    #expect(text.contains("Aggregates: count(id), avg(id)\n"), "\(text)")
    // amount may be NULL, and sums of some rows or of different values do not know of all.
    for sum in [
      "sum(amount)", "sum(id) FILTER (WHERE stage = 'won')", "sum(DISTINCT id)",
      "max(id)",
    ] {
      let text = plan("SELECT count(*), \(sum) FROM deals")
      #expect(text.contains("Aggregates: count(*), "), "\(text)")
    }
  }

  @Test func `keys that follow from other keys are computed from the groups`() {
    let text = plan("SELECT manager_id, manager_id - 1, 'x', count(*) FROM deals GROUP BY 1, 2, 3")
    #expect(text.contains("Keys: manager_id\n"), "\(text)")
    // Equal numerics may be written differently; a constant alone is a key: no rows, no group.
    let numerics = plan("SELECT amount, amount::text FROM deals GROUP BY 1, 2")
    #expect(numerics.contains("Keys: amount, "), "\(numerics)")
    let constant = plan("SELECT 1, count(*) FROM deals GROUP BY 1")
    #expect(constant.contains("Keys: 1\n"), "\(constant)")
  }

  @Test func `sums of shifted smallints share one sum`() {
    let text = plan(
      "SELECT sum(tenant_id::smallint), sum(tenant_id::smallint + 1), sum(2 + tenant_id::smallint) FROM deals"
    )
    #expect(text.components(separatedBy: "sum(").count == 2, "\(text)")
    let integers = plan("SELECT sum(tenant_id + 1), sum(tenant_id + 2) FROM deals")
    #expect(integers.contains("+ 1") && integers.contains("+ 2"), "\(integers)")
  }

  @Test func `rows that no filter of an aggregate asks for are not read`() {
    let both = plan(
      "SELECT count(*) FILTER (WHERE tenant_id >= 5 AND tenant_id < 9), sum(amount) FILTER (WHERE tenant_id < 7 AND 3 <= tenant_id) FROM deals"
    )
    #expect(
      both.contains("Filter: tenant_id >= least(5, 3) AND tenant_id < greatest(9, 7)"),
      "\(both)"
    )
    // Not where one call has no bound, nor where groups would be missed.
    for text in [
      "SELECT count(*) FILTER (WHERE tenant_id > 5), count(*) FROM deals",
      "SELECT stage, count(*) FILTER (WHERE tenant_id > 5) FROM deals GROUP BY stage",
      "SELECT count(*) FILTER (WHERE tenant_id > 5), count(*) FILTER (WHERE tenant_id < 9) FROM deals",
      "SELECT count(*) FILTER (WHERE tenant_id > 5 OR amount > 1) FROM deals",
    ] { #expect(!plan(text).contains("\n  Filter:"), "\(text)") }
  }

  @Test func `a comma join with a condition is a hash join, and a constant restricts both sides`() {
    expect(
      "SELECT d.amount FROM deals d, managers m WHERE d.manager_id = m.id AND m.id = 7",
      """
      Project (amount)
        ->  Hash Inner Join
            Condition: manager_id = id
          ->  Scan deals (amount, manager_id)
              Filter: manager_id = 7
          ->  Scan managers (id)
              Filter: id = 7
      """
    )
  }

  @Test func `an outer join whose missing side is filtered away is an inner one`() {
    let text = "SELECT d.id FROM deals d LEFT JOIN managers m ON m.id = d.manager_id WHERE "
    #expect(plan(text + "m.name = 'x'").contains("Hash Inner Join"))
    #expect(plan(text + "m.name IS NULL").contains("Hash Left Join"))
    #expect(plan(text + "coalesce(m.name, '') = ''").contains("Hash Left Join"))
  }

  @Test func `a condition of ON restricts only the side it may`() {
    expect(
      """
      SELECT d.id FROM deals d LEFT JOIN managers m
      ON m.id = d.manager_id AND m.name = 'x' AND d.amount > 5
      """,
      """
      Project (id)
        ->  Hash Left Join
            Condition: manager_id = id
            Filter: amount > 5.00
          ->  Scan deals (id, amount, manager_id)
          ->  Scan managers (id)
              Filter: name = 'x'
      """
    )
  }

  @Test func `a condition goes through a sub-select and below its grouping`() {
    expect(
      """
      SELECT * FROM (SELECT stage AS s, sum(amount) AS total FROM deals GROUP BY stage) x
      WHERE s = 'won' AND total > 5
      """,
      """
      Filter
          Filter: sum(amount) > 5.00
        ->  Group
            Keys: stage
            Aggregates: sum(amount)
          ->  Scan deals (stage, amount)
              Filter: stage = 'won'
      """
    )
  }

  @Test func `a condition stays above a limit`() {
    let text = plan("SELECT * FROM (SELECT id FROM deals LIMIT 3) x WHERE id > 5")
    #expect(text.hasPrefix("Filter"))
  }

  @Test func `an impossible condition reads nothing`() {
    expect("SELECT id FROM deals WHERE false", "Values (0 rows)")
    #expect(plan("SELECT count(*) FROM deals WHERE NULL").contains("Values (0 rows)"))
  }

  @Test func `a truncated moment implies a range`() {
    let text = plan(
      """
      SELECT count(*) FROM deals
      WHERE date_trunc('month', created_at) = timestamptz '2026-03-01 00:00+00'
      """
    )
    #expect(text.contains("created_at >= '2026-03-01 00:00:00+00'"))
    #expect(text.contains("created_at < '2026-04-02 00:00:00+00'"))
    #expect(text.contains("date_truncate('month', created_at"))
  }

  @Test func `distinct and union group`() {
    expect(
      "SELECT DISTINCT stage FROM deals",
      """
      Group
        Keys: stage
        ->  Scan deals (stage)
      """
    )
    let text = plan("SELECT id FROM deals INTERSECT SELECT id FROM managers")
    #expect(text.contains("max(left)") && text.contains("Union All"))
  }

  @Test func `union all loses the columns that nobody reads`() {
    expect(
      "SELECT count(*) FROM (SELECT id, stage FROM deals UNION ALL SELECT id, name FROM managers) x",
      """
      Aggregate
        Aggregates: count(*)
        ->  Union All
          ->  Scan deals ()
          ->  Scan managers ()
      """
    )
  }

  @Test func `a sort key outside the list is dropped after the sort`() {
    expect(
      "SELECT stage FROM deals ORDER BY amount DESC LIMIT 10",
      """
      Limit
          Count: 10
        ->  Project (stage)
          ->  Sort
              Keys: amount DESC
            ->  Scan deals (stage, amount)
      """
    )
  }

  @Test func `the largest input probes tables built of the others`() throws {
    struct Sizes: TableStatistics {
      func rowCount(of table: TableID) -> Int? { table == TableID(1) ? 1_000_000 : 100 }
    }
    func lines(_ text: String) throws -> [String] {
      guard case .query(let plan) = try Sample.bind(text, sizes: Sizes()) else { return [] }
      return PlanPrinter.lines(of: plan).map { String($0.drop { $0 == " " }) }
    }
    #expect(
      try lines(
        """
        SELECT a.name, b.name, d.amount FROM managers a, managers b, deals d
        WHERE d.manager_id = a.id AND d.tenant_id = b.id
        """
      ) == [
        "Project (name, name, amount)",
        "->  Hash Inner Join",
        "Condition: tenant_id = id",
        "->  Hash Inner Join",
        "Condition: manager_id = id",
        "->  Scan deals (tenant_id, amount, manager_id)",
        "->  Scan managers (id, name)",
        "->  Scan managers (id, name)",
      ]
    )
    let outer = try lines("SELECT m.name FROM managers m LEFT JOIN deals d ON d.manager_id = m.id")
    #expect(outer.contains("->  Hash Right Join"))
  }

  private func expect(_ text: String, _ lines: String) {
    let wanted = lines.split(separator: "\n").map { $0.drop { $0 == " " } }
    let found = plan(text).split(separator: "\n").map { $0.drop { $0 == " " } }
    #expect(found == wanted, "\(plan(text))")
  }

  private func plan(_ text: String) -> String {
    do {
      guard case .query(let plan) = try Sample.bind(text) else { return "not a query" }
      return PlanPrinter.text(of: plan)
    } catch {
      return "\(error)"
    }
  }
}
