internal import Columnar

/// The first key of a top-N's threshold where it is a string: most rows fail its first eight bytes.
///
/// Rows that come as codes of a dictionary are compared once an entry.
final class TextThreshold {
  private let bound: [UInt8]
  private let boundStart: UInt64
  private let isDescending: Bool
  private var dictionary: TextDictionary?
  /// By code: 0 not compared yet, 1 passes, 2 does not.
  private var verdicts: [UInt8] = []

  init(_ bound: ByteView, isDescending: Bool) {
    self.bound = bound.bytes
    boundStart = bound.firstBytes
    self.isDescending = isDescending
  }

  /// Writes the rows 0..<count of `vector`, none of them NULL, that do not come behind the threshold by this key.
  ///
  /// - Returns: How many.
  func select(_ vector: Vector, _ count: Int, into places: inout MutableSpan<UInt16>) -> Int {
    guard let entries = vector.dictionary else {
      let views = vector.views
      var found = 0
      for row in 0..<count {
        places[found] = UInt16(truncatingIfNeeded: row)
        found &+= passes(views[row]) ? 1 : 0
      }
      return found
    }
    if entries !== dictionary {
      dictionary = entries
      verdicts = [UInt8](repeating: 0, count: entries.count)
    }
    let codes = vector.codes
    var found = 0
    for row in 0..<count {
      let code = Int(codes[row])
      if verdicts[code] == 0 { verdicts[code] = passes(entries[code]) ? 1 : 2 }
      places[found] = UInt16(truncatingIfNeeded: row)
      found &+= verdicts[code] == 1 ? 1 : 0
    }
    return found
  }

  @inline(__always)
  private func passes(_ view: ByteView) -> Bool {
    let start = view.firstBytes
    if start != boundStart { return isDescending ? start > boundStart : start < boundStart }
    return unsafe bound.withUnsafeBufferPointer { bytes in
      // SAFETY: the view is used while the array's memory is borrowed; an empty one reads nothing.
      guard let base = bytes.baseAddress, !bytes.isEmpty else {
        return isDescending || view.count == 0
      }
      let order = view.order(unsafe ByteView(start: base, count: bytes.count))
      return isDescending ? order >= 0 : order <= 0
    }
  }
}

extension ByteView {
  /// The first eight bytes as a number that orders as they do; zeros where there are fewer.
  @inline(__always)
  fileprivate var firstBytes: UInt64 {
    if count >= 8 {
      // SAFETY: eight bytes are there.
      let word = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
      return UInt64(bigEndian: word)
    }
    var word: UInt64 = 0
    let bytes = span
    for place in bytes.indices { word |= UInt64(bytes[place]) &<< UInt64(56 &- 8 &* place) }
    return word
  }
}
