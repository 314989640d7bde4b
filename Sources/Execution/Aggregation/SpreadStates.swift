internal import Columnar
internal import Planning

/// variance and stddev of numbers that are exact: count, sum and sum of squares as integers.
final class ExactSpreadState: AggregateState {
  private struct Cell: BitwiseCopyable {
    var count: Int64 = 0
    var sum: Int128 = 0
    var squares: Int128 = 0
  }

  private let cells = GroupArray<Cell>(Cell())
  private let kind: LaneKind
  /// Digits behind the point of sums; decimals are brought to this scale, which grows.
  private var scale: Int

  init(kind: LaneKind, scale: Int) {
    self.kind = kind
    self.scale = scale
  }

  override func reserve(groups: Int) { cells.reserve(groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    if kind == .decimal { try alignScale(vector, rows) }
    var isTooLarge = false
    forEachRow(rows) { row, group in
      let value: Int128? =
        switch kind {
        case .int64: Int128(vector.int64[row])
        case .int128: vector.int128[row]
        default: aligned(vector.decimal[row])
        }
      guard let value else {
        isTooLarge = true
        return
      }
      let (square, overflow) = value.multipliedReportingOverflow(by: value)
      let (sum, tooLarge) = cells[group].sum.addingReportingOverflow(value)
      let (squares, tooSquare) = cells[group].squares.addingReportingOverflow(square)
      isTooLarge = isTooLarge || overflow || tooLarge || tooSquare
      cells[group] = Cell(count: cells[group].count + 1, sum: sum, squares: squares)
    }
    if isTooLarge { throw .numericOverflow }
  }

  private func aligned(_ value: Decimal) -> Int128? {
    guard value.kind == .finite else { return nil }
    return Decimal.rescale(value.coefficient, from: Int(value.scale), to: scale)
  }

  private func alignScale(_ vector: Vector, _ rows: GroupRows) throws(ExecutionError) {
    var needed = scale
    forEachRow(rows) { row, _ in needed = max(needed, Int(vector.decimal[row].scale)) }
    try rescale(to: needed)
  }

  private func rescale(to wanted: Int) throws(ExecutionError) {
    guard wanted > scale else { return }
    for group in 0..<cells.capacity where cells[group].count > 0 {
      guard let sum = Decimal.rescale(cells[group].sum, from: scale, to: wanted),
        let squares = Decimal.rescale(cells[group].squares, from: scale * 2, to: wanted * 2)
      else { throw .numericOverflow }
      cells[group].sum = sum
      cells[group].squares = squares
    }
    scale = wanted
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? ExactSpreadState else { return }
    try rescale(to: other.scale)
    try other.rescale(to: scale)
    for group in 0..<groups where map[group] != absentRow {
      let target = Int(map[group])
      let (sum, tooLarge) = cells[target].sum.addingReportingOverflow(other.cells[group].sum)
      let (squares, tooSquare) = cells[target].squares
        .addingReportingOverflow(other.cells[group].squares)
      if tooLarge || tooSquare { throw .numericOverflow }
      let count = cells[target].count + other.cells[group].count
      cells[target] = Cell(count: count, sum: sum, squares: squares)
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let (isSample, isRoot) = spreadKind(call.function)
    for row in 0..<count {
      let cell = cells[first + row]
      guard cell.count > (isSample ? 1 : 0) else {
        vector.setNull(row)
        continue
      }
      do throws(ValueError) {
        let value = try spread(cell, isSample: isSample, isRoot: isRoot)
        var out = vector.mutableDecimal
        out[row] = value
      } catch {
        throw ExecutionError(error)
      }
    }
  }

  /// (n·Σx² − (Σx)²) / (n·(n − 1)), or n² below the line, as PostgreSQL's numeric_stddev_internal.
  private func spread(_ cell: Cell, isSample: Bool, isRoot: Bool) throws(ValueError) -> Decimal {
    let n = Decimal(cell.count)
    let sum = Decimal(coefficient: cell.sum, scale: scale)
    let squares = Decimal(coefficient: cell.squares, scale: min(38, scale * 2))
    let above = try squares.multiplied(by: n).subtracting(try sum.multiplied(by: sum))
    guard above.coefficient > 0 else { return Decimal(coefficient: 0, scale: 0) }
    let below = try n.multiplied(by: Decimal(isSample ? cell.count - 1 : cell.count))
    let variance = try above.dividing(by: below)
    guard isRoot else { return variance }
    return try variance.squareRoot().rounded(places: Int(variance.scale))
  }
}

/// Whether n - 1 is below the line, and whether the root is wanted.
func spreadKind(_ function: AggregateFunction) -> (isSample: Bool, isRoot: Bool) {
  switch function {
  case .standardDeviation(let isSample): (isSample, true)
  case .variance(let isSample): (isSample, false)
  default: (true, false)
  }
}

/// variance and stddev of doubles, by the method of Youngs and Cramer as PostgreSQL's float8_accum.
final class FloatSpreadState: AggregateState {
  private struct Cell: BitwiseCopyable {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0
  }

  private let cells = GroupArray<Cell>(Cell())

  override func reserve(groups: Int) { cells.reserve(groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.float64
    forEachRow(rows) { row, group in
      var cell = cells[group]
      let value = lanes[row]
      cell.count += 1
      cell.sum += value
      if cell.count > 1 {
        let difference = value * cell.count - cell.sum
        cell.squares += difference * difference / (cell.count * (cell.count - 1))
      } else if !value.isFinite {
        cell.squares = .nan
      }
      cells[group] = cell
    }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? FloatSpreadState else { return }
    for group in 0..<groups where map[group] != absentRow && other.cells[group].count > 0 {
      let a = cells[Int(map[group])]
      let b = other.cells[group]
      guard a.count > 0 else {
        cells[Int(map[group])] = b
        continue
      }
      let count = a.count + b.count
      let difference = a.sum / a.count - b.sum / b.count
      let squares = a.squares + b.squares + a.count * b.count * difference * difference / count
      cells[Int(map[group])] = Cell(count: count, sum: a.sum + b.sum, squares: squares)
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let (isSample, isRoot) = spreadKind(call.function)
    for row in 0..<count {
      let cell = cells[first + row]
      guard cell.count > (isSample ? 1 : 0) else {
        vector.setNull(row)
        continue
      }
      let variance = cell.squares / (isSample ? cell.count - 1 : cell.count)
      var out = vector.mutableFloat64
      out[row] = isRoot ? variance.squareRoot() : variance
    }
  }
}
