internal import Columnar
internal import Kernels
internal import Planning
internal import Synchronization

/// Makes the results of a grouping of what its slots took in: partitions one by one, or all slots' tables merged.
final class AggregateFinishStage: Stage {
  private let source: AggregateStage
  private let shared: ExecutionShared
  private var output: AggregateOutput?
  private var built: [LocalAggregation?] = []
  /// For each of the output's tables the partition of each group; nil where groups are known numbers.
  private var localPartitions: [GroupArray<UInt32>?] = []
  /// Groups whose results are prepared in one step; empty where partitions are built.
  private var ranges: [Range<Int>] = []
  private let next = Atomic<Int>(0)
  /// Partitions whose groups are made when they are asked for, with ``nextPartition()``.
  private(set) var pendingPartitions = 0
  private let lock = Mutex(())
  /// The second step of distinct counts, by slot.
  private var seconds: [LocalAggregation] = []
  /// After the stage: groups, those of a key in one of them only.
  private(set) var results: [LocalAggregation] = []

  init(_ source: AggregateStage, _ shared: ExecutionShared) {
    self.source = source
    self.shared = shared
  }

  override var isSmall: Bool { output?.isPartitioned != true && ranges.isEmpty }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    let output = try source.takeOutput()
    guard output.isPartitioned else {
      try mergeAll(output.locals)
      return ranges.isEmpty ? 0 : min(maximumSlots, ranges.count)
    }
    let partitions = (output.rows + output.partials).map(\.partitionCount).max() ?? 0
    built = Array(repeating: nil, count: partitions)
    if output.grouping.direct == nil {
      localPartitions = output.locals.map { local in
        local.index.map { self.partitions(of: $0, bits: output.grouping.partitionBits) }
      }
    }
    self.output = output
    // Groups take about as much as their rows: all partitions' together might not fit.
    if output.hasSpilled || shared.budget.isBeyond(0.4), source.secondStep == nil {
      pendingPartitions = partitions
      return 0
    }
    let slots = min(maximumSlots, partitions)
    if let layout = source.secondStep {
      for _ in 0..<slots { seconds.append(try makeSecond(layout)) }
    }
    return slots
  }

  /// The largest takes the others in.
  private func mergeAll(_ locals: [LocalAggregation]) throws(ExecutionError) {
    let sorted = locals.sorted { $0.groupCount > $1.groupCount }
    guard var first = sorted.first else { return }
    for other in sorted.dropFirst() {
      try shared.check()
      try first.merge(other)
    }
    if let layout = source.secondStep {
      let second = try makeSecond(layout)
      try regroup(first, into: second)
      second.seal()
      first = second
    }
    try first.beginResults()
    first.countMemory()
    results = [first]
    guard first.hasParallelResults else { return }
    let size = max(1, first.groupCount / 64)
    var start = 0
    while start < first.groupCount {
      ranges.append(start..<min(first.groupCount, start + size))
      start += size
    }
  }

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    try shared.check()
    let place = next.add(1, ordering: .relaxed).oldValue
    guard let output else {
      guard place < ranges.count else { return .done }
      results[0].prepareResults(ranges[place])
      return .more
    }
    guard place < built.count else { return .done }
    let result = try build(place, output)
    if source.secondStep != nil {
      try regroup(result, into: seconds[slot])
      seconds[slot].countMemory()
      return .more
    }
    lock.withLock { _ in built[place] = result }
    try shared.budget.requireRoom(for: "grouping")
    return .more
  }

  /// The groups of the next of ``pendingPartitions``, or nil; any thread may ask.
  func nextPartition() throws(ExecutionError) -> LocalAggregation? {
    let place = next.add(1, ordering: .relaxed).oldValue
    guard place < pendingPartitions, let output else { return nil }
    let result = try build(place, output)
    if result.byteCount > shared.budget.limitBytes {
      try shared.budget.requireRoom(for: "grouping")
    }
    return result
  }

  private func build(
    _ partition: Int,
    _ output: AggregateOutput
  ) throws(ExecutionError)
    -> LocalAggregation
  {
    let grouping = output.grouping
    let isDirect = grouping.direct != nil
    let index: GroupIndex
    if let direct = grouping.direct {
      let first = partition << grouping.directShift
      let last = min(grouping.directCount, first + 1 << grouping.directShift)
      index = GroupIndex(DirectGroups(direct, window: first..<last))
    } else {
      index = GroupIndex(
        kinds: source.keys.map(\.type.laneKind),
        steps: grouping.steps,
        borrowsStrings: true
      )
    }
    let result = try LocalAggregation(
      source.layout,
      index: index,
      ranges: grouping.distinctRanges,
      shared
    )
    for rows in output.rows {
      try rows.forEachBatch(partition) { batch throws(ExecutionError) in
        if isDirect {
          let inputs = batch.columns[1...]
          try result.take(directNumbers: batch.columns[0], inputs: inputs, rows: batch.rowCount)
        } else {
          let keyCount = source.keys.count
          let keys = Array(batch.columns[0..<keyCount])
          let hashes = source.carriesHashes ? batch.columns.last : nil
          let inputs = batch.columns[keyCount..<keyCount + source.layout.inputs.count]
          try result.take(keys: keys, inputs: inputs, rows: batch.rowCount, hashes: hashes)
          keepStrings(of: keys, in: result)
        }
      }
    }
    for partials in output.partials {
      try partials.forEachBatch(partition) { batch throws(ExecutionError) in
        try result.takePartial(batch.columns, rows: batch.rowCount)
        keepStrings(of: batch.columns, in: result)
      }
    }
    try takeApart(output, partition, into: result)
    result.seal()
    if source.secondStep == nil {
      try result.beginResults()
      result.prepareResults(0..<result.groupCount)
    }
    result.index?.freeze()
    result.countMemory()
    return result
  }

  // MARK: Distinct counts in two steps

  /// A table of the keys without the values that are counted.
  private func makeSecond(_ layout: AggregateLayout) throws(ExecutionError) -> LocalAggregation {
    let kinds = source.keys.dropLast().map(\.type.laneKind)
    let index = kinds.isEmpty ? nil : GroupIndex(kinds: kinds, steps: kinds.map { _ in .one })
    return try LocalAggregation(layout, index: index, shared)
  }

  /// Takes the groups of keys and values into a table of the keys.
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

  private func keepStrings(of keys: [Vector], in result: LocalAggregation) {
    for key in keys where key.kind == .bytes { result.owners.append(key) }
  }

  /// Takes in a partition's part of tables that could not be written out.
  private func takeApart(
    _ output: AggregateOutput,
    _ partition: Int,
    into result: LocalAggregation
  ) throws(ExecutionError) {
    for (place, local) in output.locals.enumerated() {
      guard let index = local.index, local.groupCount > 0 else { continue }
      if output.grouping.direct != nil {
        guard let own = result.index?.directWindow else { continue }
        try result.merge(local) { own.contains($0) }
        continue
      }
      guard let numbers = localPartitions[place] else { continue }
      for column in index.columns where column.kind == .bytes { result.owners.append(column) }
      try result.merge(local) { Int(numbers[$0]) == partition }
    }
  }

  /// The partition of each group.
  private func partitions(of index: GroupIndex, bits: Int) -> GroupArray<UInt32> {
    let result = GroupArray<UInt32>(0, capacity: index.count)
    let keys = index.columns.map { Vector(kind: $0.kind, capacity: groupRowCount) }
    let partitioner = KeyPartitioner(bits: bits)
    var first = 0
    while first < index.count {
      let rows = min(groupRowCount, index.count - first)
      index.writeKeys(first: first, rows: rows, into: keys[...])
      partitioner.find(keys[...], rows)
      for row in 0..<rows { result[first + row] = partitioner.partitions[row] }
      first += rows
    }
    return result
  }

  override func finish() throws(ExecutionError) {
    guard pendingPartitions == 0 else { return }
    if output != nil {
      if source.secondStep != nil { try mergeSeconds() } else { results = built.compactMap { $0 } }
    }
    built = []
    localPartitions = []
    output = nil
  }

  private func mergeSeconds() throws(ExecutionError) {
    let sorted = seconds.sorted { $0.groupCount > $1.groupCount }
    seconds = []
    guard let first = sorted.first else { return }
    for second in sorted { second.seal() }
    for other in sorted.dropFirst() { try first.merge(other) }
    try first.beginResults()
    first.prepareResults(0..<first.groupCount)
    first.countMemory()
    results = [first]
  }
}
