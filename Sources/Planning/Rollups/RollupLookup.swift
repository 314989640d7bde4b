package import Catalog
import Columnar

/// The second table of a rollup: each row of the first is joined with at most one of it, found by its primary key.
///
/// The rollup's expressions are over the columns of both tables side by side (``BoundRollup/table`` is that of no stored table).
/// Its groups follow from two things that can be kept up to date: groups of the first table's rows by their keys *and* the key
/// they look up (``linked``), and the second table. When rows of either change, the groups of the looked-up keys concerned are
/// computed as they were and as they are.
package final class RollupLookup: Sendable {
  /// Columns that the join compares, by their places in both tables.
  struct Pair {
    var own: Int
    var other: Int
  }
  package let base: TableDefinition
  package let table: TableDefinition
  let pairs: [Pair]
  /// The pair of the second table's primary key.
  let key: Pair
  /// Places of the second table's columns that are read.
  let otherPlaces: [Int]
  /// The first table's rows that look something up, by keys, arguments and compared columns; its main table is kept with the rollup's.
  package let linked: BoundRollup
  /// The same of rows that look nothing up, which is never kept.
  package let loose: BoundRollup

  init(
    base: TableDefinition,
    table: TableDefinition,
    pairs: [Pair],
    key: Pair,
    otherPlaces: [Int],
    linked: BoundRollup,
    loose: BoundRollup
  ) {
    self.base = base
    self.table = table
    self.pairs = pairs
    self.key = key
    self.otherPlaces = otherPlaces
    self.linked = linked
    self.loose = loose
  }

  /// The same over tables whose columns have other names.
  func renamed(_ base: TableDefinition, _ table: TableDefinition) -> RollupLookup {
    func over(_ rollup: BoundRollup) -> BoundRollup {
      var rollup = rollup
      rollup.table = base
      return rollup
    }
    return RollupLookup(
      base: base,
      table: table,
      pairs: pairs,
      key: key,
      otherPlaces: otherPlaces,
      linked: over(linked),
      loose: over(loose)
    )
  }

  /// The columns of the second table that are read, as a plan gives them.
  package var otherOutput: [OutputColumn] {
    otherPlaces.map { OutputColumn(name: table.columns[$0].name, type: table.columns[$0].type) }
  }

  /// Where the second table's key is among ``otherOutput``.
  package var otherKeyPlace: Int { otherPlaces.firstIndex(of: key.other) ?? 0 }

  /// Where the looked-up key is among the columns of ``linked``'s main table.
  package var linkPlace: Int {
    linked.keys.firstIndex { $0.expression.columnIndex == key.own } ?? 0
  }

  /// Rows of the second table.
  ///
  /// `id`: The id that they are read under.
  ///
  /// - Returns: A plan of ``otherOutput``.
  package func others(under id: TableID) -> Plan {
    var source = table
    source.id = id
    let scan = TableScan(table: source, columns: otherPlaces.map { table.columns[$0].id })
    return Plan(.scan(scan), output: otherOutput)
  }

  /// Rows of the second table with signs, added up.
  ///
  /// - Parameter parts: Plans of ``otherOutput``, each with the sign of its rows.
  /// - Returns: ``otherOutput`` and how often a row is there, without those that cancel out.
  package func addedUp(_ parts: [(rows: Plan, sign: Int64)]) -> Plan {
    let output = otherOutput + [OutputColumn(name: "n", type: .bigint)]
    let signed = parts.map { part -> Plan in
      let sign = BoundExpression(.constant(.int64(part.sign)), .integer)
      let list = part.rows.columns + [BoundExpression(.cast(sign), .bigint)]
      return Plan(.project(part.rows, list), output: output)
    }
    let all = signed.dropFirst().reduce(signed[0]) {
      Plan(.setOperation(.union, $0, $1, isAll: true), output: output)
    }
    let count = otherOutput.count
    let groups = Plan(
      .aggregate(
        all,
        keys: (0..<count).map(all.column),
        aggregates: [BoundRollup.sum(all.column(count), .bigint)]
      ),
      output: output
    )
    let zero = BoundExpression(.cast(BoundRollup.zero), .bigint)
    return groups.filtered(
      by: [BoundExpression(.call(.compare(.notEqual), [groups.column(count), zero]), .boolean)]
    )
  }

  /// Rows that were there at another moment.
  ///
  /// - Parameters:
  ///   - now: Rows of one moment, all or those of some keys: of other keys what is given is not all.
  ///   - came: Those that came between the other moment and that one.
  ///   - went: Those that went.
  /// - Returns: A plan of ``otherOutput``.
  package func others(_ now: Plan, without came: [Plan], with went: [Plan]) -> Plan {
    if came.isEmpty, went.isEmpty { return now }
    let parts =
      [(rows: now, sign: Int64(1))] + came.map { (rows: $0, sign: -1) }
      + went.map { (rows: $0, sign: 1) }
    let all = addedUp(parts)
    let rows = all.filtered(by: [RollupAggregates.isPositive(all.column(otherOutput.count))])
    return Plan(.project(rows, otherOutput.indices.map(rows.column)), output: otherOutput)
  }

  /// The different values of a column.
  package static func values(of column: Int, in rows: Plan) -> Plan {
    Plan(
      .aggregate(rows, keys: [rows.column(column)], aggregates: []),
      output: [rows.output[column]]
    )
  }
}

// MARK: Its groups

extension BoundRollup {
  /// The groups of rows of the first table joined with rows of the second.
  ///
  /// - Parameters:
  ///   - lookup: This rollup's.
  ///   - rows: Of the columns of the main table of ``RollupLookup/linked``; not added up.
  ///   - others: Of ``RollupLookup/otherOutput``, each key once; nil: there is none.
  ///   - asSingleRows: Whether each row is a group of its own.
  /// - Returns: A plan with the main table's columns.
  package func joined(
    _ lookup: RollupLookup,
    _ rows: Plan,
    with others: Plan?,
    asSingleRows: Bool = false
  ) -> Plan {
    let both = sideBySide(lookup, rows, others)
    let width = lookup.otherPlaces.count
    let ownCount = lookup.base.columns.count
    func moved(_ expression: BoundExpression) -> BoundExpression {
      if let key = lookup.linked.keys.firstIndex(where: { $0.expression == expression }) {
        return both.column(width + key)
      }
      return expression.mapColumns { lookup.otherPlaces.firstIndex(of: $0 - ownCount) ?? 0 }
    }
    let n = both.column(width + lookup.linked.countPlace)
    var states: [(value: BoundExpression, type: LogicalType)] = [(n, .bigint)]
    for sum in sums {
      let argument = moved(sum.argument)
      if let place = sum.sum {
        states.append((Self.product(argument, n), main.columns[place].type))
      }
      if sum.count != nil {
        let isThere = BoundExpression(.isNull(argument, negated: true), .boolean)
        let zero = BoundExpression(.cast(Self.zero), .bigint)
        let counted = BoundExpression(
          .caseWhen([(when: isThere, then: n)], otherwise: zero),
          .bigint
        )
        states.append((counted, .bigint))
      }
    }
    let output = main.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let keys = keys.map { moved($0.expression) }
    func orZero(_ value: BoundExpression) -> BoundExpression {
      BoundExpression(
        .coalesce([value, BoundExpression(.cast(Self.zero), value.type)]),
        value.type
      )
    }
    if asSingleRows {
      let list = states.map { state in
        orZero(
          state.value.type == state.type
            ? state.value : BoundExpression(.cast(state.value), state.type)
        )
      }
      return Plan(.project(both, keys + list), output: output)
    }
    let calls = states.map { Self.sum($0.value, $0.type) }
    let groups = Plan(.aggregate(both, keys: keys, aggregates: calls), output: output)
    let list = output.indices.map { place in
      place < keys.count ? groups.column(place) : orZero(groups.column(place))
    }
    return Plan(.project(groups, list), output: output)
  }

  /// Each row of the second table beside the rows that look it up: the columns of ``RollupLookup/otherOutput``, then the row's.
  private func sideBySide(_ lookup: RollupLookup, _ rows: Plan, _ others: Plan?) -> Plan {
    let output = lookup.otherOutput + rows.output
    guard let others else {
      let nulls = lookup.otherOutput.map { BoundExpression(.constant(.null), $0.type) }
      return Plan(.project(rows, nulls + rows.columns), output: output)
    }
    let pairs = lookup.pairs.map { pair -> (left: BoundExpression, right: BoundExpression) in
      let own = lookup.linked.keys.firstIndex { $0.expression.columnIndex == pair.own } ?? 0
      let other = lookup.otherPlaces.firstIndex(of: pair.other) ?? 0
      return (left: others.column(other), right: rows.column(own))
    }
    // The right side is what a hash table is made of.
    return Plan(.join(others, rows, .right, keys: pairs, residual: nil), output: output)
  }

  /// A value as often as its row is there.
  private static func product(_ value: BoundExpression, _ n: BoundExpression) -> BoundExpression {
    guard let type = productType(of: value.type) else { return value }
    guard case .numeric = type else {
      return BoundExpression(
        .call(.multiply, [BoundExpression(.cast(value), .bigint), n]),
        .bigint
      )
    }
    func numeric(_ value: BoundExpression) -> BoundExpression {
      if case .numeric = value.type { return value }
      let shape = NumericShape(precision: 19, scale: 0)
      return BoundExpression(.cast(value), .numeric(shape))
    }
    return BoundExpression(.call(.multiply, [numeric(value), numeric(n)]), type)
  }

  /// The type of values times counts; nil: there is none that holds them all.
  static func productType(of type: LogicalType) -> LogicalType? {
    switch type {
    case .smallint, .integer: return .bigint
    case .bigint: return .numeric(NumericShape(precision: 38, scale: 0))
    case .numeric(let shape?) where shape.precision + 19 <= 38:
      return .numeric(NumericShape(precision: shape.precision + 19, scale: shape.scale))
    default: return nil
    }
  }

  /// What groups gain and lose.
  ///
  /// - Parameters:
  ///   - before: Groups of the main table's columns that are not there any more.
  ///   - after: Those that are there now.
  ///   - asSingleRows: Whether what is lost is a row beside what is there.
  /// - Returns: The differences, added up.
  package func change(
    from before: Plan?,
    to after: Plan,
    asSingleRows: Bool = false
  ) -> Plan {
    guard let before else { return after }
    let lost = Plan(
      .project(
        before,
        before.output.indices.map { place in
          let column = before.column(place)
          return place < keys.count
            ? column : BoundExpression(.call(.negate, [column]), column.type)
        }
      ),
      output: before.output
    )
    let both = Plan(.setOperation(.union, after, lost, isAll: true), output: after.output)
    return asSingleRows ? both : addedUp(both, keyCount: keys.count)
  }
}
