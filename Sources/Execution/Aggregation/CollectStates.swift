internal import Columnar
internal import Planning

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
    let taken = GroupArray<UInt32>(0, capacity: max(1, other.rows.rowCount))
    var count = 0
    for row in 0..<other.rows.rowCount where map[Int(other.groups[row])] != absentRow {
      taken[count] = UInt32(row)
      groups[first + count] = map[Int(other.groups[row])]
      count += 1
    }
    let batch = Batch(kinds: rows.columns.map(\.kind), capacity: groupRowCount)
    var next = 0
    while next < count {
      let part = min(groupRowCount, count - next)
      other.rows.gather(
        taken.span.extracting(next..<next + part),
        mayBeAbsent: false,
        into: batch.columns[...]
      )
      rows.append(batch.columns, count: part)
      next += part
    }
  }

  override func beginResults(groups groupCount: Int) throws(ExecutionError) {
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
        let wanted = fraction * Double(members.count - 1)
        let low = Int(members[members.startIndex + Int(wanted.rounded(.down))])
        let high = Int(members[members.startIndex + Int(wanted.rounded(.up))])
        let part = wanted - wanted.rounded(.down)
        try writeBetween(rows.columns[0], low, high, part, 0, to: vector, at: row)
      case .weightedPercentile, .weightedMode:
        try writeWeighted(rows, members, call, to: vector, at: row)
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
