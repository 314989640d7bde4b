internal import ColumnEncoding
internal import Columnar
internal import Kernels
internal import Planning

/// Sum and count of int64 lanes: sum, avg, count.
///
/// Sums are Int64 as long as the largest values seen prove that none can have overflowed; then all are moved to
/// Int128 and begun anew. So a row costs a plain addition, and sums are exact.
final class IntegerSumState: AggregateState {
  private struct Cell: BitwiseCopyable {
    var sum: Int64 = 0
    var count: Int64 = 0
  }

  private let cells = GroupArray<Cell>(Cell())
  /// Zeros between batches.
  private let interleaved = GroupArray<Cell>(Cell())
  private var wide: GroupArray<Int128>?
  /// No sum of `cells` is larger in magnitude.
  private var bound: UInt64 = 0
  private let scale: Int

  init(scale: Int) { self.scale = scale }

  override func reserve(groups: Int) {
    cells.reserve(groups)
    wide?.reserve(groups)
  }
  override var byteCount: Int { cells.byteCount + (wide?.byteCount ?? 0) }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    guard let range = extremes(of: vector, rows.count) else { return }
    let lanes = vector.int64
    guard makeRoom(largest: max(range.low.magnitude, range.high.magnitude), rows.selectedCount)
    else {
      return addWide(vector, rows)
    }
    if let group = rows.uniform, rows.selection == nil {
      var sum: Int64 = 0
      precondition(rows.count <= lanes.count)
      for row in 0..<rows.count {
        // SAFETY: row < rows.count <= lanes.count.
        sum &+= unsafe lanes[unchecked: row]
      }
      cells[Int(group)].sum &+= sum
      cells[Int(group)].count &+= Int64(rows.count)
      return
    }
    var table = cells.mutableSpan
    precondition(rows.groupCount <= table.count && rows.count <= lanes.count)
    if InterleavedTables.suit(rows) { return addInterleaved(lanes, rows, to: &table) }
    forEachRow(rows) { row, group in
      // SAFETY: groups are below rows.groupCount, rows below rows.count.
      unsafe table[unchecked: group].sum &+= unsafe lanes[unchecked: row]
      unsafe table[unchecked: group].count &+= 1
    }
  }

  private func addInterleaved(
    _ lanes: Span<Int64>,
    _ rows: GroupRows,
    to table: inout MutableSpan<Cell>
  ) {
    let scratch = interleaved
    scratch.reserve(InterleavedTables.cellCount)
    var four = scratch.mutableSpan
    let numbers = rows.numbers.span
    precondition(rows.count <= numbers.count && rows.count <= lanes.count)
    precondition(four.count >= InterleavedTables.cellCount)
    for row in 0..<rows.count {
      // SAFETY: row < rows.count; a place is always inside.
      let place = unsafe InterleavedTables.place(numbers[unchecked: row], row)
      unsafe four[unchecked: place].sum &+= unsafe lanes[unchecked: row]
      unsafe four[unchecked: place].count &+= 1
    }
    for group in 0..<rows.groupCount {
      for place in group &* 4..<group &* 4 &+ 4 {
        table[group].sum &+= four[place].sum
        table[group].count &+= four[place].count
        four[place] = Cell()
      }
    }
  }

  override func update(
    _ arguments: [Vector],
    _ runs: KeyRuns,
    first: Int,
    rows: Int
  ) throws(ExecutionError) {
    let vector = arguments[0]
    guard let range = extremes(of: vector, rows) else { return }
    guard makeRoom(largest: max(range.low.magnitude, range.high.magnitude), rows) else {
      return addWide(vector, GroupRows(runs, first: first, rows: rows))
    }
    let lanes = vector.int64
    var table = cells.mutableSpan
    precondition(rows <= lanes.count)
    runs.forEachRun(rows: rows) { run, range in
      var sum: Int64 = 0
      // SAFETY: a run's rows are below `rows`.
      for row in range { sum &+= unsafe lanes[unchecked: row] }
      table[first &+ run].sum &+= sum
      table[first &+ run].count &+= Int64(range.count)
    }
  }

  /// Sees to it that adding `rows` values of at most `largest` to any sum does not overflow.
  ///
  /// - Returns: false when that cannot be.
  private func makeRoom(largest: UInt64, _ rows: Int) -> Bool {
    let (added, overflow) = largest.multipliedReportingOverflow(by: UInt64(max(1, rows)))
    guard !overflow, added <= UInt64(Int64.max) else { return false }
    if added > UInt64(Int64.max) - bound { widen() }
    bound += added
    return true
  }

  /// Adds values so large that a batch of them could overflow.
  private func addWide(_ vector: Vector, _ rows: GroupRows) {
    widen()
    guard let wide else { return }
    let lanes = vector.int64
    forEachRow(rows) { row, group in
      wide[group] += Int128(lanes[row])
      cells[group].count &+= 1
    }
  }

  private func widen() {
    let wide = self.wide ?? GroupArray<Int128>(0, capacity: cells.capacity)
    wide.reserve(cells.capacity)
    self.wide = wide
    for group in 0..<cells.capacity where cells[group].sum != 0 {
      wide[group] += Int128(cells[group].sum)
      cells[group].sum = 0
    }
    bound = 0
  }

  override func isAnswered(by statistics: BlockStatistics?) -> Bool { statistics?.sum != nil }

  override func take(_ statistics: BlockStatistics?, rowCount: Int, group: Int) {
    guard let statistics, let sum = statistics.sum else { return }
    if wide == nil { widen() }
    wide?[group] += sum
    cells[group].count += Int64(rowCount - statistics.nullCount)
  }

  private func total(_ group: Int) -> Int128 { Int128(cells[group].sum) + (wide?[group] ?? 0) }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? IntegerSumState else { return }
    let isNarrow = wide == nil && other.wide == nil && other.bound <= UInt64(Int64.max) - bound
    if isNarrow { bound += other.bound } else { widen() }
    forEachMerged(map, groups) { group, target in
      cells[target].count += other.cells[group].count
      if isNarrow {
        cells[target].sum += other.cells[group].sum
      } else {
        wide?[target] += other.total(group)
      }
    }
  }

  override var partialKinds: [LaneKind]? { [.int128, .int64] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    let (sumVector, countVector) = (vectors[vectors.startIndex], vectors[vectors.startIndex + 1])
    var sums = sumVector.mutableInt128
    var counts = countVector.mutableInt64
    let source = cells.span
    for row in 0..<count {
      sums[row] = Int128(source[first &+ row].sum)
      counts[row] = source[first &+ row].count
    }
    guard let wide else { return }
    for row in 0..<count { sums[row] += wide[first + row] }
  }

  override func mergePartial(
    _ vectors: ArraySlice<Vector>,
    _ rows: GroupRows
  )
    throws(ExecutionError)
  {
    let (sumVector, countVector) = (vectors[vectors.startIndex], vectors[vectors.startIndex + 1])
    let sums = sumVector.int128
    let counts = countVector.int64
    var table = cells.mutableSpan
    var largest: UInt128 = 0
    forEachRow(rows) { row, group in
      largest = max(largest, sums[row].magnitude)
      table[group].count &+= counts[row]
    }
    if largest <= UInt64.max / 2, makeRoom(largest: UInt64(largest), rows.selectedCount) {
      forEachRow(rows) { row, group in
        table[group].sum &+= Int64(truncatingIfNeeded: sums[row])
      }
      return
    }
    widen()
    guard let wide else { return }
    forEachRow(rows) { row, group in wide[group] += sums[row] }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    if call.function == .count {
      var out = vector.mutableInt64
      let sums = cells.span
      for row in 0..<count { out[row] = sums[first &+ row].count }
      return
    }
    if call.function == .sum, vector.kind == .int128, wide == nil {
      // A sum that fits Int64 fits any numeric result.
      var out = vector.mutableInt128
      let sums = cells.span
      for row in 0..<count { out[row] = Int128(sums[first &+ row].sum) }
      for row in 0..<count where sums[first &+ row].count == 0 { vector.setNull(row) }
      return
    }
    let isAverage = call.function == .average
    for row in 0..<count {
      let rows = cells[first + row].count
      if rows == 0 {
        vector.setNull(row)
        continue
      }
      let sum = total(first + row)
      if isAverage {
        try writeAverage(Decimal(coefficient: sum, scale: scale), rows, to: vector, at: row)
      } else {
        try writeSum(sum, scale: scale, to: vector, at: row)
      }
    }
  }
}

/// Writes sum / count as avg does; takes the sum out of its box.
func writeAverage(
  _ sum: Decimal,
  _ count: Int64,
  to vector: Vector,
  at row: Int
) throws(ExecutionError) {
  do throws(ValueError) {
    let average = try sum.dividing(by: Decimal(count))
    if sum.isWide { _ = sum.taken() }
    vector.setDecimal(average, at: row)
  } catch {
    throw ExecutionError(error)
  }
}

/// Writes an exact sum in the lane kind of the result.
func writeSum(_ sum: Int128, scale: Int, to vector: Vector, at row: Int) throws(ExecutionError) {
  switch vector.kind {
  case .int64:
    guard let narrow = Int64(exactly: sum) else { throw .bigintOutOfRange }
    var out = vector.mutableInt64
    out[row] = narrow
  case .int128:
    guard sum.magnitude < Decimal.powerOfTen(38).magnitude else { throw .numericOverflow }
    var out = vector.mutableInt128
    out[row] = sum
  default: vector.setDecimal(try numeric(sum, scale: scale), at: row)
  }
}

/// A sum of scaled integers, which may need a digit more than narrow numerics have; boxed then.
private func numeric(_ sum: Int128, scale: Int) throws(ExecutionError) -> Decimal {
  if sum.magnitude < Decimal.powerOfTen(38).magnitude {
    return Decimal(coefficient: sum, scale: scale)
  }
  return try numeric(WideDecimal(sum, scale: scale))
}

private func numeric(_ value: WideDecimal) throws(ExecutionError) -> Decimal {
  do throws(ValueError) { return try Decimal(value) } catch { throw ExecutionError(error) }
}

/// Sum and count of int128 lanes.
///
/// A sum that leaves 128 bits is put aside and begun anew.
final class WideSumState: AggregateState {
  private let sums = GroupArray<Int128>(0)
  private let counts = GroupArray<Int64>(0)
  private let scale: Int
  /// What was put aside, by group; few groups ever have any.
  private var aside: [Int: WideDecimal] = [:]

  init(scale: Int) { self.scale = scale }

  override func reserve(groups: Int) {
    sums.reserve(groups)
    counts.reserve(groups)
  }
  override var byteCount: Int { sums.byteCount + counts.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.int128
    var table = sums.mutableSpan
    var rowCounts = counts.mutableSpan
    forEachRow(rows) { row, group in
      let (sum, overflow) = table[group].addingReportingOverflow(lanes[row])
      if overflow {
        putAside(WideDecimal(table[group], scale: scale), group)
        table[group] = lanes[row]
      } else {
        table[group] = sum
      }
      rowCounts[group] &+= 1
    }
  }

  @inline(never)
  private func putAside(_ sum: WideDecimal, _ group: Int) {
    aside[group] = aside[group].map { $0.adding(sum) } ?? sum
  }

  private func total(_ group: Int) throws(ExecutionError) -> Decimal {
    guard let aside = aside[group] else { return try numeric(sums[group], scale: scale) }
    return try numeric(aside.adding(WideDecimal(sums[group], scale: scale)))
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? WideSumState else { return }
    forEachMerged(map, groups) { group, target in
      let (sum, overflow) = sums[target].addingReportingOverflow(other.sums[group])
      if overflow {
        putAside(WideDecimal(sums[target], scale: scale), target)
        sums[target] = other.sums[group]
      } else {
        sums[target] = sum
      }
      counts[target] += other.counts[group]
      if let sum = other.aside[group] { putAside(sum, target) }
    }
  }

  override var partialKinds: [LaneKind]? { [.decimal, .int64] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    let vector = vectors[vectors.startIndex]
    for row in 0..<count {
      // 2^63 values of 38 digits are far from the limits of numerics.
      guard let sum = try? total(first + row) else { preconditionFailure("a sum beyond numeric") }
      vector.setDecimal(sum, at: row)
    }
    copyLanes(counts, first, count, to: vectors[vectors.startIndex + 1])
  }

  override func mergePartial(
    _ vectors: ArraySlice<Vector>,
    _ rows: GroupRows
  )
    throws(ExecutionError)
  {
    let (sumVector, countVector) = (vectors[vectors.startIndex], vectors[vectors.startIndex + 1])
    let theirs = sumVector.decimal
    let theirCounts = countVector.int64
    forEachRow(rows) { row, group in
      counts[group] += theirCounts[row]
      let value = theirs[row]
      let (sum, overflow) = sums[group].addingReportingOverflow(
        value.isNarrow ? value.coefficient : 0
      )
      if overflow || !value.isNarrow {
        putAside(WideDecimal(value), group)
      } else {
        sums[group] = sum
      }
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    for row in 0..<count {
      let rows = counts[first + row]
      if call.function == .count {
        var out = vector.mutableInt64
        out[row] = rows
      } else if rows == 0 {
        vector.setNull(row)
      } else if call.function == .average {
        try writeAverage(try total(first + row), rows, to: vector, at: row)
      } else if vector.kind == .decimal {
        vector.setDecimal(try total(first + row), at: row)
      } else {
        if aside[first + row] != nil { throw .numericOverflow }
        try writeSum(sums[first + row], scale: scale, to: vector, at: row)
      }
    }
  }
}

/// Sum and count of values that need a function to be added: intervals, times.
final class ValueSumState<Value: BitwiseCopyable>: AggregateState {
  private let sums: GroupArray<Value>
  private let counts = GroupArray<Int64>(0)
  private let read: (Vector, Int) -> Value
  private let add: (Value, Value) throws(ValueError) -> Value
  private let divide: (Value, Int64) throws(ValueError) -> Value
  private let store: (Vector, Int, Value) -> Void

  init(
    zero: Value,
    read: @escaping (Vector, Int) -> Value,
    add: @escaping (Value, Value) throws(ValueError) -> Value,
    divide: @escaping (Value, Int64) throws(ValueError) -> Value,
    store: @escaping (Vector, Int, Value) -> Void
  ) {
    sums = GroupArray(zero)
    self.read = read
    self.add = add
    self.divide = divide
    self.store = store
  }

  override func reserve(groups: Int) {
    sums.reserve(groups)
    counts.reserve(groups)
  }
  override var byteCount: Int { sums.byteCount + counts.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    var failure: ValueError?
    forEachRow(rows) { row, group in
      do throws(ValueError) {
        sums[group] = try add(sums[group], read(vector, row))
      } catch {
        failure = error
      }
      counts[group] &+= 1
    }
    if let failure { throw ExecutionError(failure) }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? ValueSumState<Value> else { return }
    do throws(ValueError) {
      for group in 0..<groups where map[group] != absentRow {
        let target = Int(map[group])
        sums[target] = try add(sums[target], other.sums[group])
        counts[target] += other.counts[group]
      }
    } catch {
      throw ExecutionError(error)
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    for row in 0..<count {
      let rows = counts[first + row]
      if call.function == .count {
        var out = vector.mutableInt64
        out[row] = rows
        continue
      }
      if rows == 0 {
        vector.setNull(row)
        continue
      }
      do throws(ValueError) {
        let sum = sums[first + row]
        store(vector, row, call.function == .average ? try divide(sum, rows) : sum)
      } catch {
        throw ExecutionError(error)
      }
    }
  }
}

/// Sums of intervals, and of times as intervals.
func makeIntervalSum(ofTimes: Bool) -> AggregateState {
  ValueSumState<Interval>(
    zero: Interval(),
    read: ofTimes ? { Interval(microseconds: $0.int64[$1]) } : { $0.interval[$1] },
    add: { (a, b) throws(ValueError) in try a.adding(b) },
    divide: { (sum, count) throws(ValueError) in try sum.divided(by: Double(count)) },
    store: { vector, row, value in
      var out = vector.mutableInterval
      out[row] = value
    }
  )
}
