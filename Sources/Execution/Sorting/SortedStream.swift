internal import Columnar

/// The current row of a run that is merged with others.
private final class RunHead {
  let run: SortedRun
  private let number: Int
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
final class SortedStream: BatchStream {
  /// A heap: each head comes before those at twice its place plus one and two.
  private var heads: [RunHead] = []
  private let width: Int
  private let shared: ExecutionShared
  private let output: Batch

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
    super.init()
    for (number, run) in runs.enumerated() where !run.isAtEnd {
      heads.append(RunHead(run, number, order))
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
    var count = 0
    while count < groupRowCount, let first = heads.first {
      take(first.run, at: count)
      count += 1
      if try !first.advance() {
        heads.swapAt(0, heads.count - 1)
        heads.removeLast()
      }
      sink(0)
    }
    output.rowCount = count
  }

  private func take(_ run: SortedRun, at place: Int) {
    let columns = run.columns
    let row = run.row
    for column in 0..<width {
      let source = columns[column]
      let target = output.columns[column]
      guard source.isValid(row) else {
        setDatum(.null, in: target, at: place)
        continue
      }
      if source.kind == .bytes {
        let view = target.store(bytesView(source, row).span)
        var out = target.mutableViews
        out[place] = view
        target.setValid(place)
      } else {
        copyValue(source, row, to: target, place)
      }
    }
  }
}
