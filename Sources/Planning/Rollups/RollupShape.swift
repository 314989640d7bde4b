import Catalog
import Columnar
import ReportSyntax

/// A rollup while its parts are collected.
struct RollupShape {
  private let definition: RollupDefinition
  private let table: TableDefinition
  private var keys: [BoundRollup.Key] = []
  private struct Sum {
    var argument: BoundExpression
    /// Of the sum; nil: only counted.
    var type: LogicalType?
    var isCounted: Bool
    var hasSquares = false
  }
  private var sums: [Sum] = []
  private var values: [[BoundExpression]] = []
  /// Those of which different ones are counted.
  private var counted: Set<[BoundExpression]> = []

  init(_ definition: RollupDefinition, _ table: TableDefinition) {
    self.definition = definition
    self.table = table
  }

  mutating func add(
    key: BoundExpression,
    name: String,
    range: SourceRange
  ) throws(PlanningError) {
    guard !key.isVolatile, !key.dependsOnSession else {
      throw PlanningError(
        "42P17",
        "keys of a rollup must not depend on the session or the moment",
        at: range
      )
    }
    try Self.requireOneForm(key.type, range)
    var unique = name
    var number = 1
    while keys.contains(where: { $0.name == unique }) {
      number += 1
      unique = "\(name)_\(number)"
    }
    keys.append(BoundRollup.Key(name: unique, expression: key, bucket: TimeBucket(key)))
  }

  mutating func add(
    _ call: BoundAggregate,
    isFiltered: Bool,
    range: SourceRange
  ) throws(PlanningError) {
    guard !isFiltered else { throw .unsupported("FILTER in STORE; use WHERE or a key", at: range) }
    guard let argument = call.arguments.first else { return }
    guard call.arguments.allSatisfy({ !$0.isVolatile && !$0.dependsOnSession }) else {
      throw PlanningError(
        "42P17",
        "aggregates of a rollup must not depend on the session or the moment",
        at: range
      )
    }
    switch call.function {
    case .countRows: return
    case .count where !call.isDistinct: note(argument, type: nil)
    case .sum where !call.isDistinct, .average where !call.isDistinct,
      .standardDeviation where !call.isDistinct, .variance where !call.isDistinct:
      try add(sum: call, of: argument, range)
    case .minimum, .maximum, .boolAnd, .boolOr, .count, .percentileContinuous, .percentileDiscrete,
      .mode, .minimumBy, .maximumBy, .approximateDistinct:
      for argument in call.arguments { try Self.requireOneForm(argument.type, range) }
      if !values.contains(call.arguments) { values.append(call.arguments) }
      if call.function == .count { counted.insert(call.arguments) }
    default: throw .unsupported("this aggregate in STORE", at: range)
    }
  }

  private mutating func add(
    sum call: BoundAggregate,
    of argument: BoundExpression,
    _ range: SourceRange
  ) throws(PlanningError) {
    let hasSquares = call.function != .sum && call.function != .average
    let name = "stddev or variance"
    if let parts = ExactParts(of: argument) {
      guard !hasSquares else {
        throw .unsupported("\(name) of floating-point numbers in STORE", at: range)
      }
      note(argument, type: nil)
      note(parts.sum, type: parts.sum.type)
      note(parts.specials, type: parts.specials.type)
      return
    }
    try Self.requireOneForm(argument.type, range)
    guard let sum = AggregateCatalog.resolve("sum", over: argument.type), isNumber(sum.result)
    else {
      throw .unsupported("this aggregate in STORE", at: range)
    }
    guard !hasSquares || argument.type.laneKind == .int64 else {
      throw .unsupported("\(name) of numbers of more than 18 digits in STORE", at: range)
    }
    note(argument, type: sum.result, hasSquares: hasSquares)
  }

  private func isNumber(_ type: LogicalType) -> Bool {
    switch type {
    case .bigint: true
    case .numeric(let shape?): shape.isScaled
    default: false
    }
  }

  private mutating func note(
    _ argument: BoundExpression,
    type: LogicalType?,
    hasSquares: Bool = false
  ) {
    let known = sums.firstIndex { $0.argument == argument }
    if known == nil {
      sums.append(Sum(argument: argument, type: type, isCounted: !isNeverNull(argument)))
    }
    let place = known ?? sums.count - 1
    if let type { sums[place].type = type }
    if hasSquares { sums[place].hasSquares = true }
  }

  private func isNeverNull(_ expression: BoundExpression) -> Bool {
    guard let column = expression.columnIndex else { return false }
    return !table.columns[column].isNullable
  }

  /// Numerics of any scale have several forms of equal values, of which a group keeps one by chance.
  private static func requireOneForm(
    _ type: LogicalType,
    _ range: SourceRange
  ) throws(PlanningError) {
    if case .numeric(let shape) = type, shape?.isScaled != true {
      throw .unsupported("numeric without a scale in a rollup", at: range)
    }
  }

  func rollup(conditions: [BoundExpression]) -> BoundRollup {
    var columns = keys.enumerated().map { place, key in
      Catalog.ColumnDefinition(
        id: ColumnID(UInt32(place)),
        name: key.name,
        type: key.expression.type
      )
    }
    let keyColumns = columns
    func add(_ name: String, _ type: LogicalType) -> Int {
      columns.append(
        Catalog.ColumnDefinition(
          id: ColumnID(UInt32(columns.count)),
          name: name,
          type: type,
          isNullable: false
        )
      )
      return columns.count - 1
    }
    _ = add("n", .bigint)
    var stored: [BoundRollup.Sum] = []
    for (number, sum) in sums.enumerated() {
      var places = BoundRollup.Sum(
        argument: sum.argument,
        sum: sum.type.map { add("sum\(number + 1)", $0) },
        count: sum.isCounted ? add("count\(number + 1)", .bigint) : nil
      )
      if sum.hasSquares {
        let type = BoundRollup.squaresType(of: sum.argument.type)
        places.squares = add("squares\(number + 1)", type)
        _ = add("squares\(number + 1)_low", type)
      }
      stored.append(places)
    }
    let sortKey = keyColumns.map(\.id)
    let main = TableDefinition(
      id: definition.id,
      schema: table.schema,
      name: definition.name,
      columns: columns,
      sortKey: sortKey
    )
    let tables = values.enumerated().map { number, arguments in
      BoundRollup.Value(arguments: arguments, table: makeTable(ofValue: number, behind: keyColumns))
    }
    return BoundRollup(
      definition: definition,
      table: table,
      keys: keys,
      conditions: conditions,
      sums: stored,
      values: tables,
      arrivals: arrivals(keyColumns),
      main: main
    )
  }

  /// Keys, values and `n`.
  private func makeTable(
    ofValue number: Int,
    behind keyColumns: [Catalog.ColumnDefinition]
  ) -> TableDefinition {
    var columns = keyColumns
    let names = ["value", "by"]
    for (argument, name) in zip(values[number], names) {
      let id = ColumnID(UInt32(columns.count))
      columns.append(Catalog.ColumnDefinition(id: id, name: name, type: argument.type))
    }
    // Arrivals look up single values.
    let leadsWithValue = counted.contains(values[number]) && bucket != nil
    let lead = leadsWithValue ? [columns[keyColumns.count].id] : []
    let sortKey = lead + columns.map(\.id).filter { !lead.contains($0) }
    let id = ColumnID(UInt32(columns.count))
    columns.append(Catalog.ColumnDefinition(id: id, name: "n", type: .bigint, isNullable: false))
    return TableDefinition(
      id: TableID(definition.id.rawValue + UInt32(number) + 1),
      schema: table.schema,
      name: "\(definition.name).\(number + 1)",
      columns: columns,
      sortKey: sortKey
    )
  }

  /// The key by which values come.
  private var bucket: Int? { keys.firstIndex { $0.bucket != nil } }

  private func arrivals(_ keyColumns: [Catalog.ColumnDefinition]) -> [Arrivals] {
    guard let bucket else { return [] }
    var list: [Arrivals] = []
    for (number, arguments) in values.enumerated() where counted.contains(arguments) {
      var columns = Array(keyColumns[...bucket])
      for (name, type) in [("before", keyColumns[bucket].type), ("n", .bigint)] {
        let id = ColumnID(UInt32(columns.count))
        columns.append(
          Catalog.ColumnDefinition(id: id, name: name, type: type, isNullable: name != "n")
        )
      }
      let place = values.count + list.count + 1
      let table = TableDefinition(
        id: TableID(definition.id.rawValue + UInt32(place)),
        schema: table.schema,
        name: "\(definition.name).\(place)",
        columns: columns,
        sortKey: columns.dropLast().map(\.id)
      )
      list.append(Arrivals(value: number, bucket: bucket, table: table))
    }
    return list
  }
}

extension BoundRollup {
  /// The type of both parts of a sum of squares.
  static func squaresType(of argument: LogicalType) -> LogicalType {
    .numeric(NumericShape(precision: 38, scale: argument.scale * 2))
  }
}

/// What a sum of doubles is kept as: exact numerics, from which any row can be taken away again.
struct ExactParts {
  /// The finite values.
  var sum: BoundExpression
  /// Counts of the others.
  var specials: BoundExpression

  /// - Parameter argument: nil is returned where it is no double.
  init?(of argument: BoundExpression) {
    guard argument.type == .double || argument.type == .real else { return nil }
    let value = argument.type == .double ? argument : BoundExpression(.cast(argument), .double)
    sum = BoundExpression(.call(.exactNumeric, [value]), .numeric(nil))
    specials = BoundExpression(
      .call(.specialCount, [value]),
      .numeric(NumericShape(precision: 38, scale: 0))
    )
  }
}
