import Catalog
import Columnar
import Execution
import Planning
import Storage

/// INSERT … ON CONFLICT: which proposed rows are new, and what happens to the others.
final class Upsert {
  private let writer: RowWriter
  /// `nil`: DO NOTHING.
  private let values: [Evaluator]?
  private let predicate: Predicate?
  /// The keys that this statement inserted or updated already.
  private var touched = TouchedKeys()

  /// `nil` when a conflict is simply an error.
  init?(_ action: ConflictAction, _ writer: RowWriter) throws(EngineError) {
    self.writer = writer
    switch action {
    case .error: return nil
    case .doNothing:
      values = nil
      predicate = nil
    case .doUpdate(let expressions, let condition):
      var evaluators: [Evaluator] = []
      for expression in expressions { evaluators.append(try writer.evaluator(expression)) }
      values = evaluators
      predicate = try condition.map { (condition: BoundExpression) throws(EngineError) in
        try executed { () throws(ExecutionError) in
          try Predicate([condition], context: writer.context)
        }
      }
    }
  }

  /// Writes one batch of proposed rows.
  ///
  /// - Returns: The rows inserted or updated.
  func write(_ batch: Batch) throws(EngineError) -> Int {
    let keys = writer.keys(of: batch)
    let found = try stored { () throws(StorageError) in
      try writer.transaction.locate(writer.table.id, keys: keys)
    }
    var new: [UInt16] = []
    var conflicting: [UInt16] = []
    var locators: [UInt64] = []
    for row in 0..<batch.rowCount {
      guard touched.insert(keys, row) else {
        guard values == nil else {
          throw EngineError(
            "21000",
            "ON CONFLICT DO UPDATE command cannot affect row a second time",
            hint: "Ensure that no rows proposed for insertion within the same command have "
              + "duplicate constrained values."
          )
        }
        continue
      }
      if let locator = found[row] {
        conflicting.append(UInt16(row))
        locators.append(locator)
      } else {
        new.append(UInt16(row))
      }
    }
    var count = new.count
    if !new.isEmpty {
      let rows = new.count == batch.rowCount ? batch : batch.gathered(new)
      try stored { () throws(StorageError) in
        try writer.transaction.insert(writer.table.id, rows)
      }
      try writer.keepReturning(rows)
    }
    if let values, !conflicting.isEmpty {
      count += try update(values, batch.gathered(conflicting), locators)
    }
    return count
  }

  private func update(
    _ values: [Evaluator],
    _ proposed: Batch,
    _ locators: [UInt64]
  ) throws(EngineError) -> Int {
    let (old, found) = try rows(at: locators)
    // The rows come as they lie; the proposed ones follow them.
    let order = Self.places(of: locators, in: found)
    var both = Batch(
      columns: old.columns + proposed.gathered(order).columns,
      rowCount: proposed.rowCount
    )
    var targets = found
    if let predicate {
      var passed = [UInt16](repeating: 0, count: both.rowCount)
      let count = try executed { () throws(ExecutionError) in
        var span = passed.mutableSpan
        return try predicate.select(both, into: &span)
      }
      passed.removeSubrange(count...)
      targets = passed.map { found[Int($0)] }
      both = both.gathered(passed)
    }
    guard both.rowCount > 0 else { return 0 }
    var columns: [Vector] = []
    for evaluator in values {
      columns.append(try executed { () throws(ExecutionError) in try evaluator.evaluate(both) })
    }
    let new = Batch(columns: columns, rowCount: both.rowCount)
    try stored { () throws(StorageError) in
      try writer.transaction.replace(
        writer.table.id,
        locators: targets,
        by: new,
        keepsKeys: false
      )
    }
    try writer.keepReturning(new)
    return both.rowCount
  }

  /// The whole rows at some places, in the order in which they lie, with their locators.
  private func rows(at locators: [UInt64]) throws(EngineError) -> (Batch, [UInt64]) {
    let table = writer.table
    return try stored { () throws(StorageError) in
      let found = try writer.transaction.table(table.id, scope: .unrestricted, at: locators)
      guard let found, let gather = RowGather(found), gather.rowCount == locators.count else {
        throw .serialization(table: table.name)
      }
      let rows = Batch(
        kinds: table.columns.map(\.type.laneKind),
        capacity: max(1, locators.count)
      )
      try gather.read(
        0..<gather.rowCount,
        columns: table.columns.map(\.id),
        into: rows.columns
      )
      rows.rowCount = gather.rowCount
      return (rows, gather.locators)
    }
  }

  /// For each of `found` its place in `locators`, which holds the same ones in another order.
  private static func places(of locators: [UInt64], in found: [UInt64]) -> [UInt16] {
    let here = locators.indices.sorted { locators[$0] < locators[$1] }
    let there = found.indices.sorted { found[$0] < found[$1] }
    var places = [UInt16](repeating: 0, count: found.count)
    for (from, to) in zip(here, there) { places[to] = UInt16(from) }
    return places
  }
}

/// Keys met by a statement.
private struct TouchedKeys {
  /// Of one integer column.
  private var integers: Set<Int64> = []
  private var others: Set<[Datum]> = []

  /// Notes the key in a row; false when it was met before.
  mutating func insert(_ keys: Batch, _ row: Int) -> Bool {
    let first = keys.columns[0]
    if keys.columns.count == 1, first.kind == .int64, first.isValid(row) {
      let lanes = first.int64
      return integers.insert(lanes[row]).inserted
    }
    return others.insert(keys.columns.map { $0.datum(at: row) }).inserted
  }
}
