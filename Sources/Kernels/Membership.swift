package import Columnar

/// A constant set of 64-bit lanes, in the form that answers fastest.
package struct IntegerSet: Sendable {
  private enum Form: Sendable {
    /// Compared one after the other, as vector code.
    case few([Int64])
    /// One bit a value from `first` on.
    case bits(first: Int64, [UInt64])
    /// Open addressing; a place holds a value where its bit of `used` is set.
    case table([Int64], used: [Bool], mask: Int)
  }

  private let form: Form

  package init(_ values: [Int64]) {
    let sorted = Set(values).sorted()
    guard let least = sorted.first, let greatest = sorted.last, sorted.count > 6 else {
      form = .few(sorted)
      return
    }
    let (width, overflow) = greatest.subtractingReportingOverflow(least)
    if !overflow, width < 1 << 16 {
      var bits = [UInt64](repeating: 0, count: Int(width) / 64 + 1)
      for value in sorted {
        let offset = Int(value - least)
        bits[offset / 64] |= 1 << UInt64(offset % 64)
      }
      form = .bits(first: least, bits)
      return
    }
    var size = 16
    while size < sorted.count * 3 { size *= 2 }
    var places = [Int64](repeating: 0, count: size)
    var used = [Bool](repeating: false, count: size)
    for value in sorted {
      var place = Int(truncatingIfNeeded: mix(UInt64(bitPattern: value))) & (size - 1)
      while used[place] { place = (place + 1) & (size - 1) }
      places[place] = value
      used[place] = true
    }
    form = .table(places, used: used, mask: size - 1)
  }

  /// Writes 1 where the row's lane is in the set, else 0.
  package func contains(_ lanes: Span<Int64>, _ rows: Int, into out: inout MutableSpan<UInt8>) {
    switch form {
    case .few(let values):
      precondition(rows <= out.count)
      for row in 0..<rows { out[row] = 0 }
      for value in values { orEqual(lanes, value, rows, &out) }
    case .bits(let first, let bits):
      let words = bits.span
      let limit = UInt64(words.count * 64)
      mapLanes(lanes, rows, &out) { value in
        let offset = UInt64(bitPattern: value &- first)
        guard offset < limit, value >= first else { return 0 }
        return UInt8(truncatingIfNeeded: words[Int(offset &>> 6)] &>> (offset & 63) & 1)
      }
    case .table(let places, let used, let mask):
      let (places, used) = (places.span, used.span)
      mapLanes(lanes, rows, &out) { value in
        var place = Int(truncatingIfNeeded: mix(UInt64(bitPattern: value))) & mask
        while used[place] {
          if places[place] == value { return 1 }
          place = (place &+ 1) & mask
        }
        return 0
      }
    }
  }

  @inline(__always)
  private func orEqual(
    _ lanes: Span<Int64>,
    _ value: Int64,
    _ rows: Int,
    _ out: inout MutableSpan<UInt8>
  ) {
    precondition(rows >= 0 && rows <= lanes.count && rows <= out.count)
    for row in 0..<rows {
      // SAFETY: row < rows, which is within both spans.
      unsafe out[unchecked: row] |= unsafe lanes[unchecked: row] == value ? 1 : 0
    }
  }
}

/// A constant set of values of any kind, found by hash.
package final class ValueSet {
  private let members: Vector
  private let places: [UInt32]
  private let mask: Int

  /// - Parameters:
  ///   - members: The values, none of them NULL; kept.
  ///   - count: How many rows of it.
  package init(_ members: Vector, count: Int) {
    self.members = members
    var size = 16
    while size < count * 3 { size *= 2 }
    mask = size - 1
    var places = [UInt32](repeating: .max, count: size)
    var hashes = [UInt64](repeating: 0, count: count)
    var span = hashes.mutableSpan
    hashRows(members, count, into: &span)
    for row in 0..<count {
      var place = Int(truncatingIfNeeded: hashes[row]) & mask
      while places[place] != .max { place = (place + 1) & mask }
      places[place] = UInt32(row)
    }
    self.places = places
  }

  /// Writes 1 where the row's value is in the set, else 0; rows that are NULL get 0.
  ///
  /// - Parameters:
  ///   - vector: Of the members' kind.
  ///   - rows: How many rows.
  ///   - hashes: Scratch memory of at least `rows` places.
  ///   - out: Gets the answers.
  package func contains(
    _ vector: Vector,
    _ rows: Int,
    hashes: inout MutableSpan<UInt64>,
    into out: inout MutableSpan<UInt8>
  ) {
    hashRows(vector, rows, into: &hashes)
    let vectorValid = ValidRows(vector)
    for row in 0..<rows {
      out[row] = 0
      guard vectorValid[row] else { continue }
      var place = Int(truncatingIfNeeded: hashes[row]) & mask
      while places[place] != .max {
        if rowsAreEqual(vector, row, members, Int(places[place])) {
          out[row] = 1
          break
        }
        place = (place &+ 1) & mask
      }
    }
  }
}
