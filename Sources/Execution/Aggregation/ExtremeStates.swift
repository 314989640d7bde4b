internal import ColumnEncoding
internal import Columnar
internal import Planning

/// The best value of each group so far, for lanes that compare as machine values.
///
/// A struct, not a class: methods of generic classes that are called through a base class are not specialised.
private struct Extremes<Value: Comparable & BitwiseCopyable> {
  let best: GroupArray<Value>
  let seen = GroupArray<UInt8>(0)
  let isMaximum: Bool

  init(isMaximum: Bool, worst: Value) {
    best = GroupArray(worst)
    self.isMaximum = isMaximum
  }

  var byteCount: Int { best.byteCount + seen.byteCount }

  func reserve(groups: Int) {
    best.reserve(groups)
    seen.reserve(groups)
  }

  @inline(__always)
  func update(_ lanes: Span<Value>, _ rows: GroupRows) {
    if isMaximum {
      update(lanes, rows) { max($0, $1) }
    } else {
      update(lanes, rows) { min($0, $1) }
    }
  }

  @inline(__always)
  private func update(
    _ lanes: Span<Value>,
    _ rows: GroupRows,
    _ better: (Value, Value) -> Value
  ) {
    precondition(rows.count <= lanes.count)
    guard rows.selectedCount > 0 else { return }
    if let group = rows.uniform {
      var result = best[Int(group)]
      if rows.selection == nil {
        // SAFETY: row < rows.count <= lanes.count.
        for row in 0..<rows.count { result = better(result, unsafe lanes[unchecked: row]) }
      } else {
        forEachRow(rows) { row, _ in result = better(result, lanes[row]) }
      }
      best[Int(group)] = result
      seen[Int(group)] = 1
      return
    }
    var table = best.mutableSpan
    var marks = seen.mutableSpan
    precondition(rows.groupCount <= table.count && rows.groupCount <= marks.count)
    forEachRow(rows) { row, group in
      // SAFETY: groups are below rows.groupCount, rows below rows.count.
      unsafe table[unchecked: group] = unsafe better(
        table[unchecked: group],
        lanes[unchecked: row]
      )
      unsafe marks[unchecked: group] = 1
    }
  }

  func add(_ value: Value, to group: Int) {
    best[group] = isMaximum ? max(best[group], value) : min(best[group], value)
    seen[group] = 1
  }

  func merge(_ other: Extremes<Value>, _ map: GroupArray<UInt32>, groups: Int) {
    forEachMerged(map, groups) { group, target in
      if other.seen[group] != 0 { add(other.best[group], to: target) }
    }
  }

  @inline(__always)
  func write(first: Int, count: Int, into vector: Vector, _ out: inout MutableSpan<Value>) {
    for row in 0..<count {
      if seen[first &+ row] == 0 {
        vector.setNull(row)
      } else {
        out[row] = best[first &+ row]
      }
    }
  }
}

/// min or max of int64 lanes: integers, dates, times, small numerics.
final class IntegerExtremeState: AggregateState {
  private let cells: Extremes<Int64>

  init(isMaximum: Bool) {
    cells = Extremes(isMaximum: isMaximum, worst: isMaximum ? .min : .max)
  }

  override func reserve(groups: Int) { cells.reserve(groups: groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    cells.update(vector.int64, rows)
  }

  override func isAnswered(by statistics: BlockStatistics?) -> Bool {
    guard let statistics else { return false }
    if statistics.nullCount == statistics.rowCount { return true }
    if case .int64 = statistics.minimum, case .int64 = statistics.maximum { return true }
    return false
  }

  override func take(_ statistics: BlockStatistics?, rowCount: Int, group: Int) {
    guard let statistics,
      case .int64(let value) = cells.isMaximum ? statistics.maximum : statistics.minimum
    else { return }
    cells.add(value, to: group)
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? IntegerExtremeState else { return }
    cells.merge(other.cells, map, groups: groups)
  }

  override var partialKinds: [LaneKind]? { [.int64] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    guard let vector = vectors.first else { return }
    var out = vector.mutableInt64
    cells.write(first: first, count: count, into: vector, &out)
  }

  override func mergePartial(
    _ vectors: ArraySlice<Vector>,
    _ rows: GroupRows
  )
    throws(ExecutionError)
  {
    guard let vector = vectors.first else { return }
    try update([vector], rows)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    var out = vector.mutableInt64
    cells.write(first: first, count: count, into: vector, &out)
  }
}

/// min or max of int128 lanes: wide numerics.
final class WideExtremeState: AggregateState {
  private let cells: Extremes<Int128>

  init(isMaximum: Bool) {
    cells = Extremes(isMaximum: isMaximum, worst: isMaximum ? .min : .max)
  }

  override func reserve(groups: Int) { cells.reserve(groups: groups) }
  override var byteCount: Int { cells.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    cells.update(vector.int128, rows)
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? WideExtremeState else { return }
    cells.merge(other.cells, map, groups: groups)
  }

  override var partialKinds: [LaneKind]? { [.int128] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    guard let vector = vectors.first else { return }
    var out = vector.mutableInt128
    cells.write(first: first, count: count, into: vector, &out)
  }

  override func mergePartial(
    _ vectors: ArraySlice<Vector>,
    _ rows: GroupRows
  )
    throws(ExecutionError)
  {
    guard let vector = vectors.first else { return }
    try update([vector], rows)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    var out = vector.mutableInt128
    cells.write(first: first, count: count, into: vector, &out)
  }
}

/// min or max of anything else, compared as `order` says; the best is kept as a row.
final class ValueExtremeState: AggregateState {
  private let best: Vector
  private let seen = GroupArray<UInt8>(0)
  private let rooms = GroupArray<Int>(0)
  private let isMaximum: Bool
  private var stringBytes = 0

  init(kind: LaneKind, isMaximum: Bool) {
    best = Vector(kind: kind, capacity: 64)
    self.isMaximum = isMaximum
  }

  override func reserve(groups: Int) {
    let best = best
    let before = best.capacity
    best.reserve(groups)
    if best.kind == .bytes, best.capacity > before {
      var views = best.mutableViews
      for row in before..<best.capacity { views[row] = emptyView }
    }
    seen.reserve(groups)
    rooms.reserve(groups)
  }
  override var byteCount: Int { best.capacity * best.kind.strideBytes + stringBytes }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    if vector.kind == .bytes, vector.dictionary == nil { return takeTexts(vector, rows) }
    forEachRow(rows) { row, group in take(vector, row, group) }
  }

  /// Strings as they are, without a look at the kind for each: most are not the best.
  private func takeTexts(_ vector: Vector, _ rows: GroupRows) {
    let views = vector.views
    let (best, seen, isMaximum) = (best, seen, isMaximum)
    var latest = -1
    var bound = emptyView
    forEachRow(rows) { row, group in
      let view = views[row]
      let isKnown = group == latest || seen[group] != 0
      if group != latest {
        latest = group
        bound = best.views[group]
      }
      if isKnown {
        let order = view.order(bound)
        guard isMaximum ? order > 0 : order < 0 else { return }
      }
      seen[group] = 1
      keep(view, group)
      bound = best.views[group]
    }
  }

  private func take(_ vector: Vector, _ row: Int, _ group: Int) {
    if seen[group] != 0 {
      let order = compareValues(vector, row, best, group)
      guard isMaximum ? order > 0 : order < 0 else { return }
    }
    seen[group] = 1
    if vector.kind == .bytes {
      keep(bytesView(vector, row), group)
    } else {
      copyValue(vector, row, to: best, group)
    }
  }

  /// Copies a string into the group's own room, which is used again as long as strings fit.
  private func keep(_ bytes: ByteView, _ group: Int) {
    let best = best
    var views = best.mutableViews
    if bytes.count > rooms[group] || rooms[group] == 0 {
      let room = max(16, bytes.count * 2)
      views[group] = best.reserveBytes(room)
      rooms[group] = room
      stringBytes += room
    }
    let place = views[group]
    if bytes.count > 0 {
      // SAFETY: the room has at least bytes.count bytes and belongs to this group alone.
      unsafe UnsafeMutablePointer(mutating: place.start).update(
        from: bytes.start,
        count: bytes.count
      )
    }
    views[group] = unsafe ByteView(start: place.start, count: bytes.count)
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? ValueExtremeState else { return }
    forEachMerged(map, groups) { group, target in
      if other.seen[group] != 0 { take(other.best, group, target) }
    }
  }

  override var partialKinds: [LaneKind]? { [best.kind] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    guard let vector = vectors.first else { return }
    writeBest(first: first, count: count, into: vector)
  }

  override func mergePartial(
    _ vectors: ArraySlice<Vector>,
    _ rows: GroupRows
  )
    throws(ExecutionError)
  {
    guard let vector = vectors.first else { return }
    try update([vector], rows)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    writeBest(first: first, count: count, into: vector)
  }

  private func writeBest(first: Int, count: Int, into vector: Vector) {
    if vector.kind == .bytes { vector.retainOwners(of: best) }
    for row in 0..<count {
      if seen[first + row] == 0 {
        setDatum(.null, in: vector, at: row)
      } else {
        copyValue(best, first + row, to: vector, row)
      }
    }
  }
}

/// any_value, and the one value of a scalar sub-query.
final class FirstValueState: AggregateState {
  private let values: RowStore
  private let place = GroupArray<UInt32>(absentRow)
  private let counts = GroupArray<UInt32>(0)
  private let isOnly: Bool
  private let one = SelectionBuffer(capacity: 1)

  init(kind: LaneKind, isOnly: Bool) {
    values = RowStore(kinds: [kind], budget: nil)
    self.isOnly = isOnly
  }

  override func reserve(groups: Int) {
    place.reserve(groups)
    counts.reserve(groups)
  }
  override var byteCount: Int { values.byteCount + place.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let one = one
    forEachRow(rows) { row, group in
      counts[group] &+= 1
      guard place[group] == absentRow else { return }
      place[group] = UInt32(values.rowCount)
      one.fill(row..<row + 1)
      values.append([arguments[0]], rows: one.span(1))
    }
    try checkOnly(groups: counts.capacity)
  }

  private func checkOnly(groups: Int) throws(ExecutionError) {
    guard isOnly else { return }
    for group in 0..<groups where counts[group] > 1 {
      throw .sql("21000", "more than one row returned by a subquery used as an expression")
    }
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? FirstValueState else { return }
    let first = values.rowCount
    values.append(other.values.columns, count: other.values.rowCount)
    forEachMerged(map, groups) { group, target in
      counts[target] += other.counts[group]
      if place[target] == absentRow, other.place[group] != absentRow {
        place[target] = other.place[group] + UInt32(first)
      }
    }
    try checkOnly(groups: counts.capacity)
  }

  override var partialKinds: [LaneKind]? { [values.columns[0].kind, .int64] }

  override func writePartial(first: Int, count: Int, into vectors: ArraySlice<Vector>) {
    writeValues(first: first, count: count, into: vectors[vectors.startIndex])
    let countVector = vectors[vectors.startIndex + 1]
    var out = countVector.mutableInt64
    for row in 0..<count { out[row] = Int64(counts[first + row]) }
  }

  override func mergePartial(
    _ vectors: ArraySlice<Vector>,
    _ rows: GroupRows
  )
    throws(ExecutionError)
  {
    let countVector = vectors[vectors.startIndex + 1]
    let theirs = countVector.int64
    forEachRow(rows) { row, group in counts[group] += UInt32(truncatingIfNeeded: theirs[row]) - 1 }
    try update([vectors[vectors.startIndex]], rows)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    writeValues(first: first, count: count, into: vector)
  }

  private func writeValues(first: Int, count: Int, into vector: Vector) {
    let rows = place.span.extracting(first..<first + count)
    copyRows(values.columns[0], rows: rows, to: vector, mayBeAbsent: true, bytes: .share)
    if vector.kind == .bytes { vector.retainOwners(of: values.columns[0]) }
  }
}
