import Columnar
import ReportSyntax

// Aggregates, window calls and scalar sub-queries are not columns of the input, yet expressions over the input refer to
// them. While a select is bound they stand as columns far beyond any input; when all are known, they get
// their places.

/// Column positions that stand for something else until the select is complete.
enum Placeholder {
  static let aggregate = 1 << 20
  static let window = 2 << 20
  static let subquery = 3 << 20
  /// Values of the query around a sub-query.
  static let outer = 4 << 20
  private static let end = 5 << 20

  static func isAggregate(_ index: Int) -> Bool { (aggregate..<window).contains(index) }
  static func isWindow(_ index: Int) -> Bool { (window..<subquery).contains(index) }
  static func isSubquery(_ index: Int) -> Bool { (subquery..<outer).contains(index) }
  static func isOuter(_ index: Int) -> Bool { (outer..<end).contains(index) }
  static func isInput(_ index: Int) -> Bool { index < aggregate }
}

/// The names of one select, and what its expressions collect.
final class SelectScope: NameScope {
  let scope: Scope
  private let queries: QueryBinder
  private let windows: [Select.NamedWindow]
  /// The clause that is being bound, for messages; decides what is allowed.
  var clause = Clause.list
  /// Where each input column was first named, for messages about grouping.
  private(set) var columnRanges: [Int: SourceRange] = [:]
  private(set) var aggregates: [BoundAggregate] = []
  private(set) var windowCalls: [BoundWindow] = []
  private(set) var subqueries: [ScalarSubquery] = []

  enum Clause: String {
    case filter = "WHERE"
    case grouping = "GROUP BY"
    case having = "HAVING"
    case list = "SELECT"
    case ordering = "ORDER BY"
    case update = "UPDATE"

    var allowsAggregates: Bool { self == .list || self == .having || self == .ordering }
  }

  init(_ scope: Scope, windows: [Select.NamedWindow], _ queries: QueryBinder) {
    self.scope = scope
    self.windows = windows
    self.queries = queries
  }

  func column(_ path: [Identifier], range: SourceRange) throws(PlanningError) -> BoundExpression {
    let column = try queries.column(path, in: scope, range: range)
    if let index = column.columnIndex, Placeholder.isInput(index), clause.allowsAggregates,
      columnRanges[index] == nil
    {
      columnRanges[index] = range
    }
    return column
  }

  func aggregate(
    _ aggregate: BoundAggregate,
    range: SourceRange
  ) throws(PlanningError)
    -> BoundExpression
  {
    if !clause.allowsAggregates {
      throw PlanningError(
        "42803",
        "aggregate functions are not allowed in \(clause.rawValue)",
        at: range
      )
    }
    let uses = aggregate.arguments + (aggregate.filter.map { [$0] } ?? [])
    if uses.contains(where: { $0.columnIndexes.contains(where: Placeholder.isSubquery) }) {
      throw .unsupported("a sub-query inside an aggregate's arguments", at: range)
    }
    let index = aggregates.firstIndex { $0.isSame(as: aggregate) } ?? aggregates.count
    if index == aggregates.count { aggregates.append(aggregate) }
    return BoundExpression(.column(Placeholder.aggregate + index), aggregate.type)
  }

  func window(_ window: BoundWindow, range: SourceRange) throws(PlanningError) -> BoundExpression {
    guard clause == .list || clause == .ordering else {
      throw PlanningError(
        "42P20",
        "window functions are not allowed in \(clause.rawValue)",
        at: range
      )
    }
    windowCalls.append(window)
    return BoundExpression(.column(Placeholder.window + windowCalls.count - 1), window.type)
  }

  func subquery(
    _ expression: Expression,
    binder: ExpressionBinder
  ) throws(PlanningError)
    -> BoundExpression
  {
    switch expression.kind {
    case .scalarQuery(let query):
      do {
        return add(try queries.scalar(query, scope, expression.range))
      } catch {
        guard queries.hasNoRows(query) else { throw error }
        return BoundExpression(.constant(.null), .text)
      }
    case .arrayQuery(let query) where queries.hasNoRows(query):
      return BoundExpression(.constant(.bytes(Array("{}".utf8))), .text)
    case .exists(let query): return add(try queries.existence(query, scope, expression.range))
    case .inQuery(let operand, let query, let isNegated, let location):
      let symbol = Operator("=", range: location)
      return try member(operand, query, isNegated, symbol, binder)
    case .quantifiedQuery(let operand, let symbol, let quantifier, let query):
      switch (symbol.symbol, quantifier) {
      case ("=", .any): return try member(operand, query, false, symbol, binder)
      case ("<>", .all): return try member(operand, query, true, symbol, binder)
      default:
        throw .unsupported(
          "\(symbol.symbol) \(quantifier.rawValue.uppercased()) (SELECT …)",
          at: expression.range
        )
      }
    default: throw .unsupported("ARRAY(SELECT …)", at: expression.range)
    }
  }

  /// The sub-queries of WHERE, which are joined before those of the other clauses are met.
  func takeSubqueries() -> [ScalarSubquery] {
    defer { subqueries = [] }
    return subqueries
  }

  private func add(_ subquery: ScalarSubquery) -> BoundExpression {
    subqueries.append(subquery)
    return BoundExpression(
      .column(Placeholder.subquery + subqueries.count - 1),
      subquery.value.type
    )
  }

  /// `operand IN (SELECT …)` as a value, which is NULL where NULLs leave it open.
  private func member(
    _ operand: Expression,
    _ query: Query,
    _ isNegated: Bool,
    _ symbol: Operator,
    _ binder: ExpressionBinder
  ) throws(PlanningError) -> BoundExpression {
    if case .row = operand.kind {
      throw .unsupported("a row IN (SELECT …) inside an expression", at: operand.range)
    }
    let value = try binder.bindSettled(operand)
    let counts = try queries.membership(
      of: value,
      operand.range,
      in: query,
      scope,
      symbol,
      binder
    )
    return membership(of: value, counts, isNegated: isNegated)
  }

  /// Whether a value is among the rows that `counts` counts: the equal ones, all, those not NULL.
  func membership(
    of value: BoundExpression,
    _ counts: [ScalarSubquery],
    isNegated: Bool
  ) -> BoundExpression {
    let counts = counts.map(add)
    let zero = BoundExpression(.constant(.int64(0)), .bigint)
    func compared(
      _ comparison: ComparisonOperator,
      _ a: BoundExpression,
      _ b: BoundExpression
    ) -> BoundExpression {
      BoundExpression(.call(.compare(comparison), [a, b]), .boolean)
    }
    func constant(_ value: Bool) -> BoundExpression {
      BoundExpression(.constant(.boolean(value)), .boolean)
    }
    let open = BoundExpression.disjunction(of: [
      BoundExpression(.isNull(value, negated: false), .boolean),
      compared(.notEqual, counts[1], counts[2]),
    ])
    let result = BoundExpression(
      .caseWhen(
        [
          (when: compared(.greater, counts[0], zero), then: constant(true)),
          (when: compared(.equal, counts[1], zero), then: constant(false)),
          (when: open, then: BoundExpression(.constant(.null), .boolean)),
        ],
        otherwise: constant(false)
      ),
      .boolean
    )
    return isNegated ? BoundExpression(.not(result), .boolean) : result
  }

  func windowDefinition(_ window: Window) throws(PlanningError) -> WindowDefinition {
    switch window {
    case .inline(let definition):
      guard definition.base == nil else {
        throw .unsupported("a window that extends another", at: definition.range)
      }
      return definition
    case .named(let name):
      guard let found = windows.first(where: { $0.name.text == name.text }) else {
        throw PlanningError("42704", "window \"\(name.text)\" does not exist", at: name.range)
      }
      return found.definition
    }
  }
}

extension BoundAggregate {
  /// Whether both compute the same, so that one serves.
  func isSame(as other: BoundAggregate) -> Bool {
    function == other.function && arguments == other.arguments && isDistinct == other.isDistinct
      && filter == other.filter && type == other.type && order.count == other.order.count
      && zip(order, other.order).allSatisfy {
        $0.expression == $1.expression && $0.isDescending == $1.isDescending
          && $0.nullsFirst == $1.nullsFirst
      } && !arguments.contains(where: \.isVolatile)
  }
}
