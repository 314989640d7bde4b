// Which segments of a partition are written anew: the price is the rows copied, the gain the dead rows and the
// segments that go.

/// Why segments are written anew.
package enum CompactionReason: Sendable {
  /// There are many small ones, or some have lost many rows.
  case limits
  /// Nothing else is to be done.
  case quiet
  /// All segments of the partition become one, however few they are.
  case forced
}

/// What the choice knows of a segment.
package struct SegmentLoad: Sendable {
  package var rowCount: Int
  package var deletedCount: Int

  package init(rowCount: Int, deletedCount: Int) {
    self.rowCount = rowCount
    self.deletedCount = deletedCount
  }

  package var liveCount: Int { rowCount - deletedCount }
}

extension CompactionReason {
  /// The segments of a partition that are worth writing anew.
  ///
  /// By the limits: those that have lost a part of their rows that is many rows for the partition too, or half of
  /// them, and what is no larger; or, where small segments have become many, the smallest ones as long as the next
  /// is not much larger than all of them, so that a row is copied once a size class. When nothing else is to be
  /// done, all that have lost rows, with the small ones.
  ///
  /// - Parameters:
  ///   - segments: All segments of a partition.
  ///   - deltaCount: Live rows of the partition that are in no segment yet.
  ///   - options: The limits.
  /// - Returns: Places in `segments`, ascending; none when nothing is to be done.
  package func choose(
    among segments: [SegmentLoad],
    deltaCount: Int,
    _ options: StoreOptions
  ) -> [Int] {
    let small = segments.indices.filter { segments[$0].liveCount < options.segmentRowsMax / 2 }
    switch self {
    case .forced:
      let isDone = segments.count == 1 && segments[0].deletedCount == 0
      return isDone ? [] : Array(segments.indices)
    case .quiet:
      let worn = segments.indices.filter { place in
        let segment = segments[place]
        return segment.deletedCount > 0
          && segment.deletedCount >= segment.rowCount / options.quietRowsPerChange
      }
      return worn.isEmpty ? [] : Set(worn).union(small).sorted()
    case .limits:
      let few = (deltaCount + segments.reduce(0) { $0 + $1.liveCount }) / 32
      let worn = segments.filter { segment in
        let isMuch = segment.deletedCount * 100 >= segment.rowCount * options.compactDeletedPercent
        return segment.deletedCount * 2 >= segment.rowCount
          || (segment.deletedCount >= few && isMuch)
      }
      if let largest = worn.map(\.liveCount).max() {
        return segments.indices.filter { segments[$0].liveCount <= largest }
      }
      return small.count >= options.compactSegmentCount ? smallest(small, of: segments) : []
    }
  }

  /// The smallest segments, and on as long as the next has no more than twice the rows of those before together.
  private func smallest(_ places: [Int], of segments: [SegmentLoad]) -> [Int] {
    let ascending = places.sorted { segments[$0].liveCount < segments[$1].liveCount }
    var rows = ascending.prefix(2).reduce(0) { $0 + segments[$1].liveCount }
    var count = min(2, ascending.count)
    while count < ascending.count, segments[ascending[count]].liveCount <= 2 * rows {
      rows += segments[ascending[count]].liveCount
      count += 1
    }
    return ascending.prefix(count).sorted()
  }
}

extension PartitionState {
  /// Segments worth writing anew.
  func segmentsToCompact(_ options: StoreOptions, _ reason: CompactionReason) -> [SegmentEntry] {
    let loads = segments.map {
      SegmentLoad(
        rowCount: $0.reference.rowCount,
        deletedCount: $0.deletions?.deletedCount ?? 0
      )
    }
    let deltaCount = delta.reduce(0) { $0 + $1.liveRowCount }
    return reason.choose(among: loads, deltaCount: deltaCount, options).map { segments[$0] }
  }
}
