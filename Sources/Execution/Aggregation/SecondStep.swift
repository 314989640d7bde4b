internal import Columnar
internal import Planning

/// The second step of distinct counts: groups of keys and values are grouped by the keys alone, every slot for itself.
///
/// Beyond the memory budget a slot's groups go to temporary files by partition of the keys, and are finished a partition at a time.
final class SecondStep {
  private final class Slot {
    var local: LocalAggregation
    var written: PartitionedRows?

    init(_ local: LocalAggregation) { self.local = local }
  }

  private static let partitionBits = 6

  private let layout: AggregateLayout
  private let kinds: [LaneKind]
  private let shared: ExecutionShared
  private let counters: OperatorCounters
  private var slots: [Slot] = []

  /// - Parameters:
  ///   - layout: Of the counts.
  ///   - keys: Without the values that are counted.
  ///   - shared: Where the memory is counted.
  ///   - counters: Where the bytes written are counted.
  init(
    _ layout: AggregateLayout,
    keys: [BoundExpression],
    _ shared: ExecutionShared,
    _ counters: OperatorCounters
  ) {
    self.layout = layout
    kinds = keys.map(\.type.laneKind)
    self.shared = shared
    self.counters = counters
  }

  /// Makes a table for each of `count` slots.
  func open(slots count: Int) throws(ExecutionError) {
    for _ in 0..<count { slots.append(Slot(try makeTable())) }
  }

  private func makeTable() throws(ExecutionError) -> LocalAggregation {
    let index = kinds.isEmpty ? nil : GroupIndex(kinds: kinds, steps: kinds.map { _ in .one })
    return try LocalAggregation(layout, index: index, shared)
  }

  // MARK: Taking groups in

  /// Takes the groups of keys and values of one partition, or of all, into a slot's table.
  func take(_ first: LocalAggregation, slot number: Int) throws(ExecutionError) {
    let slot = slots[number]
    try regroup(first, into: slot.local)
    slot.local.countMemory()
    // Of less the others have the memory, and give it back.
    let isLarge = slot.local.byteCount > shared.budget.limitBytes / slots.count / 8
    guard shared.options.alwaysSpills || isLarge && shared.budget.isExceeded else { return }
    guard let files = shared.spillFiles, !kinds.isEmpty else {
      return try shared.budget.requireRoom(for: "grouping")
    }
    try writeOut(slot, files)
  }

  private func regroup(
    _ first: LocalAggregation,
    into second: LocalAggregation
  ) throws(ExecutionError) {
    guard let kinds = first.partialKinds, let index = first.index else { return }
    let selection = SelectionBuffer(capacity: groupRowCount)
    let batch = Batch(kinds: kinds, capacity: groupRowCount)
    var start = 0
    while start < first.groupCount {
      let rows = min(groupRowCount, first.groupCount - start)
      first.writePartial(first: start, rows: rows, into: batch.columns)
      var places = selection.places
      var count = 0
      for row in 0..<rows where index.isSeen(start + row) {
        places[count] = UInt16(truncatingIfNeeded: row)
        count += 1
      }
      if count > 0, count < rows { compactInPlace(batch, selection.span(count)) }
      try second.takePartial(batch.columns, rows: count, isSecondStep: true)
      start += rows
    }
  }

  /// Writes a slot's groups to a temporary file, and begins a new table.
  private func writeOut(_ slot: Slot, _ files: SpillDirectory) throws(ExecutionError) {
    guard let partials = slot.local.partialKinds else { return }
    let target =
      slot.written
      ?? PartitionedRows(
        kinds: partials,
        partitionCount: 1 << Self.partitionBits,
        budget: shared.budget
      )
    slot.written = target
    let partitioner = KeyPartitioner(bits: Self.partitionBits)
    slot.local.writePartials(to: target, partitioner, keyCount: kinds.count)
    slot.local = try makeTable()
    counters.add(bytesSpilled: try target.spill(to: files))
  }

  // MARK: Results

  /// Ends a step without files: all groups in one table; nil: some are in files, or there are none.
  func finish() throws(ExecutionError) -> LocalAggregation? {
    if let files = shared.spillFiles, slots.contains(where: { $0.written != nil }) {
      for slot in slots {
        try writeOut(slot, files)
        try slot.written?.finish(files)
      }
      return nil
    }
    let sorted = slots.map(\.local).sorted { $0.groupCount > $1.groupCount }
    slots = []
    guard let first = sorted.first else { return nil }
    for second in sorted { try second.seal() }
    for other in sorted.dropFirst() { try first.merge(other) }
    try first.beginResults()
    try first.prepareResults()
    first.countMemory()
    return first
  }

  /// After ``finish()``: how many partitions are to be made with ``build(_:)``.
  var partitionCount: Int { slots.first?.written?.partitionCount ?? 0 }

  /// The groups of a partition; once.
  func build(_ partition: Int) throws(ExecutionError) -> LocalAggregation {
    let result = try makeTable()
    for slot in slots {
      try slot.written?.forEachBatch(partition) { batch throws(ExecutionError) in
        try shared.check()
        try result.takePartial(batch.columns, rows: batch.rowCount)
      }
    }
    try result.seal()
    try result.beginResults()
    try result.prepareResults()
    result.index?.freeze()
    result.countMemory()
    return result
  }
}
