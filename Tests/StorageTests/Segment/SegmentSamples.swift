import Catalog
import ColumnEncoding
import Columnar
import Storage
import SystemIO
import TestSupport

/// Deterministic random numbers (SplitMix64).
struct SegmentDice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A table of deals: key, tenant, moment, amount, stage, title.
enum SegmentSamples {
  static func definition(key: [UInt32] = [0]) -> TableDefinition {
    TableDefinition(
      id: TableID(7),
      name: "deals",
      columns: [
        ColumnDefinition(id: ColumnID(0), name: "id", type: .bigint, isNullable: false),
        ColumnDefinition(id: ColumnID(1), name: "tenant", type: .integer),
        ColumnDefinition(id: ColumnID(2), name: "created_at", type: .timestamptz),
        ColumnDefinition(
          id: ColumnID(3),
          name: "amount",
          type: .numeric(NumericShape(precision: 12, scale: 2))
        ),
        ColumnDefinition(id: ColumnID(4), name: "stage", type: .text),
        ColumnDefinition(id: ColumnID(5), name: "title", type: .text),
      ],
      primaryKey: key.map { ColumnID($0) },
      partitionColumn: ColumnID(2),
      sortKey: [ColumnID(1), ColumnID(2)],
      tenantColumn: ColumnID(1)
    )
  }

  struct Row: Equatable {
    var id: Int64
    var tenant: Int64
    var createdAt: Int64
    var amount: Int64?
    var stage: String
    var title: String?
  }

  static func rows(_ count: Int, idStep: Int64, seed: UInt64) -> [Row] {
    var dice = SegmentDice(state: seed)
    var ids = (0..<Int64(count)).map { 1000 + $0 * idStep }
    ids.shuffle(using: &dice)
    return ids.map { id in
      Row(
        id: id,
        tenant: Int64(dice.next() % 5),
        createdAt: 700_000_000_000_000 + Int64(dice.next() % 2_000_000_000_000),
        amount: dice.next() % 7 == 0 ? nil : Int64(dice.next() % 10_000_000),
        stage: ["new", "won", "lost", "переговоры"][Int(dice.next() % 4)],
        title: dice.next() % 9 == 0 ? nil : "Deal \(dice.next() % 1_000_000_007)"
      )
    }
  }

  static func batch(_ rows: [Row]) -> Batch {
    let kinds: [LaneKind] = [.int64, .int64, .int64, .int64, .bytes, .bytes]
    let batch = Batch(kinds: kinds, capacity: max(1, rows.count))
    batch.rowCount = rows.count
    for (index, row) in rows.enumerated() {
      for (column, value) in [row.id, row.tenant, row.createdAt, row.amount].enumerated() {
        let vector = batch.columns[column]
        var lanes = vector.mutableInt64
        lanes[index] = value ?? 0
        if value == nil { vector.setNull(index) }
      }
      for (column, value) in [(4, row.stage as String?), (5, row.title)] {
        let vector = batch.columns[column]
        let view = vector.store(Array((value ?? "").utf8).span)
        var lanes = vector.mutableViews
        lanes[index] = view
        if value == nil { vector.setNull(index) }
      }
    }
    return batch
  }

  /// Writes rows, sorted, in appends of at most 100 rows.
  static func write(
    _ rows: [Row],
    _ definition: TableDefinition,
    to fileSystem: any FileSystem,
    path: String = "a.seg",
    blockRowCount: Int = 64,
    compression: BlockCompression = .none
  ) throws(StorageError) -> (summary: SegmentSummary, sorted: [Row]) {
    let order = sortRows(batch(rows), by: definition)
    let sorted = order.map { rows[Int($0)] }
    var options = SegmentOptions()
    options.blockRowCount = blockRowCount
    options.compression = compression
    let writer = try SegmentWriter(
      fileSystem: fileSystem,
      path: path,
      definition: definition,
      partition: PartitionKey(266),
      options: options
    )
    var first = 0
    while first < sorted.count {
      let end = min(sorted.count, first + 100)
      try writer.append(batch(Array(sorted[first..<end])))
      first = end
    }
    return (try writer.finish(), sorted)
  }

  /// Reads all rows back.
  static func read(_ file: SegmentFile) throws -> [Row] {
    var rows: [Row] = []
    for index in 0..<file.blockCount {
      let blocks = try (0..<6).map { try file.block(ColumnID($0), at: index) }
      for row in 0..<blocks[0].rowCount {
        let values = try blocks.map { try $0.value(at: row) }
        rows.append(
          Row(
            id: integer(values[0]) ?? -1,
            tenant: integer(values[1]) ?? -1,
            createdAt: integer(values[2]) ?? -1,
            amount: integer(values[3]),
            stage: text(values[4]) ?? "",
            title: text(values[5])
          )
        )
      }
    }
    return rows
  }

  private static func integer(_ value: Datum) -> Int64? {
    if case .int64(let value) = value { value } else { nil }
  }

  private static func text(_ value: Datum) -> String? {
    if case .bytes(let bytes) = value { String(decoding: bytes, as: UTF8.self) } else { nil }
  }
}
