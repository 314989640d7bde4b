import CKernels
package import Columnar

/// Which of some strings are ASCII, found for neighbours at once where their bytes lie one behind the other, as decoding leaves
/// them: a call for each string takes longer than to look at its bytes.
package struct ASCIIRuns: ~Escapable {
  private let texts: Span<ByteView>
  private let rowsMax: Int
  /// The strings up to here are known.
  private var end = 0
  /// Whether all strings of the run that ends there are ASCII.
  private var isASCII = false

  /// - Parameters:
  ///   - texts: The strings.
  ///   - hasNulls: Whether some may be of NULL rows, which are never looked at: then none are taken together.
  @_lifetime(copy texts)
  package init(_ texts: Span<ByteView>, hasNulls: Bool) {
    self.texts = texts
    // One string with other characters makes its neighbours be looked at one by one.
    rowsMax = hasNulls ? 1 : 64
  }

  /// Whether all bytes of a string are ASCII.
  ///
  /// - Parameter row: Not NULL, and not before the row that was asked for last.
  /// - Returns: True for an empty one.
  @inline(__always)
  package mutating func contains(_ row: Int) -> Bool {
    if row >= end { look(from: row) }
    return isASCII || texts[row].isASCII
  }

  private mutating func look(from row: Int) {
    let first = texts[row]
    var byteCount = first.count
    end = row + 1
    let limit = min(texts.count, row + rowsMax)
    while end < limit, unsafe texts[end].start == first.start + byteCount {
      byteCount &+= texts[end].count
      end &+= 1
    }
    // SAFETY: the strings of the run lie one behind the other, so these are their bytes.
    isASCII = unsafe ck_is_ascii(first.start, byteCount) != 0
  }
}
