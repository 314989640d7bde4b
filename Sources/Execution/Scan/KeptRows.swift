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
  private let places: KeptPlaces
  private let numbers: SelectionBuffer

  /// - Parameters:
  ///   - group: Of the block.
  ///   - mask: A bit for each.
  ///   - count: How many.
  ///   - rowCount: How many rows the group has.
  ///   - places: Gets their numbers, if these are asked for; of one group at a time.
  init(group: Int, mask: GroupMask, count: Int, rowCount: Int, places: KeptPlaces) {
    self.group = group
    self.mask = mask
    self.count = count
    isWhole = count == rowCount
    isDense = count * 16 > rowCount
    self.places = places
    numbers = places.numbers
    places.forget()
  }

  /// Their numbers in the group, ascending.
  var rows: Span<UInt16> {
    @_lifetime(borrow self) get {
      places.find(mask)
      return unsafe _overrideLifetime(numbers.span(count), borrowing: self)
    }
  }
}

/// Room for the numbers of a group's rows, which are found when they are asked for: most columns are decoded by the mask alone.
final class KeptPlaces {
  let numbers = SelectionBuffer(capacity: groupRowCount)
  private var isFilled = false

  init() {}

  /// The rows are of another group, or others of the group.
  func forget() { isFilled = false }

  /// Fills ``numbers`` with the places of a mask's bits, the same mask until ``forget()``.
  func find(_ mask: GroupMask) {
    if isFilled { return }
    _ = mask.rows(into: numbers)
    isFilled = true
  }
}
