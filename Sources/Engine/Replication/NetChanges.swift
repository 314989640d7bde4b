import Columnar
package import Replication
import Storage

/// Why changes of a table cannot be applied: the table must be copied again, the others go on.
package struct ChangeProblem: Error {
  package enum Kind: Sendable {
    /// UPDATE or DELETE of a row that is not there.
    case missingKey
    /// INSERT of a row that is there.
    case duplicateKey
    /// A value that the source left out because it did not change, of a row that is not there.
    case unresolvedValue
    /// A value that the column does not take.
    case value
  }
  package var kind: Kind
  package var text: String
  /// The column of a value that is not taken.
  package var column: String?
}

/// What a list of changes to one table amounts to: for every key that was touched, whether the table's row goes, and the row
/// that is there in the end.
///
/// Chains of changes to one key are netted here, so that storage looks a key up once. Batches are kept as they came;
/// a row is named by its number among all of them.
package final class NetChanges {
  /// Rows of one batch.
  struct Part {
    var rows: Batch
    /// Number of its row 0.
    var start: Int
    /// Per column the rows whose value is that of the row before.
    var unresolved: [[UInt64]?]
  }

  let key: [Int]
  var parts: [Part] = []
  var rowCount = 0
  /// Whether keys are indexed; as long as there are only inserts nobody needs that.
  var isIndexed = false
  var entries = KeyEntries()
  /// Per entry: the row that holds the key now, or -1.
  var current: [Int32] = []
  /// Per entry: whether the table holds the key at first.
  var isStored: [Bool] = []
  /// Per row: whether it is there in the end.
  var isLive: [Bool] = []
  /// Per row: the entry whose stored row holds its unresolved values, or -1.
  var origin: [Int32] = []
  private(set) var isTruncated = false
  /// Bytes that the changes take in memory, about.
  private(set) var byteCount = 0
  var counters = TableCounters()
  /// Of the call that applies.
  var segmentRows = 0

  /// - Parameter key: Places of the key's columns, in key order.
  package init(key: [Int]) { self.key = key }

  var isEmpty: Bool { rowCount == 0 && entries.count == 0 && !isTruncated }

  // MARK: Collecting

  /// Adds changes.
  ///
  /// - Throws: ``ChangeProblem``; the changes are useless then.
  package func add(_ batch: ChangeBatch) throws(ChangeProblem) {
    if let failure = batch.failure {
      let column = failure.column.isEmpty ? nil : failure.column
      throw ChangeProblem(kind: .value, text: failure.text, column: column)
    }
    guard batch.rowCount > 0 else { return }
    let rows = batch.rows
    let part = Part(rows: rows, start: rowCount, unresolved: batch.unchanged.map { $0?.words })
    parts.append(part)
    rowCount += rows.rowCount
    byteCount += rows.rowCount * (48 + rows.columns.reduce(0) { $0 + $1.kind.strideBytes })
    byteCount += rows.textBytes
    if !isIndexed, batch.isInsertsOnly, batch.unchanged.allSatisfy({ $0 == nil }) {
      counters.inserts += rows.rowCount
      return
    }
    if !isIndexed { try indexInserts(before: parts.count - 1) }
    try index(parts.count - 1, batch)
  }

  /// All rows go, those of the table and those collected.
  package func truncate() {
    parts = []
    rowCount = 0
    byteCount = 0
    entries.removeAll()
    current = []
    isStored = []
    isLive = []
    origin = []
    isIndexed = false
    isTruncated = true
    counters.truncates += 1
  }

  /// Indexes the batches so far, which are nothing but inserts.
  private func indexInserts(before end: Int) throws(ChangeProblem) {
    isIndexed = true
    for number in 0..<end {
      let keys = parts[number].rows.selecting(key)
      let place = entries.addPart(keys)
      let hashes = KeyHashes(of: keys).values
      for row in 0..<keys.rowCount {
        try insert(hashes[row], place, row, parts[number].start + row)
      }
    }
  }

  private func index(_ number: Int, _ batch: ChangeBatch) throws(ChangeProblem) {
    let start = parts[number].start
    let keys = parts[number].rows.selecting(key)
    let place = entries.addPart(keys)
    let hashes = KeyHashes(of: keys).values
    let olds = batch.oldKeys
    let oldPlace = olds.map { entries.addPart($0) } ?? -1
    let oldHashes = olds.map { KeyHashes(of: $0).values } ?? []
    var nextOld = 0
    let hasUnresolved = batch.unchanged.contains { $0 != nil }
    for row in 0..<keys.rowCount {
      let number = start + row
      switch batch.kinds[row] {
      case .insert:
        counters.inserts += 1
        try insert(hashes[row], place, row, number)
      case .delete:
        counters.deletes += 1
        isLive.append(false)
        origin.append(-1)
        _ = try remove(hashes[row], place, row)
      case .update:
        counters.updates += 1
        let previous: Removed
        if nextOld < batch.oldKeyRows.count, Int(batch.oldKeyRows[nextOld]) == row {
          previous = try remove(oldHashes[nextOld], oldPlace, nextOld)
          nextOld += 1
          try insert(hashes[row], place, row, number)
        } else {
          previous = try remove(hashes[row], place, row)
          isLive.append(true)
          origin.append(-1)
          current[previous.entry] = Int32(truncatingIfNeeded: number)
        }
        origin[number] = previous.origin
        if hasUnresolved { try resolve(number, from: previous) }
      }
    }
  }

  private func insert(
    _ hash: UInt64,
    _ place: Int,
    _ row: Int,
    _ number: Int
  ) throws(ChangeProblem) {
    isLive.append(true)
    origin.append(-1)
    guard let entry = entries.find(hash, part: place, row: row) else {
      _ = entries.add(hash, part: place, row: row)
      current.append(Int32(truncatingIfNeeded: number))
      isStored.append(false)
      return
    }
    guard current[entry] < 0 else { throw problem(.duplicateKey, entries.parts[place], row) }
    current[entry] = Int32(truncatingIfNeeded: number)
  }

  /// What a change took the place of.
  private struct Removed {
    var entry: Int
    /// The collected row, or -1: the table's.
    var row: Int
    var origin: Int32
  }

  private func remove(_ hash: UInt64, _ place: Int, _ row: Int) throws(ChangeProblem) -> Removed {
    guard let entry = entries.find(hash, part: place, row: row) else {
      guard !isTruncated else { throw problem(.missingKey, entries.parts[place], row) }
      let entry = entries.add(hash, part: place, row: row)
      current.append(-1)
      isStored.append(true)
      return Removed(entry: entry, row: -1, origin: Int32(truncatingIfNeeded: entry))
    }
    let old = Int(current[entry])
    guard old >= 0 else { throw problem(.missingKey, entries.parts[place], row) }
    isLive[old] = false
    current[entry] = -1
    return Removed(entry: entry, row: old, origin: origin[old])
  }

  func problem(_ kind: ChangeProblem.Kind, _ keys: Batch, _ row: Int) -> ChangeProblem {
    let key = keys.columns.map { ValueText.plain($0.datum(at: row)) }.joined(separator: ", ")
    let what = kind == .missingKey ? "a row that is not here" : "a row that is here already"
    return ChangeProblem(
      kind: kind,
      text: "the source changed \(what): key (\(key))"
    )
  }

  /// Gives a row the values that its predecessor has; what that one has not either stays unresolved.
  private func resolve(_ number: Int, from previous: Removed) throws(ChangeProblem) {
    let last = parts.count - 1
    let row = number - parts[last].start
    for column in parts[last].unresolved.indices {
      guard let words = parts[last].unresolved[column], words.hasBit(row) else { continue }
      guard previous.row >= 0 else { continue }
      let (part, old) = place(of: previous.row)
      if parts[part].unresolved[column]?.hasBit(old) == true { continue }
      parts[last].rows.columns[column].copyValue(
        from: parts[part].rows.columns[column],
        old,
        at: row
      )
      parts[last].unresolved[column]?[row >> 6] &= ~(1 << UInt64(row & 63))
      counters.filledValues += 1
    }
  }

  func place(of number: Int) -> (part: Int, row: Int) {
    var low = 0
    var high = parts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if parts[middle].start <= number { low = middle } else { high = middle }
    }
    return (low, number - parts[low].start)
  }
}

extension [UInt64] {
  /// The bit of a row.
  func hasBit(_ row: Int) -> Bool { self[row >> 6] &>> UInt64(row & 63) & 1 != 0 }
}

extension Batch {
  /// Some of the columns, shared.
  func selecting(_ indexes: [Int]) -> Batch {
    Batch(columns: indexes.map { columns[$0] }, rowCount: rowCount)
  }

  /// Bytes of all strings.
  fileprivate var textBytes: Int {
    var total = 0
    for column in columns where column.kind == .bytes {
      for row in 0..<rowCount where column.isValid(row) { total += column.byteView(at: row).count }
    }
    return total
  }
}

extension Vector {
  /// Sets a row to the value of another vector's row; bytes are copied.
  func copyValue(from source: Vector, _ sourceRow: Int, at row: Int) {
    guard kind == .bytes, source.isValid(sourceRow) else {
      set(row, to: source.datum(at: sourceRow))
      return
    }
    let copy = store(source.byteView(at: sourceRow).span)
    var lanes = mutableViews
    lanes[row] = copy
    setValid(row)
  }
}
