internal import Columnar
internal import Planning

/// Writes a percentile or the mode of values that are there several times each.
///
/// - Parameters:
///   - rows: The values, then how often each is there, at least once.
///   - members: Places of the values, in the order that the call asks for; not empty.
///   - call: What is wanted.
///   - vector: Gets the result.
///   - row: Where in `vector`.
/// - Throws: An interval out of range.
func writeWeighted(
  _ rows: RowStore,
  _ members: ArraySlice<UInt32>,
  _ call: BoundAggregate,
  to vector: Vector,
  at row: Int
) throws(ExecutionError) {
  let values = rows.columns[0]
  let weightVector = rows.columns[1]
  let weights = weightVector.int64
  guard case .weightedPercentile(let fraction, let isContinuous) = call.function else {
    return copyValue(values, weightedMode(rows, members), to: vector, row)
  }
  let total = members.reduce(into: Int64(0)) { $0 += weights[Int($1)] }
  /// The value that would stand at a rank, counted from 0, if each were there as often as it is.
  func member(_ rank: Int64) -> Int {
    var passed: Int64 = 0
    for member in members {
      passed += weights[Int(member)]
      if passed > rank { return Int(member) }
    }
    return Int(members[members.endIndex - 1])
  }
  guard isContinuous else {
    let wanted = max(1, Int64((fraction * Double(total)).rounded(.up)))
    return copyValue(values, member(wanted - 1), to: vector, row)
  }
  let wanted = fraction * Double(total - 1)
  let low = member(Int64(wanted.rounded(.down)))
  let high = member(Int64(wanted.rounded(.up)))
  let scale = call.arguments[0].type.scale
  let part = wanted - wanted.rounded(.down)
  try writeBetween(values, low, high, part, scale, to: vector, at: row)
}

private func weightedMode(_ rows: RowStore, _ members: ArraySlice<UInt32>) -> Int {
  let values = rows.columns[0]
  let weightVector = rows.columns[1]
  let weights = weightVector.int64
  var best = Int(members[members.startIndex])
  var (bestWeight, first, weight) = (Int64(0), best, Int64(0))
  for member in members.map(Int.init) {
    if compareValues(values, member, values, first) != 0 { (first, weight) = (member, 0) }
    weight += weights[member]
    if weight > bestWeight { (best, bestWeight) = (first, weight) }
  }
  return best
}

/// Writes what lies between two values, `part` of the way from the lower one.
///
/// `scale`: Digits behind the point of values that are scaled integers.
func writeBetween(
  _ values: Vector,
  _ low: Int,
  _ high: Int,
  _ part: Double,
  _ scale: Int,
  to vector: Vector,
  at row: Int
) throws(ExecutionError) {
  if vector.kind == .float64 {
    let (a, b) = (number(values, low, scale), number(values, high, scale))
    var out = vector.mutableFloat64
    // Equal ends give themselves, also where they are infinite.
    out[row] = a == b || part == 0 ? a : a + (b - a) * part
    return
  }
  guard vector.kind == .interval, low != high else {
    return copyValue(values, low, to: vector, row)
  }
  let lanes = values.interval
  do throws(ValueError) {
    let step = try lanes[high].subtracting(lanes[low]).multiplied(by: part)
    let value = try lanes[low].adding(step)
    var out = vector.mutableInterval
    out[row] = value
  } catch {
    throw ExecutionError(error)
  }
}

private func number(_ values: Vector, _ row: Int, _ scale: Int) -> Double {
  values.kind == .float64 ? values.float64[row] : scaledToDouble(values.int64[row], scale)
}
