import Planning
import Testing

@Suite struct SubqueryTests {
  private func plan(_ text: String) -> String {
    do {
      guard case .query(let plan) = try Sample.bind(text) else { return "not a query" }
      return PlanPrinter.text(of: plan)
    } catch {
      return "\(error)"
    }
  }

  private func expect(_ text: String, _ lines: String) {
    let wanted = lines.split(separator: "\n").map { $0.drop { $0 == " " } }
    let found = plan(text).split(separator: "\n").map { $0.drop { $0 == " " } }
    #expect(found == wanted, "\(plan(text))")
  }

  @Test func `EXISTS that names the outer query is a semi join, NOT EXISTS an anti join`() {
    let text = "EXISTS (SELECT 1 FROM deals d WHERE d.manager_id = m.id AND d.amount > 5)"
    expect(
      "SELECT m.name FROM managers m WHERE \(text)",
      """
      Project (name)
        ->  Hash Semi Join
            Condition: id = manager_id
          ->  Scan managers (id, name)
          ->  Scan deals (manager_id)
                Filter: amount > 5.00
      """
    )
    #expect(plan("SELECT m.name FROM managers m WHERE NOT \(text)").contains("Hash Anti Join"))
  }

  @Test func `EXISTS that names nothing outside is asked once`() {
    let text = plan("SELECT id FROM managers WHERE EXISTS (SELECT 1 FROM deals)")
    #expect(text.contains("Cross Join") && text.contains("Count: 1"))
  }

  @Test func `NOT IN is an anti join only where no NULL can leave it open`() {
    let certain = plan("SELECT id FROM managers WHERE id NOT IN (SELECT id FROM deals)")
    #expect(certain.contains("Hash Anti Join"))
    let open = plan("SELECT id FROM managers WHERE id NOT IN (SELECT manager_id FROM deals)")
    #expect(open.contains("Hash Left Join") && open.contains("count(manager_id)"))
  }

  @Test func `IN inside an expression is a value`() {
    let text = plan(
      "SELECT id FROM managers WHERE id IN (SELECT manager_id FROM deals) OR name = 'x'"
    )
    #expect(text.contains("Hash Left Join") && text.contains("CASE WHEN"))
  }

  @Test func `a scalar sub-query that names the outer query is a left join with its groups`() {
    let text = plan(
      """
      SELECT m.name, (SELECT count(*) + 1 FROM deals d WHERE d.manager_id = m.id) FROM managers m
      """
    )
    #expect(text.contains("Hash Left Join"))
    #expect(text.contains("(coalesce(count, 0) + 1)") || text.contains("coalesce("))
    #expect(text.contains("Keys: manager_id"))
  }

  @Test func `a scalar sub-query of several rows is checked`() {
    let text = plan("SELECT id FROM managers WHERE id = (SELECT manager_id FROM deals)")
    #expect(text.contains("single_value(manager_id)"))
  }

  @Test func `what cannot be taken apart is refused`() {
    let texts = [
      "SELECT (SELECT d.id FROM deals d WHERE d.id > m.id LIMIT 1) FROM managers m",
      "SELECT 1 FROM managers m WHERE EXISTS (SELECT count(*) FROM deals d WHERE d.id = m.id)",
      "SELECT (SELECT sum(d.id) FROM deals d WHERE d.id < m.id) FROM managers m",
    ]
    for text in texts { #expect(Sample.failure(text)?.hasPrefix("0A000") == true, "\(text)") }
    #expect(
      Sample.failure("SELECT 1 FROM managers m WHERE EXISTS (SELECT 1 FROM deals WHERE x = m.id)")
        == "42703 column \"x\" does not exist"
    )
  }

  @Test func `a grouped query gives its sub-queries only what is grouped`() {
    let text = plan(
      """
      SELECT manager_id, (SELECT max(m.name) FROM managers m WHERE m.id = d.manager_id)
      FROM deals d GROUP BY manager_id
      """
    )
    #expect(text.contains("Hash Left Join"))
    let failure = Sample.failure(
      """
      SELECT manager_id, (SELECT max(m.name) FROM managers m WHERE m.name = d.stage)
      FROM deals d GROUP BY manager_id
      """
    )
    #expect(failure?.hasPrefix("42803") == true)
  }
}
