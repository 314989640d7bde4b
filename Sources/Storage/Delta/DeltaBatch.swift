// Recent rows of a partition, in memory, as encoded blocks: a scan knows one kind of source. The log
// and the delta files hold the same bytes, so nothing is encoded twice.

package import Catalog
package import ColumnEncoding
package import Columnar
internal import Synchronization

/// Rows of one column; its bytes are what the log holds.
struct DeltaBlock: Sendable {
  var block: EncodedBlock
  var statistics: BlockStatistics
}

/// One column of a delta batch.
struct DeltaColumn: Sendable {
  let id: ColumnID
  let kind: LaneKind
  var blocks: [DeltaBlock] = []
  /// Statistics of all blocks together.
  var whole = BlockStatistics.none
}

/// Rows of one partition committed together or merged from such; immutable.
package final class DeltaBatch: RowSource {
  package let rowCount: Int
  package let blockRowCount: Int
  /// Ascending by number.
  let columns: [DeltaColumn]
  /// Bytes of all blocks.
  let byteCount: Int
  /// Where the first block of each column is.
  private let firstBlocks: [Int]
  private let place = Mutex<DeltaPlace?>(nil)
  private let successor = Mutex<DeltaSuccessor?>(nil)
  /// By column, once somebody has asked.
  private let texts = Mutex<[ColumnID: FewTexts]>([:])

  init(rowCount: Int, blockRowCount: Int, columns: [DeltaColumn]) {
    precondition(rowCount > 0)
    self.rowCount = rowCount
    self.blockRowCount = blockRowCount
    let isSorted = zip(columns, columns.dropFirst()).allSatisfy { $0.id < $1.id }
    self.columns = isSorted ? columns : columns.sorted { $0.id < $1.id }
    firstBlocks = self.columns.map { $0.blocks.first?.block.address ?? 0 }
    byteCount = columns.reduce(0) { $0 + $1.blocks.reduce(0) { $0 + $1.block.buffer.byteCount } }
  }

  /// Encodes the first `rowCount` rows of `vectors`.
  convenience init(
    encoding vectors: [(id: ColumnID, vector: Vector)],
    rowCount: Int,
    blockRowCount: Int,
    _ encoders: DeltaEncoders
  ) throws(StorageError) {
    var columns: [DeltaColumn] = []
    columns.reserveCapacity(vectors.count)
    for (id, vector) in vectors {
      columns.append(try Self.encode(id, vector, rowCount, blockRowCount, encoders))
    }
    self.init(rowCount: rowCount, blockRowCount: blockRowCount, columns: columns)
  }

  private static func encode(
    _ id: ColumnID,
    _ vector: Vector,
    _ rowCount: Int,
    _ blockRowCount: Int,
    _ encoders: DeltaEncoders
  ) throws(StorageError) -> DeltaColumn {
    let encoder = encoders.encoder(vector.kind, rowCount: min(blockRowCount, rowCount))
    var column = DeltaColumn(id: id, kind: vector.kind)
    column.blocks.reserveCapacity((rowCount + blockRowCount - 1) / blockRowCount)
    for first in stride(from: 0, to: rowCount, by: blockRowCount) {
      encoder.append(vector, rows: first..<min(rowCount, first + blockRowCount))
      let (bytes, statistics) = encoder.finishBlock()
      try column.append(bytes, statistics, file: "memory", offset: 0)
    }
    return column
  }

  package func statistics(_ column: ColumnID, block: Int?) -> BlockStatistics? {
    guard let place = place(of: column) else { return nil }
    guard let block else { return columns[place].whole }
    return columns[place].blocks[block].statistics
  }

  /// Where a column is in ``columns``; mostly columns have the places of their numbers.
  func place(of column: ColumnID) -> Int? {
    let guess = Int(column.rawValue)
    if guess < columns.count, columns[guess].id == column { return guess }
    return columns.firstIndex { $0.id == column }
  }

  package func block(_ column: ColumnID, at index: Int) throws(StorageError) -> EncodedBlock {
    guard let place = place(of: column) else {
      throw .corrupt(file: "delta", offset: 0, what: "no column \(column.rawValue)")
    }
    return columns[place].blocks[index].block
  }

  package func fewTexts(_ column: ColumnID) throws(StorageError) -> TextDictionary? {
    guard rowCount >= FewTexts.rowsMin, let place = place(of: column) else { return nil }
    if let known = texts.withLock({ $0[column] }) { return known.dictionary }
    let found = try FewTexts(of: columns[place])
    texts.withLock { $0[column] = found }
    return found.dictionary
  }

  package func prefetchBlocks(_ columns: [ColumnID], at index: Int, pass: Int) {
    guard pass == 1, index == 0 else { return }
    for column in columns {
      if let place = place(of: column) { EncodedBlock.prefetchObject(at: firstBlocks[place]) }
    }
  }

  /// Where a delta file holds these rows; nil: only the log does.
  var storedPlace: DeltaPlace? {
    get { place.withLock { $0 } }
    set { place.withLock { $0 = newValue } }
  }

  /// Where the rows went when they left the delta; for transactions that still hold a snapshot in
  /// which they were here.
  var movedTo: DeltaSuccessor? {
    get { successor.withLock { $0 } }
    set { successor.withLock { $0 = newValue } }
  }
}

/// Encoders that serve one batch after the other, and vectors for the rows: a commit into many partitions has many small ones.
///
/// Used by one thread at a time.
final class DeltaEncoders: @unchecked Sendable {
  // SAFETY: a transaction, which one thread uses, or the store's list of spare ones has it alone.
  private var encoders: [LaneKind: BlockEncoder] = [:]
  private var vectors: [LaneKind: [Vector]] = [:]
  /// Of each kind.
  private static let vectorsMax = 256
  /// What a vector may hold for strings.
  private static let arenaBytesMax = 64 << 10

  /// Whether they are worth keeping: their rooms are for some hundred rows.
  var areSmall: Bool { encoders.values.allSatisfy { $0.blockRowCount <= groupRowCount } }

  /// A vector without rows.
  func vector(_ kind: LaneKind, capacity: Int) -> Vector {
    if capacity <= 64, let spare = vectors[kind]?.popLast() { return spare }
    return Vector(kind: kind, capacity: capacity)
  }

  /// Takes back a small vector that nobody else has.
  func keep(_ vector: Vector) {
    guard vector.capacity == 64, vector.arenaByteCount <= Self.arenaBytesMax,
      vectors[vector.kind, default: []].count < Self.vectorsMax
    else { return }
    vector.reset()
    vectors[vector.kind, default: []].append(vector)
  }

  /// An encoder without rows for blocks of up to `rowCount`.
  func encoder(_ kind: LaneKind, rowCount: Int) -> BlockEncoder {
    if let known = encoders[kind], known.blockRowCount >= rowCount { return known }
    let rounded = (rowCount + groupRowCount - 1) / groupRowCount * groupRowCount
    let fresh = BlockEncoder(kind: kind, blockRowCount: min(rounded, 65_536))
    encoders[kind] = fresh
    return fresh
  }
}

/// Where rows of a delta batch went.
enum DeltaSuccessor: Sendable {
  /// Into a larger batch; row numbers stay.
  case merged(DeltaBatch)
  /// Into segments.
  case sealed(RowMap)
}

/// A batch's bytes in a delta file.
struct DeltaPlace: Equatable, Sendable {
  var fileNumber: UInt64
  var offset: Int64
  var byteCount: Int
  var checksum: UInt32
}

extension DeltaColumn {
  /// Appends a block, which is checked like any untrusted one.
  mutating func append(
    _ buffer: ByteBuffer,
    _ blockStatistics: BlockStatistics,
    file: String,
    offset: Int64
  ) throws(StorageError) {
    do throws(EncodingError) {
      let block = try EncodedBlock(bytes: buffer, kind: kind, dictionary: nil)
      if blocks.isEmpty {
        whole = blockStatistics
      } else {
        whole.append(blockStatistics)
      }
      blocks.append(DeltaBlock(block: block, statistics: blockStatistics))
    } catch {
      throw .encoding(error, file: file, base: offset)
    }
  }
}

extension BlockStatistics {
  /// Of no rows.
  static let none = BlockStatistics(
    rowCount: 0,
    nullCount: 0,
    minimum: .null,
    maximum: .null,
    sum: nil,
    isSorted: true
  )
}
