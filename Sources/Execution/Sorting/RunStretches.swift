internal import Columnar

/// A run's next row as the merge looks at it.
struct RunHead: BitwiseCopyable {
  /// The first key, so that most comparisons touch nothing else; see ``sortWord(_:_:)``.
  var word: UInt64
  /// Of the first key: 0: NULL before the values, 1: a value, 2: NULL behind them.
  var rank: UInt32
  /// The run.
  var number: UInt32
}

/// The next rows of every run, with their first keys as words.
final class RunStretches {
  private let runs: [SortedRun]
  private let order: SortOrder
  private let rows: GroupArray<UInt32>
  private let words: GroupArray<UInt64>
  private let ranks: GroupArray<UInt32>
  private let places: GroupArray<UInt32>
  private let counts: GroupArray<UInt32>
  /// Where the rows picked since the last copy begin.
  private let firsts: GroupArray<UInt32>
  /// What the rows lie in: a run from a file goes on to others.
  private(set) var columns: [[Vector]]
  private var comparators: [RowComparator]
  private let isExact: Bool

  init(_ runs: [SortedRun], _ order: SortOrder) {
    self.runs = runs
    self.order = order
    let count = max(1, runs.count)
    rows = GroupArray(0, capacity: count * groupRowCount)
    words = GroupArray(0, capacity: count * groupRowCount)
    ranks = GroupArray(1, capacity: count * groupRowCount)
    places = GroupArray(0, capacity: count)
    counts = GroupArray(0, capacity: count)
    firsts = GroupArray(0, capacity: count)
    columns = runs.map(\.columns)
    comparators = runs.map { order.comparator($0.columns) }
    isExact =
      order.keys.count == 1
      && (runs.first.map { Execution.isExact($0.columns[order.keys[0].column].kind) } ?? true)
  }

  /// Rows of a run that are ready and not picked.
  func left(_ run: Int) -> Int { Int(counts[run] - places[run]) }

  /// Reads a run's next rows, when all picked ones were copied; false: there are none.
  func refill(_ run: Int) throws(ExecutionError) -> Bool {
    places[run] = 0
    counts[run] = 0
    firsts[run] = 0
    let source = runs[run]
    if source.isAtEnd { return false }
    let columns = source.columns
    self.columns[run] = columns
    comparators[run] = order.comparator(columns)
    let first = run * groupRowCount
    try source.takeRows(groupRowCount) { found in
      for place in found.indices { rows[first + place] = found[place] }
      counts[run] = UInt32(truncatingIfNeeded: found.count)
    }
    look(columns, first..<first + Int(counts[run]))
    return counts[run] > 0
  }

  private func look(_ columns: [Vector], _ places: Range<Int>) {
    guard let key = order.keys.first else { return }
    let column = columns[key.column]
    let null: UInt32 = key.nullsFirst ? 0 : 2
    for place in places {
      let row = Int(rows[place])
      let isValid = column.isValid(row)
      let word = isValid ? sortWord(column, row) : 0
      words[place] = key.isDescending && isValid ? ~word : word
      ranks[place] = isValid ? 1 : null
    }
  }

  /// The next row of a run that has one ready.
  @inline(__always)
  func head(_ run: Int) -> RunHead {
    let place = run &* groupRowCount &+ Int(places[run])
    return RunHead(
      word: words[place],
      rank: ranks[place],
      number: UInt32(truncatingIfNeeded: run)
    )
  }

  /// Picks a run's next rows.
  @inline(__always)
  func pick(_ run: Int, _ count: Int = 1) {
    places[run] &+= UInt32(truncatingIfNeeded: count)
  }

  /// Whether a row comes before another; equal rows come in the order of their runs.
  @inline(__always)
  func isBefore(_ a: RunHead, _ b: RunHead) -> Bool {
    if a.rank != b.rank { return a.rank < b.rank }
    if a.word != b.word { return a.word < b.word }
    return isExact ? a.number < b.number : isTiedBefore(Int(a.number), Int(b.number))
  }

  private func isTiedBefore(_ a: Int, _ b: Int) -> Bool {
    let order = comparators[a].order(row(a), comparators[b], row(b))
    return order != 0 ? order < 0 : a < b
  }

  private func row(_ run: Int) -> Int { Int(rows[run * groupRowCount + Int(places[run])]) }

  /// How many rows of a run were picked since ``forgetPicked()``.
  func pickedCount(_ run: Int) -> Int { Int(places[run] - firsts[run]) }

  /// These rows' numbers in the run's ``columns``.
  func withPicked(_ run: Int, _ body: (Span<UInt32>) -> Void) {
    let first = run * groupRowCount
    body(rows.span.extracting(first + Int(firsts[run])..<first + Int(places[run])))
  }

  /// The number of the picked row at `place` of a run's.
  func pickedRow(_ run: Int, _ place: Int) -> Int {
    Int(rows[run * groupRowCount + Int(firsts[run]) + place])
  }

  /// Says that all picked rows were copied.
  func forgetPicked() {
    for run in runs.indices { firsts[run] = places[run] }
  }
}
