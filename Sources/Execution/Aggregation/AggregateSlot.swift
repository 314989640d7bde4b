internal import ColumnEncoding
internal import Columnar
internal import Kernels
internal import Planning

/// One slot of an ``AggregateStage``: a table of its own, and what it hands over to partitions.
final class AggregateSlot {
  /// nil: none of the slot's rows is in a table of its own.
  private(set) var local: LocalAggregation?
  /// Rows that are grouped a partition at a time.
  private(set) var rows: PartitionedRows?
  /// Groups that were written out.
  private(set) var partials: PartitionedRows?
  var stream: BatchStream?
  /// Which groups there are alone, where any so many will do.
  private var only: ChosenGroups?
  private let limit: GroupLimit?
  private let needsKeysOnly: Bool
  /// Asked only when tables are made: counting references to an object that threads have in common makes them wait.
  private unowned let stage: AggregateStage
  private let localGroupsMax: Int
  private let carriesHashes: Bool
  private let partitionBits: Int
  private let directShift: UInt32
  private let directPartitions: Int
  private let slotCount: Int
  private let inputs: RowExpressions
  private let keyCount: Int
  private var rowsInLocal = 0
  private let partitioner: KeyPartitioner
  private let numbers = GroupArray<UInt32>(0)
  private let directNumbers = Vector(kind: .int64, capacity: 64)
  private let direct: DirectGroups?
  private var isScattered: Bool?
  /// Where nothing is computed of the groups, only the first row of each run of equal keys is looked at.
  private let keyRuns: KeyRuns?
  /// Where rows go to partitions, runs of equal keys do so as one; made when the first rows do.
  private var runPartials: RunPartials?
  private var mayMakeRunPartials: Bool

  init(_ stage: AggregateStage, _ number: Int, of slots: Int) throws(ExecutionError) {
    self.stage = stage
    slotCount = slots
    limit = stage.usedLimit
    needsKeysOnly = stage.layout.calls.isEmpty
    keyCount = stage.keys.count
    localGroupsMax = stage.shared.options.localGroupsMax
    carriesHashes = stage.carriesHashes
    partitionBits = stage.grouping.partitionBits
    partitioner = KeyPartitioner(bits: partitionBits)
    directShift = UInt32(stage.grouping.directShift)
    directPartitions = stage.grouping.directPartitions
    inputs = try RowExpressions(stage.keys + stage.layout.inputs, stage.shared.context)
    let grouping = stage.grouping
    // Only tables beyond the cache, filled by many rows, are worth partitions.
    let isLarge =
      grouping.directCount > 1 << 16 && grouping.expectedRows > 1 << 20
      || stage.shared.options.partitionsKnownGroups != nil
    direct = isLarge ? grouping.direct.map { DirectGroups($0, window: 0..<0) } : nil
    isScattered = stage.shared.options.partitionsKnownGroups?(number)
    let kinds = stage.keys.map(\.type.laneKind)
    let hasStates = stage.layout.slots.indices.contains(where: stage.layout.isUsed)
    keyRuns = hasStates ? nil : KeyRuns(kinds: kinds)
    mayMakeRunPartials = hasStates
  }

  func take(_ batch: Batch) throws(ExecutionError) {
    guard batch.rowCount > 0 else { return }
    let vectors = try inputs.evaluate(batch)
    if let keyRuns, keyRuns.find(vectors[0..<keyCount], rows: batch.rowCount) {
      keyRuns.takeKeys(vectors[0..<keyCount])
      return try take(keyRuns.keys, keyRuns.count)
    }
    try take(vectors, batch.rowCount)
  }

  /// Takes rows in: keys, then inputs.
  private func take(_ vectors: [Vector], _ rowCount: Int) throws(ExecutionError) {
    if let only { return try only.take(vectors, keyCount: keyCount, rows: rowCount) }
    if let direct, isScattered != false {
      if try scatterNumbers(direct, vectors, rowCount) { return }
    }
    if rows != nil { return try scatterRows(vectors, rowCount) }
    let keys = Array(vectors[0..<keyCount])
    let local = try openLocal()
    try local.take(keys: keys, inputs: vectors[keyCount...], rows: rowCount)
    rowsInLocal += rowCount
    if let limit, local.groupCount >= limit.count, let keys = limit.choose(from: local) {
      return try takeOnly(keys)
    }
    if local.groupCount >= localGroupsMax, local.index?.isDirect == false { try makeRoom(local) }
  }

  /// Takes in rows by their statistics, which say enough.
  func take(
    _ statistics: [BlockStatistics?],
    _ rowCount: Int,
    by answer: StatisticsAnswer
  ) throws(ExecutionError) {
    let isTaken = try answer.take({ column, _ in statistics[column] }, rowCount: rowCount) {
      () throws(ExecutionError) in try openLocal()
    }
    precondition(isTaken, "statistics that said enough still do")
  }

  /// Has whole blocks of a stream answered from statistics, as long as rows are not scattered.
  func offerWholeBlocks(of stream: BatchStream, _ answer: StatisticsAnswer?) {
    guard let answer else { return }
    stream.offerWholeBlocks { [unowned self] (statistics, rowCount) throws(ExecutionError) in
      guard rows == nil else { return false }
      return try answer.take(statistics, rowCount: rowCount) {
        () throws(ExecutionError) in try openLocal()
      }
    }
  }

  /// Whether no row changes anything any more: the groups are chosen, and nothing is computed of them.
  var isComplete: Bool { only != nil && needsKeysOnly }

  /// Leaves all groups out that were not chosen.
  private func takeOnly(_ keys: Batch) throws(ExecutionError) {
    let (fresh, index) = try stage.makeChosen()
    only = try ChosenGroups(keys, in: fresh, index, before: local)
    local = fresh
  }

  /// Leaves all groups out that were not chosen, if some were: called when no slot takes rows in any more.
  func takeChosenOnly() throws(ExecutionError) {
    guard only == nil, let keys = limit?.chosen else { return }
    try takeOnly(keys)
    try local?.seal()
  }

  /// Before rows or groups go where they cannot be left out: no choice is made any more.
  ///
  /// - Returns: Whether one was made already; the table then is small.
  private func forgoChoice() throws(ExecutionError) -> Bool {
    guard only == nil, let keys = limit?.forgo() else { return only != nil }
    try takeOnly(keys)
    return true
  }

  private func openLocal() throws(ExecutionError) -> LocalAggregation {
    if let local { return local }
    let fresh = try stage.makeLocal(slots: slotCount)
    local = fresh
    return fresh
  }

  func countMemory() { local?.countMemory() }

  /// Sends rows of known numbers to partitions, if they lie scattered.
  private func scatterNumbers(
    _ direct: DirectGroups,
    _ vectors: [Vector],
    _ count: Int
  ) throws(ExecutionError) -> Bool {
    let uniform = direct.locate(Array(vectors[0..<keyCount]), rows: count, into: numbers)
    if direct.isOutOfRange { throw .sql("XX001", "statistics of a key column are wrong") }
    if isScattered == nil {
      isScattered = uniform == nil && stage.isScattered(numbers, rows: count)
      if isScattered == false { return false }
    }
    let directNumbers = directNumbers
    directNumbers.reset()
    directNumbers.reserve(count)
    let partitions = partitioner.partitions
    partitions.reserve(count)
    var lanes = directNumbers.mutableInt64
    var targets = partitions.mutableSpan
    let shift = directShift
    let source = numbers.span
    for row in 0..<count {
      let number = uniform ?? source[row]
      lanes[row] = Int64(number)
      targets[row] = number &>> shift
    }
    let columns = [directNumbers] + vectors[keyCount...]
    target(&rows, columns.map(\.kind), directPartitions)
      .append(columns, rows: count, partitions: partitions)
    return true
  }

  private func target(
    _ rows: inout PartitionedRows?,
    _ kinds: [LaneKind],
    _ count: Int
  ) -> PartitionedRows {
    if let rows { return rows }
    let fresh = PartitionedRows(
      kinds: kinds,
      partitionCount: count,
      budget: stage.shared.budget
    )
    rows = fresh
    return fresh
  }

  private func openRunPartials() throws(ExecutionError) -> RunPartials? {
    if mayMakeRunPartials {
      mayMakeRunPartials = false
      let kinds = stage.keys.map(\.type.laneKind)
      runPartials = try RunPartials(stage.layout, kinds: kinds, stage.shared)
    }
    return runPartials
  }

  private func scatterRows(_ vectors: [Vector], _ count: Int) throws(ExecutionError) {
    if let runPartials = try openRunPartials(),
      let runs = try runPartials.take(
        keys: vectors[0..<keyCount],
        inputs: vectors[keyCount...],
        rows: count
      )
    {
      partitioner.find(runPartials.vectors[0..<keyCount], runs)
      target(&partials, runPartials.kinds, 1 << partitionBits)
        .append(runPartials.vectors, rows: runs, partitions: partitioner.partitions)
      return
    }
    partitioner.find(vectors[0..<keyCount], count)
    let partitions = partitioner.partitions
    guard carriesHashes else {
      rows?.append(vectors, rows: count, partitions: partitions)
      return
    }
    let keyHashes = directNumbers
    keyHashes.reset()
    keyHashes.reserve(count)
    var lanes = keyHashes.mutableInt64
    for row in 0..<count { lanes[row] = Int64(bitPattern: partitioner.hashes[row]) }
    rows?.append(vectors + [keyHashes], rows: count, partitions: partitions)
  }

  /// The table is full: writes its groups out, or lets rows go past it from now on.
  private func makeRoom(_ local: LocalAggregation) throws(ExecutionError) {
    if try forgoChoice() { return }
    let isUseful = rowsInLocal >= local.groupCount * 8
    guard let kinds = local.partialKinds else {
      // What the table knows is taken apart at the end.
      _ = target(&rows, rowKinds, 1 << partitionBits)
      return
    }
    if !isUseful { _ = target(&rows, rowKinds, 1 << partitionBits) }
    try writeOut(local, kinds)
    rowsInLocal = 0
  }

  private var rowKinds: [LaneKind] {
    (stage.keys + stage.layout.inputs).map(\.type.laneKind)
      + (carriesHashes ? [.int64] : [])
  }

  /// Hands a table's groups over to the partitions, and forgets it.
  private func writeOut(_ local: LocalAggregation, _ kinds: [LaneKind]) throws(ExecutionError) {
    let target = target(&partials, kinds, 1 << partitionBits)
    local.writePartials(to: target, partitioner, keyCount: keyCount)
    self.local = nil
  }

  /// No more rows come.
  func finish() throws(ExecutionError) {
    if isPartitioned { try writeOut() } else { _ = try openLocal() }
    if stage.shared.budget.isBeyond(0.5), stage.shared.spillFiles != nil {
      // What is made of them takes memory, too.
      stage.counters.add(bytesSpilled: try local?.spillStates(leaving: 0) ?? 0)
    }
    try local?.seal()
    local?.countMemory()
    try rows?.finish(stage.shared.spillFiles)
    try partials?.finish(stage.shared.spillFiles)
  }

  /// Makes room: groups and rows go to temporary files.
  ///
  /// - Parameter room: Bytes of batches that are not full and may stay.
  /// - Throws: 53200 when what this slot holds cannot be written and is too much.
  func spill(leaving room: Int) throws(ExecutionError) {
    let budget = stage.shared.budget
    guard let files = stage.shared.spillFiles else {
      return try budget.requireRoom(for: "grouping")
    }
    if keyCount > 0, let local, local.index?.isDirect == false, try !forgoChoice() {
      if let kinds = local.partialKinds {
        try writeOut(local, kinds)
        rowsInLocal = 0
      } else if rows == nil {
        // Later rows go to partitions; what the table knows is taken apart at the end.
        _ = target(&rows, rowKinds, 1 << partitionBits)
      }
    }
    let rowBytes = try rows?.spill(to: files, leaving: room) ?? 0
    let partialBytes = try partials?.spill(to: files, leaving: room) ?? 0
    let stateBytes = try local?.spillStates(leaving: room) ?? 0
    stage.counters.add(bytesSpilled: rowBytes + partialBytes + stateBytes)
    local?.countMemory()
    // What is left belongs to others, who write it at their turn, or is more than this slot's part.
    let held = (local?.byteCount ?? 0) + (rows?.byteCount ?? 0) + (partials?.byteCount ?? 0)
    if held > budget.limitBytes / slotCount { try budget.requireRoom(for: "grouping") }
  }

  /// Whether rows or groups went to partitions.
  var isPartitioned: Bool { rows != nil || partials != nil }

  /// Hands the groups of the slot's table over to the partitions, if they can be written out.
  func writeOut() throws(ExecutionError) {
    guard let local, local.index?.isDirect == false, let kinds = local.partialKinds else { return }
    try writeOut(local, kinds)
    try partials?.finish(stage.shared.spillFiles)
  }
}
