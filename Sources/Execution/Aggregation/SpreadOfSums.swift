internal import Columnar
internal import Planning

/// Sums of squares of integers in two parts, so that any number of them fits and may be taken away again.
final class SquaresState: AggregateState {
  /// Of the bits from the 64th on, and of those below.
  private struct Cell: BitwiseCopyable {
    var high: Int128 = 0
    var low: Int128 = 0
    var count: Int64 = 0
  }
  private let cells = GroupArray<Cell>(Cell())

  override func reserve(groups: Int) { cells.reserve(groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.int64
    var table = cells.mutableSpan
    forEachRow(rows) { row, group in
      let (high, low) = lanes[row].multipliedFullWidth(by: lanes[row])
      table[group].high &+= Int128(high)
      table[group].low &+= Int128(low)
      table[group].count &+= 1
    }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? SquaresState else { return }
    forEachMerged(map, groups) { group, target in
      cells[target].high += other.cells[group].high
      cells[target].low += other.cells[group].low
      cells[target].count += other.cells[group].count
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    for row in 0..<count {
      let cell = cells[first + row]
      guard cell.count > 0 else {
        vector.setNull(row)
        continue
      }
      var out = vector.mutableInt128
      out[row] = call.function == .squares(isHigh: true) ? cell.high : cell.low
    }
  }
}

/// variance and stddev of rows that bring counts, sums and both parts of sums of squares, also negative ones.
final class SpreadOfSumsState: AggregateState {
  private struct Cell: BitwiseCopyable {
    var count: Int64 = 0
    var sum: Int128 = 0
    var high: Int128 = 0
    /// Kept below 2^64 but for what came since.
    var low: Int128 = 0
  }
  private let cells = GroupArray<Cell>(Cell())
  private let scale: Int

  /// `scale`: Digits behind the point of sums.
  init(scale: Int) { self.scale = scale }

  override func reserve(groups: Int) { cells.reserve(groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let (counts, sums) = (arguments[0], arguments[1])
    let (highVector, lowVector) = (arguments[2], arguments[3])
    let highs = highVector.int128
    let lows = lowVector.int128
    let countLanes = counts.int64
    forEachRow(rows) { row, group in
      cells[group].count &+= countLanes[row]
      cells[group].sum &+= sums.kind == .int64 ? Int128(sums.int64[row]) : sums.int128[row]
      add(high: highs[row], low: lows[row], to: group)
    }
  }

  private func add(high: Int128, low: Int128, to group: Int) {
    let total = cells[group].low &+ (low & Int128(UInt64.max))
    cells[group].high &+= high &+ (low &>> 64) &+ (total &>> 64)
    cells[group].low = total & Int128(UInt64.max)
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? SpreadOfSumsState else { return }
    forEachMerged(map, groups) { group, target in
      let theirs = other.cells[group]
      cells[target].count += theirs.count
      cells[target].sum += theirs.sum
      add(high: theirs.high, low: theirs.low, to: target)
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let (isSample, isRoot) = spreadKind(call.function)
    let unit = WideDecimal(Int128(1) << 64, scale: 0)
    for row in 0..<count {
      let cell = cells[first + row]
      guard cell.count > (isSample ? 1 : 0) else {
        vector.setNull(row)
        continue
      }
      do throws(ValueError) {
        let squares = WideDecimal(cell.high, scale: scale * 2).multiplied(by: unit)
          .adding(WideDecimal(cell.low, scale: scale * 2))
        let value = try exactSpread(
          sum: WideDecimal(cell.sum, scale: scale),
          squares: squares,
          count: cell.count,
          isSample: isSample,
          isRoot: isRoot
        )
        vector.setDecimal(value, at: row)
      } catch {
        throw ExecutionError(error)
      }
    }
  }
}
