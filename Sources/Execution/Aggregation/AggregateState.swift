internal import ColumnEncoding
internal import Columnar
internal import Planning

/// Which rows of a batch count for an aggregate, and the groups they belong to.
struct GroupRows {
  /// Rows of the batch.
  var count: Int
  /// The one group of all rows, where there is one; else `numbers` has the group of each.
  var uniform: UInt32?
  var numbers: GroupArray<UInt32>
  /// All groups are below it.
  var groupCount: Int
  /// The rows that count, ascending; nil: all.
  var selection: SelectionBuffer?
  /// How many rows count.
  var selectedCount: Int
}

extension GroupRows {
  /// All rows of a batch, each run of which is a group of its own, from `first` on.
  init(_ runs: KeyRuns, first: Int, rows: Int) {
    self.init(
      count: rows,
      uniform: nil,
      numbers: runs.numbers(from: first, rows: rows),
      groupCount: first + runs.count,
      selection: nil,
      selectedCount: rows
    )
  }
}

/// Calls `body` with the row and the group of every row that counts.
@inline(__always)
func forEachRow(_ rows: GroupRows, _ body: (Int, Int) -> Void) {
  let numbers = rows.numbers.span
  if let selection = rows.selection {
    let selected = selection.span(rows.selectedCount)
    if let group = rows.uniform {
      for place in 0..<rows.selectedCount { body(Int(selected[place]), Int(group)) }
    } else {
      for place in 0..<rows.selectedCount {
        let row = Int(selected[place])
        body(row, Int(numbers[row]))
      }
    }
  } else if let group = rows.uniform {
    for row in 0..<rows.count { body(row, Int(group)) }
  } else {
    precondition(rows.count <= numbers.count)
    for row in 0..<rows.count {
      // SAFETY: row < rows.count, checked above.
      unsafe body(row, Int(numbers[unchecked: row]))
    }
  }
}

/// Calls `body` with every group of another state that is taken in, and the group here.
@inline(__always)
func forEachMerged(_ map: GroupArray<UInt32>, _ groups: Int, _ body: (Int, Int) -> Void) {
  let targets = map.span
  for group in 0..<groups where targets[group] != absentRow { body(group, Int(targets[group])) }
}

/// What an aggregate knows of each group so far; one thread's.
///
/// Arguments that are NULL never reach ``update(_:_:)``.
class AggregateState {
  /// Makes places for groups 0..<`groups`.
  func reserve(groups: Int) {}

  /// Takes rows in.
  ///
  /// - Parameters:
  ///   - arguments: A vector an argument; empty for count(*).
  ///   - rows: The rows that count, none of whose first argument is NULL.
  /// - Throws: An overflow.
  func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {}

  /// Takes all rows of a batch in, each run of neighbours as a group of its own.
  ///
  /// - Parameters:
  ///   - arguments: As of ``update(_:_:)``; no first argument is NULL.
  ///   - runs: The batch's.
  ///   - first: The group of the first run; there are places for all.
  ///   - rows: How many rows.
  /// - Throws: An overflow.
  func update(
    _ arguments: [Vector],
    _ runs: KeyRuns,
    first: Int,
    rows: Int
  ) throws(ExecutionError) {
    try update(arguments, GroupRows(runs, first: first, rows: rows))
  }

  /// Whether the statistics of an argument say all that ``take(_:rowCount:group:)`` needs; nil: there is no argument.
  func isAnswered(by statistics: BlockStatistics?) -> Bool { false }

  /// Takes in rows of one group that were not looked at.
  func take(_ statistics: BlockStatistics?, rowCount: Int, group: Int) {}

  /// Takes in what another state of the same kind knows.
  ///
  /// - Parameters:
  ///   - other: Its groups are not taken in twice.
  ///   - map: The group here of each group there; ``absentRow``: to be left out.
  ///   - groups: How many groups there are there.
  /// - Throws: An overflow.
  func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {}

  /// Writes the results of groups `first..<first + count` to the first rows of `vector`, which is empty.
  ///
  /// May be called on several threads for different groups after they were prepared.
  func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {}

  /// Called by the thread that took the rows in, when no more come, before other states are merged.
  func seal(groups: Int) throws(ExecutionError) {}

  /// Called once, when no more rows and no more states come, before results are prepared and written.
  func beginResults(groups: Int) throws(ExecutionError) {}

  /// How many pieces of work make results ready, after ``beginResults(groups:)``.
  var resultPieces: Int { 0 }

  /// Does a piece, once; others may be done on other threads.
  func prepareResults(piece: Int) throws(ExecutionError) {}

  /// Lane kinds of the vectors that ``writePartial(first:count:into:)`` fills; nil: what is known of a group does not fit vectors.
  var partialKinds: [LaneKind]? { nil }

  /// Writes what is known of groups `first..<first + count` to the first rows of vectors of ``partialKinds``.
  func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {}

  /// Takes in what another state wrote, a row a group; rows whose first vector is NULL are not among them.
  ///
  /// - Throws: An overflow.
  func mergePartial(_ vectors: ArraySlice<Vector>, _ rows: GroupRows) throws(ExecutionError) {}

  /// Bytes held, but for those that it counts by itself.
  var byteCount: Int { 0 }

  /// Writes to temporary files what can be written there.
  ///
  /// - Parameter room: Bytes that may stay.
  /// - Returns: Bytes written.
  /// - Throws: What the file system says: 53100, 58030.
  func spill(leaving room: Int) throws(ExecutionError) -> Int { 0 }
}

/// count(*), count(x).
final class CountState: AggregateState {
  private let counts = GroupArray<Int64>(0)
  /// Zeros between batches.
  private let interleaved = GroupArray<Int64>(0)

  override func reserve(groups: Int) { counts.reserve(groups) }
  override var byteCount: Int { counts.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    if let group = rows.uniform {
      counts[Int(group)] += Int64(rows.selectedCount)
      return
    }
    var cells = counts.mutableSpan
    if InterleavedTables.suit(rows) { return countInterleaved(rows, to: &cells) }
    precondition(rows.groupCount <= cells.count)
    // SAFETY: groups are below rows.groupCount.
    forEachRow(rows) { _, group in unsafe cells[unchecked: group] &+= 1 }
  }

  private func countInterleaved(_ rows: GroupRows, to cells: inout MutableSpan<Int64>) {
    let scratch = interleaved
    scratch.reserve(InterleavedTables.cellCount)
    var four = scratch.mutableSpan
    let numbers = rows.numbers.span
    precondition(rows.count <= numbers.count && four.count >= InterleavedTables.cellCount)
    for row in 0..<rows.count {
      // SAFETY: row < rows.count; a place is always inside.
      unsafe four[unchecked: InterleavedTables.place(numbers[unchecked: row], row)] &+= 1
    }
    for group in 0..<rows.groupCount {
      for place in group &* 4..<group &* 4 &+ 4 {
        cells[group] &+= four[place]
        four[place] = 0
      }
    }
  }

  override func update(_ arguments: [Vector], _ runs: KeyRuns, first: Int, rows: Int) {
    var cells = counts.mutableSpan
    runs.forEachRun(rows: rows) { run, range in cells[first &+ run] &+= Int64(range.count) }
  }

  override func isAnswered(by statistics: BlockStatistics?) -> Bool { true }

  override func take(_ statistics: BlockStatistics?, rowCount: Int, group: Int) {
    counts[group] += Int64(rowCount - (statistics?.nullCount ?? 0))
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? CountState else { return }
    forEachMerged(map, groups) { group, target in counts[target] += other.counts[group] }
  }

  override var partialKinds: [LaneKind]? { [.int64] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    guard let vector = vectors.first else { return }
    copyLanes(counts, first, count, to: vector)
  }

  override func mergePartial(_ vectors: ArraySlice<Vector>, _ rows: GroupRows) {
    guard let vector = vectors.first else { return }
    let lanes = vector.int64
    var cells = counts.mutableSpan
    forEachRow(rows) { row, group in cells[group] &+= lanes[row] }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    copyLanes(counts, first, count, to: vector)
  }
}

/// Copies `count` places from `first` on to the first lanes of a vector.
func copyLanes(_ array: GroupArray<Int64>, _ first: Int, _ count: Int, to vector: Vector) {
  let source = array.span
  var out = vector.mutableInt64
  for row in 0..<count { out[row] = source[first &+ row] }
}

/// bool_and, bool_or.
final class BoolState: AggregateState {
  /// Bit 0: a false was seen, bit 1: a true was seen.
  private let seen = GroupArray<UInt8>(0)

  override func reserve(groups: Int) { seen.reserve(groups) }
  override var byteCount: Int { seen.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.bool
    var cells = seen.mutableSpan
    forEachRow(rows) { row, group in cells[group] |= 1 &<< (lanes[row] & 1) }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? BoolState else { return }
    forEachMerged(map, groups) { group, target in seen[target] |= other.seen[group] }
  }

  override var partialKinds: [LaneKind]? { [.int64] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    guard let vector = vectors.first else { return }
    var out = vector.mutableInt64
    for row in 0..<count { out[row] = Int64(seen[first + row]) }
  }

  override func mergePartial(_ vectors: ArraySlice<Vector>, _ rows: GroupRows) {
    guard let vector = vectors.first else { return }
    let lanes = vector.int64
    var cells = seen.mutableSpan
    forEachRow(rows) { row, group in cells[group] |= UInt8(truncatingIfNeeded: lanes[row]) }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    for row in 0..<count {
      let seen = seen[first + row]
      if seen == 0 {
        vector.setNull(row)
        continue
      }
      var out = vector.mutableBool
      out[row] = call.function == .boolAnd ? (seen == 2 ? 1 : 0) : (seen & 2 != 0 ? 1 : 0)
    }
  }
}
