internal import Columnar
internal import Synchronization

/// The groups that a grouping needs when a limit without an order is all that looks at it.
///
/// Any groups will do, as long as they are whole: the first ones that come are admitted, by whichever slot, until there are
/// enough; from then on rows of all others are left out. Rows with a NULL among their keys always count as admitted.
final class FewGroups {
  private let index: GroupIndex
  private let limit: Int
  private let lock = Mutex<Void>(())
  private let state = Atomic<UInt8>(State.open.rawValue)
  private var batchesLeft = 64

  private enum State: UInt8 {
    /// Every group is admitted.
    case open
    /// There are enough.
    case full
    /// There are too few groups to leave any out: nobody asks any more.
    case off
  }

  /// - Parameters:
  ///   - kinds: Of the keys.
  ///   - limit: How many groups are wanted.
  init(kinds: [LaneKind], limit: Int) {
    index = GroupIndex(kinds: kinds)
    self.limit = limit
  }

  /// Whether no other groups than those admitted are wanted.
  var isFull: Bool { state.load(ordering: .acquiring) == State.full.rawValue }

  /// Whether all groups are taken, for good.
  var isOff: Bool { state.load(ordering: .relaxed) == State.off.rawValue }

  /// Admits the groups of some rows; false: there were enough before.
  func admit(_ keys: [Vector], rows: Int) -> Bool {
    lock.withLock { _ in
      if isOff { return true }
      if isFull { return false }
      _ = index.assign(keys, rows: rows)
      batchesLeft -= 1
      if index.count >= limit {
        state.store(State.full.rawValue, ordering: .releasing)
      } else if batchesLeft == 0 {
        state.store(State.off.rawValue, ordering: .relaxed)
      }
      return true
    }
  }

  /// Looks rows up once ``isFull``.
  func makeFinder() -> KeyFinder { KeyFinder(index, hasRows: true) }
}

/// Leaves out the rows of groups that are not admitted; one slot's.
final class FewGroupsFilter {
  private let groups: FewGroups
  private var finder: KeyFinder?
  private let selection = SelectionBuffer(capacity: vectorRowsMax)
  private let wide = Batch(columns: [])
  private let narrow: Batch

  /// - Parameters:
  ///   - groups: Those admitted.
  ///   - kinds: Of the keys and the inputs behind them.
  init(_ groups: FewGroups, kinds: [LaneKind]) {
    self.groups = groups
    narrow = Batch(kinds: kinds)
  }

  /// The rows that count.
  ///
  /// - Parameters:
  ///   - vectors: Keys, then inputs.
  ///   - keyCount: How many of them are keys.
  ///   - rows: How many rows.
  /// - Returns: Vectors that are valid until the next call, and how many rows they have.
  func admitted(_ vectors: [Vector], keyCount: Int, rows: Int) -> (vectors: [Vector], rows: Int) {
    if groups.isOff { return (vectors, rows) }
    let keys = Array(vectors[0..<keyCount])
    if !groups.isFull, groups.admit(keys, rows: rows) { return (vectors, rows) }
    let finder = self.finder ?? groups.makeFinder()
    self.finder = finder
    finder.find(keys, rows: rows)
    let count = select(keys, finder.numbers, rows)
    if count == rows { return (vectors, rows) }
    let selection = selection
    wide.columns = vectors
    wide.rowCount = rows
    compact(wide, selection.span(count), into: narrow)
    return (narrow.columns, count)
  }

  private func select(_ keys: [Vector], _ found: GroupArray<UInt32>, _ rows: Int) -> Int {
    let numbers = found.span
    let selection = selection
    selection.reserve(rows)
    var places = selection.places
    var count = 0
    let nullable = keys.filter(\.hasNulls)
    guard !nullable.isEmpty else {
      for row in 0..<rows {
        places[count] = UInt16(truncatingIfNeeded: row)
        count &+= numbers[row] == absentRow ? 0 : 1
      }
      return count
    }
    for row in 0..<rows {
      let isIn = numbers[row] != absentRow || nullable.contains { !$0.isValid(row) }
      places[count] = UInt16(truncatingIfNeeded: row)
      count &+= isIn ? 1 : 0
    }
    return count
  }
}
