internal import Columnar

/// The rows of a group that a scan hands on.
struct KeptRows {
  let group: Int
  /// A bit for each.
  let mask: GroupMask
  /// How many; at least one.
  let count: Int
  /// Whether they are all rows of the group.
  let isWhole: Bool
  /// Whether decoding the group costs less than finding each.
  let isDense: Bool
  private let places: SelectionBuffer

  /// - Parameters:
  ///   - group: Of the block.
  ///   - mask: A bit for each.
  ///   - count: How many.
  ///   - rowCount: How many rows the group has.
  ///   - places: Gets their numbers.
  init(group: Int, mask: GroupMask, count: Int, rowCount: Int, places: SelectionBuffer) {
    self.group = group
    self.mask = mask
    self.count = count
    isWhole = count == rowCount
    isDense = count * 16 > rowCount
    self.places = places
    _ = mask.rows(into: places)
  }

  /// Their numbers in the group, ascending.
  var rows: Span<UInt16> {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(places.span(count), borrowing: self) }
  }
}
