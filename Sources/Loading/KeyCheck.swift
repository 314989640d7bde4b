// Primary keys of a load: against the rows of the table, and among the rows of the file.
//
// Costs 8 bytes of memory a row of the file (24 where duplicates are resolved).

internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Storage
internal import Synchronization

/// What to do with a row whose key is there already, in the table or earlier in the file.
package enum ConflictRule: Sendable {
  /// Load nothing of the file.
  case error
  /// The later row replaces the earlier one.
  case update
  /// The earlier row stays.
  case skip
}

/// Where a load goes; shared by the workers.
struct LoadTarget: Sendable {
  let store: Store
  let definition: TableDefinition
  /// Whether the table had rows at the start of the load.
  let hasRows: Bool
  let rule: ConflictRule
  /// Places of the key columns.
  let keyPlaces: [Int]
  /// Column by column; nil where values are not coded: all but strings, and strings that rows are
  /// sorted or known by.
  let dictionaries: [LoadDictionary?]
  /// Nil: the table is taken for empty.
  private let rows: KnownRows?

  /// - Parameters:
  ///   - store: Where segments are written.
  ///   - definition: The table, as the transaction sees it.
  ///   - transaction: Will publish the segments; nobody else uses it during the load.
  ///   - rule: What to do with keys that are there already.
  /// - Throws: ``LoadError/storage(_:)`` when own rows of the transaction cannot be read.
  init(
    _ store: Store,
    _ definition: TableDefinition,
    _ transaction: Transaction,
    rule: ConflictRule
  ) throws(LoadError) {
    self.store = store
    self.definition = definition
    self.rule = rule
    let table = try stored { () throws(StorageError) in
      try transaction.table(definition.id, scope: .unrestricted)
    }
    hasRows = (table?.liveRowCount ?? 0) > 0
    keyPlaces = Self.keyPlaces(definition)
    dictionaries = Self.dictionaries(definition)
    rows = KnownRows(transaction, definition.id)
  }

  /// For rows that will be all that the table holds.
  init(_ store: Store, filling definition: TableDefinition) {
    self.store = store
    self.definition = definition
    rule = .error
    hasRows = false
    keyPlaces = Self.keyPlaces(definition)
    dictionaries = Self.dictionaries(definition)
    rows = nil
  }

  private static func keyPlaces(_ definition: TableDefinition) -> [Int] {
    definition.primaryKey.compactMap { definition.index(of: $0) }
  }

  private static func dictionaries(_ definition: TableDefinition) -> [LoadDictionary?] {
    let special = Set(definition.primaryKey + definition.sortKey)
    return definition.columns.map {
      $0.type.laneKind == .bytes && !special.contains($0.id) ? LoadDictionary() : nil
    }
  }

  var keepsOrdinals: Bool { !keyPlaces.isEmpty && rule != .error }

  /// The locators of the rows that have some keys already.
  func locate(_ keys: Batch) throws(LoadError) -> [UInt64?] {
    try rows?.locate(keys) ?? Array(repeating: nil, count: keys.rowCount)
  }

  /// The error of a key that is there twice.
  func duplicate(_ key: [Datum]) -> LoadError {
    .duplicateKey(
      table: definition.name,
      columns: keyPlaces.map { definition.columns[$0].name },
      key: key
    )
  }
}

/// Looks keys up in the rows that a transaction sees.
private final class KnownRows: @unchecked Sendable {
  // SAFETY: the transaction's owner leaves it alone during a load, and the workers use it one at a time;
  // its snapshot is immutable.
  private let transaction: Transaction
  private let table: TableID
  private let isSnapshotEnough: Bool
  private let turn = Mutex(())

  init(_ transaction: Transaction, _ table: TableID) {
    self.transaction = transaction
    self.table = table
    isSnapshotEnough = !transaction.hasChangedRows(of: table)
  }

  func locate(_ keys: Batch) throws(LoadError) -> [UInt64?] {
    if isSnapshotEnough {
      return try stored { () throws(StorageError) in
        try transaction.snapshot.locate(table, keys: keys)
      }
    }
    return try turn.withLock { _ throws(LoadError) in
      try stored { () throws(StorageError) in try transaction.locate(table, keys: keys) }
    }
  }
}

extension LoadTarget {
  /// Finds rows of a segment whose keys the table has already.
  ///
  /// - Parameters:
  ///   - rowCount: Rows of the segment.
  ///   - gather: Gives rows of a column.
  /// - Returns: Their places, and the locators of the table's rows.
  /// - Throws: ``LoadError/duplicateKey(table:columns:key:)`` where that is an error.
  func knownRows(
    rowCount: Int,
    gather: (_ column: Int, _ rows: Range<Int>) -> Vector
  ) throws(LoadError) -> [(row: Int, locator: UInt64)] {
    var known: [(row: Int, locator: UInt64)] = []
    guard hasRows, !keyPlaces.isEmpty else { return known }
    for first in stride(from: 0, to: rowCount, by: vectorRowsMax) {
      let rows = first..<min(rowCount, first + vectorRowsMax)
      let keys = Batch(columns: keyPlaces.map { gather($0, rows) }, rowCount: rows.count)
      let found = try locate(keys)
      for (row, locator) in found.enumerated() {
        guard let locator else { continue }
        guard rule != .error else { throw duplicate(keys.columns.map { $0.datum(at: row) }) }
        known.append((first + row, locator))
      }
    }
    return known
  }
}

/// Drops all rows of a bucket but one of each key.
///
/// A segment holds a key once, deleted rows included: its key index answers with one row.
///
/// - Parameters:
///   - order: The rows in sort order.
///   - bucket: Holds them, with their places in the file.
///   - target: Knows the key, and which row wins.
func dropRepeatedKeys(
  _ order: inout [Int32],
  _ bucket: PartitionBuckets.Bucket,
  _ target: LoadTarget
) {
  let words = keyWords(order, bucket, target)
  let repeated = Set(repeatedWords([words]))
  guard !repeated.isEmpty else { return }
  var rows: [(part: RowPart, row: Int)] = []
  rows.reserveCapacity(words.count)
  for part in bucket.parts { for row in 0..<part.batch.rowCount { rows.append((part, row)) } }
  var winners: [[Datum]: (row: Int, ordinal: UInt64)] = [:]
  var losers: Set<Int> = []
  for (row, word) in words.enumerated() where repeated.contains(word) {
    let (part, place) = rows[Int(order[row])]
    let key = target.keyPlaces.map { part.batch.columns[$0].datum(at: place) }
    let ordinal = part.ordinals[place]
    guard let known = winners[key] else {
      winners[key] = (row, ordinal)
      continue
    }
    let wins = target.rule == .update ? ordinal > known.ordinal : ordinal < known.ordinal
    losers.insert(wins ? known.row : row)
    if wins { winners[key] = (row, ordinal) }
  }
  order = order.indices.filter { !losers.contains($0) }.map { order[$0] }
}

/// The keys of rows as words: single int64 keys as they are, else hashes.
private func keyWords(
  _ order: [Int32],
  _ bucket: PartitionBuckets.Bucket,
  _ target: LoadTarget
) -> [UInt64] {
  let gather = PartGather(bucket.parts, order, target)
  var words: [UInt64] = []
  words.reserveCapacity(order.count)
  for start in stride(from: 0, to: order.count, by: vectorRowsMax) {
    let rows = start..<min(order.count, start + vectorRowsMax)
    let columns = target.keyPlaces.map { gather.rows($0, rows) }
    let first = columns[0]
    if columns.count == 1, first.kind == .int64 {
      let lanes = first.int64
      for row in 0..<rows.count { words.append(UInt64(bitPattern: lanes[row])) }
    } else {
      words += KeyHashes(of: columns, rowCount: rows.count).values
    }
  }
  return words
}

/// Words that occur more than once, ascending.
///
/// - Complexity: O(n): a bitmap where the words lie close together, else tables of words that fit into the second cache.
func repeatedWords(_ lists: [[UInt64]]) -> [UInt64] {
  let count = lists.reduce(0) { $0 + $1.count }
  // As signed integers, so that keys around zero are close together.
  var low = Int64.max
  var high = Int64.min
  for list in lists {
    for word in list {
      low = min(low, Int64(bitPattern: word))
      high = max(high, Int64(bitPattern: word))
    }
  }
  guard count > 1 else { return [] }
  let range = UInt64(bitPattern: high) &- UInt64(bitPattern: low)
  if range < UInt64(max(count, 1024)) * 32 {
    return repeatedInBitmap(lists, low: UInt64(bitPattern: low), range: range)
  }
  return RepeatedWords(lists).values.sorted()
}

private func repeatedInBitmap(_ lists: [[UInt64]], low: UInt64, range: UInt64) -> [UInt64] {
  var bits = [UInt64](repeating: 0, count: Int(range / 64) + 1)
  var repeated: Set<UInt64> = []
  var places = bits.mutableSpan
  for list in lists {
    for word in list {
      let offset = word &- low
      let bit: UInt64 = 1 &<< (offset & 63)
      let place = Int(offset >> 6)
      let known = places[place]
      if known & bit != 0 { repeated.insert(word) }
      places[place] = known | bit
    }
  }
  return repeated.sorted()
}

/// Decides about rows of the file that share a key.
struct DuplicateResolver {
  private let target: LoadTarget
  private let segments: [LoadedSegment]
  private let sources: [UInt32: any RowSource]

  ///
  /// - Parameters:
  ///   - target: The table.
  ///   - segments: All that was loaded.
  ///   - table: The table with these segments published.
  init(_ target: LoadTarget, _ segments: [LoadedSegment], in table: TableSnapshot) {
    self.target = target
    self.segments = segments
    var sources: [UInt32: any RowSource] = [:]
    for partition in table.partitions {
      for source in partition.sources where source.locatorBase >> 63 == 0 {
        sources[UInt32(source.locatorBase >> 32)] = source.source
      }
    }
    self.sources = sources
  }

  /// A row of a loaded segment.
  private struct Place {
    var segment: Int
    var row: Int
    var ordinal: UInt64
    var key: [Datum]
  }

  /// The locators of the rows that lose, or the error of the first duplicate.
  func losers() throws(LoadError) -> [UInt64] {
    let repeated = repeatedWords(segments.map(\.keyWords))
    guard !repeated.isEmpty else { return [] }
    let wanted = Set(repeated)
    var places: [UInt64: [Place]] = [:]
    for (index, segment) in segments.enumerated() {
      for (row, word) in segment.keyWords.enumerated() where wanted.contains(word) {
        let ordinal = segment.ordinals.isEmpty ? 0 : segment.ordinals[row]
        let key = try key(segment.built.number, row)
        places[word, default: []].append(
          Place(segment: index, row: row, ordinal: ordinal, key: key)
        )
      }
    }
    var losers: [UInt64] = []
    for word in repeated {
      // Rows of one hash may have different keys.
      for group in Dictionary(grouping: places[word] ?? [], by: \.key).values where group.count > 1
      {
        guard target.rule != .error else { throw target.duplicate(group[0].key) }
        let ordered = group.sorted { $0.ordinal < $1.ordinal }
        let lost = target.rule == .update ? ordered.dropLast() : ordered.dropFirst()
        losers += lost.map { locator($0.segment, $0.row) }
      }
    }
    return losers
  }

  func locator(_ segment: Int, _ row: Int) -> UInt64 {
    Locator.base(segment: segments[segment].built.number) + UInt64(row)
  }

  private func key(_ number: UInt32, _ row: Int) throws(LoadError) -> [Datum] {
    guard let source = sources[number] else { return [] }
    var key: [Datum] = []
    for place in target.keyPlaces {
      let id = target.definition.columns[place].id
      let block = try stored { () throws(StorageError) in
        try source.block(id, at: row / source.blockRowCount)
      }
      key.append((try? block.value(at: row % source.blockRowCount)) ?? .null)
    }
    return key
  }
}
