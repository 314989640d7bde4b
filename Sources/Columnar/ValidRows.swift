/// Which rows of a vector are not NULL, for loops: the vector is looked at once, not once a row.
///
/// Rows that become NULL afterwards do not show where the vector had no NULL before.
package struct ValidRows: ~Escapable {
  @usableFromInline let words: Span<UInt64>
  @usableFromInline let isAll: Bool

  @inlinable
  @inline(__always)
  @_lifetime(borrow vector)
  package init(_ vector: borrowing Vector) {
    words = vector.validity
    isAll = !vector.hasNulls
  }

  /// Whether row `row` is not NULL.
  @inlinable
  @inline(__always)
  package subscript(row: Int) -> Bool {
    isAll || words[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 != 0
  }
}
