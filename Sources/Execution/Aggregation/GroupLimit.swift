internal import Columnar
internal import Synchronization

/// The choice of groups where any so many will do: a limit above a grouping that nothing orders.
///
/// As soon as one slot has that many, they are the ones; from then on every slot takes in rows of these groups only.
final class GroupLimit: @unchecked Sendable {
  /// More groups than that are not worth a look at each row.
  static let countMax = 1024

  /// How many groups are wanted.
  let count: Int
  // Used under the lock.
  private let lock = Mutex<Void>(())
  private var keys: Batch?
  private var isForgone = false

  init(_ count: Int) { self.count = count }

  /// The keys of the groups that were chosen, a row a group; nil: none were yet.
  var chosen: Batch? { lock.withLock { _ in keys } }

  /// The keys of the chosen groups, which are those of `local` if it is the first to have enough.
  func choose(from local: LocalAggregation) -> Batch? {
    lock.withLock { _ in
      if keys == nil, !isForgone { keys = local.firstKeys(count) }
      return keys
    }
  }

  /// Rules a choice out, because rows are on their way elsewhere; the keys, where it was made already.
  func forgo() -> Batch? {
    lock.withLock { _ in
      isForgone = true
      return keys
    }
  }
}

/// One slot's table of the groups that a ``GroupLimit`` chose, and a look-up that leaves other rows out.
final class ChosenGroups {
  let local: LocalAggregation
  private let finder: KeyFinder
  private let selection = SelectionBuffer()
  /// A key of integers, and a bit for the hash of each of its chosen values: rules most rows out before they are looked up.
  private let marked: Int?
  private let marks = GroupArray<UInt64>(0, capacity: 1 << (markBits - 6))
  private static let markBits = 14

  /// - Parameters:
  ///   - keys: Of the chosen groups, none of them NULL.
  ///   - fresh: A table without groups.
  ///   - index: The table's, in which other keys can be looked up.
  ///   - before: What the slot took in of all groups so far.
  /// - Throws: An overflow.
  init(
    _ keys: Batch,
    in fresh: LocalAggregation,
    _ index: GroupIndex,
    before: LocalAggregation?
  ) throws(ExecutionError) {
    local = fresh
    fresh.open(keys)
    finder = KeyFinder(index, hasRows: true)
    marked = keys.columns.firstIndex { $0.kind == .int64 }
    if let marked {
      let vector = keys.columns[marked]
      let lanes = vector.int64
      for row in 0..<keys.rowCount {
        let place = Self.mark(lanes[row])
        marks[place >> 6] |= 1 &<< UInt64(place & 63)
      }
    }
    guard let before else { return }
    try before.seal()
    let taken = flags(of: before)
    try fresh.merge(before) { taken[$0] }
  }

  /// Which groups of a table are among the chosen ones.
  private func flags(of other: LocalAggregation) -> [Bool] {
    var flags = Array(repeating: false, count: other.groupCount)
    other.index?.forEachKeys { first, keys, rows in
      finder.find(keys, rows: rows)
      for row in 0..<rows { flags[first + row] = finder.numbers[row] != absentRow }
    }
    return flags
  }

  /// Takes in the rows of chosen groups.
  ///
  /// - Parameters:
  ///   - vectors: Of keys, and then of inputs.
  ///   - keyCount: How many keys.
  ///   - rows: How many rows.
  /// - Throws: An overflow.
  func take(_ vectors: [Vector], keyCount: Int, rows: Int) throws(ExecutionError) {
    let batch = Batch(columns: vectors, rowCount: rows)
    selection.reserve(rows)
    if let marked {
      keep(selectMarked(vectors[marked], rows), of: batch)
      if batch.rowCount == 0 { return }
    }
    finder.find(Array(batch.columns[0..<keyCount]), rows: batch.rowCount)
    keep(selectFound(batch.rowCount), of: batch)
    try local.take(
      keys: Array(batch.columns[0..<keyCount]),
      inputs: batch.columns[keyCount...],
      rows: batch.rowCount
    )
  }

  /// Keeps the first `count` rows of ``selection``.
  private func keep(_ count: Int, of batch: Batch) {
    let selection = selection
    if count > 0, count < batch.rowCount { compactInPlace(batch, selection.span(count)) }
    batch.rowCount = count
  }

  @inline(__always)
  private static func mark(_ lane: Int64) -> Int {
    Int(truncatingIfNeeded: mixHash(UInt64(bitPattern: lane)) &>> UInt64(64 - markBits))
  }

  private func selectMarked(_ vector: Vector, _ rows: Int) -> Int {
    let lanes = vector.int64
    let marks = marks
    let bits = marks.span
    let selection = selection
    var places = selection.places
    precondition(rows <= lanes.count && rows <= places.count)
    precondition(bits.count << 6 >= 1 << Self.markBits)
    var count = 0
    for row in 0..<rows {
      // SAFETY: count <= row < rows, and a mark is below 1 << markBits, as the preconditions have it.
      let place = unsafe Self.mark(lanes[unchecked: row])
      let bit = unsafe bits[unchecked: place &>> 6] &>> UInt64(place & 63) & 1
      unsafe places[unchecked: count] = UInt16(truncatingIfNeeded: row)
      count &+= Int(truncatingIfNeeded: bit)
    }
    return count
  }

  private func selectFound(_ rows: Int) -> Int {
    let found = finder.numbers
    let numbers = found.span
    let selection = selection
    var places = selection.places
    var count = 0
    for row in 0..<rows {
      places[count] = UInt16(truncatingIfNeeded: row)
      count &+= numbers[row] == absentRow ? 0 : 1
    }
    return count
  }
}
