internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Planning

/// The primary keys that the conditions of a scan leave, where they are few: `id = 7`, `id IN (…)`, all columns of a
/// key compared with constants.
enum KeyPin {
  /// More keys than these are not looked up one by one.
  private static let keyCountMax = 65_536

  /// The key columns in key order, one row a key; nil when some key column is not pinned.
  static func keys(
    of scan: TableScan,
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> Batch? {
    guard !scan.table.primaryKey.isEmpty, !scan.filters.isEmpty else { return nil }
    var values: [Int: [Datum]] = [:]
    for filter in scan.filters {
      var parts: [BoundExpression] = []
      flatten(filter, isAnd: true, into: &parts)
      for part in parts {
        guard let (place, wanted) = try pinned(part, shared) else { continue }
        if let known = values[place], known.count <= wanted.count { continue }
        values[place] = wanted
      }
    }
    var columns: [[Datum]] = []
    for id in scan.table.primaryKey {
      guard let place = scan.columns.firstIndex(of: id), let wanted = values[place] else {
        return nil
      }
      columns.append(wanted)
    }
    return batch(columns, scan)
  }

  /// The column that a condition pins, and to what.
  private static func pinned(
    _ part: BoundExpression,
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> (place: Int, values: [Datum])? {
    switch part.node {
    case .inList, .call(.compare(.equal), _): break
    default: return nil
    }
    switch try ScanCondition.zone(part, shared) {
    case .integers(let column, let bounds) where bounds.count == 1:
      return (column, [.int64(bounds.lowerBound)])
    case .integerSet(let column, let lanes): return (column, lanes.map { .int64($0) })
    case .range(let column, let lower?, let upper?) where lower.isInclusive && upper.isInclusive:
      switch (lower.value, upper.value) {
      case (.bytes(let low), .bytes(let high)) where low == high: return (column, [lower.value])
      case (.uuid(let low), .uuid(let high)) where low == high: return (column, [lower.value])
      default: return nil
      }
    default: return nil
    }
  }

  /// All combinations of the columns' values; nil when there are too many.
  private static func batch(_ columns: [[Datum]], _ scan: TableScan) -> Batch? {
    var count = 1
    for values in columns {
      let (product, overflow) = count.multipliedReportingOverflow(by: values.count)
      guard !overflow, product <= keyCountMax else { return nil }
      count = product
    }
    let kinds = scan.table.primaryKey.compactMap { id in
      scan.table.index(of: id).map { scan.table.columns[$0].type.laneKind }
    }
    let batch = Batch(kinds: kinds, capacity: max(1, count))
    var repeats = count
    for (vector, values) in zip(batch.columns, columns) {
      guard !values.isEmpty else { break }
      repeats /= values.count
      for row in 0..<count {
        guard vector.set(values[row / repeats % values.count], at: row) else { return nil }
      }
    }
    batch.rowCount = count
    return batch
  }
}
