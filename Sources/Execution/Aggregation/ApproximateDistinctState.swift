internal import ColumnEncoding
internal import Columnar
internal import Planning

/// approx_count_distinct: the highest rank of each register of a ``DistinctSketch``, by group.
///
/// Registers that no value has reached take no room.
final class ApproximateDistinctState: AggregateState {
  /// Group and register.
  private let places = KeyTable<UInt64>()
  /// By number of `places`.
  private let ranks = GroupArray<UInt8>(0)
  /// Of the registers reached, the sum of 2^(56 - rank), and how many there are.
  private let sums = GroupArray<Int128>(0)
  private let counts = GroupArray<Int64>(0)

  override var byteCount: Int { places.byteCount + ranks.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.int64
    forEachRow(rows) { row, group in
      let cell = UInt64(bitPattern: lanes[row])
      note(UInt64(group) &<< 10 | cell &>> 6, UInt8(truncatingIfNeeded: cell & 63))
    }
  }

  @inline(__always)
  private func note(_ place: UInt64, _ rank: UInt8) {
    let number = Int(places.number(place))
    if number >= ranks.capacity { ranks.reserve(number + 1) }
    if rank > ranks[number] { ranks[number] = rank }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? ApproximateDistinctState else { return }
    for number in 0..<other.places.count {
      let place = other.places.keys[number]
      let target = map[Int(place &>> 10)]
      guard target != absentRow else { continue }
      note(UInt64(target) &<< 10 | place & 1023, other.ranks[number])
    }
  }

  override func beginResults(groups: Int) throws(ExecutionError) {
    sums.reserve(groups)
    counts.reserve(groups)
    // A window asks again when it has taken more rows in.
    for group in 0..<groups {
      sums[group] = 0
      counts[group] = 0
    }
    for number in 0..<places.count {
      let group = Int(places.keys[number] &>> 10)
      sums[group] += Int128(1) << Int128(56 - Int(ranks[number]))
      counts[group] += 1
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    var out = vector.mutableInt64
    for row in 0..<count {
      let zeroCount = DistinctSketch.registerCount - Int(counts[first + row])
      // Whole numbers in between: the order of rows does not show.
      let sum = Double(sums[first + row]) / Double(1 << 56) + Double(zeroCount)
      let estimate = DistinctSketch.estimate(inverseSum: sum, zeroCount: zeroCount)
      out[row] = Int64(estimate.rounded())
    }
  }
}
