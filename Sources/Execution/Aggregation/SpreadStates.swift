internal import Columnar
internal import Planning

/// variance and stddev of numbers that are exact: count, sum and sum of squares as integers.
///
/// Sums that leave 128 bits are put aside and begun anew.
final class ExactSpreadState: AggregateState {
  private struct Cell: BitwiseCopyable {
    var count: Int64 = 0
    var sum: Int128 = 0
    var squares: Int128 = 0
  }
  private struct Wide {
    var sum: WideDecimal
    var squares: WideDecimal

    func adding(_ other: Wide) -> Wide {
      Wide(sum: sum.adding(other.sum), squares: squares.adding(other.squares))
    }
  }

  private let cells = GroupArray<Cell>(Cell())
  private let kind: LaneKind
  /// Digits behind the point of sums; decimals are brought to this scale, which grows.
  private var scale: Int
  /// What was put aside, by group.
  private var aside: [Int: Wide] = [:]
  /// Groups that saw NaN or an infinity: their result is NaN.
  private var specials: Set<Int> = []

  init(kind: LaneKind, scale: Int) {
    self.kind = kind
    self.scale = scale
  }

  override func reserve(groups: Int) { cells.reserve(groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    if kind == .decimal { alignScale(vector, rows) }
    forEachRow(rows) { row, group in
      let value: Int128? =
        switch kind {
        case .int64: Int128(vector.int64[row])
        case .int128: vector.int128[row]
        default: aligned(vector.decimal[row])
        }
      cells[group].count += 1
      guard let value else { return putAside(vector.decimal[row], group) }
      let (square, overflow) = value.multipliedReportingOverflow(by: value)
      let (sum, tooLarge) = cells[group].sum.addingReportingOverflow(value)
      let (squares, tooSquare) = cells[group].squares.addingReportingOverflow(square)
      guard !overflow, !tooLarge, !tooSquare else {
        return putAside(WideDecimal(value, scale: scale), group)
      }
      cells[group].sum = sum
      cells[group].squares = squares
    }
  }

  private func aligned(_ value: Decimal) -> Int128? {
    guard value.kind == .finite else { return nil }
    return Decimal.rescale(value.coefficient, from: Int(value.scale), to: scale)
  }

  /// A numeric that is no scaled integer.
  private func putAside(_ value: Decimal, _ group: Int) {
    if value.isFinite { putAside(WideDecimal(value), group) } else { specials.insert(group) }
  }

  /// Puts the cell's sums aside together with one more value, which is counted already.
  private func putAside(_ value: WideDecimal, _ group: Int) {
    let new = Wide(sum: value, squares: value.multiplied(by: value))
    aside[group] = total(group).adding(new)
    cells[group].sum = 0
    cells[group].squares = 0
  }

  private func total(_ group: Int) -> Wide {
    let cell = Wide(
      sum: WideDecimal(cells[group].sum, scale: scale),
      squares: WideDecimal(cells[group].squares, scale: scale * 2)
    )
    return aside[group].map { $0.adding(cell) } ?? cell
  }

  private func alignScale(_ vector: Vector, _ rows: GroupRows) {
    var needed = scale
    forEachRow(rows) { row, _ in
      if vector.decimal[row].isNarrow { needed = max(needed, Int(vector.decimal[row].scale)) }
    }
    rescale(to: needed)
  }

  private func rescale(to wanted: Int) {
    guard wanted > scale else { return }
    for group in 0..<cells.capacity where cells[group].count > 0 {
      if let sum = Decimal.rescale(cells[group].sum, from: scale, to: wanted),
        let squares = Decimal.rescale(cells[group].squares, from: scale * 2, to: wanted * 2)
      {
        cells[group].sum = sum
        cells[group].squares = squares
      } else {
        aside[group] = total(group)
        cells[group].sum = 0
        cells[group].squares = 0
      }
    }
    scale = wanted
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? ExactSpreadState else { return }
    rescale(to: other.scale)
    for group in 0..<groups where map[group] != absentRow {
      let target = Int(map[group])
      if let sums = joint(target, with: other, group) {
        cells[target].sum = sums.sum
        cells[target].squares = sums.squares
      } else {
        aside[target] = total(target).adding(other.total(group))
        cells[target].sum = 0
        cells[target].squares = 0
      }
      cells[target].count += other.cells[group].count
      if other.specials.contains(group) { specials.insert(target) }
    }
  }

  /// The sums of a group here and one there, whose scale is not larger; nil: they do not fit a cell.
  ///
  /// `other` stays as it is: several threads may take parts of it in at a time.
  private func joint(
    _ target: Int,
    with other: ExactSpreadState,
    _ group: Int
  ) -> (sum: Int128, squares: Int128)? {
    let cell = other.cells[group]
    guard other.aside[group] == nil,
      let theirSum = Decimal.rescale(cell.sum, from: other.scale, to: scale),
      let theirSquares = Decimal.rescale(cell.squares, from: other.scale * 2, to: scale * 2)
    else { return nil }
    let (sum, tooLarge) = cells[target].sum.addingReportingOverflow(theirSum)
    let (squares, tooSquare) = cells[target].squares.addingReportingOverflow(theirSquares)
    return tooLarge || tooSquare ? nil : (sum, squares)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let (isSample, isRoot) = spreadKind(call.function)
    for row in 0..<count {
      let size = cells[first + row].count
      guard size > (isSample ? 1 : 0) else {
        vector.setNull(row)
        continue
      }
      do throws(ValueError) {
        var value = Decimal.notANumber
        if !specials.contains(first + row) {
          let sums = total(first + row)
          value = try exactSpread(
            sum: sums.sum,
            squares: sums.squares,
            count: size,
            isSample: isSample,
            isRoot: isRoot
          )
        }
        vector.setDecimal(value, at: row)
      } catch {
        throw ExecutionError(error)
      }
    }
  }
}

/// (n·Σx² − (Σx)²) / (n·(n − 1)), or n² below the line, as PostgreSQL's numeric_stddev_internal.
///
/// - Throws: A result that is too large.
func exactSpread(
  sum: WideDecimal,
  squares: WideDecimal,
  count: Int64,
  isSample: Bool,
  isRoot: Bool
) throws(ValueError) -> Decimal {
  let n = WideDecimal(Int128(count), scale: 0)
  let above = squares.multiplied(by: n).adding(sum.multiplied(by: sum).negated())
  guard above.compare(WideDecimal(0, scale: 0)) > 0 else { return .zero }
  let below = WideDecimal(Int128(count) * Int128(isSample ? count - 1 : count), scale: 0)
  let target = above.divisionScale(below)
  let variance = above.quotient(below, scale: target)
  return try Decimal(isRoot ? variance.squareRoot(scale: target) : variance)
}

/// Whether n - 1 is below the line, and whether the root is wanted.
func spreadKind(_ function: AggregateFunction) -> (isSample: Bool, isRoot: Bool) {
  switch function {
  case .standardDeviation(let isSample): (isSample, true)
  case .variance(let isSample): (isSample, false)
  case .spreadOfSums(let isSample, let isRoot): (isSample, isRoot)
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
