internal import Columnar
internal import Kernels
internal import Planning

/// The first `limit` rows of an order among those seen so far; one slot's.
///
/// Candidates collect until there are twice as many as wanted and some more, then the best are kept. From the first time on
/// the last of them is a threshold that most later rows do not pass. First thresholds are loose and come soon after each other; later
/// there are more rows between them, lest rows in an order that passes every threshold be sorted again and again.
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
  /// Whether the row at a place of `selection` has the threshold's values in all keys looked at.
  private let tied = GroupArray<UInt8>(1)
  private let bounds: DynamicBounds?
  /// So many candidates more than twice as many as wanted may collect.
  private var slack = 16

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

  /// The columns by which a batch is found to have no row among the first, or some that may be.
  var deciding: [Int] {
    firstKeyDecides ? [order.keys[0].column] : order.keys.map(\.column)
  }

  /// Whether the threshold's first key alone rules most batches out.
  private var firstKeyDecides: Bool {
    guard order.keys.count > 1, let bound = threshold?.columns[order.keys[0].column] else {
      return false
    }
    return (bound.kind == .int64 || bound.kind == .int128) && bound.isValid(0)
  }

  /// Takes in a batch's rows.
  ///
  /// - Parameters:
  ///   - columns: Of the batch; those that are not ``deciding`` need not be made yet.
  ///   - count: Its rows.
  ///   - complete: Makes more columns, all of them for nil, as soon as they may be wanted.
  /// - Throws: What `complete` throws.
  func append(
    _ columns: [Vector],
    count: Int,
    complete: (_ columns: [Int]?) throws(ExecutionError) -> [Vector]
  ) throws(ExecutionError) {
    if let threshold {
      var columns = columns
      if firstKeyDecides {
        if isBehind(columns[order.keys[0].column], count, threshold) { return }
        columns = try complete(order.keys.map(\.column))
      }
      let selection = selection
      let found = select(columns, count, threshold)
      if found == 0 { return }
      rows.append(try complete(nil), rows: selection.span(found))
    } else {
      rows.append(try complete(nil), count: count)
    }
    if rows.rowCount >= limit * 2 + slack { prune() }
  }

  /// Whether all values of the first key are behind the threshold's.
  private func isBehind(_ column: Vector, _ count: Int, _ threshold: RowStore) -> Bool {
    let key = order.keys[0]
    let bound = threshold.columns[key.column]
    guard !column.hasNulls else { return false }
    guard column.kind == .int64 else {
      let lanes = column.int128
      let value = bound.int128[0]
      for row in 0..<count where key.isDescending ? lanes[row] >= value : lanes[row] <= value {
        return false
      }
      return true
    }
    guard let range = extremes(of: column, count) else { return false }
    return key.isDescending ? range.high < bound.int64[0] : range.low > bound.int64[0]
  }

  /// The rows that come before the threshold, ascending, in `selection`.
  ///
  /// Key by key: a row stays as long as none of its keys is behind, and is tied as long as all of them are equal.
  private func select(_ columns: [Vector], _ count: Int, _ threshold: RowStore) -> Int {
    let selection = selection
    selection.fill(0..<count)
    tied.reserve(count)
    var places = selection.places
    var ties = tied.mutableSpan
    for place in 0..<count { ties[place] = 1 }
    var found = count
    var isDecided = true
    for (number, key) in order.keys.enumerated() where found > 0 {
      let column = columns[key.column]
      let bound = threshold.columns[key.column]
      switch column.kind {
      case .int64 where !column.hasNulls && bound.isValid(0):
        found = narrow(found, column.int64, bound.int64[0], key.isDescending, &places, &ties)
        continue
      case .int128 where !column.hasNulls && bound.isValid(0):
        found = narrow(found, column.int128, bound.int128[0], key.isDescending, &places, &ties)
        continue
      case .bytes where number == 0 && textThreshold != nil && !column.hasNulls:
        found = textThreshold?.select(column, count, into: &places) ?? 0
      default: break
      }
      isDecided = false
      break
    }
    // A few rows too many are cheaper than comparing them.
    if order.keys.count == 1, found <= limit / 4 { return found }
    let ours = isDecided ? nil : order.comparator(columns)
    let theirs = order.comparator(threshold.columns)
    var kept = 0
    for place in 0..<found {
      let row = places[place]
      let isTied = ties[place] != 0
      places[kept] = row
      kept += !isTied || (ours.map { $0.order(Int(row), theirs, 0) < 0 } ?? false) ? 1 : 0
    }
    return kept
  }

  /// Drops rows that are tied so far and whose next key is behind the threshold's.
  @inline(__always)
  private func narrow<T: FixedWidthInteger & BitwiseCopyable>(
    _ count: Int,
    _ lanes: Span<T>,
    _ bound: T,
    _ isDescending: Bool,
    _ places: inout MutableSpan<UInt16>,
    _ ties: inout MutableSpan<UInt8>
  ) -> Int {
    precondition(count <= places.count && count <= ties.count)
    var found = 0
    for place in 0..<count {
      // SAFETY: found <= place < count, checked above; `lanes` checks the row.
      let row = unsafe places[unchecked: place]
      let value = lanes[Int(row)]
      let isTied = unsafe ties[unchecked: place] != 0
      unsafe places[unchecked: found] = row
      unsafe ties[unchecked: found] = isTied && value == bound ? 1 : 0
      let isBehind = isDescending ? value < bound : value > bound
      found &+= isTied && isBehind ? 0 : 1
    }
    return found
  }

  /// Keeps the best and takes the last of them as the threshold.
  private func prune() {
    let sorted = sortedRows(rows, order)
    let best = Array(sorted.prefix(limit))
    slack = min(groupRowCount, slack * 2)
    let kept = RowStore(kinds: kinds, budget: budget, capacity: limit * 2 + slack * 2)
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
