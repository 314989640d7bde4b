import Columnar
import Replication
import TestSupport

/// What a source sends: a replication stream, or the bytes of a binary COPY.
enum StreamTarget: FuzzTarget {
  static let name = "pgoutput"

  private static let types: [(UInt32, Int32)] = [
    (20, -1), (25, -1), (1700, 15 << 16 | 2 + 4), (1700, -1), (1184, -1), (1082, -1), (16, -1),
    (701, -1),
    (2950, -1), (1186, -1), (17, -1), (3802, -1), (1042, 9), (1083, -1), (1114, -1), (700, -1),
    (1700, 30 << 16 | 4 + 4),
  ]

  private static let relation = SourceRelation(
    id: 7,
    schema: "public",
    name: "t",
    identity: .primaryKey,
    columns: types.enumerated().map { place, type in
      SourceColumn(name: "c\(place)", typeID: type.0, modifier: type.1, isKey: place == 0)
    }
  )

  private static let texts: [StreamBytes.Field] = [
    "12", "жук", "12.50", "-1e30", "2026-11-28 04:05:06.7+00", "2026-11-28", "t", "0.1",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "1 day 02:03:04", "\\x00ff", "{\"a\": 1}", "ab   ",
    "24:00:00",
    "infinity", "NaN", "123456789.0001",
  ]

  private static func binaries() -> [StreamBytes.Field] {
    let numeric: [UInt8] = [0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88]
    let eight = [UInt8](repeating: 0, count: 7) + [9]
    return [
      eight, Array("жук".utf8), numeric, numeric, eight, [0, 0, 1, 0], [1], eight,
      [UInt8](repeating: 7, count: 16), [UInt8](repeating: 0, count: 16), [0, 255],
      [1] + Array("{}".utf8),
      Array("ab".utf8), eight, eight, [0, 0, 0, 0], numeric,
    ].map { .binary($0) }
  }

  /// The first byte: odd for a COPY; the second says where the bytes are cut.
  static func seeds() -> [[UInt8]] {
    var stream = StreamBytes()
    stream.keepalive(LSN(0x1000), replyRequested: true)
    stream.begin(0x2000)
    stream.relation(relation)
    stream.insert(7, texts)
    stream.insert(7, binaries())
    let key: [StreamBytes.Field] = ["11"] + texts.dropFirst().map { _ in .null }
    stream.update(7, texts.dropLast() + [.unchanged], old: key)
    stream.update(7, texts, old: binaries(), oldKind: "O")
    stream.delete(7, key)
    stream.truncate([7, 8], flags: 3)
    stream.message("fence", "1")
    stream.commit()
    var copy = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00] + [UInt8](repeating: 0, count: 8)
    for _ in 0..<3 {
      copy += bigEndian(UInt16(types.count))
      for field in binaries() {
        guard case .binary(let bytes) = field else { continue }
        copy += bigEndian(UInt32(bytes.count)) + bytes
      }
    }
    return [[0, 0] + stream.bytes, [0, 90] + stream.bytes, [1, 40] + copy + [0xff, 0xff]]
  }

  static func run(_ bytes: [UInt8]) {
    guard bytes.count > 2 else { return }
    let rest = Array(bytes.dropFirst(2))
    if bytes[0] & 1 == 1 {
      runCopy(rest, Int(bytes[1]) + 1)
    } else {
      runStream(rest, Int(bytes[1]))
    }
  }

  private static func runStream(_ bytes: [UInt8], _ cut: Int) {
    let slab = makeSlab(bytes)
    let decoder = StreamDecoder(appliedLSN: LSN(0x1800)) { RelationLayout($0, TypeDirectory()) }
    let cut = min(cut, slab.byteCount)
    for range in [0..<cut, cut..<slab.byteCount] {
      guard let group = try? decoder.decode(slab, range) else { return }
      if group.end != range.upperBound { broken("a piece was not read to its end") }
      for case .changes(let batch) in group.steps {
        if batch.kinds.count != batch.rowCount { broken("a row has no kind") }
        read(batch.rows, batch.layout.columns, batch.failure?.row ?? batch.rowCount)
        guard let old = batch.oldKeys, batch.failure == nil else { continue }
        if old.rowCount != batch.oldKeyRows.count { broken("an old key has no row") }
        read(old, batch.layout.key.map { batch.layout.columns[$0] }, old.rowCount)
      }
    }
  }

  private static func runCopy(_ bytes: [UInt8], _ step: Int) {
    let layout = RelationLayout(relation, TypeDirectory())
    let rows = CopyRows(
      name: { "c\($0)" },
      columns: layout.columns,
      width: types.count,
      slabBytes: 256
    )
    var place = 0
    while place < bytes.count {
      let part = Array(bytes[place..<min(bytes.count, place + step)])
      place += step
      // SAFETY: the part outlives the call.
      let result = unsafe part.withUnsafeBytes { bytes in
        Result { try unsafe rows.feed(bytes) }
      }
      guard let batch = try? result.get() else {
        if case .failure = result { return }
        continue
      }
      read(batch, layout.columns, batch.rowCount)
    }
    if let batch = (try? rows.finish()) ?? nil { read(batch, layout.columns, batch.rowCount) }
  }

  /// Reads every value of some rows: a view that leads nowhere shows here.
  private static func read(_ batch: Batch, _ columns: [RelationLayout.Column], _ rowCount: Int) {
    var buffer = OutputBuffer()
    var cursor = ZoneCursor(.utc)
    for (vector, column) in zip(batch.columns, columns) {
      for row in 0..<rowCount where vector.isValid(row) {
        buffer.removeAll()
        buffer.appendText(of: vector, row: row, ValueForm(column.type), &cursor)
      }
    }
  }
}
