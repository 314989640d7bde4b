package import ReportSyntax

/// What the query binder gives the expression binder: names, and places for what is more than scalar.
package protocol NameScope: AnyObject {
  /// The column that `path` (`a`, `t.a`, `s.t.a`) names.
  func column(_ path: [Identifier], range: SourceRange) throws(PlanningError) -> BoundExpression

  /// Registers an aggregate of the query.
  ///
  /// - Returns: What stands for its value until the query binder rewrites it.
  func aggregate(
    _ aggregate: BoundAggregate,
    range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression

  /// Registers a window call; the result as in ``aggregate(_:range:)``.
  func window(_ window: BoundWindow, range: SourceRange) throws(PlanningError) -> BoundExpression

  /// Plans a scalar, EXISTS, IN, ANY/ALL or ARRAY sub-query and returns what stands for its value.
  func subquery(
    _ expression: Expression,
    binder: ExpressionBinder
  ) throws(PlanningError)
    -> BoundExpression

  /// The window that a name or an inline definition means.
  func windowDefinition(_ window: Window) throws(PlanningError) -> WindowDefinition
}

/// A scope without columns: DEFAULT expressions, VALUES of INSERT, parameters of reports, SET.
package final class EmptyScope: NameScope {
  /// The clause that error messages name, such as `DEFAULT expressions`.
  private let clause: String

  package init(clause: String) { self.clause = clause }

  package func column(
    _ path: [Identifier],
    range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression
  {
    if clause == "DEFAULT expressions" {
      throw PlanningError("0A000", "cannot use column reference in DEFAULT expression", at: range)
    }
    if clause == "LIMIT" || clause == "OFFSET" {
      throw PlanningError("42P10", "argument of \(clause) must not contain variables", at: range)
    }
    let name = path.map(\.text).joined(separator: ".")
    throw PlanningError("42703", "column \"\(name)\" does not exist", at: range)
  }

  package func aggregate(
    _ aggregate: BoundAggregate,
    range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression
  {
    throw PlanningError("42803", "aggregate functions are not allowed in \(clause)", at: range)
  }

  package func window(
    _ window: BoundWindow,
    range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression
  {
    throw PlanningError("42P20", "window functions are not allowed in \(clause)", at: range)
  }

  package func subquery(
    _ expression: Expression,
    binder: ExpressionBinder
  ) throws(PlanningError)
    -> BoundExpression
  {
    throw PlanningError("0A000", "cannot use subquery in \(clause)", at: expression.range)
  }

  package func windowDefinition(_ window: Window) throws(PlanningError) -> WindowDefinition {
    throw PlanningError("42P20", "window functions are not allowed in \(clause)")
  }
}
