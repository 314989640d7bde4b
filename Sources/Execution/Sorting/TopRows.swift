internal import Columnar
internal import Planning

/// The first `limit` rows of an order among those seen so far; one slot's.
///
/// Candidates collect until there are twice as many as wanted, then the best are kept. From the first time on
/// the last of them is a threshold that most later rows do not pass.
final class TopRows {
  private let limit: Int
  private let order: SortOrder
  private let kinds: [LaneKind]
  private let budget: MemoryBudget
  private(set) var rows: RowStore
  private var threshold: RowStore?
  /// The threshold's first key where it is a string.
  private var textThreshold: TextThreshold?
  private let selection = SelectionBuffer()
  private let bounds: DynamicBounds?

  /// - Parameters:
  ///   - limit: Rows wanted.
  ///   - order: The order.
  ///   - kinds: Of the columns kept.
  ///   - bounds: Where the threshold's first key is told to the scan.
  ///   - budget: Where the memory is counted.
  init(
    limit: Int,
    order: SortOrder,
    kinds: [LaneKind],
    bounds: DynamicBounds?,
    budget: MemoryBudget
  ) {
    self.limit = limit
    self.order = order
    self.kinds = kinds
    self.bounds = bounds
    self.budget = budget
    rows = RowStore(kinds: kinds, budget: budget)
  }

  /// Takes in a batch's rows.
  func append(_ columns: [Vector], count: Int) {
    if let threshold {
      let selection = selection
      let found = select(columns, count, threshold)
      if found == 0 { return }
      rows.append(columns, rows: selection.span(found))
    } else {
      rows.append(columns, count: count)
    }
    if rows.rowCount >= limit * 2 + groupRowCount { prune() }
  }

  /// The rows that come before the threshold.
  private func select(_ columns: [Vector], _ count: Int, _ threshold: RowStore) -> Int {
    let selection = selection
    selection.reserve(count)
    var places = selection.places
    guard let key = order.keys.first else { return 0 }
    let column = columns[key.column]
    let limit = threshold.columns[key.column]
    let found: Int
    if column.hasNulls || !limit.isValid(0) {
      for row in 0..<count { places[row] = UInt16(truncatingIfNeeded: row) }
      found = count
    } else {
      let isDescending = key.isDescending
      switch column.kind {
      case .int64: found = passing(column.int64, count, limit.int64[0], isDescending, &places)
      case .int128: found = passing(column.int128, count, limit.int128[0], isDescending, &places)
      case .bytes where textThreshold != nil:
        found = textThreshold?.select(column, count, into: &places) ?? 0
      default:
        for row in 0..<count { places[row] = UInt16(truncatingIfNeeded: row) }
        found = count
      }
    }
    guard order.keys.count > 1 || found > self.limit / 4 else { return found }
    let ours = order.comparator(columns)
    let theirs = order.comparator(threshold.columns)
    var kept = 0
    for place in 0..<found {
      let row = places[place]
      places[kept] = row
      kept += ours.order(Int(row), theirs, 0) < 0 ? 1 : 0
    }
    return kept
  }

  /// The rows whose first key is not behind the threshold's.
  @inline(__always)
  private func passing<T: FixedWidthInteger & BitwiseCopyable>(
    _ lanes: Span<T>,
    _ count: Int,
    _ bound: T,
    _ isDescending: Bool,
    _ places: inout MutableSpan<UInt16>
  ) -> Int {
    precondition(count <= lanes.count && count <= places.count)
    var found = 0
    for row in 0..<count {
      // SAFETY: found <= row < count, checked above.
      unsafe places[unchecked: found] = UInt16(truncatingIfNeeded: row)
      let value = unsafe lanes[unchecked: row]
      found &+= (isDescending ? value >= bound : value <= bound) ? 1 : 0
    }
    return found
  }

  /// Keeps the best and takes the last of them as the threshold.
  private func prune() {
    let sorted = sortedRows(rows, order)
    let best = Array(sorted.prefix(limit))
    let kept = RowStore(kinds: kinds, budget: budget, capacity: limit * 2 + groupRowCount * 2)
    let batch = Batch(kinds: kinds, capacity: groupRowCount)
    var first = 0
    while first < best.count {
      let count = min(groupRowCount, best.count - first)
      let part = best.span.extracting(first..<first + count)
      rows.gather(part, mayBeAbsent: false, into: batch.columns[...])
      kept.append(batch.columns, count: count)
      first += count
    }
    rows = kept
    guard best.count == limit, limit > 0 else { return }
    let last = RowStore(kinds: kinds, budget: nil)
    last.append(kept.columns, first: limit - 1, count: 1)
    threshold = last
    textThreshold = order.keys.first.flatMap { key in
      let column = last.columns[key.column]
      guard column.kind == .bytes, column.isValid(0) else { return nil }
      return TextThreshold(bytesView(column, 0), isDescending: key.isDescending)
    }
    tellScan(last)
  }

  private func tellScan(_ threshold: RowStore) {
    guard let bounds, let key = order.keys.first else { return }
    let column = threshold.columns[key.column]
    guard column.kind == .int64, column.isValid(0) else { return }
    let value = column.int64[0]
    if key.isDescending { bounds.tighten(lower: value) } else { bounds.tighten(upper: value) }
  }

  /// The wanted rows, in order.
  func finish() -> MemoryRun {
    MemoryRun(rows, Array(sortedRows(rows, order).prefix(limit)))
  }
}
