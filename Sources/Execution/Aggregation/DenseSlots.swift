internal import Columnar
internal import Kernels

/// A table with a place for every combination of keys, where the keys' domains are known to be small.
///
/// Column c contributes (word - low + 1) × stride, or 0 for NULL.
final class DenseSlots {
  private struct Dimension {
    /// Lowest word; the range is empty before the first row.
    var low: Int64 = 0
    /// How many values there are, `step` apart.
    var span: Int = 0
    let step: KeyStep
    var stride = 1
    /// What the batches so far need.
    var neededLow = Int64.max
    var neededHigh = Int64.min

    var places: Int { span + 1 }

    /// The distance from the lowest to the highest word.
    var width: Int64 { Int64(span &- 1) &* step.unit }
  }

  /// Group number + 1 by slot; 0: none.
  private(set) var numbers = GroupArray<UInt32>(0, capacity: 1)
  /// Slots of the last batch's rows.
  let slots = GroupArray<UInt32>(0)
  /// Whether the last batch's rows have all the same slot.
  private(set) var isUniform = false
  private var dimensions: [Dimension]

  init(_ steps: [KeyStep]) { dimensions = steps.map { Dimension(step: $0) } }

  var byteCount: Int { numbers.byteCount }

  /// Computes ``slots``.
  ///
  /// - Returns: false when a word is outside of the table.
  func locate(_ keys: [Vector], _ columns: [KeyColumn], rows: Int) -> Bool {
    slots.reserve(rows)
    var isInside = true
    isUniform = true
    for place in columns.indices {
      if keys[place].hasNull(among: rows) { isUniform = false }
      guard let range = range(keys[place], columns[place], rows) else { continue }
      dimensions[place].neededLow = min(dimensions[place].neededLow, range.low)
      dimensions[place].neededHigh = max(dimensions[place].neededHigh, range.high)
      if range.low != range.high { isUniform = false }
      let dimension = dimensions[place]
      let (above, overflow) = range.high.subtractingReportingOverflow(dimension.low)
      if range.low < dimension.low || overflow || above > dimension.width {
        isInside = false
      }
    }
    guard isInside, numbers.capacity > 1 else { return false }
    fill(keys, columns, rows)
    return true
  }

  /// Lowest and highest word of the rows that are not NULL; nil: all are.
  private func range(
    _ vector: Vector,
    _ column: KeyColumn,
    _ rows: Int
  ) -> (low: Int64, high: Int64)? {
    if column.lanesAreWords { return extremes(of: vector, rows) }
    // Numbers lie below their count; looking at each would only show that all rows are one group.
    if column.form == .numbered { return (0, Int64(max(1, column.numberCount) - 1)) }
    let words = column.words.span
    var low = UInt64.max
    var high: UInt64 = 0
    if vector.hasNull(among: rows) {
      for row in 0..<rows where vector.isValid(row) {
        low = min(low, words[row])
        high = max(high, words[row])
      }
      return low > high ? nil : (Int64(low), Int64(high))
    }
    precondition(rows <= words.count)
    for row in 0..<rows {
      // SAFETY: row < rows <= words.count.
      low = unsafe min(low, words[unchecked: row])
      high = unsafe max(high, words[unchecked: row])
    }
    return (Int64(low), Int64(high))
  }

  private func fill(_ keys: [Vector], _ columns: [KeyColumn], _ rows: Int) {
    var out = slots.mutableSpan
    precondition(rows <= out.count)
    // Words of NULL rows may be outside of the table; what they add is taken back.
    for place in columns.indices {
      let low = dimensions[place].low
      let stride = UInt32(truncatingIfNeeded: dimensions[place].stride)
      if columns[place].lanesAreWords {
        let vector = keys[place]
        dimensions[place].step.addPlaces(
          vector.int64,
          above: low,
          stride: stride,
          rows: rows,
          to: &out,
          isFirst: place == 0
        )
      } else {
        let words = columns[place].words.span
        precondition(rows <= words.count)
        let base = (1 &- UInt32(truncatingIfNeeded: low)) &* stride
        if place == 0 { for row in 0..<rows { unsafe out[unchecked: row] = 0 } }
        for row in 0..<rows {
          // SAFETY: row < rows, checked above.
          let word = unsafe UInt32(truncatingIfNeeded: words[unchecked: row])
          unsafe out[unchecked: row] &+= word &* stride &+ base
        }
      }
      if keys[place].hasNull(among: rows) {
        removeNulls(keys[place], columns[place], dimensions[place], rows)
      }
    }
  }

  /// Takes back what the words of NULL rows added.
  private func removeNulls(
    _ vector: Vector,
    _ column: KeyColumn,
    _ dimension: Dimension,
    _ rows: Int
  ) {
    var out = slots.mutableSpan
    let stride = UInt32(truncatingIfNeeded: dimension.stride)
    let lanes = column.lanesAreWords ? vector.int64 : Span()
    let words = column.words.span
    vector.forEachNull(among: rows) { row in
      let value = column.lanesAreWords ? lanes[row] : Int64(bitPattern: words[row])
      let offset = dimension.step.quotient(value &- dimension.low)
      out[row] = out[row] &- (offset &+ 1) &* stride
    }
  }

  /// Group numbers of other rows; ``absentRow`` outside of the table and where there is no group.
  func find(
    _ keys: [Vector],
    _ finders: [ColumnFinder],
    rows: Int,
    into out: GroupArray<UInt32>
  ) {
    var slots = out.mutableSpan
    precondition(rows <= slots.count)
    for row in 0..<rows { slots[row] = 0 }
    for place in finders.indices {
      let dimension = dimensions[place]
      let span = UInt64(dimension.span)
      let stride = UInt32(truncatingIfNeeded: dimension.stride)
      let vector = keys[place]
      if finders[place].source.lanesAreWords {
        let words = vector.int64
        precondition(rows <= words.count)
        for row in 0..<rows {
          // SAFETY: row < rows, checked above.
          let offset = unsafe UInt64(bitPattern: words[unchecked: row] &- dimension.low)
          let slot = (UInt32(truncatingIfNeeded: offset) &+ 1) &* stride
          let before = unsafe slots[unchecked: row]
          unsafe slots[unchecked: row] =
            offset < span && before != absentRow ? before &+ slot : absentRow
        }
      } else {
        let words = finders[place].words.span
        for row in 0..<rows {
          let offset = words[row] &- UInt64(bitPattern: dimension.low)
          let slot = (UInt32(truncatingIfNeeded: offset) &+ 1) &* stride
          slots[row] = offset < span && slots[row] != absentRow ? slots[row] &+ slot : absentRow
        }
      }
    }
    let marks = numbers.span
    for row in 0..<rows {
      let slot = slots[row]
      // A mark is number + 1, 0 for none: less 1 it is the number or `absentRow`.
      slots[row] = slot == absentRow ? absentRow : marks[Int(slot)] &- 1
    }
  }

  /// Makes the table fit what the batches so far need, with room to grow.
  ///
  /// - Returns: false when it would be larger than `limit`.
  func resize(_ columns: [KeyColumn], groups: GroupIndex, limit: Int) -> Bool {
    // With room to grow where that fits, else as tight as it goes.
    for isGenerous in [true, false] {
      var planned = dimensions
      var product = 1
      for place in planned.indices {
        guard
          grow(
            &planned[place],
            isNumbered: columns[place].form == .numbered,
            isGenerous: isGenerous
          )
        else { return false }
        planned[place].stride = product
        let (size, overflow) = product.multipliedReportingOverflow(by: planned[place].places)
        product = overflow ? .max : size
        if product > limit { break }
      }
      guard product <= limit else { continue }
      dimensions = planned
      numbers = GroupArray(0, capacity: max(2, product))
      refill(groups)
      return true
    }
    return false
  }

  /// - Returns: false when no table could hold the range.
  private func grow(_ dimension: inout Dimension, isNumbered: Bool, isGenerous: Bool) -> Bool {
    guard dimension.neededLow <= dimension.neededHigh else { return true }
    let (width, overflow) = dimension.neededHigh.subtractingReportingOverflow(dimension.neededLow)
    guard !overflow, width / dimension.step.unit < Int64(1 << 28) else { return false }
    let isFirst = dimension.span == 0
    if isNumbered {
      let needed = Int(dimension.neededHigh) + 1
      dimension.low = 0
      if needed > dimension.span { dimension.span = isGenerous && !isFirst ? needed * 2 : needed }
      return true
    }
    let fits =
      !isFirst && dimension.neededLow >= dimension.low
      && dimension.neededHigh &- dimension.low <= dimension.width
    if fits { return true }
    // Ranges tend to grow at both ends; a first range is often nearly all there is.
    let steps = Int(width / dimension.step.unit)
    let slack = isGenerous ? steps / (isFirst ? 8 : 2) : 0
    let (low, tooLow) = dimension.neededLow
      .subtractingReportingOverflow(Int64(slack) * dimension.step.unit)
    dimension.low = tooLow ? dimension.neededLow : low
    dimension.span = steps + 1 + slack * 2
    return true
  }

  private func refill(_ groups: GroupIndex) {
    for group in 0..<groups.count {
      var slot = 0
      for place in dimensions.indices where !groups.isNull(place, ofGroup: group) {
        let offset = Int64(bitPattern: groups.word(place, ofGroup: group)) &- dimensions[place].low
        slot += (Int(dimensions[place].step.quotient(offset)) + 1) * dimensions[place].stride
      }
      numbers[slot] = UInt32(truncatingIfNeeded: group) &+ 1
    }
  }
}
