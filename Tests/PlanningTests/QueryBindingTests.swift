import Catalog
import Columnar
import Planning
import ReportSyntax
import Testing

/// Folds nothing: plans keep their constants as written.
private struct NoFolding: ConstantFolding {
  func fold(_ expression: BoundExpression) throws(PlanningError) -> Datum {
    if case .cast(let inner) = expression.node, case .constant(let datum) = inner.node {
      return datum
    }
    throw PlanningError("0A000", "not folded")
  }
}

private func catalog() -> CatalogSnapshot {
  var catalog = CatalogSnapshot()
  let money = LogicalType.numeric(NumericShape(precision: 15, scale: 2))
  let columns: [(String, LogicalType)] = [
    ("id", .bigint), ("tenant_id", .integer), ("created_at", .timestamptz), ("stage", .text),
    ("amount", money),
  ]
  catalog.apply(
    .createTable(
      TableDefinition(
        id: TableID(1),
        name: "deals",
        columns: columns.enumerated().map {
          ColumnDefinition(id: ColumnID(UInt32($0)), name: $1.0, type: $1.1)
        },
        primaryKey: [ColumnID(0)]
      )
    )
  )
  return catalog
}

private func bind(_ text: String) throws -> Plan {
  let statements = try Parser.parseStatements(Array(text.utf8))
  guard case .query(let query) = try #require(statements.first).statement else {
    throw PlanningError("XX000", "not a query")
  }
  let context = BindingContext(
    catalog: catalog(),
    settings: BindingSettings(),
    folding: NoFolding()
  )
  return try Binder(context: context).bindQuery(query)
}

private func failure(_ text: String) -> (state: String, message: String, hint: String?)? {
  do {
    _ = try bind(text)
    return nil
  } catch let error as PlanningError {
    return (error.sqlState, error.message, error.hint)
  } catch {
    return ("?", "\(error)", nil)
  }
}

@Test func `result columns have PostgreSQL's names and types`() throws {
  let plan = try bind(
    "SELECT stage, count(*), sum(amount), avg(amount) AS mean, 1 + 1, id / 2, amount * 2 "
      + "FROM deals GROUP BY stage, id, amount"
  )
  #expect(
    plan.output.map(\.name) == [
      "stage", "count", "sum", "mean", "?column?", "?column?", "?column?",
    ]
  )
  #expect(
    plan.output.map(\.type) == [
      .text, .bigint, .numeric(NumericShape(precision: 38, scale: 2)), .numeric(nil), .integer,
      .bigint, .numeric(NumericShape(precision: 16, scale: 2)),
    ]
  )
}

@Test func `a primary key in GROUP BY determines the other columns of its table`() throws {
  let plan = try bind("SELECT id, stage, count(*) FROM deals GROUP BY id")
  #expect(plan.output.count == 3)
}

@Test(arguments: [
  ("SELECT nix FROM deals", "42703", "column \"nix\" does not exist"),
  ("SELECT * FROM nix", "42P01", "relation \"nix\" does not exist"),
  ("SELECT d.nix FROM deals d", "42703", "column d.nix does not exist"),
  ("SELECT x.id FROM deals d", "42P01", "missing FROM-clause entry for table \"x\""),
  ("SELECT id FROM deals a, deals b", "42702", "column reference \"id\" is ambiguous"),
  ("SELECT 1 FROM deals, deals", "42712", "table name \"deals\" specified more than once"),
  (
    "SELECT stage, count(*) FROM deals", "42803",
    "column \"deals.stage\" must appear in the GROUP BY clause or be used in an aggregate function"
  ),
  (
    "SELECT count(*) FROM deals WHERE count(*) > 1", "42803",
    "aggregate functions are not allowed in WHERE"
  ),
  ("SELECT count(count(*)) FROM deals", "42803", "aggregate function calls cannot be nested"),
  ("SELECT 1 + stage FROM deals", "42883", "operator does not exist: integer + text"),
  ("SELECT nix(1)", "42883", "function nix(integer) does not exist"),
  (
    "SELECT id FROM deals WHERE stage", "42804",
    "argument of WHERE must be type boolean, not type text"
  ),
  ("SELECT 1 UNION SELECT 1, 2", "42601", "each UNION query must have the same number of columns"),
  ("SELECT 1 ORDER BY 2", "42P10", "ORDER BY position 2 is not in select list"),
  (
    "SELECT DISTINCT id FROM deals ORDER BY stage", "42P10",
    "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
  ),
  (
    "SELECT CASE WHEN true THEN 1 ELSE now() END", "42804",
    "CASE types timestamp with time zone and integer cannot be matched"
  ),
  ("SELECT (SELECT 1, 2)", "42601", "subquery must return only one column"),
  ("SELECT 1::nix", "42704", "type \"nix\" does not exist"),
  ("SELECT 1 LIMIT -1", "2201W", "LIMIT must not be negative"),
])
func `a wrong query is refused in PostgreSQL's words`(text: String, state: String, message: String)
{
  let error = failure(text)
  #expect(error?.state == state, "\(text)")
  #expect(error?.message == message, "\(text)")
}

@Test func `an unknown column suggests the nearest`() {
  #expect(
    failure("SELECT amonut FROM deals")?.hint
      == "Perhaps you meant to reference the column \"deals.amount\"."
  )
}
