package import Catalog
import Columnar
import Loading
import Replication
package import Storage

extension NetChanges {
  /// Puts the changes into a transaction.
  ///
  /// - Parameters:
  ///   - transaction: Rolled back by the caller after an error.
  ///   - id: The table; the batches have its columns in its order.
  ///   - store: The transaction's.
  ///   - segmentRows: Rows from which on they go straight into segments: a transaction's own rows stay in memory and in
  ///     one log record.
  /// - Throws: ``ApplyFailure``.
  package func apply(
    to transaction: Transaction,
    _ id: TableID,
    in store: Store,
    segmentRows: Int = 1 << 17
  ) throws(ApplyFailure) {
    self.segmentRows = segmentRows
    if isTruncated {
      try changed { () throws(StorageError) in try transaction.change(.truncate(id)) }
    }
    guard isIndexed else {
      return try insert(parts.map(\.rows), transaction, id, store)
    }
    var stored: [Int32] = []
    for entry in isStored.indices where isStored[entry] {
      stored.append(Int32(truncatingIfNeeded: entry))
    }
    let locators = try locate(stored, transaction, id)
    try fill(stored, locators, transaction, id)
    try replaceStored(stored, locators, transaction, id, store)
    var rows: [Int32] = []
    for entry in isStored.indices where !isStored[entry] && current[entry] >= 0 {
      rows.append(current[entry])
    }
    if !rows.isEmpty { try insert([gathered(rows)], transaction, id, store) }
  }

  /// Where the rows of keys are that the table must hold.
  private func locate(
    _ stored: [Int32],
    _ transaction: Transaction,
    _ id: TableID
  ) throws(ApplyFailure) -> [UInt64] {
    guard !stored.isEmpty else { return [] }
    let keys = entries.keys(of: stored)
    let found = try changed { () throws(StorageError) in try transaction.locate(id, keys: keys) }
    var locators: [UInt64] = []
    locators.reserveCapacity(found.count)
    for (row, locator) in found.enumerated() {
      guard let locator else { throw .problem(problem(.missingKey, keys, row)) }
      locators.append(locator)
    }
    return locators
  }

  /// Deletes stored rows, and puts those in their place that have the same keys.
  private func replaceStored(
    _ stored: [Int32],
    _ locators: [UInt64],
    _ transaction: Transaction,
    _ id: TableID,
    _ store: Store
  ) throws(ApplyFailure) {
    var gone: [UInt64] = []
    var replaced: [UInt64] = []
    var rows: [Int32] = []
    for (place, entry) in stored.enumerated() {
      let row = current[Int(entry)]
      if row >= 0 {
        replaced.append(locators[place])
        rows.append(row)
      } else {
        gone.append(locators[place])
      }
    }
    let isLarge = rows.count >= segmentRows
    if isLarge { gone += replaced }
    try changed { () throws(StorageError) in
      if !gone.isEmpty { try transaction.delete(id, locators: gone) }
      if !rows.isEmpty, !isLarge {
        try transaction.replace(id, locators: replaced, by: gathered(rows))
      }
    }
    if isLarge { try publish([gathered(rows)], transaction, id, store) }
  }

  /// Rows by their numbers; a whole batch is handed on as it is.
  private func gathered(_ numbers: [Int32]) -> Batch {
    if parts.count == 1, numbers.count == rowCount,
      numbers.indices.allSatisfy({ numbers[$0] == Int32(truncatingIfNeeded: $0) })
    {
      return parts[0].rows
    }
    let result = Batch(
      kinds: parts[0].rows.columns.map(\.kind),
      capacity: max(64, numbers.count)
    )
    var start = 0
    while start < numbers.count {
      // Runs of one part are copied at once.
      let (part, first) = place(of: Int(numbers[start]))
      let end = parts[part].start + parts[part].rows.rowCount
      var rows = [Int32(truncatingIfNeeded: first)]
      while start + rows.count < numbers.count {
        let number = Int(numbers[start + rows.count])
        guard number >= parts[part].start, number < end else { break }
        rows.append(Int32(truncatingIfNeeded: number - parts[part].start))
      }
      result.append(from: parts[part].rows, rows: rows)
      start += rows.count
    }
    return result
  }

  /// Takes the values that the source left out from the table's own rows.
  private func fill(
    _ stored: [Int32],
    _ locators: [UInt64],
    _ transaction: Transaction,
    _ id: TableID
  ) throws(ApplyFailure) {
    var rank: [Int32] = []
    for part in parts.indices {
      for column in parts[part].unresolved.indices {
        guard let words = parts[part].unresolved[column] else { continue }
        let rows = (0..<parts[part].rows.rowCount).filter {
          words.hasBit($0) && isLive[parts[part].start + $0]
        }
        guard !rows.isEmpty else { continue }
        if rank.isEmpty {
          rank = [Int32](repeating: -1, count: entries.count)
          for (place, entry) in stored.enumerated() { rank[Int(entry)] = Int32(place) }
        }
        var sources: [(locator: UInt64, row: Int)] = []
        for row in rows {
          let entry = Int(origin[parts[part].start + row])
          guard entry >= 0, rank[entry] >= 0 else {
            throw .problem(
              ChangeProblem(
                kind: .unresolvedValue,
                text: "the source left a value out that is not here"
              )
            )
          }
          sources.append((locators[Int(rank[entry])], row))
        }
        sources.sort { $0.locator < $1.locator }
        try fill(parts[part].rows.columns[column], column, sources, transaction, id)
        parts[part].unresolved[column] = nil
        counters.filledValues += rows.count
      }
    }
  }

  /// One column's values, from stored rows in ascending order to rows of the vector.
  private func fill(
    _ target: Vector,
    _ column: Int,
    _ sources: [(locator: UInt64, row: Int)],
    _ transaction: Transaction,
    _ id: TableID
  ) throws(ApplyFailure) {
    let (values, found) = try changed { () throws(StorageError) -> (Vector, [UInt64]) in
      let table = try transaction.table(id, scope: .unrestricted, at: sources.map(\.locator))
      guard let table, let gather = RowGather(table), gather.rowCount == sources.count else {
        throw .unknownTable(id)
      }
      let values = Vector(kind: target.kind, capacity: max(64, gather.rowCount))
      try gather.read(
        0..<gather.rowCount,
        columns: [table.definition.columns[column].id],
        into: [values]
      )
      return (values, gather.locators)
    }
    let order = found.indices.sorted { found[$0] < found[$1] }
    for (source, place) in zip(sources, order) {
      precondition(source.locator == found[place], "the rows that were asked for")
      target.copyValue(from: values, place, at: source.row)
    }
  }

  private func insert(
    _ batches: [Batch],
    _ transaction: Transaction,
    _ id: TableID,
    _ store: Store
  ) throws(ApplyFailure) {
    guard batches.reduce(0, { $0 + $1.rowCount }) >= segmentRows else {
      return try changed { () throws(StorageError) in
        for rows in batches { try transaction.insert(id, rows) }
      }
    }
    for rows in batches {
      let keys = rows.selecting(key)
      let found = try changed { () throws(StorageError) in try transaction.locate(id, keys: keys) }
      if let row = found.firstIndex(where: { $0 != nil }) {
        throw .problem(problem(.duplicateKey, keys, row))
      }
    }
    try publish(batches, transaction, id, store)
  }

  /// Makes segments of rows whose keys are free.
  private func publish(
    _ batches: [Batch],
    _ transaction: Transaction,
    _ id: TableID,
    _ store: Store
  ) throws(ApplyFailure) {
    guard let definition = transaction.catalog.tables[id] else { throw .storage(.unknownTable(id)) }
    let segments: [BuiltSegment]
    do throws(LoadError) {
      segments = try Self.segments(of: batches, definition, store)
    } catch {
      switch error {
      case .storage(let error): return try changed { () throws(StorageError) in throw error }
      case .io(let error): throw .storage(.io(error))
      case .duplicateKey(let table, let columns, let key):
        return try changed { () throws(StorageError) in
          throw .uniqueViolation(table: table, columns: columns, key: key)
        }
      default:
        let text = EngineError(error, table: definition.name).message
        throw .problem(ChangeProblem(kind: .value, text: text))
      }
    }
    try changed { () throws(StorageError) in try transaction.publish(segments, of: id) }
  }

  private static func segments(
    of batches: [Batch],
    _ definition: TableDefinition,
    _ store: Store
  ) throws(LoadError) -> [BuiltSegment] {
    let load = BatchLoad(store, definition, workerCount: 1, memoryBytes: 256 << 20)
    let worker = load.worker(0)
    do throws(LoadError) {
      for rows in batches { try worker.add(rows) }
    } catch {
      load.abandon()
      throw error
    }
    worker.finish()
    return try load.finish()
  }

  private func changed<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(ApplyFailure) -> Result {
    do throws(StorageError) {
      return try body()
    } catch {
      switch error {
      case .uniqueViolation(_, _, let key):
        let text = key.map { ValueText.plain($0) }.joined(separator: ", ")
        throw .problem(
          ChangeProblem(
            kind: .duplicateKey,
            text: "the source inserted a row that is here already: key (\(text))"
          )
        )
      case .notNullViolation(_, let column):
        throw .problem(
          ChangeProblem(
            kind: .value,
            text: "column \"\(column)\" takes no NULL, the source sent one"
          )
        )
      default: throw .storage(error)
      }
    }
  }
}

/// Why changes were not applied.
package enum ApplyFailure: Error {
  /// Only this table is concerned.
  case problem(ChangeProblem)
  case storage(StorageError)
}
