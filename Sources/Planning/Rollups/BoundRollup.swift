package import Catalog
import Columnar

/// A rollup with its expressions bound, and the tables that hold it.
///
/// Its rows are a multiset with signs: a group may have rows in several parts, also with negative counts, and what
/// holds of the group is their sum. So parts of any moments may be added up, and a group whose count is 0 is not there.
///
/// The main table has a column for each key, then `n` (rows of the group), then for each stored sum the sum, the
/// count of values that are not NULL, and both parts of the sum of squares. An argument of min, max, count(DISTINCT …),
/// percentiles and the like has a table of its own: the keys, the value, and `n`; min_by has both its arguments there.
package struct BoundRollup: Sendable {
  package struct Key: Sendable {
    package var name: String
    /// Over the table's columns, by their place in its definition.
    package var expression: BoundExpression
    /// What the key does to a moment; nil: it is no bucket of time.
    var bucket: TimeBucket?
  }

  package struct Sum: Sendable {
    package var argument: BoundExpression
    /// Places in the main table; nil: only counted.
    package var sum: Int?
    /// nil: never NULL, so the count of rows counts it.
    package var count: Int?
    /// The place of the upper part of the sum of squares, behind which stands the lower part; nil: not kept.
    package var squares: Int?
  }

  package struct Value: Sendable {
    /// One, or the two of min_by and max_by.
    package var arguments: [BoundExpression]
    package var table: TableDefinition
  }

  /// `RETAIN n MONTHS`: months that ended n months ago or earlier are not summed up.
  package struct Retention: Sendable {
    package var months: Int
    /// The column that the table is partitioned by, by its place.
    var column: Int
  }

  package var definition: RollupDefinition
  /// What the expressions are over; with a ``lookup`` the columns of both tables side by side.
  package var table: TableDefinition
  package var keys: [Key]
  /// Conditions of WHERE, over the table's columns.
  package var conditions: [BoundExpression]
  package var sums: [Sum]
  package var values: [Value]
  /// Of the values that are counted: when they come.
  package var arrivals: [Arrivals]
  package var main: TableDefinition
  /// The second table; nil: it is over one.
  package var lookup: RollupLookup?
  /// Which of the table's months it holds; nil: all.
  package var retention: Retention?

  package var name: String { definition.name }
  package var id: TableID { definition.id }
  /// The place of `n` in the main table.
  package var countPlace: Int { keys.count }

  /// The tables that hold it, the main one first.
  package var tables: [TableDefinition] { summedTables + arrivals.map(\.table) }

  /// The tables that follow from the rows by sums alone; arrivals follow from the values, and the main table of a rollup with a
  /// ``lookup`` from the linked rows, but for rows that look nothing up.
  package var summedTables: [TableDefinition] {
    [main] + (lookup.map { [$0.linked.main] } ?? []) + values.map(\.table)
  }

  /// The table whose rows are summed up.
  package var base: TableDefinition { lookup?.base ?? table }

  /// How many ids it takes.
  package var idCount: Int { tables.count + (lookup == nil ? 0 : 1) }

  /// The places of columns of ``table`` that it reads.
  package var usedColumns: Set<Int> {
    var used: Set<Int> = []
    for key in keys { used.formUnion(key.expression.columnIndexes) }
    for condition in conditions { used.formUnion(condition.columnIndexes) }
    for sum in sums { used.formUnion(sum.argument.columnIndexes) }
    for argument in values.flatMap(\.arguments) { used.formUnion(argument.columnIndexes) }
    for pair in lookup?.pairs ?? [] { used.formUnion([pair.own, pair.other + base.columns.count]) }
    return used
  }

  /// How many columns of one of its tables tell groups apart; the others add up.
  package func keyCount(of table: TableDefinition) -> Int {
    if let arrivals = arrivals.first(where: { $0.table.id == table.id }) {
      return arrivals.countPlace
    }
    if let linked = lookup?.linked, linked.id == table.id { return linked.keys.count }
    return keys.count + (values.first { $0.table.id == table.id }?.arguments.count ?? 0)
  }
}

// MARK: The queries that make it

extension BoundRollup {
  /// What one of its tables holds for all rows of its table (and of the one that they are looked up in).
  ///
  /// As ``query(of:over:isRetraction:)``.
  package func wholeQuery(of target: TableDefinition, isRetraction: Bool) -> Plan {
    guard let lookup, target.id == id else {
      return query(of: target, over: base, isRetraction: isRetraction)
    }
    let parts = [lookup.linked, lookup.loose].map {
      $0.query(of: $0.main, over: lookup.base, isRetraction: isRetraction)
    }
    let rows = Plan(
      .setOperation(.union, parts[0], parts[1], isAll: true),
      output: parts[0].output
    )
    return joined(lookup, rows, with: lookup.others(under: lookup.table.id))
  }

  /// What one of its tables holds for some rows of its table: groups with their states.
  ///
  /// With a ``lookup`` the main table's are those of rows that look nothing up.
  ///
  /// - Parameters:
  ///   - target: One of ``tables``.
  ///   - source: The table that rows are read from; `table` under another id where it stands for other rows.
  ///   - isRetraction: Whether the rows are taken away: counts and sums are then negative.
  /// - Returns: A plan with the target's columns.
  package func query(
    of target: TableDefinition,
    over source: TableDefinition,
    isRetraction: Bool
  ) -> Plan {
    if let arrivals = arrivals.first(where: { $0.table.id == target.id }) {
      let values = values[arrivals.value].table
      let rows = query(of: values, over: source, isRetraction: false)
      return change(of: arrivals, from: isRetraction ? rows : nil, to: isRetraction ? nil : rows)
    }
    if let lookup {
      if target.id == lookup.linked.id {
        return lookup.linked.query(of: target, over: source, isRetraction: isRetraction)
      }
      let rows = lookup.loose.query(
        of: lookup.loose.main,
        over: source,
        isRetraction: isRetraction
      )
      return joined(lookup, rows, with: nil)
    }
    let (rows, moved) = scan(of: source)
    var keys = keys.map { moved($0.expression) }
    var calls: [BoundAggregate] = []
    if let value = values.first(where: { $0.table.id == target.id }) {
      keys += value.arguments.map(moved)
      calls = [Self.countRows]
    } else {
      calls = [Self.countRows]
      for sum in sums {
        let argument = moved(sum.argument)
        if let place = sum.sum {
          calls.append(Self.sum(argument, main.columns[place].type))
        }
        if sum.count != nil {
          calls.append(BoundAggregate(function: .count, arguments: [argument], type: .bigint))
        }
        if let place = sum.squares {
          let type = main.columns[place].type
          for isHigh in [true, false] {
            let function = AggregateFunction.squares(isHigh: isHigh)
            calls.append(BoundAggregate(function: function, arguments: [argument], type: type))
          }
        }
      }
    }
    let output = target.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let groups = Plan(.aggregate(rows, keys: keys, aggregates: calls), output: output)
    let signed = output.indices.map { place -> BoundExpression in
      let column = groups.column(place)
      guard place >= keys.count else { return column }
      let zero = BoundExpression(.cast(Self.zero), column.type)
      // A sum of no value is NULL; as a state it is 0.
      let state = BoundExpression(.coalesce([column, zero]), column.type)
      return isRetraction ? BoundExpression(.call(.negate, [state]), column.type) : state
    }
    return Plan(.project(groups, signed), output: output)
  }

  /// The rows of a table that pass the conditions, with the columns that are used, and expressions over it moved onto these.
  func scan(
    of source: TableDefinition
  ) -> (rows: Plan, moved: (BoundExpression) -> BoundExpression) {
    let used = usedColumns
    let places = source.columns.indices.filter { used.contains($0) }
    let ofColumn = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($1, $0) })
    func moved(_ expression: BoundExpression) -> BoundExpression {
      expression.mapColumns { ofColumn[$0] ?? 0 }
    }
    let scan = TableScan(
      table: source,
      columns: places.map { source.columns[$0].id },
      filters: conditions.map(moved)
    )
    let output = places.map {
      OutputColumn(name: source.columns[$0].name, type: source.columns[$0].type)
    }
    return (Plan(.scan(scan), output: output), moved)
  }

  /// Parts of a table added up, by key; groups that cancelled out are left out.
  ///
  /// - Parameters:
  ///   - target: One of ``tables``.
  ///   - other: More rows of the table's columns.
  ///   - isSorted: Whether groups come in the order of the table.
  /// - Returns: A plan with the table's columns.
  package func merged(
    _ target: TableDefinition,
    with other: Plan? = nil,
    isSorted: Bool = true
  ) -> Plan {
    let keyCount = keyCount(of: target)
    let output = target.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    var rows = Plan(
      .scan(TableScan(table: target, columns: target.columns.map(\.id))),
      output: output
    )
    if let other {
      rows = Plan(.setOperation(.union, rows, other, isAll: true), output: output)
    }
    let kept = addedUp(rows, keyCount: keyCount)
    guard isSorted else { return kept }
    let order = target.sortKey.compactMap(target.index(of:)).map {
      SortKey(expression: kept.column($0), isDescending: false, nullsFirst: false)
    }
    return Plan(.sort(kept, order), output: output)
  }

  /// Parts of one of its tables, as a plan.
  ///
  /// - Parameters:
  ///   - target: One of ``tables``.
  ///   - id: The id that they are read under.
  ///   - isRetraction: Whether they are taken away.
  /// - Returns: A plan with the table's columns.
  package func rows(
    of target: TableDefinition,
    under id: TableID,
    isRetraction: Bool = false
  ) -> Plan {
    var source = target
    source.id = id
    let output = target.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let rows = Plan(
      .scan(TableScan(table: source, columns: source.columns.map(\.id))),
      output: output
    )
    guard isRetraction else { return rows }
    let keyCount = keyCount(of: target)
    let list = output.indices.map { place -> BoundExpression in
      let column = rows.column(place)
      return place < keyCount ? column : BoundExpression(.call(.negate, [column]), column.type)
    }
    return Plan(.project(rows, list), output: output)
  }

  /// Rows with equal keys made one; groups that cancelled out are left out.
  ///
  /// - Parameters:
  ///   - rows: Keys, then what adds up.
  ///   - keyCount: How many columns are keys.
  /// - Returns: The same columns.
  func addedUp(_ rows: Plan, keyCount: Int) -> Plan {
    let output = rows.output
    let calls = (keyCount..<output.count).map { Self.sum(rows.column($0), output[$0].type) }
    let groups = Plan(
      .aggregate(rows, keys: (0..<keyCount).map(rows.column), aggregates: calls),
      output: output
    )
    let isThere = (keyCount..<output.count).map { place in
      let column = groups.column(place)
      let zero = BoundExpression(.cast(Self.zero), column.type)
      return BoundExpression(.call(.compare(.notEqual), [column, zero]), .boolean)
    }
    return groups.filtered(
      by: [isThere.count == 1 ? isThere[0] : BoundExpression(.or(isThere), .boolean)]
    )
  }

  static let countRows = BoundAggregate(function: .countRows, arguments: [], type: .bigint)
  static let zero = BoundExpression(.constant(.int64(0)), .integer)

  static func sum(
    _ argument: BoundExpression,
    _ type: LogicalType,
    filter: BoundExpression? = nil
  ) -> BoundAggregate {
    BoundAggregate(function: .sum, arguments: [argument], filter: filter, type: type)
  }
}
