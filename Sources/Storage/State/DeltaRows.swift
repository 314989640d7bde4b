/// Which delta rows of a table are there: its batches in the order of their locators, for many questions at once.
struct DeltaRows {
  private var starts: [UInt64] = []
  private var ends: [UInt64] = []
  private var deletions: [DeleteVector?] = []

  init(_ table: TableState) {
    for (slot, key) in table.partitionOfSlot.sorted(by: { $0.key < $1.key }) {
      let base = Locator.base(slot: slot)
      for entry in table.partitions[key]?.delta ?? [] {
        starts.append(base + entry.firstRow)
        ends.append(base + entry.rows.upperBound)
        deletions.append(entry.deletions)
      }
    }
  }

  /// Whether a delta locator's row is neither deleted nor moved.
  ///
  /// - Complexity: O(log batches).
  func isLive(_ locator: UInt64) -> Bool {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low &+ high) &>> 1
      if starts[middle] <= locator { low = middle &+ 1 } else { high = middle }
    }
    let place = low &- 1
    guard place >= 0, locator < ends[place] else { return false }
    return deletions[place].map { !$0.isDeleted(Int(locator &- starts[place])) } ?? true
  }
}
