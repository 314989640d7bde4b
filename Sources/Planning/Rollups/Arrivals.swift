package import Catalog
package import Columnar

/// When values come: what count(DISTINCT value) over any range of buckets is added up from.
///
/// A value that is there in a bucket counts beside the bucket before in which it was there, among the rows of its owner. Over a
/// range of buckets it then counts once: in its first bucket of the range, the one whose bucket before lies outside. Different
/// values need not be looked at to be counted, and the counts add up like sums.
package struct Arrivals: Sendable {
  /// The place of the value among ``BoundRollup/values``.
  package var value: Int
  /// The key that is the bucket.
  ///
  /// The keys before it are the owner; those behind it are not looked at.
  package var bucket: Int
  /// The owner's keys, the bucket, `before` (NULL: the first bucket of the value), and `n`, how many values.
  package var table: TableDefinition

  /// Stands for the bucket of rows without a moment, in `before`: in the year 7,500 BC, before all moments that there are.
  package static let noMoment: Int64 = -300_000_000_000_000_000

  var beforePlace: Int { bucket + 1 }
  var countPlace: Int { bucket + 2 }
}

extension BoundRollup {
  /// The arrivals that rows of a table of values hold.
  ///
  /// - Parameters:
  ///   - arrivals: One of ``arrivals``.
  ///   - rows: Rows of the table of its values, parts that add up.
  ///   - sign: 1, or -1 to take them away.
  /// - Returns: Rows of the arrivals' table, not added up.
  private func comings(_ arrivals: Arrivals, of rows: Plan, sign: Int64) -> Plan {
    let value = rows.column(keys.count)
    let isThere = BoundExpression(.isNull(value, negated: true), .boolean)
    let owned = (0...arrivals.bucket).map(rows.column) + [value]
    let count = Self.sum(rows.column(keys.count + 1), .bigint)
    let groups = Plan(
      .aggregate(rows.filtered(by: [isThere]), keys: owned, aggregates: [count]),
      output: owned.map { OutputColumn(name: "", type: $0.type) } + [
        OutputColumn(name: "", type: .bigint)
      ]
    )
    let present = groups.filtered(by: [RollupAggregates.isPositive(groups.column(owned.count))])
    let bucket = present.column(arrivals.bucket)
    let moment = BoundExpression(
      .coalesce([bucket, BoundExpression(.constant(.int64(Arrivals.noMoment)), bucket.type)]),
      bucket.type
    )
    let before = BoundWindow(
      function: .previous,
      arguments: [moment],
      partition: (0..<arrivals.bucket).map(present.column) + [present.column(arrivals.bucket + 1)],
      order: [SortKey(expression: bucket, isDescending: false, nullsFirst: true)],
      type: bucket.type
    )
    let seen = Plan(
      .window(present, [before]),
      output: present.output + [OutputColumn(name: "before", type: bucket.type)]
    )
    let one = BoundExpression(.cast(BoundExpression(.constant(.int64(sign)), .integer)), .bigint)
    let output = arrivals.table.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let list = (0...arrivals.bucket).map(seen.column) + [seen.column(present.output.count), one]
    return Plan(.project(seen, list), output: output)
  }

  /// What arrivals gain and lose when values change.
  ///
  /// - Parameters:
  ///   - arrivals: One of ``arrivals``.
  ///   - before: Rows of the table of its values as they were; nil: there was none.
  ///   - after: The same as they are.
  /// - Returns: Rows of the arrivals' table, added up, without those that stay.
  package func change(of arrivals: Arrivals, from before: Plan?, to after: Plan?) -> Plan {
    let gained = after.map { comings(arrivals, of: $0, sign: 1) }
    let lost = before.map { comings(arrivals, of: $0, sign: -1) }
    let output = arrivals.table.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let parts = [gained, lost].compactMap { $0 }
    guard var rows = parts.first else { return Plan(.values(rows: []), output: output) }
    if parts.count > 1 {
      rows = Plan(.setOperation(.union, parts[0], parts[1], isAll: true), output: output)
    }
    let groups = Plan(
      .aggregate(
        rows,
        keys: (0..<arrivals.countPlace).map(rows.column),
        aggregates: [Self.sum(rows.column(arrivals.countPlace), .bigint)]
      ),
      output: output
    )
    let count = groups.column(arrivals.countPlace)
    let zero = BoundExpression(.cast(Self.zero), .bigint)
    return groups.filtered(
      by: [BoundExpression(.call(.compare(.notEqual), [count, zero]), .boolean)]
    )
  }

  /// Parts of a table of values, as a plan.
  ///
  /// - Parameters:
  ///   - value: The table; read under another id.
  ///   - id: The id that it is read under.
  ///   - others: The id under which rows with the wanted values are read; nil: all values are wanted.
  /// - Returns: Rows of the table's columns.
  package func valueRows(_ value: Value, under id: TableID, others: TableID?) -> Plan {
    let place = keys.count
    let rows = rows(of: value.table, under: id)
    guard let others else { return rows }
    let list = self.rows(of: value.table, under: others)
    return Plan(
      .join(
        rows,
        list,
        .semi,
        keys: [(left: rows.column(place), right: list.column(place))],
        residual: nil
      ),
      output: rows.output
    )
  }

  /// Rows of a table in which a column has some values.
  ///
  /// - Parameters:
  ///   - target: The table.
  ///   - place: The column's place.
  ///   - values: Its values.
  /// - Returns: A plan with the table's columns; needs no rules.
  package static func rows(
    of target: TableDefinition,
    where place: Int,
    among values: [Datum]
  ) -> Plan {
    let output = target.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let column = BoundExpression(.column(place), output[place].type)
    let filters = [BoundExpression(.inList(column, values, negated: false), .boolean)]
    return Plan(
      .scan(TableScan(table: target, columns: target.columns.map(\.id), filters: filters)),
      output: output
    )
  }

  /// What arrivals gain and lose when rows with some values come to their table.
  ///
  /// - Parameters:
  ///   - arrivals: One of ``arrivals``.
  ///   - after: The id under which all rows with these values are read, as they are.
  ///   - came: The id of those that came; of other values they must add up to nothing.
  /// - Returns: As ``change(of:from:to:)``.
  package func change(of arrivals: Arrivals, after: TableID, came: TableID) -> Plan {
    let table = values[arrivals.value].table
    let now = rows(of: table, under: after)
    let before = Plan(
      .setOperation(.union, now, rows(of: table, under: came, isRetraction: true), isAll: true),
      output: now.output
    )
    return change(of: arrivals, from: before, to: now)
  }

  /// The different values of rows that really change something.
  package func changedValues(_ value: Value) -> Plan {
    let changed = merged(value.table, isSorted: false)
    let column = changed.column(keys.count)
    let isThere = BoundExpression(.isNull(column, negated: true), .boolean)
    return Plan(
      .aggregate(changed.filtered(by: [isThere]), keys: [column], aggregates: []),
      output: [OutputColumn(name: "value", type: column.type)]
    )
  }
}
