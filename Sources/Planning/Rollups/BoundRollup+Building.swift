package import Catalog
import Columnar

/// A rollup made of another one's groups in place of rows: a monthly one of a daily one.
extension BoundRollup {
  /// Whether all that it keeps follows from what another rollup of the same table keeps.
  package func follows(from other: BoundRollup) -> Bool {
    summedTables.allSatisfy { query(of: $0, from: other) != nil }
  }

  /// What one of its ``summedTables`` holds for all rows that another rollup sums up.
  ///
  /// - Parameters:
  ///   - target: The table.
  ///   - other: A rollup of the same table; its parts are read under the ids of its tables.
  /// - Returns: A plan with the target's columns; nil: it does not follow from the other's groups.
  package func query(of target: TableDefinition, from other: BoundRollup) -> Plan? {
    guard table.id == other.table.id, definition.timeZone == other.definition.timeZone,
      let filters = conditions(behind: other)
    else { return nil }
    var list: [BoundExpression] = []
    for key in keys {
      guard let moved = moved(key.expression, onto: other) else { return nil }
      list.append(moved)
    }
    let source: TableDefinition
    if let value = values.first(where: { $0.table.id == target.id }) {
      guard let known = other.values.first(where: { $0.arguments == value.arguments }) else {
        return nil
      }
      source = known.table
      let places = other.keys.count..<source.columns.count
      list += places.map { BoundExpression(.column($0), source.columns[$0].type) }
    } else {
      source = other.main
      guard let states = states(from: other) else { return nil }
      list += states.map { BoundExpression(.column($0), source.columns[$0].type) }
    }
    let output = target.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    let rows = Plan(
      .scan(TableScan(table: source, columns: source.columns.map(\.id), filters: filters)),
      output: source.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    )
    let moved = Plan(.project(rows, list), output: output)
    let keyCount = keyCount(of: target)
    return Plan(
      .aggregate(
        moved,
        keys: (0..<keyCount).map(moved.column),
        aggregates: (keyCount..<output.count).map { Self.sum(moved.column($0), output[$0].type) }
      ),
      output: output
    )
  }

  /// Its conditions that the other does not have, over the other's keys; nil: the other has some that it does not have, or they do not follow.
  private func conditions(behind other: BoundRollup) -> [BoundExpression]? {
    guard other.conditions.allSatisfy(conditions.contains) else { return nil }
    var filters: [BoundExpression] = []
    for condition in conditions where !other.conditions.contains(condition) {
      guard let moved = moved(condition, onto: other) else { return nil }
      filters.append(moved)
    }
    return filters
  }

  /// Where the states of its main table stand in the other's, in its own order.
  private func states(from other: BoundRollup) -> [Int]? {
    var places = [other.countPlace]
    for sum in sums {
      guard let known = other.sums.first(where: { $0.argument == sum.argument }) else { return nil }
      if sum.sum != nil {
        guard let place = known.sum else { return nil }
        places.append(place)
      }
      if sum.count != nil { places.append(known.count ?? other.countPlace) }
      if sum.squares != nil {
        guard let place = known.squares else { return nil }
        places += [place, place + 1]
      }
    }
    return places
  }

  /// An expression over the table's columns as one over another rollup's keys; nil: it does not follow from them.
  private func moved(
    _ expression: BoundExpression,
    onto other: BoundRollup
  ) -> BoundExpression? {
    func column(_ key: Int) -> BoundExpression {
      BoundExpression(.column(key), other.keys[key].expression.type)
    }
    if let key = other.keys.firstIndex(where: { $0.expression == expression }) {
      return column(key)
    }
    if let bucket = TimeBucket(expression) {
      let finer = other.keys.firstIndex { key in
        key.bucket?.column == bucket.column && key.bucket?.refines(bucket.form) == true
      }
      if let finer {
        return expression.mapChildren { $0.columnIndex == bucket.column ? column(finer) : $0 }
      }
    }
    if case .column = expression.node { return nil }
    var isKnown = true
    let changed = expression.mapChildren { child -> BoundExpression in
      guard isKnown, let moved = moved(child, onto: other) else {
        isKnown = false
        return child
      }
      return moved
    }
    return isKnown ? changed : nil
  }
}
