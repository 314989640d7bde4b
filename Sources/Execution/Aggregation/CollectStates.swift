internal import Columnar
internal import Planning

/// All values of each group, for percentiles and the mode of lanes that are machine words.
///
/// Values of all groups lie in one array in the order they came, with their groups beside them; results are found
/// by sorting them by group (counting) and selecting within each.
final class WordCollectState: AggregateState {
  private let kind: LaneKind
  private let words = GroupArray<Int64>(0)
  private let groups = GroupArray<UInt32>(0)
  private var count = 0
  /// After ``prepareResults(groups:)``: values by group, and where each group begins.
  private var sorted = GroupArray<Int64>(0, capacity: 1)
  private var starts = GroupArray<Int>(0, capacity: 1)

  init(kind: LaneKind) { self.kind = kind }

  override var byteCount: Int { words.byteCount + groups.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    words.reserve(count + rows.selectedCount)
    groups.reserve(count + rows.selectedCount)
    var values = words.mutableSpan
    var owners = groups.mutableSpan
    var place = count
    let vector = arguments[0]
    switch kind {
    case .float64:
      let lanes = vector.float64
      forEachRow(rows) { row, group in
        values[place] = orderedWord(lanes[row])
        owners[place] = UInt32(truncatingIfNeeded: group)
        place &+= 1
      }
    case .bool:
      let lanes = vector.bool
      forEachRow(rows) { row, group in
        values[place] = Int64(lanes[row])
        owners[place] = UInt32(truncatingIfNeeded: group)
        place &+= 1
      }
    default:
      let lanes = vector.int64
      forEachRow(rows) { row, group in
        values[place] = lanes[row]
        owners[place] = UInt32(truncatingIfNeeded: group)
        place &+= 1
      }
    }
    count = place
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups otherGroups: Int
  ) throws(ExecutionError) {
    guard let other = other as? WordCollectState else { return }
    words.reserve(count + other.count)
    groups.reserve(count + other.count)
    var values = words.mutableSpan
    var owners = groups.mutableSpan
    let theirs = other.words.span
    let theirOwners = other.groups.span
    let renumbered = map.span
    for place in 0..<other.count {
      values[count &+ place] = theirs[place]
      owners[count &+ place] = renumbered[Int(theirOwners[place])]
    }
    count += other.count
  }

  override func prepareResults(groups groupCount: Int) throws(ExecutionError) {
    starts = GroupArray(0, capacity: groupCount + 2)
    guard groupCount > 1 else {
      starts[1] = count
      sorted = words
      return
    }
    let owners = groups.span
    let values = words.span
    var ends = starts.mutableSpan
    precondition(count <= owners.count && count <= values.count)
    // SAFETY: place < count, checked above.
    for place in 0..<count { ends[unsafe Int(owners[unchecked: place]) &+ 1] &+= 1 }
    for group in 0..<groupCount { ends[group &+ 1] &+= ends[group] }
    let places = GroupArray<Int>(0, capacity: groupCount + 1)
    var next = places.mutableSpan
    for group in 0..<groupCount { next[group] = ends[group] }
    sorted = GroupArray(0, capacity: max(1, count))
    var out = sorted.mutableSpan
    for place in 0..<count {
      let group = unsafe Int(owners[unchecked: place])
      let target = next[group]
      out[target] = unsafe values[unchecked: place]
      next[group] = target &+ 1
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count rows: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let isDescending = call.order.first?.isDescending ?? false
    let scale = unitsOfOne(call)
    for row in 0..<rows {
      let from = starts[first + row]
      let to = starts[first + row + 1]
      guard to > from else {
        vector.setNull(row)
        continue
      }
      let size = to - from
      switch call.function {
      case .percentileContinuous(let fraction):
        let wanted = fraction * Double(size - 1)
        let low = Int(wanted.rounded(.down))
        let high = Int(wanted.rounded(.up))
        let a = select(low, from, to, isDescending)
        let b = high == low ? a : select(high, from, to, isDescending)
        writeBetween(a, b, wanted - Double(low), scale: scale, to: vector, at: row)
      case .percentileDiscrete(let fraction):
        let wanted = max(1, Int((fraction * Double(size)).rounded(.up)))
        writeWord(select(wanted - 1, from, to, isDescending), to: vector, at: row)
      default:
        writeWord(mode(from, to, isDescending), to: vector, at: row)
      }
    }
  }

  /// What a scaled integer is divided by to be the number that it stands for.
  private func unitsOfOne(_ call: BoundAggregate) -> Double {
    guard case .numeric(let shape?) = call.arguments.first?.type else { return 1 }
    return (0..<shape.scale).reduce(1) { units, _ in units * 10 }
  }

  /// The value with `rank` values before it.
  private func select(_ rank: Int, _ from: Int, _ to: Int, _ isDescending: Bool) -> Int64 {
    let place = isDescending ? to - from - 1 - rank : rank
    var values = sorted.mutableSpan
    return selectNth(&values, from: from, to: to, rank: place)
  }

  private func writeWord(_ word: Int64, to vector: Vector, at row: Int) {
    switch vector.kind {
    case .float64:
      var out = vector.mutableFloat64
      out[row] = doubleOfWord(word)
    case .bool:
      var out = vector.mutableBool
      out[row] = UInt8(truncatingIfNeeded: word & 1)
    default:
      var out = vector.mutableInt64
      out[row] = word
    }
  }

  private func writeBetween(
    _ low: Int64,
    _ high: Int64,
    _ part: Double,
    scale: Double,
    to vector: Vector,
    at row: Int
  ) {
    guard vector.kind == .float64 else { return writeWord(low, to: vector, at: row) }
    let a = kind == .float64 ? doubleOfWord(low) : Double(low) / scale
    let b = kind == .float64 ? doubleOfWord(high) : Double(high) / scale
    var out = vector.mutableFloat64
    // Equal ends give themselves, also where they are infinite.
    out[row] = a == b || part == 0 ? a : a + (b - a) * part
  }

  /// The most frequent value; of several the first in the order.
  private func mode(_ from: Int, _ to: Int, _ isDescending: Bool) -> Int64 {
    var values: [Int64] = []
    values.reserveCapacity(to - from)
    for place in from..<to { values.append(sorted[place]) }
    values.sort()
    if isDescending { values.reverse() }
    var best = values[0]
    var bestCount = 0
    var start = 0
    while start < values.count {
      var end = start + 1
      while end < values.count && values[end] == values[start] { end += 1 }
      if end - start > bestCount {
        bestCount = end - start
        best = values[start]
      }
      start = end
    }
    return best
  }
}

/// A word that orders as the double does, NaN last.
@inline(__always)
func orderedWord(_ value: Double) -> Int64 {
  if value.isNaN { return .max }
  let bits = Int64(bitPattern: (value == 0 ? 0.0 : value).bitPattern)
  return bits >= 0 ? bits : Int64.min &- bits
}

/// The double of a word from ``orderedWord(_:)``.
@inline(__always)
func doubleOfWord(_ word: Int64) -> Double {
  if word == .max { return .nan }
  return Double(bitPattern: UInt64(bitPattern: word >= 0 ? word : Int64.min &- word))
}

/// The value at `rank` (from `from` on) if places `from..<to` were sorted; moves values around.
func selectNth(_ values: inout MutableSpan<Int64>, from: Int, to: Int, rank: Int) -> Int64 {
  var low = from
  var high = to - 1
  let target = from + rank
  precondition(low >= 0 && high < values.count && target >= low && target <= high)
  while low < high {
    // Median of three, so that sorted input is no worst case.
    let middle = (low + high) / 2
    if values[middle] < values[low] { values.swapAt(middle, low) }
    if values[high] < values[low] { values.swapAt(high, low) }
    if values[high] < values[middle] { values.swapAt(high, middle) }
    let pivot = values[middle]
    var i = low
    var j = high
    while i <= j {
      // SAFETY: the pivot is among the values, so both scans stop inside low...high.
      while unsafe values[unchecked: i] < pivot { i &+= 1 }
      while unsafe values[unchecked: j] > pivot { j &-= 1 }
      if i <= j {
        values.swapAt(i, j)
        i &+= 1
        j &-= 1
      }
    }
    if target <= j { high = j } else if target >= i { low = i } else { return values[target] }
  }
  return values[target]
}

/// All rows of each group: string_agg, and percentiles and modes of values that are no machine words.
final class RowCollectState: AggregateState {
  private let rows: RowStore
  private let groups = GroupArray<UInt32>(0)
  private let order: [SortKey]
  private let argumentCount: Int
  private let firstKey: Int
  private var starts = GroupArray<Int>(0, capacity: 1)
  private var sorted: [UInt32] = []

  /// - Parameters:
  ///   - kinds: Of the arguments, then of the sort keys.
  ///   - argumentCount: How many are arguments.
  ///   - order: How a group's rows are sorted; empty: as they came.
  ///   - firstKey: The column of the first sort key.
  init(kinds: [LaneKind], argumentCount: Int, order: [SortKey], firstKey: Int) {
    self.firstKey = firstKey
    rows = RowStore(kinds: kinds, budget: nil)
    self.argumentCount = argumentCount
    self.order = order
  }

  override var byteCount: Int { rows.byteCount + groups.byteCount }

  override func update(_ arguments: [Vector], _ selected: GroupRows) throws(ExecutionError) {
    groups.reserve(rows.rowCount + selected.selectedCount)
    var place = rows.rowCount
    var owners = groups.mutableSpan
    forEachRow(selected) { _, group in
      owners[place] = UInt32(truncatingIfNeeded: group)
      place += 1
    }
    if let selection = selected.selection {
      rows.append(arguments, rows: selection.span(selected.selectedCount))
    } else {
      rows.append(arguments, count: selected.count)
    }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups otherGroups: Int
  ) throws(ExecutionError) {
    guard let other = other as? RowCollectState else { return }
    let first = rows.rowCount
    groups.reserve(first + other.rows.rowCount)
    for row in 0..<other.rows.rowCount { groups[first + row] = map[Int(other.groups[row])] }
    rows.append(other.rows.columns, count: other.rows.rowCount)
  }

  override func prepareResults(groups groupCount: Int) throws(ExecutionError) {
    starts = GroupArray(0, capacity: groupCount + 2)
    for row in 0..<rows.rowCount { starts[Int(groups[row]) + 1] += 1 }
    for group in 0..<groupCount { starts[group + 1] += starts[group] }
    let places = GroupArray<Int>(0, capacity: groupCount + 1)
    for group in 0..<groupCount { places[group] = starts[group] }
    sorted = Array(repeating: 0, count: rows.rowCount)
    for row in 0..<rows.rowCount {
      let group = Int(groups[row])
      sorted[places[group]] = UInt32(row)
      places[group] += 1
    }
    guard !order.isEmpty else { return }
    let comparator = RowComparator(
      zip(order, rows.columns[firstKey...]).map { key, column in
        RowComparator.Key(
          column: column,
          isDescending: key.isDescending,
          nullsFirst: key.nullsFirst
        )
      }
    )
    for group in 0..<groupCount where starts[group + 1] - starts[group] > 1 {
      sorted[starts[group]..<starts[group + 1]].sort { a, b in
        let order = comparator.order(Int(a), Int(b))
        return order != 0 ? order < 0 : a < b
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
      let members = sorted[starts[first + row]..<starts[first + row + 1]]
      guard !members.isEmpty else {
        setDatum(.null, in: vector, at: row)
        continue
      }
      switch call.function {
      case .stringAggregate: join(members, to: vector, at: row)
      case .percentileContinuous(let fraction):
        try writeBetween(members, fraction, to: vector, at: row)
      case .percentileDiscrete(let fraction):
        let wanted = max(1, Int((fraction * Double(members.count)).rounded(.up)))
        let member = members[members.startIndex + wanted - 1]
        copyValue(rows.columns[0], Int(member), to: vector, row)
      default: copyValue(rows.columns[0], Int(mode(members)), to: vector, row)
      }
    }
    if vector.kind == .bytes { vector.retainOwners(of: rows.columns[0]) }
  }

  /// The strings one after the other, each but the first behind its own delimiter.
  private func join(_ members: ArraySlice<UInt32>, to vector: Vector, at row: Int) {
    let values = rows.columns[0]
    let delimiters = argumentCount > 1 ? rows.columns[1] : nil
    var text: [UInt8] = []
    for (place, member) in members.enumerated() {
      if place > 0, let delimiters, delimiters.isValid(Int(member)) {
        let delimiter = bytesView(delimiters, Int(member))
        unsafe text.append(
          contentsOf: UnsafeBufferPointer(start: delimiter.start, count: delimiter.count)
        )
      }
      let value = bytesView(values, Int(member))
      unsafe text.append(contentsOf: UnsafeBufferPointer(start: value.start, count: value.count))
    }
    let view = vector.store(text.span)
    var out = vector.mutableViews
    out[row] = view
  }

  private func writeBetween(
    _ members: ArraySlice<UInt32>,
    _ fraction: Double,
    to vector: Vector,
    at row: Int
  ) throws(ExecutionError) {
    let wanted = fraction * Double(members.count - 1)
    let low = Int(members[members.startIndex + Int(wanted.rounded(.down))])
    let high = Int(members[members.startIndex + Int(wanted.rounded(.up))])
    guard vector.kind == .interval, low != high else {
      return copyValue(rows.columns[0], low, to: vector, row)
    }
    let values = rows.columns[0]
    let lanes = values.interval
    do throws(ValueError) {
      let step = try lanes[high].subtracting(lanes[low])
        .multiplied(by: wanted - wanted.rounded(.down))
      let value = try lanes[low].adding(step)
      var out = vector.mutableInterval
      out[row] = value
    } catch {
      throw ExecutionError(error)
    }
  }

  private func mode(_ members: ArraySlice<UInt32>) -> UInt32 {
    var best = members[members.startIndex]
    var bestCount = 0
    var start = members.startIndex
    while start < members.endIndex {
      var end = start + 1
      while end < members.endIndex,
        compareValues(rows.columns[0], Int(members[end]), rows.columns[0], Int(members[start])) == 0
      {
        end += 1
      }
      if end - start > bestCount {
        bestCount = end - start
        best = members[start]
      }
      start = end
    }
    return best
  }
}
