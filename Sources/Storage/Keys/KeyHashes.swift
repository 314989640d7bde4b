// Hashes of primary keys. Key runs store them, so the function belongs to the file format: it depends
// on the values alone, not on how a vector holds them, and never changes within a format version.
//
// Each step is a 64 × 64 → 128 bit multiplication whose halves are folded together (wyhash's "mum").

package import Columnar

/// One hash a row of a batch of key columns.
package struct KeyHashes: Sendable {
  /// Row by row.
  package let values: [UInt64]

  /// Hashes the first `rowCount` rows of the key columns, in key order.
  ///
  /// - Complexity: O(rows), a loop a column.
  package init(of columns: [Vector], rowCount: Int) {
    var hashes = [UInt64](repeating: 0x243f_6a88_85a3_08d3, count: rowCount)
    for column in columns { Self.mix(column, into: &hashes) }
    values = hashes
  }

  /// Hashes made before.
  init(values: [UInt64]) { self.values = values }

  /// Hashes all rows of a batch that holds only the key columns, in key order.
  package init(of keys: Batch) { self.init(of: keys.columns, rowCount: keys.rowCount) }

  private static func mix(_ column: Vector, into hashes: inout [UInt64]) {
    let count = hashes.count
    switch column.kind {
    case .int64:
      let lanes = column.int64
      precondition(count <= lanes.count)
      for row in 0..<count { hashes[row] = fold(hashes[row], UInt64(bitPattern: lanes[row])) }
    case .bool:
      let lanes = column.bool
      for row in 0..<count { hashes[row] = fold(hashes[row], UInt64(lanes[row])) }
    case .int128:
      let lanes = column.int128
      for row in 0..<count {
        hashes[row] = fold(hashes[row], wide: UInt128(bitPattern: lanes[row]))
      }
    case .uuid:
      let lanes = column.uuid
      for row in 0..<count { hashes[row] = fold(hashes[row], wide: lanes[row]) }
    case .float64:
      let lanes = column.float64
      for row in 0..<count { hashes[row] = fold(hashes[row], canonical(lanes[row]).bitPattern) }
    case .decimal:
      let lanes = column.decimal
      for row in 0..<count { hashes[row] = fold(hashes[row], lanes[row]) }
    case .interval:
      let lanes = column.interval
      for row in 0..<count { hashes[row] = fold(hashes[row], lanes[row]) }
    case .bytes:
      for row in 0..<count where column.isValid(row) {
        hashes[row] = fold(hashes[row], bytes: column.view(at: row).span)
      }
    }
  }

  @inline(__always)
  private static func fold(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let mixed = word ^ 0x9e37_79b9_7f4a_7c15
    let product = (hash ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: mixed | 1)
    // The word itself enters too: a product alone would lose its lowest bit to the `| 1`.
    return product.high ^ product.low ^ (word &* 0xd6e8_feb8_6659_fd93)
  }

  private static func fold(_ hash: UInt64, wide: UInt128) -> UInt64 {
    fold(fold(hash, UInt64(truncatingIfNeeded: wide)), UInt64(truncatingIfNeeded: wide >> 64))
  }

  private static func canonical(_ value: Double) -> Double {
    value.isNaN ? Double.nan : (value == 0 ? 0 : value)
  }

  /// Equal values of different scales hash alike.
  private static func fold(_ hash: UInt64, _ value: Decimal) -> UInt64 {
    let value = value.hashImage
    var (coefficient, scale) = (value.coefficient, value.scale)
    while scale > 0, value.kind == .finite {
      let (rest, digit) = coefficient.quotientAndRemainder(dividingBy: 10)
      guard digit == 0 else { break }
      coefficient = rest
      scale -= 1
    }
    let head = UInt64(value.kind.rawValue) << 32 | UInt64(UInt32(bitPattern: scale))
    return fold(fold(hash, head), wide: UInt128(bitPattern: coefficient))
  }

  /// A month counts 30 days, a day 24 hours, as in the order of intervals.
  private static func fold(_ hash: UInt64, _ value: Interval) -> UInt64 {
    let days = Int128(value.months) * 30 + Int128(value.days)
    let span = days * 86_400_000_000 + Int128(value.microseconds)
    return fold(hash, wide: UInt128(bitPattern: span))
  }

  private static func fold(_ start: UInt64, bytes: Span<UInt8>) -> UInt64 {
    var hash = fold(start, UInt64(bytes.count))
    var word: UInt64 = 0
    for index in bytes.indices {
      word |= UInt64(bytes[index]) &<< UInt64((index & 7) * 8)
      if index & 7 == 7 {
        hash = fold(hash, word)
        word = 0
      }
    }
    return bytes.count & 7 == 0 ? hash : fold(hash, word)
  }
}
