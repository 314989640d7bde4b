// What a transaction has inserted into one partition, not committed yet.

internal import Catalog
internal import Columnar

/// Own rows that were made readable.
struct OwnChunk {
  var firstRow: Int
  var batch: DeltaBatch
  var source: any RowSource
  var deletions: DeleteVector?

  var rows: Range<Int> { firstRow..<(firstRow + batch.rowCount) }
}

/// A transaction's rows of one partition.
///
/// A copy is a savepoint: rows are only appended to the shared
/// vectors, and what a rolled-back statement appended is overwritten.
struct OwnRows {
  let ordinal: Int
  private(set) var columns: [ColumnID]
  private(set) var vectors: [Vector]
  private(set) var rowCount = 0
  private(set) var chunks: [OwnChunk] = []
  /// The hashes of the rows' keys.
  private(set) var keyHashes: [UInt64] = []
  /// Whether some row is not in place of one with the same key.
  private(set) var hasNewKeys = false
  /// How many rows the transaction's key index knows.
  private var indexedCount = 0

  /// No rows yet, with room for so many.
  init(ordinal: Int, definition: TableDefinition, capacity: Int, _ encoders: DeltaEncoders) {
    self.ordinal = ordinal
    columns = definition.columns.map(\.id)
    vectors = definition.columns.map {
      encoders.vector($0.type.laneKind, capacity: capacity)
    }
  }

  /// Gives back the vectors that no savepoint has: of rows that are not needed any more.
  mutating func releaseVectors(to encoders: DeltaEncoders) {
    for index in vectors.indices where isKnownUniquelyReferenced(&vectors[index]) {
      encoders.keep(vectors[index])
    }
    vectors = []
  }

  var locatorBase: UInt64 { Locator.base(ordinal: ordinal) }
  private var readableCount: Int { chunks.last?.rows.upperBound ?? 0 }
  var liveRowCount: Int {
    chunks.reduce(rowCount) { $0 - ($1.deletions?.deletedCount ?? 0) }
  }

  /// Has the keys of all rows looked up at the commit.
  mutating func noteNewKeys() { hasNewKeys = true }

  /// Appends rows of a batch in definition order.
  mutating func append(_ batch: Batch, rows: [Int32], _ hashes: KeyHashes, areNew: Bool) {
    if areNew { hasNewKeys = true }
    for (target, source) in zip(vectors, batch.columns) {
      target.append(from: source, rows: rows, at: rowCount)
    }
    for row in rows { keyHashes.append(hashes.values[Int(row)]) }
    rowCount += rows.count
  }

  /// The rows that the transaction's key index does not know yet; it does afterwards.
  mutating func takeUnindexed() -> [KeyHashEntry] {
    defer { indexedCount = rowCount }
    return (indexedCount..<rowCount).map {
      KeyHashEntry(hash: keyHashes[$0], locator: locatorBase + UInt64($0))
    }
  }

  /// Makes all rows readable as blocks.
  mutating func makeReadable(
    _ definition: TableDefinition,
    blockRowCount: Int,
    _ encoders: DeltaEncoders
  ) throws(StorageError) {
    let first = readableCount
    guard first < rowCount else { return }
    let rows = try encode(
      rows: (first..<rowCount).map { Int32($0) },
      blockRowCount: blockRowCount,
      encoders
    )
    let source: any RowSource = TableState(definition).widened(rows) ?? rows
    chunks.append(OwnChunk(firstRow: first, batch: rows, source: source))
  }

  private func encode(
    rows: [Int32],
    blockRowCount: Int,
    _ encoders: DeltaEncoders
  ) throws(StorageError) -> DeltaBatch {
    let isWhole = rows.count == rowCount
    let parts = vectors.map { vector -> Vector in
      if isWhole { return vector }
      let part = Vector(kind: vector.kind, capacity: rows.count)
      part.append(from: vector, rows: rows, at: 0)
      return part
    }
    return try DeltaBatch(
      encoding: zip(columns, parts).map { (id: $0, vector: $1) },
      rowCount: rows.count,
      blockRowCount: blockRowCount,
      encoders
    )
  }

  /// Whether an own row is still there.
  func isLive(_ row: Int) -> Bool {
    guard let chunk = chunks.first(where: { $0.rows.contains(row) }) else { return row < rowCount }
    return chunk.deletions.map { !$0.isDeleted(row - chunk.firstRow) } ?? true
  }

  /// Deletes readable rows; those deleted already are not counted.
  mutating func delete(_ rows: [Int]) -> Int {
    var count = 0
    for index in chunks.indices {
      let chunk = chunks[index]
      let mine = rows.filter { chunk.rows.contains($0) }.map { $0 - chunk.firstRow }
      guard !mine.isEmpty else { continue }
      let old = chunk.deletions ?? DeleteVector(rowCount: chunk.batch.rowCount)
      let new = old.deleting(mine)
      count += new.deletedCount - old.deletedCount
      chunks[index].deletions = new
    }
    return count
  }

  /// The rows to commit, as one batch, with the vectors of the key where these are new; nil when none is left.
  func committed(
    key: [ColumnID],
    blockRowCount: Int,
    _ encoders: DeltaEncoders
  ) throws(StorageError) -> (batch: DeltaBatch, keyHashes: [UInt64], keyBatch: Batch)? {
    let isWhole = chunks.allSatisfy { $0.deletions == nil }
    let live = (0..<Int32(rowCount)).filter { isWhole || isLive(Int($0)) }
    guard !live.isEmpty else { return nil }
    let batch: DeltaBatch
    if live.count == rowCount, chunks.count == 1, let chunk = chunks.first,
      chunk.batch.rowCount == rowCount
    {
      batch = chunk.batch
    } else {
      batch = try encode(rows: live, blockRowCount: blockRowCount, encoders)
    }
    let keyBatch = Batch(columns: [], rowCount: live.count)
    for id in key where hasNewKeys {
      guard let index = columns.firstIndex(of: id) else { continue }
      let part = Vector(kind: vectors[index].kind, capacity: live.count)
      part.append(from: vectors[index], rows: live, at: 0)
      keyBatch.columns.append(part)
    }
    let hashes = isWhole ? keyHashes : live.map { keyHashes[Int($0)] }
    return (batch, key.isEmpty ? [] : hashes, keyBatch)
  }

  /// Takes on a changed definition.
  mutating func alter(to definition: TableDefinition) {
    vectors = definition.columns.map { column in
      if let index = columns.firstIndex(of: column.id) { return vectors[index] }
      let vector = Vector(kind: column.type.laneKind, capacity: max(rowCount, 64))
      vector.fill(with: column.missingValue, rowCount: rowCount)
      return vector
    }
    columns = definition.columns.map(\.id)
    let table = TableState(definition)
    for index in chunks.indices {
      let batch = chunks[index].batch
      chunks[index].source = table.widened(batch) ?? batch
    }
  }

  /// Whether an own row has the key in row `row` of `keys`.
  func hasKey(_ keys: Batch, _ row: Int, key: [ColumnID], at ownRow: Int) -> Bool {
    for (place, id) in key.enumerated() {
      guard let index = columns.firstIndex(of: id),
        keys.columns[place].isSameKey(row, as: vectors[index], ownRow)
      else { return false }
    }
    return true
  }
}

/// A transaction's changes of one table.
struct OwnChanges {
  /// Committed rows deleted by the transaction.
  var deleted: Set<UInt64> = []
  /// By locator of a source's row 0: the source's delete vector with the own deletes, but for those in
  /// ``unnoted``.
  var deletions: [UInt64: DeleteVector] = [:]
  /// Deletes that no reader of the transaction has asked for yet.
  var unnoted: [UInt64] = []
  var rows: [PartitionKey: OwnRows] = [:]
  var partitionOfOrdinal: [PartitionKey] = []
  /// Where own rows with a key may be; all of them only after ``indexKeys()``.
  private var keys = DeltaKeyIndex()

  var isEmpty: Bool { deleted.isEmpty && rows.isEmpty }

  /// Whether an own row is still there.
  func isLive(_ locator: UInt64) -> Bool {
    let ordinal = Int(Locator.slot(of: locator))
    guard ordinal < partitionOfOrdinal.count else { return false }
    return rows[partitionOfOrdinal[ordinal]]?.isLive(Int(Locator.deltaRow(of: locator))) ?? false
  }

  /// The rows that an own row is one of.
  func rows(of locator: UInt64) -> OwnRows? {
    let ordinal = Int(Locator.slot(of: locator))
    return ordinal < partitionOfOrdinal.count ? rows[partitionOfOrdinal[ordinal]] : nil
  }

  /// The rows of a partition, begun with room for so many when there are none.
  mutating func own(
    _ key: PartitionKey,
    _ definition: TableDefinition,
    capacity: Int,
    _ encoders: DeltaEncoders
  ) -> OwnRows {
    if let rows = rows[key] { return rows }
    let own = OwnRows(
      ordinal: partitionOfOrdinal.count,
      definition: definition,
      capacity: capacity,
      encoders
    )
    partitionOfOrdinal.append(key)
    return own
  }

  /// Indexes the rows that came since the last time: most transactions never look for their own rows.
  mutating func indexKeys() {
    var entries: [KeyHashEntry] = []
    for key in rows.keys { entries += rows[key]?.takeUnindexed() ?? [] }
    guard !entries.isEmpty else { return }
    let current = self
    keys.append(KeyHashRun(unsorted: entries)) { current.isLive }
  }

  /// The live own row that has a key, after ``indexKeys()``.
  func locate(_ keys: Batch, _ row: Int, hash: UInt64, key: [ColumnID]) -> UInt64? {
    self.keys.first(ofHash: hash) { locator -> UInt64? in
      guard isLive(locator) else { return nil }
      let own = rows[partitionOfOrdinal[Int(Locator.slot(of: locator))]]
      let ownRow = Int(Locator.deltaRow(of: locator))
      return own?.hasKey(keys, row, key: key, at: ownRow) == true ? locator : nil
    }
  }
}
