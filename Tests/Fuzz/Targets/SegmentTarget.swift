import Catalog
import ColumnEncoding
import Columnar
import Storage
import SystemIO
import TestSupport

/// A segment file, as a disk may give it back; checksums are made right again, so that what they guard is reached.
enum SegmentTarget: FuzzTarget {
  static let name = "segment"

  private static let kinds: [(String, LogicalType)] = [
    ("id", .bigint), ("at", .timestamptz), ("name", .text), ("stage", .text),
    ("amount", .numeric(NumericShape(precision: 12, scale: 2))),
    ("x", .double), ("is", .boolean), ("key", .uuid), ("span", .interval), ("wide", .numeric(nil)),
  ]

  private static let definition = TableDefinition(
    id: TableID(7),
    name: "deals",
    columns: kinds.enumerated().map { index, kind in
      ColumnDefinition(
        id: ColumnID(UInt32(index)),
        name: kind.0,
        type: kind.1,
        isNullable: index > 0
      )
    },
    primaryKey: [ColumnID(0)],
    partitionColumn: ColumnID(1),
    sortKey: [ColumnID(1)]
  )

  private static func batch(_ count: Int, step: Int, _ random: inout SeededRandom) -> Batch {
    let batch = Batch(kinds: kinds.map(\.1.laneKind), capacity: max(1, count))
    for row in 0..<count {
      let n = Int64(row * step)
      let values: [Datum] = [
        .int64(n), .int64(700_000_000_000_000 + n),
        .bytes(Array("name \(random.below(1 << 30))".utf8)),
        .bytes(Array(["new", "won", "переговоры"][row % 3].utf8)),
        .int64(Int64(random.below(100_000))),
        .double(Double(random.below(1000)) / 4), .boolean(row % 2 == 0), .uuid(UInt128(row)),
        .interval(Interval(months: 1, days: Int32(row), microseconds: n)),
        .decimal(Decimal(coefficient: Int128(n), scale: 3)),
      ]
      for (column, value) in values.enumerated() {
        batch.columns[column].set(
          row,
          to: column > 0 && random.below(9) == 0 && column != 1 ? .null : value
        )
      }
    }
    batch.rowCount = count
    return batch
  }

  static func seeds() throws -> [[UInt8]] {
    var random = SeededRandom(seed: 7)
    var seeds: [[UInt8]] = []
    for compression in [BlockCompression.none, .lz4, .zstd] {
      for (count, step) in [(1, 1), (70, 1), (200, 1_000_003)] {
        let disk = SimulatedFileSystem()
        var options = SegmentOptions()
        options.blockRowCount = 64
        options.compression = compression
        let writer = try SegmentWriter(
          fileSystem: disk,
          path: "a.seg",
          definition: definition,
          partition: PartitionKey(266),
          options: options
        )
        try writer.append(batch(count, step: step, &random))
        _ = try writer.finish()
        seeds.append(disk.content(of: "a.seg") ?? [])
      }
    }
    return seeds
  }

  static func run(_ bytes: [UInt8]) {
    open(bytes)
    var repaired = bytes
    if SegmentRepair.repair(&repaired) { open(repaired) }
  }

  private static func open(_ bytes: [UInt8]) {
    let disk = SimulatedFileSystem()
    do {
      let file = try disk.open("a.seg", .createNew)
      try file.write(bytes, at: 0)
      try file.close()
    } catch { broken("\(error)") }
    guard
      let segment = try? SegmentFile.open(
        fileSystem: disk,
        path: "a.seg",
        definition: definition,
        cache: BlockCache(capacityBytes: 1 << 20),
        expected: nil
      )
    else { return }
    read(segment)
  }

  private static func read(_ segment: SegmentFile) {
    let blocks = min(8, (segment.rowCount + segment.blockRowCount - 1) / segment.blockRowCount)
    for column in definition.columns {
      _ = segment.sketch(column.id)?.estimate
      _ = segment.statistics(column.id, block: nil)
      for index in 0..<blocks {
        _ = segment.statistics(column.id, block: index)
        guard let block = try? segment.block(column.id, at: index) else { continue }
        BlockTarget.use(block)
      }
    }
    let keys = Batch(kinds: [.int64], capacity: 4)
    for row in 0..<4 { keys.columns[0].set(row, to: .int64(Int64(row * 1_000_003))) }
    keys.rowCount = 4
    var rows = [Int32](repeating: -1, count: 4)
    _ = try? segment.locate(keys: KeyHashes(of: keys), of: keys, into: &rows)
    guard segment.rowCount < 1 << 16 else { return }
    segment.verify { _ in }
  }
}

/// Makes the checksums of a changed segment file right.
enum SegmentRepair {
  private static let headBytes = 16
  private static let trailerBytes = 32

  private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> UInt64 {
    (0..<count).reversed().reduce(0) { $0 << 8 | UInt64(bytes[place + $1]) }
  }

  private static func put(_ value: UInt32, _ place: Int, in bytes: inout [UInt8]) {
    for index in 0..<4 {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt32(index * 8))
    }
  }

  private static func checksum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
    // SAFETY: the array lives as long as the call.
    unsafe Checksum.of(Array(bytes[range]).span.bytes)
  }

  /// Pages tile the file; the footer names each as offset, size, checksum.
  ///
  /// - Returns: False where the frame is not to be recognised.
  static func repair(_ bytes: inout [UInt8]) -> Bool {
    let trailer = bytes.count - trailerBytes
    guard trailer >= headBytes else { return false }
    let start = Int(truncatingIfNeeded: number(bytes, trailer, 8))
    guard start >= headBytes, start <= trailer else { return false }
    var page = headBytes
    while page < start, let place = reference(to: page, in: bytes, start..<trailer) {
      let count = Int(number(bytes, place + 8, 4))
      guard count > 0, page + count <= start else { break }
      put(checksum(bytes, page..<page + count), place + 12, in: &bytes)
      page += count
    }
    put(checksum(bytes, 0..<12), 12, in: &bytes)
    put(UInt32(trailer - start), trailer + 8, in: &bytes)
    put(checksum(bytes, start..<trailer), trailer + 12, in: &bytes)
    put(checksum(bytes, trailer..<trailer + 20), trailer + 20, in: &bytes)
    return true
  }

  private static func reference(to page: Int, in bytes: [UInt8], _ footer: Range<Int>) -> Int? {
    guard footer.count >= 16 else { return nil }
    return (footer.lowerBound...footer.upperBound - 16).first {
      number(bytes, $0, 8) == UInt64(page)
    }
  }
}
