import Columnar
import ReportSyntax

/// What a sub-query names of the query around it.
///
/// While the sub-query is bound, such a name stands as a column far beyond any input; ``Decorrelation`` then
/// turns the conditions that mention it into conditions of a join.
final class OuterReferences {
  let scope: Scope
  /// The query around the one around.
  let parent: OuterReferences?
  /// What each placeholder means, over the outer input.
  private(set) var values: [BoundExpression] = []

  init(_ scope: Scope, parent: OuterReferences?) {
    self.scope = scope
    self.parent = parent
  }

  /// A placeholder of a value over the outer input.
  func reference(to value: BoundExpression) -> BoundExpression {
    let index = values.firstIndex(of: value) ?? values.count
    if index == values.count { values.append(value) }
    return BoundExpression(.column(Placeholder.outer + index), value.type)
  }

  /// The placeholder of a column of the outer query; `nil`: it has none of that name.
  func column(
    _ path: [Identifier],
    range: SourceRange
  ) throws(PlanningError) -> BoundExpression? {
    do throws(PlanningError) {
      let found = try scope.column(path, range: range)
      return reference(to: BoundExpression(.column(found.index), found.type))
    } catch {
      guard error.sqlState == "42703" || error.sqlState == "42P01" else { throw error }
    }
    if try parent?.column(path, range: range) != nil {
      throw .unsupported("a sub-query that refers beyond the query around it", at: range)
    }
    return nil
  }

  /// The same values after the outer query has been grouped.
  func mapValues<E: Error>(_ transform: (BoundExpression) throws(E) -> BoundExpression) throws(E) {
    var changed: [BoundExpression] = []
    for value in values { changed.append(try transform(value)) }
    values = changed
  }
}

extension QueryBinder {
  /// A column of this query, or of the one around it.
  func column(
    _ path: [Identifier],
    in scope: Scope,
    range: SourceRange
  ) throws(PlanningError) -> BoundExpression {
    do throws(PlanningError) {
      let column = try scope.column(path, range: range)
      return BoundExpression(.column(column.index), column.type)
    } catch {
      guard error.sqlState == "42703" || error.sqlState == "42P01",
        let outer = try outer?.column(path, range: range)
      else { throw error }
      return outer
    }
  }
}

/// Takes the conditions that mention the outer query out of a sub-query's plan.
struct Decorrelation {
  /// At least the columns of the plan it was made of, in their places.
  var plan: Plan
  /// Over the plan's columns and placeholders of outer values.
  var conditions: [BoundExpression]

  /// What only matters for the rows' values, not for whether there are any, is dropped.
  ///
  /// - Parameters:
  ///   - plan: A sub-query before the rules.
  ///   - onlyExistence: Whether nobody reads the columns.
  ///   - isOneRow: Whether the result is joined as one row for each outer row.
  /// - Returns: `nil` for a form that we cannot take apart.
  static func of(
    _ plan: Plan,
    onlyExistence: Bool,
    isOneRow: Bool = false
  ) -> Decorrelation? {
    guard plan.mentionsOuter else { return Decorrelation(plan: plan, conditions: []) }
    switch plan.node {
    case .filter(let input, let condition): return filter(input, condition, onlyExistence)
    case .project(let input, let list): return project(plan, input, list, onlyExistence)
    case .aggregate(let input, let keys, let aggregates):
      // Of no rows an aggregate makes one: only who joins it as such may take it apart.
      guard !keys.isEmpty || isOneRow else { return nil }
      return aggregate(plan, input, keys, aggregates)
    case .sort(let input, _), .distinct(let input): return of(input, onlyExistence: onlyExistence)
    case .limit(let input, let limit, nil):
      guard onlyExistence, let limit, case .constant(.int64(let count)) = limit.node, count > 0
      else { return nil }
      return of(input, onlyExistence: true)
    case .join: return join(plan)
    default: return nil
    }
  }

  private static func filter(
    _ input: Plan,
    _ condition: BoundExpression,
    _ onlyExistence: Bool
  ) -> Decorrelation? {
    guard var inner = of(input, onlyExistence: onlyExistence) else { return nil }
    let parts = condition.conjuncts
    inner.plan = inner.plan.filtered(by: parts.filter { !$0.mentionsOuter })
    inner.conditions += parts.filter(\.mentionsOuter)
    return inner
  }

  private static func project(
    _ plan: Plan,
    _ input: Plan,
    _ list: [BoundExpression],
    _ onlyExistence: Bool
  ) -> Decorrelation? {
    guard let inner = of(input, onlyExistence: onlyExistence) else { return nil }
    var changed = list
    for index in list.indices where list[index].mentionsOuter {
      guard onlyExistence else { return nil }
      changed[index] = BoundExpression(.constant(.null), list[index].type)
    }
    var extra = ExtraColumns(first: list.count)
    let conditions = inner.conditions.map { extra.move($0, from: inner.plan) }
    return Decorrelation(
      plan: Plan(.project(inner.plan, changed + extra.columns), output: plan.output + extra.output),
      conditions: conditions
    )
  }

  /// Equalities with the outer query become keys, a group for each outer value; conditions on the outer query alone stay.
  private static func aggregate(
    _ plan: Plan,
    _ input: Plan,
    _ keys: [BoundExpression],
    _ aggregates: [BoundAggregate]
  ) -> Decorrelation? {
    guard let inner = of(input, onlyExistence: false),
      !keys.contains(where: \.mentionsOuter),
      !aggregates.contains(where: { $0.columnIndexes.contains(where: Placeholder.isOuter) })
    else { return nil }
    var more: [BoundExpression] = []
    var conditions: [BoundExpression] = []
    let width = keys.count + aggregates.count
    for condition in inner.conditions {
      if condition.columnIndexes.allSatisfy(Placeholder.isOuter) {
        // It says of an outer row whether it has any rows: so does the join with its group.
        conditions.append(condition)
        continue
      }
      guard case .call(.compare(.equal), let sides) = condition.node,
        let place = sides.firstIndex(where: { !$0.mentionsOuter }),
        sides[1 - place].columnIndexes.allSatisfy(Placeholder.isOuter)
      else { return nil }
      let key = BoundExpression(.column(width + more.count), sides[place].type)
      more.append(sides[place])
      conditions.append(
        BoundExpression(.call(.compare(.equal), [key, sides[1 - place]]), .boolean)
      )
    }
    let moreOutput = more.map { OutputColumn(name: "", type: $0.type) }
    let grouped = Plan(
      .aggregate(inner.plan, keys: keys + more, aggregates: aggregates),
      output: Array(plan.output.prefix(keys.count)) + moreOutput
        + Array(plan.output.dropFirst(keys.count))
    )
    // The columns in their places, the new keys last.
    let order =
      Array(0..<keys.count) + (0..<aggregates.count).map { keys.count + more.count + $0 }
      + (0..<more.count).map { keys.count + $0 }
    return Decorrelation(
      plan: Plan(.project(grouped, order.map(grouped.column)), output: plan.output + moreOutput),
      conditions: conditions
    )
  }

  private static func join(_ plan: Plan) -> Decorrelation? {
    guard case .join(let left, let right, let kind, let keys, let residual) = plan.node else {
      return nil
    }
    let residualParts = residual?.conjuncts ?? []
    let isInner = kind == .inner || kind == .cross
    // Only what keeps every row of a side apart from its partners may be moved out of that side.
    guard isInner || kind == .left && !right.mentionsOuter,
      isInner || !residualParts.contains(where: \.mentionsOuter),
      !keys.contains(where: { $0.left.mentionsOuter || $0.right.mentionsOuter }),
      let a = of(left, onlyExistence: false), let b = of(right, onlyExistence: false)
    else { return nil }
    let width = left.output.count
    let newWidth = a.plan.output.count
    func place(_ index: Int) -> Int {
      index < width || !Placeholder.isInput(index) ? index : index - width + newWidth
    }
    let joined = Plan(
      .join(
        a.plan,
        b.plan,
        kind,
        keys: keys,
        residual: residualParts.filter { !$0.mentionsOuter }.isEmpty
          ? nil
          : .conjunction(
            of: residualParts.filter { !$0.mentionsOuter }.map { $0.mapColumns(place) }
          )
      ),
      output: a.plan.output + b.plan.output
    )
    let total = joined.output.count
    let order =
      Array(0..<width) + (0..<right.output.count).map { newWidth + $0 } + Array(width..<newWidth)
      + Array((newWidth + right.output.count)..<total)
    var places = Array(repeating: 0, count: total)
    for (position, index) in order.enumerated() { places[index] = position }
    func moved(_ condition: BoundExpression, by distance: Int) -> BoundExpression {
      condition.mapColumns { Placeholder.isInput($0) ? places[$0 + distance] : $0 }
    }
    let fromResidual = residualParts.filter(\.mentionsOuter).map { part in
      moved(part.mapColumns(place), by: 0)
    }
    return Decorrelation(
      plan: Plan(
        .project(joined, order.map(joined.column)),
        output: order.map { joined.output[$0] }
      ),
      conditions: a.conditions.map { moved($0, by: 0) }
        + b.conditions.map { moved($0, by: newWidth) } + fromResidual
    )
  }
}

/// Columns that a projection hands on for the conditions above it.
private struct ExtraColumns {
  let first: Int
  private(set) var columns: [BoundExpression] = []
  private(set) var output: [OutputColumn] = []
  private var places: [Int: Int] = [:]

  init(first: Int) { self.first = first }

  mutating func move(_ condition: BoundExpression, from input: Plan) -> BoundExpression {
    for index in condition.columnIndexes.sorted() where Placeholder.isInput(index) {
      guard places[index] == nil else { continue }
      places[index] = first + columns.count
      columns.append(input.column(index))
      output.append(OutputColumn(name: "", type: input.output[index].type))
    }
    let places = places
    return condition.mapColumns { places[$0] ?? $0 }
  }
}

extension BoundExpression {
  /// Whether it names something of the query around.
  var mentionsOuter: Bool { columnIndexes.contains(where: Placeholder.isOuter) }
}

extension Plan {
  /// Whether any expression in it names something of the query around.
  var mentionsOuter: Bool {
    expressions.contains(where: \.mentionsOuter) || inputs.contains(where: \.mentionsOuter)
  }

  /// The expressions of this operator alone.
  private var expressions: [BoundExpression] {
    switch node {
    case .scan(let scan): scan.filters
    case .values(let rows): rows.flatMap { $0 }
    case .tableFunction(_, let arguments): arguments
    case .filter(_, let condition): [condition]
    case .project(_, let list): list
    case .aggregate(_, let keys, let aggregates):
      keys + aggregates.flatMap(\.expressions)
    case .join(_, _, _, let keys, let residual):
      keys.flatMap { [$0.left, $0.right] } + (residual.map { [$0] } ?? [])
    case .sort(_, let keys): keys.map(\.expression)
    case .limit(_, let limit, let offset): [limit, offset].compactMap { $0 }
    case .distinctOn(_, let keys): keys
    case .window(_, let calls):
      calls.flatMap { $0.arguments + $0.partition + $0.order.map(\.expression) }
    case .distinct, .setOperation, .systemTable: []
    }
  }
}
