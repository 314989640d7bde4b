internal import Columnar
internal import Planning

/// min or max of lanes that compare as machine values: integers, dates, times, booleans, uuids, wide numerics.
final class ExtremeState<Value: Comparable & BitwiseCopyable>: AggregateState {
  private let best: GroupArray<Value>
  private let seen = GroupArray<UInt8>(0)
  private let isMaximum: Bool
  private let lanes: (Vector) -> GroupLanes<Value>
  private let store: (Vector, Int, Value) -> Void

  init(
    isMaximum: Bool,
    worst: Value,
    lanes: @escaping (Vector) -> GroupLanes<Value>,
    store: @escaping (Vector, Int, Value) -> Void
  ) {
    best = GroupArray(worst)
    self.isMaximum = isMaximum
    self.lanes = lanes
    self.store = store
  }

  override func reserve(groups: Int) {
    best.reserve(groups)
    seen.reserve(groups)
  }
  override var byteCount: Int { best.byteCount + seen.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let source = lanes(arguments[0])
    var table = best.mutableSpan
    var marks = seen.mutableSpan
    if isMaximum {
      forEachRow(rows) { row, group in
        table[group] = max(table[group], source[row])
        marks[group] = 1
      }
    } else {
      forEachRow(rows) { row, group in
        table[group] = min(table[group], source[row])
        marks[group] = 1
      }
    }
  }

  /// Takes in an extreme of rows that were not looked at.
  func add(_ value: Value, to group: Int) {
    best[group] = isMaximum ? max(best[group], value) : min(best[group], value)
    seen[group] = 1
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? ExtremeState<Value> else { return }
    for group in 0..<groups where other.seen[group] != 0 {
      add(other.best[group], to: Int(map[group]))
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    for row in 0..<count {
      if seen[first + row] == 0 {
        vector.setNull(row)
      } else {
        store(vector, row, best[first + row])
      }
    }
  }
}

/// The lanes of a vector, of which the aggregate knows the kind.
@safe
struct GroupLanes<Value: BitwiseCopyable> {
  private let base: UnsafePointer<Value>
  private let count: Int

  init(_ span: Span<Value>) {
    // SAFETY: used only while the vector, whose lanes these are, is an argument of the caller.
    unsafe base = unsafe span.withUnsafeBufferPointer { unsafe $0.baseAddress.unsafelyUnwrapped }
    count = span.count
  }

  @inline(__always)
  subscript(row: Int) -> Value {
    precondition(row >= 0 && row < count)
    return unsafe base[row]
  }
}

/// A double in PostgreSQL's order: NaN is the largest.
struct OrderedDouble: Comparable, BitwiseCopyable {
  var value: Double
  static func < (a: OrderedDouble, b: OrderedDouble) -> Bool {
    a.value.isNaN ? false : b.value.isNaN || a.value < b.value
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
    forEachRow(rows) { row, group in take(vector, row, group) }
  }

  private func take(_ vector: Vector, _ row: Int, _ group: Int) {
    if seen[group] != 0 {
      let order = compareValues(vector, row, best, group)
      guard isMaximum ? order > 0 : order < 0 else { return }
    }
    seen[group] = 1
    if vector.kind == .bytes {
      keepBytes(vector, row, group)
    } else {
      copyValue(vector, row, to: best, group)
    }
  }

  /// Copies a string into the group's own room, which is used again as long as strings fit.
  private func keepBytes(_ vector: Vector, _ row: Int, _ group: Int) {
    let bytes = bytesView(vector, row)
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
    for group in 0..<groups where other.seen[group] != 0 {
      take(other.best, group, Int(map[group]))
    }
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
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
    for group in 0..<groups {
      let target = Int(map[group])
      counts[target] += other.counts[group]
      if place[target] == absentRow, other.place[group] != absentRow {
        place[target] = other.place[group] + UInt32(first)
      }
    }
    try checkOnly(groups: counts.capacity)
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    let rows = place.span.extracting(first..<first + count)
    copyRows(values.columns[0], rows: rows, to: vector, mayBeAbsent: true, bytes: .share)
    if vector.kind == .bytes { vector.retainOwners(of: values.columns[0]) }
  }
}
