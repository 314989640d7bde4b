internal import Columnar
internal import Planning

/// Sum and count of doubles.
final class FloatSumState: AggregateState {
  private struct Cell: BitwiseCopyable {
    var sum = 0.0
    /// Rows, and ``sawInfinity`` where one was infinite: then an infinite sum is no overflow.
    var countAndFlag: Int64 = 0

    static let sawInfinity: Int64 = 1 << 62
    var count: Int64 { countAndFlag & ~Self.sawInfinity }

    mutating func add(_ other: Cell) {
      sum += other.sum
      let flag = (countAndFlag | other.countAndFlag) & Self.sawInfinity
      countAndFlag = (count + other.count) | flag
    }
  }
  private let cells = GroupArray<Cell>(Cell())

  override func reserve(groups: Int) { cells.reserve(groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.float64
    var table = cells.mutableSpan
    forEachRow(rows) { row, group in
      table[group].sum += lanes[row]
      table[group].countAndFlag &+= 1
      if lanes[row].isInfinite { table[group].countAndFlag |= Cell.sawInfinity }
    }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? FloatSumState else { return }
    forEachMerged(map, groups) { group, target in cells[target].add(other.cells[group]) }
  }

  override var partialKinds: [LaneKind]? { [.float64, .int64] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    let (sumVector, countVector) = (vectors[vectors.startIndex], vectors[vectors.startIndex + 1])
    var sums = sumVector.mutableFloat64
    var counts = countVector.mutableInt64
    for row in 0..<count {
      sums[row] = cells[first + row].sum
      counts[row] = cells[first + row].countAndFlag
    }
  }

  override func mergePartial(_ vectors: ArraySlice<Vector>, _ rows: GroupRows) {
    let (sumVector, countVector) = (vectors[vectors.startIndex], vectors[vectors.startIndex + 1])
    let sums = sumVector.float64
    let counts = countVector.int64
    forEachRow(rows) { row, group in
      cells[group].add(Cell(sum: sums[row], countAndFlag: counts[row]))
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
      if call.function == .count {
        var out = vector.mutableInt64
        out[row] = cell.count
        continue
      }
      if cell.count == 0 {
        vector.setNull(row)
        continue
      }
      var value = call.function == .average ? cell.sum / Double(cell.count) : cell.sum
      if call.type == .real { value = Double(Float(value)) }
      if value.isInfinite, cell.countAndFlag & Cell.sawInfinity == 0 {
        throw ExecutionError.floatOverflow
      }
      var out = vector.mutableFloat64
      out[row] = value
    }
  }
}
