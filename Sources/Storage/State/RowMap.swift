/// Where rows went that were written anew: sealed from a delta or compacted from a segment.
///
/// Kept alive by the sources they left, hence as long as some transaction may still name the old rows.
final class RowMap: Sendable {
  /// The old row number of ``locators``' first entry.
  let firstRow: UInt64
  /// New locators by old row; 0 for rows that were deleted by then.
  let locators: [UInt64]
  /// The segments the locators point to, so that further moves can be followed.
  let targets: [SegmentHandle]

  init(firstRow: UInt64, locators: [UInt64], targets: [SegmentHandle]) {
    self.firstRow = firstRow
    self.locators = locators
    self.targets = targets
  }

  /// The new locator of an old row; nil when the row was deleted before it moved.
  func locator(ofRow row: UInt64) -> UInt64? {
    guard row >= firstRow, row - firstRow < UInt64(locators.count) else { return nil }
    let locator = locators[Int(row - firstRow)]
    return locator == 0 ? nil : locator
  }
}
