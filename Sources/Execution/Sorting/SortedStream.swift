internal import Columnar

/// The current row of a run that is merged with others.
private final class RunHead {
  let run: SortedRun
  let number: Int
  private let order: SortOrder
  private var comparator: RowComparator
  /// The first key as a word, so that most comparisons touch nothing else.
  private var word: UInt64 = 0
  /// Of the first key: 0: NULL before the values, 1: a value, 2: NULL behind them.
  private var rank: UInt8 = 0
  private let isExact: Bool

  init(_ run: SortedRun, _ number: Int, _ order: SortOrder) {
    self.run = run
    self.number = number
    self.order = order
    comparator = order.comparator(run.columns)
    isExact =
      order.keys.count == 1 && Execution.isExact(run.columns[order.keys[0].column].kind)
    look()
  }

  private func look() {
    guard let key = order.keys.first else { return }
    let column = run.columns[key.column]
    guard column.isValid(run.row) else {
      (word, rank) = (0, key.nullsFirst ? 0 : 2)
      return
    }
    let value = sortWord(column, run.row)
    (word, rank) = (key.isDescending ? ~value : value, 1)
  }

  /// Whether the row comes before that of `other`; equal rows come in the order of their runs.
  func isBefore(_ other: RunHead) -> Bool {
    if rank != other.rank { return rank < other.rank }
    if word != other.word { return word < other.word }
    if !isExact {
      let order = comparator.order(run.row, other.comparator, other.run.row)
      if order != 0 { return order < 0 }
    }
    return number < other.number
  }

  /// Goes to the run's next row; false: there is none.
  func advance() throws(ExecutionError) -> Bool {
    let before = run.columns.first
    try run.advance()
    if run.isAtEnd { return false }
    // A run from a file may have gone on to its next batch.
    if run.columns.first !== before { comparator = order.comparator(run.columns) }
    look()
    return true
  }
}

/// Merges sorted runs: the rows of all in order.
///
/// First it is settled which rows come next, then they are copied column by column: reading a row is a cache miss for each of
/// its columns, and those of many rows are waited for together.
final class SortedStream: BatchStream {
  /// Rows of a run that come next.
  private struct Picked {
    /// The columns that the rows lie in: a run from a file goes on to others.
    var columns: [Vector]
    var rows: [UInt32] = []
  }
  /// A heap: each head comes before those at twice its place plus one and two.
  private var heads: [RunHead] = []
  /// By the number of the run.
  private var picked: [Picked] = []
  /// The numbers of the runs that the picked rows are of, in the order of the rows.
  private var order: [Int] = []
  private let width: Int
  private let shared: ExecutionShared
  private let output: Batch
  /// Picked rows of one run, and those of all, run by run.
  private let part: Batch
  private let all: Batch

  init(
    _ runs: [SortedRun],
    _ order: SortOrder,
    width: Int,
    kinds: [LaneKind],
    _ shared: ExecutionShared
  ) {
    self.width = width
    self.shared = shared
    output = Batch(kinds: kinds, capacity: groupRowCount)
    part = Batch(kinds: kinds, capacity: 0)
    all = Batch(kinds: kinds, capacity: 0)
    super.init()
    for (number, run) in runs.enumerated() {
      picked.append(Picked(columns: run.columns))
      if !run.isAtEnd { heads.append(RunHead(run, number, order)) }
    }
    for place in (0..<heads.count / 2).reversed() { sink(place) }
  }

  /// Moves a head down to where it comes before those below.
  private func sink(_ start: Int) {
    var place = start
    while true {
      var first = place
      for below in place * 2 + 1...place * 2 + 2
      where below < heads.count && heads[below].isBefore(heads[first]) { first = below }
      if first == place { return }
      heads.swapAt(place, first)
      place = first
    }
  }

  override func next() throws(ExecutionError) -> Batch? {
    try shared.check()
    guard let first = heads.first else { return nil }
    for column in output.columns { column.reset() }
    if heads.count == 1 {
      try copy(first.run)
    } else {
      try merge()
    }
    return output
  }

  /// Fills the output with the rows of the only run that is left.
  private func copy(_ run: SortedRun) throws(ExecutionError) {
    var copied = 0
    let columns = run.columns
    try run.takeRows(groupRowCount) { rows in
      copied = rows.count
      for column in 0..<width {
        let target = output.columns[column]
        copyRows(columns[column], rows: rows, to: target, mayBeAbsent: false, bytes: .share)
        if target.kind == .bytes { target.retainOwners(of: columns[column]) }
      }
    }
    output.rowCount = copied
    if run.isAtEnd { heads = [] }
  }

  /// Fills the output with the smallest rows of several runs.
  private func merge() throws(ExecutionError) {
    var copied = 0
    while copied + order.count < groupRowCount, let first = heads.first {
      let number = first.number
      picked[number].rows.append(UInt32(truncatingIfNeeded: first.run.row))
      order.append(number)
      if try !first.advance() {
        heads.swapAt(0, heads.count - 1)
        heads.removeLast()
      } else if first.run.columns.first !== picked[number].columns.first {
        // The batch before can be read until the run turns once more.
        copied += copyPicked(to: copied)
        picked[number].columns = first.run.columns
      }
      sink(0)
    }
    output.rowCount = copied + copyPicked(to: copied)
  }

  /// Copies the picked rows to the output, from row `start` on; returns how many there were.
  private func copyPicked(to start: Int) -> Int {
    let count = order.count
    guard count > 0 else { return 0 }
    // Where the next row of each run stands among those of all.
    var next: [Int] = []
    var behind = 0
    for run in picked {
      next.append(behind)
      behind += run.rows.count
    }
    let firsts = next
    var places: [UInt16] = []
    places.reserveCapacity(count)
    for number in order {
      places.append(UInt16(truncatingIfNeeded: next[number]))
      next[number] += 1
    }
    for column in 0..<width {
      if output.columns[column].kind == .bytes {
        copyStrings(column, places, firsts, to: start)
      } else {
        copyColumn(column, places, firsts, to: start)
      }
    }
    order.removeAll(keepingCapacity: true)
    for number in picked.indices { picked[number].rows.removeAll(keepingCapacity: true) }
    return count
  }

  private func copyColumn(_ column: Int, _ places: [UInt16], _ firsts: [Int], to start: Int) {
    let all = all.columns[column]
    let part = part.columns[column]
    all.reset()
    for (run, first) in zip(picked, firsts) where !run.rows.isEmpty {
      let rows = run.rows.span
      copyRows(run.columns[column], rows: rows, to: part, mayBeAbsent: false, bytes: .copy)
      copyRows(part, first: 0, count: rows.count, to: all, at: first, bytes: .copy)
    }
    copyRows(all, rows: places.span, to: output.columns[column], at: start, bytes: .copy)
  }

  /// Strings are copied once, to where the output keeps them.
  private func copyStrings(_ column: Int, _ places: [UInt16], _ firsts: [Int], to start: Int) {
    let target = output.columns[column]
    for (index, number) in order.enumerated() {
      let source = picked[number].columns[column]
      let row = Int(picked[number].rows[Int(places[index]) - firsts[number]])
      guard source.isValid(row) else {
        setDatum(.null, in: target, at: start + index)
        continue
      }
      let view = target.store(bytesView(source, row).span)
      var out = target.mutableViews
      out[start + index] = view
      target.setValid(start + index)
    }
  }
}
