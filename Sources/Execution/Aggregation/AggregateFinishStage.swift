internal import Columnar
internal import Kernels
internal import Planning
internal import Synchronization

/// Makes the results of a grouping of what its slots took in: all slots' tables merged, or partitions.
///
/// The groups of a partition are made when a stream asks for them, and are gone when it has handed them on: they come to their reader
/// from the cache, and never are all in memory.
final class AggregateFinishStage: Stage {
  private let source: AggregateStage
  private let shared: ExecutionShared
  private var output: AggregateOutput?
  /// For each of the output's tables the partition of each group; nil where groups are known numbers.
  private var localPartitions: [GroupArray<UInt32>?] = []
  /// Pieces of work that make results ready, where no partitions are built.
  private var pieces = 0
  private let next = Atomic<Int>(0)
  /// Groups for 1,024 rows and groups that came to the last partition made: about as many as the next one will have.
  private let groupsPerThousand = Atomic<Int>(512)
  /// Groups of the largest partition made so far.
  private let groupsMost = Atomic<Int>(0)
  private var partitions = 0
  /// Partitions whose groups are made when they are asked for, with ``nextPartition()``.
  private(set) var pendingPartitions = 0
  /// The second step of distinct counts, where these come in two.
  private var second: SecondStep?
  /// After the stage: all groups, where there are no ``pendingPartitions``.
  private(set) var result: LocalAggregation?
  /// Rows and groups of partitions that the slots took in: about as many as there are groups, or more.
  private(set) var expectedGroups = 0

  init(_ source: AggregateStage, _ shared: ExecutionShared) {
    self.source = source
    self.shared = shared
  }

  override var isSmall: Bool { output?.isPartitioned != true && pieces == 0 }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    let output = try source.takeOutput()
    guard output.isPartitioned else {
      try mergeAll(output.locals)
      return min(maximumSlots, pieces)
    }
    let partitions = (output.rows + output.partials).map(\.partitionCount).max() ?? 0
    expectedGroups = (output.rows + output.partials).reduce(0) { $0 + $1.rowCount }
    if output.grouping.direct == nil {
      localPartitions = output.locals.map { local in
        local.index.map { self.partitions(of: $0, bits: output.grouping.partitionBits) }
      }
    }
    self.output = output
    self.partitions = partitions
    guard source.secondStep != nil else {
      pendingPartitions = partitions
      return 0
    }
    let slots = min(maximumSlots, partitions)
    try openSecond(slots: slots)
    return slots
  }

  private func openSecond(slots: Int) throws(ExecutionError) {
    guard let layout = source.secondStep else { return }
    let step = SecondStep(layout, keys: source.keys.dropLast(), shared, source.counters)
    try step.open(slots: slots)
    second = step
  }

  /// The largest takes the others in.
  private func mergeAll(_ locals: [LocalAggregation]) throws(ExecutionError) {
    let sorted = locals.sorted { $0.groupCount > $1.groupCount }
    guard let first = sorted.first else { return }
    for other in sorted.dropFirst() {
      try shared.check()
      try first.merge(other)
    }
    try openSecond(slots: 1)
    if let second {
      try second.take(first, slot: 0)
      return try finishSecond(second)
    }
    try first.beginResults()
    first.countMemory()
    result = first
    pieces = first.resultPieces
  }

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    try shared.check()
    let place = next.add(1, ordering: .relaxed).oldValue
    guard let output else {
      guard place < pieces else { return .done }
      try result?.prepareResults(piece: place)
      return .more
    }
    guard place < partitions, let second else { return .done }
    try second.take(try buildWithinMemory(place, output), slot: slot)
    return .more
  }

  /// The groups of the next of ``pendingPartitions``, or nil; any thread may ask.
  func nextPartition() throws(ExecutionError) -> LocalAggregation? {
    let place = next.add(1, ordering: .relaxed).oldValue
    guard place < pendingPartitions else { return nil }
    if let second { return try second.build(place) }
    return try output.map { output throws(ExecutionError) in try buildWithinMemory(place, output) }
  }

  /// The groups of a partition; 53200 when they alone are beyond the memory.
  private func buildWithinMemory(
    _ partition: Int,
    _ output: AggregateOutput
  ) throws(ExecutionError) -> LocalAggregation {
    let result = try build(partition, output)
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
        bounds: grouping.keyBounds,
        borrowsStrings: true
      )
    }
    let result = try LocalAggregation(
      source.layout,
      index: index,
      ranges: grouping.distinctRanges,
      shared
    )
    let known = (output.rows + output.partials).reduce(0) {
      $0 + $1.rowCount(ofPartition: partition)
    }
    // A table that is made for them need not grow, nor is it too large for the cache. A partition of many more rows than others
    // has a frequent key, not many more groups.
    let expected = known * groupsPerThousand.load(ordering: .relaxed) / 1024 + known / 64
    let most = max(1 << 14, groupsMost.load(ordering: .relaxed) * 2)
    if !isDirect { result.expect(groups: min(known, expected, most)) }
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
    try result.seal()
    if known > 256, !isDirect {
      groupsPerThousand.store(result.groupCount * 1024 / known, ordering: .relaxed)
      groupsMost.max(result.groupCount, ordering: .relaxed)
    }
    if source.secondStep == nil {
      try result.beginResults()
      try result.prepareResults()
    }
    result.index?.freeze()
    result.countMemory()
    return result
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
    let partitioner = KeyPartitioner(bits: bits)
    index.forEachKeys { first, keys, rows in
      partitioner.find(keys[...], rows)
      for row in 0..<rows { result[first + row] = partitioner.partitions[row] }
    }
    return result
  }

  override func finish() throws(ExecutionError) {
    guard pendingPartitions == 0 else { return }
    if output != nil, let second { try finishSecond(second) }
    localPartitions = []
    output = nil
  }

  private func finishSecond(_ step: SecondStep) throws(ExecutionError) {
    result = try step.finish()
    pendingPartitions = step.partitionCount
    next.store(0, ordering: .relaxed)
  }
}
