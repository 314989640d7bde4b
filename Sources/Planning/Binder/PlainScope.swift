import ReportSyntax

/// The names of a scope in a clause that takes neither aggregates nor window calls.
final class PlainScope: NameScope {
  private let scope: Scope
  private let clause: String
  private let queries: QueryBinder

  init(_ scope: Scope, clause: String, _ queries: QueryBinder) {
    self.scope = scope
    self.clause = clause
    self.queries = queries
  }

  func column(_ path: [Identifier], range: SourceRange) throws(PlanningError) -> BoundExpression {
    try queries.column(path, in: scope, range: range)
  }

  func aggregate(
    _ aggregate: BoundAggregate,
    range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression
  {
    throw PlanningError("42803", "aggregate functions are not allowed in \(clause)", at: range)
  }

  func window(_ window: BoundWindow, range: SourceRange) throws(PlanningError) -> BoundExpression {
    throw PlanningError("42P20", "window functions are not allowed in \(clause)", at: range)
  }

  func subquery(
    _ expression: Expression,
    binder: ExpressionBinder
  ) throws(PlanningError)
    -> BoundExpression
  {
    throw .unsupported("a sub-query in \(clause)", at: expression.range)
  }

  func windowDefinition(_ window: Window) throws(PlanningError) -> WindowDefinition {
    throw PlanningError("42P20", "window functions are not allowed in \(clause)")
  }
}
