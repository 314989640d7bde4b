import Columnar

/// Keys of a grouping that follow from other keys are computed from the groups, not compared row by row.
///
/// `GROUP BY a, a - 1, 'x'` has the groups of `GROUP BY a`. A key is one of these when it reads no columns but
/// such as are keys themselves; their type must have one form for equal values (1.0 and 1.00 are equal
/// numerics, but `n::text` tells them apart).
enum DependentKeys {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    guard case .aggregate(let input, let keys, let calls) = plan.node, keys.count > 1 else {
      return plan
    }
    let places = self.places(of: keys)
    guard !places.kept.isEmpty, places.kept.count < keys.count else { return plan }
    var output = places.kept.map { plan.output[$0] }
    output += plan.output[keys.count...]
    let groups = Plan(
      .aggregate(input, keys: places.kept.map { keys[$0] }, aggregates: calls),
      output: output
    )
    let list =
      keys.indices.map { place -> BoundExpression in
        if let own = places.kept.firstIndex(of: place) { return groups.column(own) }
        return keys[place].mapColumns { column in places.ofColumn[column] ?? 0 }
      } + calls.indices.map { groups.column(places.kept.count + $0) }
    return Plan(.project(groups, list), output: plan.output)
  }

  /// The keys that stay, and the place of each kept column among them.
  private static func places(of keys: [BoundExpression]) -> (kept: [Int], ofColumn: [Int: Int]) {
    var columns: Set<Int> = []
    for key in keys {
      if let column = key.columnIndex, hasOneForm(key.type) { columns.insert(column) }
    }
    var kept: [Int] = []
    var ofColumn: [Int: Int] = [:]
    for (place, key) in keys.enumerated() {
      if let column = key.columnIndex, columns.contains(column) {
        // The same column again follows from the first.
        if ofColumn[column] != nil { continue }
        ofColumn[column] = kept.count
      } else if key.columnIndexes.isSubset(of: columns), !key.isVolatile {
        continue
      }
      kept.append(place)
    }
    return (kept, ofColumn)
  }

  /// Whether values that are equal cannot be told apart.
  private static func hasOneForm(_ type: LogicalType) -> Bool {
    switch type {
    case .boolean, .smallint, .integer, .bigint, .text, .varchar, .uuid, .date, .time, .timestamp,
      .timestamptz, .bytea:
      true
    default: false
    }
  }
}
