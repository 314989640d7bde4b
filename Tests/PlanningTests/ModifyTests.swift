import Columnar
import Planning
import Testing

@Suite struct ModifyTests {
  @Test func `INSERT fills every column, with defaults where nothing is said`() throws {
    let bound = try Sample.bind("INSERT INTO deals (amount, id) VALUES (5, 1), (DEFAULT, 2)")
    guard case .insert(let plan) = bound, case .values(let rows) = plan.source.node else {
      Issue.record("not an INSERT of values")
      return
    }
    #expect(rows.count == 2 && rows.allSatisfy { $0.count == 6 })
    #expect(rows[0][0].isConstant(.int64(1)))
    #expect(rows[0][3].isConstant(.bytes(Array("new".utf8))))
    #expect(rows[1][4].isConstant(.null))
    #expect(
      rows.flatMap { $0 }.map(\.type) == (plan.source.output + plan.source.output).map(\.type)
    )
  }

  @Test func `ON CONFLICT sees the old row and the proposed one`() throws {
    let bound = try Sample.bind(
      """
      INSERT INTO managers AS m VALUES (1, 'a')
      ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE m.name <> excluded.name RETURNING *
      """
    )
    guard case .insert(let plan) = bound,
      case .doUpdate(let values, let predicate) = plan.conflict
    else {
      Issue.record("not an upsert")
      return
    }
    #expect(values.map(\.columnIndexes) == [[0], [3]])
    #expect(predicate?.columnIndexes == [1, 3])
    #expect(plan.returning?.output.map(\.name) == ["id", "name"])
  }

  @Test func `UPDATE FROM puts the locator last and RETURNING sees both tables`() throws {
    let bound = try Sample.bind(
      """
      UPDATE deals SET stage = m.name FROM managers m
      WHERE m.id = deals.manager_id RETURNING deals.id, m.name
      """
    )
    guard case .update(let plan) = bound else {
      Issue.record("not an UPDATE")
      return
    }
    #expect(plan.source.output.count == 6 + 2 + 1)
    #expect(plan.source.output.last?.type == .bigint)
    #expect(plan.values[3].columnIndexes == [7])
    #expect(plan.values[0].columnIndexes == [0])
    #expect(plan.returning?.expressions.map(\.columnIndexes) == [[0], [7]])
    #expect(PlanPrinter.text(of: plan.source).contains("Hash Inner Join"))
  }

  @Test func `DELETE reads only what its condition needs, and the locator`() throws {
    guard case .delete(let plan) = try Sample.bind("DELETE FROM deals WHERE stage = 'lost'") else {
      Issue.record("not a DELETE")
      return
    }
    #expect(
      PlanPrinter.lines(of: plan.source) == ["Scan deals (locator)", "  Filter: stage = 'lost'"]
    )
  }

  @Test func `changes are refused in PostgreSQL's words`() {
    let cases = [
      (
        "INSERT INTO deals VALUES (1, 2, NULL, NULL, NULL, NULL, 9)",
        "42601 INSERT has more expressions than target columns"
      ),
      (
        "INSERT INTO deals (id, stage) VALUES (1)",
        "42601 INSERT has more target columns than expressions"
      ),
      ("INSERT INTO deals (id, id) VALUES (1, 2)", "42701 column \"id\" specified more than once"),
      (
        "INSERT INTO deals (idd) VALUES (1)",
        "42703 column \"idd\" of relation \"deals\" does not exist"
      ),
      (
        "INSERT INTO deals (created_at) VALUES (1)",
        "42804 column \"created_at\" is of type timestamp with time zone "
          + "but expression is of type integer"
      ),
      ("INSERT INTO nothing VALUES (1)", "42P01 relation \"nothing\" does not exist"),
      (
        "INSERT INTO deals (id) VALUES (1) ON CONFLICT (stage) DO NOTHING",
        "42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification"
      ),
      (
        "UPDATE deals SET stage = 'a', stage = 'b'",
        "42601 multiple assignments to same column \"stage\""
      ),
      ("UPDATE deals SET amount = sum(1)", "42803 aggregate functions are not allowed in UPDATE"),
      ("UPDATE deals SET id = DEFAULT + 1", "42601 DEFAULT is not allowed in this context"),
      (
        "DELETE FROM deals USING deals WHERE true",
        "42712 table name \"deals\" specified more than once"
      ),
      (
        "DELETE FROM deals WHERE count(*) > 1", "42803 aggregate functions are not allowed in WHERE"
      ),
    ]
    for (text, message) in cases { #expect(Sample.failure(text) == message, "\(text)") }
  }
}
