import ColumnEncoding
import Columnar

/// An encoded block or a dictionary by itself: what is behind every checksum.
enum BlockTarget: FuzzTarget {
  static let name = "block"

  private static let kinds: [LaneKind] = [
    .int64, .bool, .float64, .bytes, .uuid, .decimal, .int128, .interval,
  ]

  private static func value(_ kind: LaneKind, _ n: Int) -> Datum {
    switch kind {
    case .int64: .int64(Int64(n) &* 1_000_003)
    case .bool: .boolean(n % 3 == 0)
    case .float64: .double(Double(n) / 4)
    case .bytes: .bytes(Array("value \(n * 7_919)".utf8))
    case .uuid: .uuid(UInt128(n))
    case .decimal: .decimal(Decimal(coefficient: Int128(n), scale: 2))
    case .int128: .int128(Int128(n) << 70)
    case .interval: .interval(Interval(months: 1, days: Int32(n), microseconds: 5))
    }
  }

  /// The first byte is the kind, 255 a dictionary.
  static func seeds() -> [[UInt8]] {
    var seeds: [[UInt8]] = []
    for (place, kind) in kinds.enumerated() {
      for codec in [BlockCodec.none, .lz4, .zstd] {
        for spread in [1, 3, 70] {
          let chunk = ChunkEncoder(kind: kind, blockRowCount: 70, codec: codec)
          let vector = Vector(kind: kind)
          for row in 0..<70 {
            vector.set(row, to: row % 11 == 3 ? .null : value(kind, row % spread))
          }
          chunk.append(vector, rows: 0..<70)
          let bytes = chunk.finishBlock().bytes
          seeds.append([UInt8(place)] + bytes.view(offset: 0, count: bytes.byteCount).bytes)
          if let page = chunk.finish().dictionaryPage {
            seeds.append([255] + page.view(offset: 0, count: page.byteCount).bytes)
          }
        }
      }
    }
    return seeds
  }

  static func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    // SAFETY: the buffer copies the bytes.
    let buffer = unsafe ByteBuffer(copying: Array(bytes.dropFirst()).span.bytes)
    guard first != 255 else {
      _ = try? TextDictionary(page: buffer)
      return
    }
    let kind = kinds[Int(first) % kinds.count]
    guard let block = try? EncodedBlock(bytes: buffer, kind: kind, dictionary: nil) else { return }
    use(block)
  }

  /// Reads all that can be read of a block that was accepted.
  static func use(_ block: EncodedBlock) {
    guard block.rowCount > 0 else { return }
    let vector = Vector(kind: block.kind)
    for group in 0..<min(8, block.groupCount) { _ = try? block.decode(group: group, into: vector) }
    _ = try? block.value(at: 0)
    _ = try? block.value(at: block.rowCount - 1)
    vector.reset()
    let rows: [UInt16] = [0, UInt16(truncatingIfNeeded: min(1_023, block.rowCount - 1))]
    _ = try? block.gather(rows.span, into: vector, at: 0)
    guard block.kind == .int64 else { return }
    var places = [UInt16](repeating: 0, count: 1024)
    var span = places.mutableSpan
    _ = block.select(group: 0, from: -5, through: 1 << 40, into: &span)
  }
}
