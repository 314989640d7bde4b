import Catalog
import ColumnEncoding
import Columnar
import Execution
import Storage

/// Encoded blocks in memory, filled batch by batch.
final class BenchmarkSource: RowSource, @unchecked Sendable {
  // SAFETY: filled by one thread before it is shared.
  private struct Chunk {
    var encoder: ChunkEncoder
    var pages: [ByteBuffer] = []
    var blocks: [EncodedBlock] = []
    var statistics: [BlockStatistics] = []
    var whole: BlockStatistics?
  }

  private(set) var rowCount = 0
  let blockRowCount = standardBlockRowCount
  private var chunks: [Chunk]
  private let kinds: [LaneKind]
  private(set) var byteCount = 0

  init(kinds: [LaneKind]) {
    self.kinds = kinds
    chunks = kinds.map { Chunk(encoder: ChunkEncoder(kind: $0)) }
  }

  /// Appends one block's rows.
  func append(_ columns: [Vector], rows: Int) {
    for place in chunks.indices {
      chunks[place].encoder.append(columns[place], rows: 0..<rows)
      let block = chunks[place].encoder.finishBlock()
      chunks[place].pages.append(block.bytes)
      chunks[place].statistics.append(block.statistics)
      byteCount += block.bytes.byteCount
    }
    rowCount += rows
  }

  func finish() throws {
    for place in chunks.indices {
      let end = chunks[place].encoder.finish()
      let dictionary = try end.dictionaryPage.map { try TextDictionary(page: $0) }
      chunks[place].whole = end.statistics
      chunks[place].blocks = try chunks[place].pages.map {
        try EncodedBlock(
          bytes: $0,
          kind: kinds[place],
          dictionary: dictionary,
          symbols: end.symbolTable
        )
      }
      chunks[place].pages = []
    }
  }

  func statistics(_ column: ColumnID, block: Int?) -> BlockStatistics? {
    let chunk = chunks[Int(column.rawValue)]
    return block.map { chunk.statistics[$0] } ?? chunk.whole
  }

  func block(_ column: ColumnID, at index: Int) throws(StorageError) -> EncodedBlock {
    chunks[Int(column.rawValue)].blocks[index]
  }
}

/// Deals of 36 months, sorted by month, tenant and time; the table of prototypes.md.
struct BenchmarkTable: TableProvider {
  static let names = [
    "id", "tenant", "created_at", "closed_at", "customer", "amount", "source", "stage", "manager",
    "title", "sparse",
  ]
  static let types: [LogicalType] = [
    .bigint, .integer, .timestamp, .timestamp, .bigint,
    .numeric(NumericShape(precision: 14, scale: 2)), .text, .text, .integer, .text, .bigint,
  ]
  static let day: Int64 = 86_400_000_000

  let definition: TableDefinition
  let snapshot: TableSnapshot
  let byteCount: Int

  init(rowCount: Int) throws {
    definition = TableDefinition(
      id: TableID(1),
      name: "deals",
      columns: zip(Self.names, Self.types).enumerated().map { place, column in
        ColumnDefinition(id: ColumnID(UInt32(place)), name: column.0, type: column.1)
      },
      partitionColumn: ColumnID(2)
    )
    var partitions: [PartitionSnapshot] = []
    var bytes = 0
    var state: UInt64 = 42
    for month in 0..<36 {
      let rows = rowCount / 36
      let source = BenchmarkSource(kinds: Self.types.map(\.laneKind))
      let start = 8766 * Self.day + Int64(month) * 30 * Self.day
      var first = 0
      while first < rows {
        let count = min(standardBlockRowCount, rows - first)
        let columns = Self.types.map { Vector(kind: $0.laneKind, capacity: count) }
        for row in 0..<count {
          Self.fill(columns, row, (first + row, rows, month, start), rowCount, &state)
        }
        source.append(columns, rows: count)
        first += count
      }
      try source.finish()
      bytes += source.byteCount
      let days = Int(start / Self.day)
      let key = Int32((Double(days) / 30.4375).rounded(.down))
      partitions.append(
        PartitionSnapshot(
          key: month >= 0 ? .whole : PartitionKey(key),
          sources: [SourceSnapshot(source: source, locatorBase: UInt64(month) << 32)]
        )
      )
    }
    snapshot = TableSnapshot(
      definition: definition,
      partitions: partitions,
      liveRowCount: rowCount / 36 * 36
    )
    byteCount = bytes
  }

  private static func fill(
    _ columns: [Vector],
    _ row: Int,
    _ place: (row: Int, rows: Int, month: Int, start: Int64),
    _ rowCount: Int,
    _ state: inout UInt64
  ) {
    func random(_ limit: UInt64) -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return (state >> 11) % limit
    }
    let tenants = 20
    let tenant = place.row * tenants / place.rows
    let inTenant = Double(place.row * tenants % place.rows) / Double(place.rows)
    let created = place.start + Int64(inTenant * 30 * Double(day))
    set(columns[0], row, Int64(place.month * place.rows + place.row))
    set(columns[1], row, Int64(tenant))
    set(columns[2], row, created)
    if random(100) < 52 {
      set(columns[3], row, created + Int64(random(90)) * day + Int64(random(86_400)) * 1_000_000)
    } else {
      columns[3].setNull(row)
    }
    let customer = random(UInt64(max(10, rowCount / 5)))
    set(columns[4], row, Int64(customer))
    set(columns[5], row, Int64(random(20_000_000)))
    setText(columns[6], row, "source \(random(8))")
    setText(columns[7], row, ["new", "qualified", "proposal", "won", "lost"][Int(random(5))])
    set(columns[8], row, Int64(tenant * 25) + Int64(random(25)))
    setText(columns[9], row, "Deal \(random(9_000_000))")
    set(columns[10], row, Int64(bitPattern: (customer + 1) &* 0x9E37_79B9_7F4A_7C15 >> 1))
  }

  private static func set(_ vector: Vector, _ row: Int, _ value: Int64) {
    var lanes = vector.mutableInt64
    lanes[row] = value
    vector.setValid(row)
  }

  private static func setText(_ vector: Vector, _ row: Int, _ text: String) {
    let view = vector.store(Array(text.utf8).span)
    var views = vector.mutableViews
    views[row] = view
  }

  func table(_ id: TableID) -> TableSnapshot? { snapshot }
  func systemTable(_ name: RelationName) throws(ExecutionError) -> [Batch] { [] }
}
