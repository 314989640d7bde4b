internal import Columnar
internal import Planning

/// One slot's share of a grouping: its own index, states and evaluators.
final class LocalAggregation {
  let index: GroupIndex?
  private(set) var states: [AggregateState] = []
  private let layout: AggregateLayout
  private let keys: RowExpressions
  /// Every different argument once.
  private let arguments: RowExpressions
  private let argumentsOfSlot: [[Int]]
  private let filters: [Evaluator?]
  private let selection = SelectionBuffer()
  private let filterSelection = SelectionBuffer()
  private let noNumbers = GroupArray<UInt32>(0)
  private let isUsed: [Bool]
  private let share: BudgetShare

  init(
    _ layout: AggregateLayout,
    keys: [BoundExpression],
    keyRange: ClosedRange<Int64>?,
    _ shared: ExecutionShared
  ) throws(ExecutionError) {
    self.layout = layout
    self.keys = try RowExpressions(keys, shared.context)
    if let keyRange, keys.count == 1 {
      index = GroupIndex(directlyOver: keyRange)
    } else {
      index = keys.isEmpty ? nil : GroupIndex(kinds: keys.map(\.type.laneKind))
    }
    var different: [BoundExpression] = []
    var ofSlot: [[Int]] = []
    var filters: [Evaluator?] = []
    for slot in layout.slots {
      var places: [Int] = []
      for argument in slot.arguments {
        if let known = different.firstIndex(of: argument) {
          places.append(known)
        } else {
          places.append(different.count)
          different.append(argument)
        }
      }
      ofSlot.append(places)
      if let filter = slot.filter {
        filters.append(try Evaluator(filter, context: shared.context))
      } else {
        filters.append(nil)
      }
    }
    arguments = try RowExpressions(different, shared.context)
    argumentsOfSlot = ofSlot
    self.filters = filters
    let used = layout.usedSlots
    isUsed = layout.slots.indices.map { used.contains($0) }
    share = BudgetShare(shared.budget)
    for place in layout.slots.indices { states.append(try layout.makeState(place)) }
    let groups = index?.count ?? 1
    if groups > 0 { for state in states { state.reserve(groups: groups) } }
  }

  /// Groups so far.
  var groupCount: Int { index?.count ?? 1 }

  /// Takes a batch in.
  func update(_ batch: Batch) throws(ExecutionError) {
    guard batch.rowCount > 0 else { return }
    var uniform: UInt32? = 0
    if let index {
      if index.assign(try keys.evaluate(batch), rows: batch.rowCount) {
        for state in states { state.reserve(groups: index.count) }
      }
      uniform = index.uniform
      if index.isOutOfRange { throw .sql("XX001", "statistics of a key column are wrong") }
    }
    let vectors = try arguments.evaluate(batch)
    for place in states.indices where isUsed[place] {
      let own = argumentsOfSlot[place].map { vectors[$0] }
      var rows = GroupRows(
        count: batch.rowCount,
        uniform: uniform,
        numbers: index?.numbers ?? noNumbers,
        selection: nil,
        selectedCount: batch.rowCount
      )
      if filters[place] != nil || own.first?.hasNulls == true {
        rows.selection = selection
        rows.selectedCount = try select(batch, filter: filters[place], argument: own.first)
        if rows.selectedCount == 0 { continue }
        if rows.selectedCount == batch.rowCount { rows.selection = nil }
      }
      try states[place].update(own, rows)
    }
  }

  /// The rows that pass the filter and whose argument is not NULL.
  private func select(
    _ batch: Batch,
    filter: Evaluator?,
    argument: Vector?
  ) throws(ExecutionError) -> Int {
    let rows = batch.rowCount
    selection.reserve(rows)
    guard let filter else {
      guard let argument else { return rows }
      return selectValid(argument, rows)
    }
    let passing = selection.fill(whereTrue: try filter.evaluate(batch), count: rows)
    guard let argument, argument.hasNulls else { return passing }
    let selection = selection
    var places = selection.places
    var count = 0
    for place in 0..<passing {
      let row = places[place]
      places[count] = row
      count += argument.isValid(Int(row)) ? 1 : 0
    }
    return count
  }

  private func selectValid(_ vector: Vector, _ rows: Int) -> Int {
    let selection = selection
    var places = selection.places
    let validity = vector.validity
    precondition(rows <= places.count && rows <= validity.count * 64)
    var count = 0
    for row in 0..<rows {
      // SAFETY: count <= row < rows, checked above.
      unsafe places[unchecked: count] = UInt16(truncatingIfNeeded: row)
      count &+= unsafe Int(
        truncatingIfNeeded: validity[unchecked: row &>> 6] &>> UInt64(row & 63) & 1
      )
    }
    return count
  }

  /// Counts the memory held; called once in a while.
  func countMemory() {
    var bytes = index?.byteCount ?? 0
    for state in states { bytes += state.byteCount }
    share.set(bytes)
  }

  /// Takes in another slot's groups.
  func merge(_ other: LocalAggregation) throws(ExecutionError) {
    let groups = other.groupCount
    let map = GroupArray<UInt32>(0, capacity: max(1, groups))
    if let index, let theirs = other.index, index.formUnion(direct: theirs) {
      for group in 0..<groups { map[group] = UInt32(truncatingIfNeeded: group) }
    } else if let index, let theirs = other.index {
      let keys = theirs.columns.map { Vector(kind: $0.kind, capacity: groupRowCount) }
      var first = 0
      while first < groups {
        let rows = min(groupRowCount, groups - first)
        theirs.writeKeys(first: first, rows: rows, into: keys[...])
        _ = index.assign(keys, rows: rows)
        for row in 0..<rows { map[first + row] = index.uniform ?? index.numbers[row] }
        first += rows
      }
      for state in states { state.reserve(groups: index.count) }
    }
    for (state, theirs) in zip(states, other.states) {
      try state.merge(theirs, map, groups: groups)
    }
  }

  /// Writes groups `first..<first + rows`: keys, then the calls' results.
  func write(first: Int, rows: Int, into batch: Batch) throws(ExecutionError) {
    let keyCount = index?.columns.count ?? 0
    index?.writeKeys(first: first, rows: rows, into: batch.columns[0..<keyCount])
    for (place, call) in layout.calls.enumerated() {
      let vector = batch.columns[keyCount + place]
      vector.reset()
      vector.reserve(rows)
      let state = states[layout.slotOfCall[place]]
      try state.write(call, first: first, count: rows, into: vector)
    }
    batch.rowCount = rows
  }

  /// Sorts what must be sorted before results can be written.
  func prepareResults() throws(ExecutionError) {
    for place in states.indices where isUsed[place] {
      try states[place].prepareResults(groups: groupCount)
    }
  }
}
