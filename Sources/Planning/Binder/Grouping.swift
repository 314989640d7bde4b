import Columnar
import ReportSyntax

/// The keys of an aggregated select, and how expressions over its input become expressions over its groups.
struct Grouping {
  /// Over the input; columns that a primary key among them determines are added as they are met.
  private(set) var keys: [BoundExpression]
  /// The places of the keys of each grouping set, where there are several.
  private let sets: [[Int]]?
  private let scope: Scope
  private let columnRanges: [Int: SourceRange]

  init(sets: [[BoundExpression]], scope: Scope, columnRanges: [Int: SourceRange]) {
    var keys: [BoundExpression] = []
    let places = sets.map { set in
      set.map { key -> Int in
        if let known = keys.firstIndex(of: key) { return known }
        keys.append(key)
        return keys.count - 1
      }
    }
    self.keys = keys
    self.sets = sets.count == 1 ? nil : places
    self.scope = scope
    self.columnRanges = columnRanges
  }

  /// The same expression over the groups: each key is a column, aggregates stay placeholders.
  ///
  /// - Throws: 42803 for a column that is neither grouped nor inside an aggregate.
  mutating func rewrite(
    _ expression: BoundExpression,
    _ range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    if let index = keys.firstIndex(of: expression) {
      return BoundExpression(.column(index), expression.type)
    }
    guard case .column(let index) = expression.node else {
      var children: [BoundExpression] = []
      for child in expression.children { children.append(try rewrite(child, range)) }
      var next = children.makeIterator()
      return expression.mapChildren { child in next.next() ?? child }
    }
    guard Placeholder.isInput(index) else { return expression }
    // With several sets a key may be missing, and what it determines with it.
    guard sets == nil, scope.isDetermined(index, by: keys) else {
      throw PlanningError(
        "42803",
        "column \"\(scope.name(of: index))\" must appear in the GROUP BY clause or be used in an "
          + "aggregate function",
        at: columnRanges[index] ?? range
      )
    }
    keys.append(expression)
    return BoundExpression(.column(keys.count - 1), expression.type)
  }

  mutating func rewrite(_ calls: [BoundWindow]) throws(PlanningError) -> [BoundWindow] {
    var result: [BoundWindow] = []
    for var call in calls {
      for index in call.arguments.indices {
        call.arguments[index] = try rewrite(call.arguments[index], .none)
      }
      for index in call.partition.indices {
        call.partition[index] = try rewrite(call.partition[index], .none)
      }
      for index in call.order.indices {
        call.order[index].expression = try rewrite(call.order[index].expression, .none)
      }
      result.append(call)
    }
    return result
  }

  /// The aggregation, and the places that the placeholders get in its rows.
  func plan(
    over input: Plan,
    _ aggregates: [BoundAggregate]
  ) -> (plan: Plan, rewriter: PlaceholderRewriter) {
    let output =
      keys.map { OutputColumn(name: "", type: $0.type) }
      + aggregates.map { OutputColumn(name: "", type: $0.type) }
    var rewriter = PlaceholderRewriter(inputWidth: output.count)
    rewriter.aggregateBase = keys.count
    guard let sets else {
      return (Plan(.aggregate(input, keys: keys, aggregates: aggregates), output: output), rewriter)
    }
    let parts = sets.map { grouped(input, by: $0, aggregates, output) }
    return (Self.united(parts[...], output), rewriter)
  }

  /// The rows of all parts, in halves of halves: a plan may not be thousands of levels deep.
  private static func united(_ parts: ArraySlice<Plan>, _ output: [OutputColumn]) -> Plan {
    guard parts.count > 1 else { return parts[parts.startIndex] }
    let middle = parts.startIndex + parts.count / 2
    return Plan(
      .setOperation(
        .union,
        united(parts[..<middle], output),
        united(parts[middle...], output),
        isAll: true
      ),
      output: output
    )
  }

  /// The groups of one set, with NULL for the keys that it does not have.
  private func grouped(
    _ input: Plan,
    by set: [Int],
    _ aggregates: [BoundAggregate],
    _ output: [OutputColumn]
  ) -> Plan {
    var own: [Int] = []
    for place in set where !own.contains(place) { own.append(place) }
    let types = own.map { keys[$0].type } + aggregates.map(\.type)
    let groups = Plan(
      .aggregate(input, keys: own.map { keys[$0] }, aggregates: aggregates),
      output: types.map { OutputColumn(name: "", type: $0) }
    )
    let values = keys.indices.map { place in
      own.firstIndex(of: place).map(groups.column)
        ?? BoundExpression(.constant(.null), keys[place].type)
    }
    let results = aggregates.indices.map { groups.column(own.count + $0) }
    return Plan(.project(groups, values + results), output: output)
  }
}

/// Gives placeholders their places.
struct PlaceholderRewriter {
  let inputWidth: Int
  var aggregateBase = 0
  var windowBase = 0
  var subqueryBase = 0

  init(inputWidth: Int) { self.inputWidth = inputWidth }

  func rewrite(_ expression: BoundExpression) -> BoundExpression {
    expression.mapColumns { index in
      if Placeholder.isAggregate(index) { return index - Placeholder.aggregate + aggregateBase }
      if Placeholder.isWindow(index) { return index - Placeholder.window + windowBase }
      if Placeholder.isSubquery(index) { return index - Placeholder.subquery + subqueryBase }
      return index
    }
  }
}
