package import Catalog
import Columnar
package import ReportSyntax

/// A rollup that would serve a query.
package struct RollupSuggestion: Hashable, Sendable {
  package var table: TableID
  /// Keys and aggregates as SQL text, in a stable order.
  package var keys: [String]
  package var aggregates: [String]
  /// The columns of the keys; moments are cut to days.
  package var keyColumns: [ColumnID]

  /// What serves the groupings of a query; a grouping that none could serve is left out.
  ///
  /// - Throws: What binding the query raises.
  package static func suggestions(
    for query: Query,
    in binder: Binder
  ) throws(PlanningError) -> [RollupSuggestion] {
    let plan = CountOfNotNull.apply(
      SumOfShifted.apply(
        FilterPushdown.apply(SetOperationRewriting.apply(try binder.bindQuery(query)))
      )
    )
    var found: [RollupSuggestion] = []
    collect(plan, into: &found)
    return found
  }

  private static func collect(_ plan: Plan, into found: inout [RollupSuggestion]) {
    if case .aggregate(let input, let keys, let calls) = plan.node {
      // The largest scan is not known here: each way down is a suggestion of its own, if it can be one.
      for path in RollupPath.paths(in: input) {
        var use = ColumnUse()
        guard let columns = use.follow(input, path.steps[...]), let table = use.table else {
          continue
        }
        for key in keys { use.take(key: key, columns) }
        for call in calls { use.take(call, columns) }
        if let suggestion = use.suggestion(for: table) { found.append(suggestion) }
      }
    }
    for input in plan.inputs { collect(input, into: &found) }
  }
}

/// What a grouping does with the columns of one scan.
private struct ColumnUse {
  var table: TableDefinition?
  /// Columns that keys must hold.
  private var keys: Set<Int> = []
  /// Moments that are compared or truncated.
  private var moments: Set<Int> = []
  private var aggregates: Set<String> = []
  private var isPossible = true

  /// The origins of a plan's columns among the scan's, conditions on the way taken in; nil elsewhere.
  mutating func follow(
    _ plan: Plan,
    _ steps: ArraySlice<RollupPath.Step>
  ) -> [BoundExpression?]? {
    switch plan.node {
    case .scan(let scan):
      table = scan.table
      let columns = scan.columns.map { id -> BoundExpression? in
        scan.table.index(of: id).map {
          BoundExpression(.column($0), scan.table.columns[$0].type)
        }
      }
      for filter in scan.filters { take(key: filter, columns) }
      return columns
    case .filter(let input, let condition):
      guard let columns = follow(input, steps.dropFirst()) else { return nil }
      take(key: condition, columns)
      return columns
    case .project(let input, let list):
      guard let columns = follow(input, steps.dropFirst()) else { return nil }
      return list.map { Self.origin(of: $0, columns) }
    case .join(let left, let right, let kind, let joinKeys, let residual):
      let goesLeft = steps.first == .left
      guard let own = follow(goesLeft ? left : right, steps.dropFirst()) else { return nil }
      for key in joinKeys { take(key: goesLeft ? key.left : key.right, own) }
      let other = [BoundExpression?](
        repeating: nil,
        count: (goesLeft ? right : left).output.count
      )
      let all = goesLeft ? own + other : other + own
      if let residual { take(key: residual, all) }
      return kind == .semi || kind == .anti ? own : all
    default: return nil
    }
  }

  private static func origin(
    of expression: BoundExpression,
    _ columns: [BoundExpression?]
  ) -> BoundExpression? {
    guard expression.columnIndexes.allSatisfy({ columns[$0] != nil }) else { return nil }
    return expression.substituting(columns.map { $0 ?? BoundRollup.zero })
  }

  /// Something that must follow from the keys.
  mutating func take(key expression: BoundExpression, _ columns: [BoundExpression?]) {
    if let place = expression.columnIndex {
      if let origin = columns[place] {
        if let column = origin.columnIndex { keys.insert(column) } else { takeOrigin(origin) }
      }
      return
    }
    if let origin = Self.origin(of: expression, columns) { return takeOrigin(origin) }
    for child in expression.children { take(key: child, columns) }
  }

  private mutating func takeOrigin(_ expression: BoundExpression) {
    switch expression.node {
    case .column(let column): keys.insert(column)
    case .call(.compare(let comparison), let sides)
    where comparison != .equal && comparison != .notEqual:
      for side in sides { takeMoment(side) }
    case .call(.dateTruncate, let arguments), .call(.extract, let arguments),
      .call(.datePart, let arguments), .call(.dateBin, let arguments):
      for argument in arguments { takeMoment(argument) }
    case .isNull(let operand, _): takeMoment(operand)
    default: for child in expression.children { takeOrigin(child) }
    }
  }

  private mutating func takeMoment(_ expression: BoundExpression) {
    if let column = expression.columnIndex,
      expression.type == .timestamp || expression.type == .timestamptz
    {
      moments.insert(column)
    } else {
      takeOrigin(expression)
    }
  }

  mutating func take(_ call: BoundAggregate, _ columns: [BoundExpression?]) {
    if let filter = call.filter { take(key: filter, columns) }
    guard var argument = call.arguments.first else { return }
    if case .caseWhen(let branches, let otherwise) = argument.node, branches.count == 1,
      otherwise.isConstant(.null)
    {
      take(key: branches[0].when, columns)
      argument = branches[0].then
    }
    if argument.columnIndexes.isEmpty { return }
    guard let origin = Self.origin(of: argument, columns) else {
      return take(key: argument, columns)
    }
    var value = origin
    if case .call(let function, let arguments) = origin.node,
      function == .sketchCell || function == .approximate
    {
      value = arguments[0]
      if case .cast(let operand) = value.node { value = operand }
    }
    guard let column = value.columnIndex, let table else {
      isPossible = false
      return
    }
    let name = Printer.quoted(table.columns[column].name)
    switch call.function {
    case .count where !call.isDistinct: aggregates.insert("count(\(name))")
    case .count: aggregates.insert("count(DISTINCT \(name))")
    case .sum where !call.isDistinct, .average where !call.isDistinct:
      aggregates.insert("sum(\(name))")
    case .minimum: aggregates.insert("min(\(name))")
    case .maximum: aggregates.insert("max(\(name))")
    case .standardDeviation where !call.isDistinct && origin.type.laneKind == .int64,
      .variance where !call.isDistinct && origin.type.laneKind == .int64:
      aggregates.insert("stddev(\(name))")
    case .approximateDistinct: aggregates.insert("approx_count_distinct(\(name))")
    case .percentileDiscrete where value != origin: aggregates.insert("approx_median(\(name))")
    case .percentileContinuous, .percentileDiscrete, .mode:
      aggregates.insert("mode() WITHIN GROUP (ORDER BY \(name))")
    default: isPossible = false
    }
  }

  func suggestion(for table: TableDefinition) -> RollupSuggestion? {
    guard isPossible else { return nil }
    var plain = keys
    if let tenant = table.tenantColumn, let place = table.index(of: tenant) { plain.insert(place) }
    let times = moments.subtracting(plain)
    let used = plain.union(times)
    guard !used.isEmpty,
      table.primaryKey.isEmpty
        || !table.primaryKey.allSatisfy({ id in used.contains { table.columns[$0].id == id } })
    else { return nil }
    // The tenant leads; moments come last, so that what is compared for equality is found together.
    let order = plain.sorted { a, b in
      let isTenant = table.columns[a].id == table.tenantColumn
      let isOther = table.columns[b].id == table.tenantColumn
      return isTenant != isOther ? isTenant : a < b
    }
    let names = order.map { Printer.quoted(table.columns[$0].name) }
    let days = times.sorted().map {
      "date_trunc('day', \(Printer.quoted(table.columns[$0].name)))"
    }
    return RollupSuggestion(
      table: table.id,
      keys: names + days,
      aggregates: ["count(*)"] + aggregates.sorted(),
      keyColumns: (order + times.sorted()).map { table.columns[$0].id }
    )
  }
}
