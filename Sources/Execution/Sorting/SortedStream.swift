internal import Columnar

/// Merges sorted runs: the rows of all in order.
///
/// First it is settled which rows come next, then they are copied column by column: reading a row is a cache miss for each of
/// its columns, and those of many rows are waited for together.
final class SortedStream: BatchStream {
  private let runs: [SortedRun]
  private let stretches: RunStretches
  /// A heap: each head comes before those at twice its place plus one and two.
  private let heads: GroupArray<RunHead>
  private var headCount = 0
  /// The runs that the picked rows are of, in the order of the rows.
  private let order = GroupArray<UInt32>(0, capacity: groupRowCount)
  private var pickedCount = 0
  private let width: Int
  private let shared: ExecutionShared
  private let output: Batch
  /// Picked rows of one run, and those of all, run by run.
  private let part: Batch
  private let all: Batch
  private var isStarted = false

  init(
    _ runs: [SortedRun],
    _ order: SortOrder,
    width: Int,
    kinds: [LaneKind],
    _ shared: ExecutionShared
  ) {
    self.runs = runs
    self.width = width
    self.shared = shared
    stretches = RunStretches(runs, order)
    heads = GroupArray(RunHead(word: 0, rank: 0, number: 0), capacity: max(1, runs.count))
    output = Batch(kinds: kinds, capacity: groupRowCount)
    part = Batch(kinds: kinds, capacity: 0)
    all = Batch(kinds: kinds, capacity: 0)
  }

  /// Looks at the first rows of all runs; the only one that has any is copied as it comes.
  private func start() throws(ExecutionError) {
    isStarted = true
    let filled = runs.indices.filter { !runs[$0].isAtEnd }
    for run in filled {
      if filled.count > 1 { _ = try stretches.refill(run) }
      heads[headCount] =
        filled.count > 1 ? stretches.head(run) : RunHead(word: 0, rank: 0, number: UInt32(run))
      headCount += 1
    }
    for place in (0..<headCount / 2).reversed() { sink(place, heads, stretches, headCount) }
  }

  /// Moves a head down to where it comes before those below.
  @inline(__always)
  private func sink(
    _ start: Int,
    _ heads: GroupArray<RunHead>,
    _ stretches: RunStretches,
    _ count: Int
  ) {
    var place = start
    let moved = heads[start]
    while true {
      var below = place &* 2 &+ 1
      if below >= count { break }
      if below &+ 1 < count, stretches.isBefore(heads[below &+ 1], heads[below]) { below &+= 1 }
      if !stretches.isBefore(heads[below], moved) { break }
      heads[place] = heads[below]
      place = below
    }
    heads[place] = moved
  }

  override func next() throws(ExecutionError) -> Batch? {
    try shared.check()
    if !isStarted { try start() }
    guard headCount > 0 else { return nil }
    for column in output.columns { column.reset() }
    let first = Int(heads[0].number)
    if headCount == 1, stretches.left(first) == 0 {
      try copy(runs[first])
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
    if run.isAtEnd { headCount = 0 }
  }

  /// Fills the output with the smallest rows of several runs.
  private func merge() throws(ExecutionError) {
    let (heads, stretches, order) = (heads, stretches, order)
    var copied = 0
    while copied + pickedCount < groupRowCount, headCount > 1 {
      let run = Int(heads[0].number)
      order[pickedCount] = UInt32(truncatingIfNeeded: run)
      pickedCount += 1
      stretches.pick(run)
      if stretches.left(run) > 0 {
        heads[0] = stretches.head(run)
      } else {
        // The rows before can be read until the run goes on.
        copied += copyPicked(to: copied)
        if try stretches.refill(run) {
          heads[0] = stretches.head(run)
        } else {
          headCount -= 1
          heads[0] = heads[headCount]
        }
      }
      sink(0, heads, stretches, headCount)
    }
    if headCount == 1 { pickRest(Int(heads[0].number), room: groupRowCount - copied - pickedCount) }
    output.rowCount = copied + copyPicked(to: copied)
  }

  /// Picks what is ready of the only run that is left.
  private func pickRest(_ run: Int, room: Int) {
    let count = min(room, stretches.left(run))
    for place in 0..<count { order[pickedCount + place] = UInt32(truncatingIfNeeded: run) }
    pickedCount += count
    stretches.pick(run, count)
    if stretches.left(run) == 0, runs[run].isAtEnd { headCount = 0 }
  }

  /// Copies the picked rows to the output, from row `start` on; returns how many there were.
  private func copyPicked(to start: Int) -> Int {
    let count = pickedCount
    guard count > 0 else { return 0 }
    // Where the next row of each run stands among those of all.
    var next: [Int] = []
    var behind = 0
    for run in runs.indices {
      next.append(behind)
      behind += stretches.pickedCount(run)
    }
    let firsts = next
    var places: [UInt16] = []
    places.reserveCapacity(count)
    for row in 0..<count {
      let number = Int(order[row])
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
    pickedCount = 0
    stretches.forgetPicked()
    return count
  }

  private func copyColumn(_ column: Int, _ places: [UInt16], _ firsts: [Int], to start: Int) {
    let all = all.columns[column]
    let part = part.columns[column]
    all.reset()
    for run in runs.indices where stretches.pickedCount(run) > 0 {
      let source = stretches.columns[run][column]
      stretches.withPicked(run) { rows in
        copyRows(source, rows: rows, to: part, mayBeAbsent: false, bytes: .copy)
        copyRows(part, first: 0, count: rows.count, to: all, at: firsts[run], bytes: .copy)
      }
    }
    copyRows(all, rows: places.span, to: output.columns[column], at: start, bytes: .copy)
  }

  /// Strings are copied once, to where the output keeps them.
  private func copyStrings(_ column: Int, _ places: [UInt16], _ firsts: [Int], to start: Int) {
    let target = output.columns[column]
    for index in 0..<pickedCount {
      let run = Int(order[index])
      let source = stretches.columns[run][column]
      let row = stretches.pickedRow(run, Int(places[index]) - firsts[run])
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
