import Columnar

/// The aggregates over a rollup's rows: equal ones are computed once.
struct RollupAggregates {
  let keyCount: Int
  private(set) var calls: [BoundAggregate] = []

  init(keyCount: Int) { self.keyCount = keyCount }

  /// The column that will hold a call's result.
  mutating func add(_ call: BoundAggregate) -> BoundExpression {
    let known = calls.firstIndex { other in
      other.function == call.function && other.arguments == call.arguments
        && other.filter == call.filter && other.isDistinct == call.isDistinct
        && other.type == call.type
        && other.order.map(\.isDescending) == call.order.map(\.isDescending)
    }
    if known == nil { calls.append(call) }
    return BoundExpression(.column(keyCount + (known ?? calls.count - 1)), call.type)
  }

  /// `count > 0`, false for NULL.
  static func isPositive(_ count: BoundExpression) -> BoundExpression {
    let zero = BoundExpression(.cast(BoundRollup.zero), count.type)
    return BoundExpression(.call(.compare(.greater), [count, zero]), .boolean)
  }
}

extension RollupFit {
  private static let countType = LogicalType.numeric(NumericShape(precision: 38, scale: 0))

  /// What an aggregate over the table's rows is over the rollup's; nil: the rollup does not know.
  mutating func rewrite(
    _ call: BoundAggregate,
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    let known = (reason, usedKeys)
    if let count = arrived(call, level, &aggregates) { return count }
    restore(known)
    var conditions: [BoundExpression] = []
    if let filter = call.filter {
      guard let moved = rewrite(filter, level) else { return nil }
      conditions.append(moved)
    }
    guard var argument = call.arguments.first else {
      return count(column(countPlace, level), conditions, &aggregates)
    }
    // sum(CASE WHEN p THEN x END) is sum(x) FILTER (WHERE p).
    if !call.isDistinct,
      call.function == .sum || call.function == .count || call.function == .average,
      case .caseWhen(let branches, let otherwise) = argument.node, branches.count == 1,
      otherwise.isConstant(.null)
    {
      guard let moved = rewrite(branches[0].when, level) else { return nil }
      conditions.append(moved)
      argument = branches[0].then
    }
    switch call.function {
    case .count where !call.isDistinct: return count(of: argument, conditions, level, &aggregates)
    case .sum where !call.isDistinct, .average where !call.isDistinct:
      return sum(call, of: argument, conditions, level, &aggregates)
    case .standardDeviation(let isSample) where !call.isDistinct:
      return spread(argument, isSample, isRoot: true, conditions, level, &aggregates)
    case .variance(let isSample) where !call.isDistinct:
      return spread(argument, isSample, isRoot: false, conditions, level, &aggregates)
    case .minimum, .maximum, .boolAnd, .boolOr, .count, .minimumBy, .maximumBy,
      .approximateDistinct:
      return extreme(call, conditions, level, &aggregates)
    case .percentileContinuous(let part):
      let function = AggregateFunction.weightedPercentile(part, isContinuous: true)
      return weighted(call, as: function, conditions, level, &aggregates)
    case .percentileDiscrete(let part):
      let function = AggregateFunction.weightedPercentile(part, isContinuous: false)
      return weighted(call, as: function, conditions, level, &aggregates)
    case .mode: return weighted(call, as: .weightedMode, conditions, level, &aggregates)
    default:
      refuse(
        "\(ExpressionPrinter(level.columns.map { $0.origin.map(name) ?? "" }).text(of: call)) is not stored"
      )
      return nil
    }
  }

  private func filter(_ conditions: [BoundExpression]) -> BoundExpression? {
    conditions.isEmpty ? nil : BoundExpression.conjunction(of: conditions)
  }

  /// A count: 0 where there is nothing.
  func count(
    _ state: BoundExpression,
    _ conditions: [BoundExpression],
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression {
    let sum = aggregates.add(
      BoundRollup.sum(state, Self.countType, filter: filter(conditions))
    )
    let count = BoundExpression(.cast(sum), .bigint)
    let zero = BoundExpression(.cast(BoundRollup.zero), .bigint)
    return BoundExpression(.coalesce([count, zero]), .bigint)
  }

  private mutating func count(
    of argument: BoundExpression,
    _ conditions: [BoundExpression],
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    if case .constant(let value) = argument.node, !value.isNull {
      return count(column(countPlace, level), conditions, &aggregates)
    }
    if let place = storedSum(argument, level, wantsSum: false) {
      return count(column(place.count, level), conditions, &aggregates)
    }
    let isThere = BoundExpression(.isNull(argument, negated: true), .boolean)
    guard let moved = rewrite(isThere, level) else { return nil }
    return count(column(countPlace, level), conditions + [moved], &aggregates)
  }

  /// Where the states of a sum are among the rollup's rows.
  private mutating func storedSum(
    _ argument: BoundExpression,
    _ level: Level,
    wantsSum: Bool,
    wantsSquares: Bool = false
  ) -> (sum: Int, count: Int)? {
    guard let origin = level.origin(of: argument), !origin.dependsOnZone || isInZone else {
      return nil
    }
    for sum in sums where rollup.sums[sum].argument == origin {
      guard !wantsSum || rollup.sums[sum].sum != nil,
        !wantsSquares || rollup.sums[sum].squares != nil, let place = sumPlace(sum)
      else { continue }
      noteSum(sum)
      return (place, place + 1)
    }
    return nil
  }

  private mutating func sum(
    _ call: BoundAggregate,
    of argument: BoundExpression,
    _ conditions: [BoundExpression],
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    if let parts = ExactParts(of: argument) {
      return sum(call, parts, of: argument, conditions, level, &aggregates)
    }
    guard let place = storedSum(argument, level, wantsSum: true) else {
      refuse("\(level.origin(of: argument).map(name) ?? "a sum") is not stored")
      return nil
    }
    let filter = filter(conditions)
    let state = column(place.sum, level)
    let total = aggregates.add(BoundRollup.sum(state, state.type, filter: filter))
    let counted = aggregates.add(
      BoundRollup.sum(column(place.count, level), Self.countType, filter: filter)
    )
    let isThere = RollupAggregates.isPositive(counted)
    let value: BoundExpression
    if call.function == .average {
      func numeric(_ expression: BoundExpression) -> BoundExpression {
        BoundExpression(.cast(expression), .numeric(nil))
      }
      value = BoundExpression(.call(.divide, [numeric(total), numeric(counted)]), call.type)
    } else {
      value = total.type == call.type ? total : BoundExpression(.cast(total), call.type)
    }
    let nothing = BoundExpression(.constant(.null), call.type)
    return BoundExpression(.caseWhen([(when: isThere, then: value)], otherwise: nothing), call.type)
  }

  /// A sum or average of doubles.
  private mutating func sum(
    _ call: BoundAggregate,
    _ parts: ExactParts,
    of argument: BoundExpression,
    _ conditions: [BoundExpression],
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    guard let sum = storedSum(parts.sum, level, wantsSum: true),
      let specials = storedSum(parts.specials, level, wantsSum: true)
    else {
      refuse("\(level.origin(of: argument).map(name) ?? "a sum") is not stored")
      return nil
    }
    let filter = filter(conditions)
    func total(_ place: Int, _ type: LogicalType) -> BoundExpression {
      aggregates.add(BoundRollup.sum(column(place, level), type, filter: filter))
    }
    let counted = total(sum.count, Self.countType)
    let both = [total(sum.sum, .numeric(nil)), total(specials.sum, parts.specials.type)]
    var value = BoundExpression(.call(.doubleOfSums, both), .double)
    if call.function == .average {
      let count = BoundExpression(.cast(counted), .double)
      value = BoundExpression(.call(.divide, [value, count]), .double)
    }
    if call.type != .double { value = BoundExpression(.cast(value), call.type) }
    let nothing = BoundExpression(.constant(.null), call.type)
    return BoundExpression(
      .caseWhen([(when: RollupAggregates.isPositive(counted), then: value)], otherwise: nothing),
      call.type
    )
  }

  /// A standard deviation or variance.
  private mutating func spread(
    _ argument: BoundExpression,
    _ isSample: Bool,
    isRoot: Bool,
    _ conditions: [BoundExpression],
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    guard let place = storedSum(argument, level, wantsSum: true, wantsSquares: true) else {
      refuse("the squares of \(level.origin(of: argument).map(name) ?? "a value") are not stored")
      return nil
    }
    let states = [place.count, place.sum, place.count + 1, place.count + 2]
    return aggregates.add(
      BoundAggregate(
        function: .spreadOfSums(isSample: isSample, isRoot: isRoot),
        arguments: states.map { column($0, level) },
        filter: filter(conditions),
        type: .numeric(nil)
      )
    )
  }

  /// Where a stored value's arguments are among the rollup's rows; behind them stands how often they are there.
  private mutating func storedValue(
    _ arguments: [BoundExpression],
    _ level: Level
  ) -> Int? {
    var origins: [BoundExpression] = []
    for argument in arguments {
      guard let origin = level.origin(of: argument), !origin.dependsOnZone || isInZone else {
        return nil
      }
      origins.append(origin)
    }
    guard let value = values.first(where: { rollup.values[$0].arguments == origins }),
      let place = valuePlace(value)
    else { return nil }
    noteValue(value)
    return place
  }

  /// An aggregate for which it does not matter how often a value occurs.
  private mutating func extreme(
    _ call: BoundAggregate,
    _ conditions: [BoundExpression],
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    var changed = call
    changed.filter = filter(conditions)
    if let place = storedValue(call.arguments, level) {
      changed.arguments = call.arguments.indices.map { column(place + $0, level) }
      return aggregates.add(changed)
    }
    changed.arguments = []
    for argument in call.arguments {
      guard let moved = rewrite(argument, level) else { return nil }
      changed.arguments.append(moved)
    }
    // Groups that cancelled out have no values, and what stands beside the groups is none.
    needsNetGroups = true
    let isThere = RollupAggregates.isPositive(column(countPlace, level))
    changed.filter = filter(conditions + [isThere])
    return aggregates.add(changed)
  }

  /// A percentile or mode: of values that are there several times each.
  private mutating func weighted(
    _ call: BoundAggregate,
    as function: AggregateFunction,
    _ conditions: [BoundExpression],
    _ level: Level,
    _ aggregates: inout RollupAggregates
  ) -> BoundExpression? {
    guard let argument = call.arguments.first, call.order.count == 1 else { return nil }
    var changed = call
    changed.function = function
    let value: BoundExpression
    let weight: BoundExpression
    if let place = storedValue([argument], level) {
      (value, weight) = (column(place, level), column(place + 1, level))
    } else {
      guard let moved = rewrite(argument, level) else { return nil }
      needsNetGroups = true
      (value, weight) = (moved, column(countPlace, level))
    }
    changed.arguments = [value, weight]
    changed.order[0].expression = value
    changed.filter = filter(conditions + [RollupAggregates.isPositive(weight)])
    return aggregates.add(changed)
  }
}
