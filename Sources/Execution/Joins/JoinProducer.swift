internal import Columnar
internal import Planning
internal import Synchronization
internal import SystemIO

/// Probes a join's table with the rows of its left side.
final class JoinProducer: Producer {
  let left: Producer
  let build: JoinBuildStage
  private let probe: JoinProbeStage?
  let kind: JoinKind
  let leftKeys: [BoundExpression]
  let residual: BoundExpression?
  let rightKinds: [LaneKind]
  let shared: ExecutionShared
  /// Which build rows found a partner, as far as slots are done; right and full joins only.
  private struct Matches {
    var rows: [UInt8] = []
    var slotsLeft = 0
  }

  private let matches = Monitor(Matches())
  private let nextPartition = Atomic<Int>(0)

  init(
    _ left: Producer,
    _ build: JoinBuildStage,
    _ probe: JoinProbeStage?,
    _ kind: JoinKind,
    leftKeys: [BoundExpression],
    residual: BoundExpression?,
    rightTypes: [LogicalType],
    _ shared: ExecutionShared
  ) {
    self.left = left
    self.build = build
    self.probe = probe
    self.kind = kind
    self.leftKeys = leftKeys
    self.residual = residual
    self.shared = shared
    rightKinds = rightTypes.map(\.laneKind)
    super.init(types: kind == .semi || kind == .anti ? left.types : left.types + rightTypes)
  }

  override var isSmall: Bool {
    build.split == nil && left.isSmall && (build.table?.rowCount ?? 0) < 10_000
  }
  override var expectedRows: Int { left.expectedRows }

  override func expectEarlyEnd() {
    build.splitsForSpeed = false
    left.expectEarlyEnd()
  }

  override func dynamicTarget(_ column: Int) -> (scan: ScanProducer, column: Int)? {
    switch kind {
    case .inner, .left, .semi, .anti, .cross:
      column < left.types.count ? left.dynamicTarget(column) : nil
    case .right, .full: nil
    }
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    if let split = build.split { return min(maximumStreams, split.partitionCount) }
    let streams = try left.prepare(maximumStreams: maximumStreams)
    matches.withLock { $0.slotsLeft = streams }
    return streams
  }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    if build.split != nil { return SplitJoinStream(self) }
    guard let table = build.table else {
      throw .sql("XX000", "the build side of a join is missing")
    }
    return try JoinStream(self, try left.makeStream(slot: slot), table)
  }

  /// The probe of the next partition of split sides; nil: there is none.
  fileprivate func nextPartitionStream() throws(ExecutionError) -> BatchStream? {
    let place = nextPartition.add(1, ordering: .relaxed).oldValue
    guard let split = build.split, let probe, place < split.partitionCount else { return nil }
    return try JoinStream(
      self,
      probe.stream(place),
      try build.makeTable(partition: place),
      isAlone: true
    )
  }

  /// Takes in which build rows a slot has matched.
  ///
  /// - Returns: For the last slot: the rows that no slot matched.
  func finish(slotMatched: GroupArray<UInt8>, rowCount: Int) -> [UInt32]? {
    // Counted together with the marks: the last slot sees those of all others.
    matches.withLock { all in
      if all.rows.isEmpty { all.rows = Array(repeating: 0, count: rowCount) }
      for row in 0..<rowCount { all.rows[row] |= slotMatched[row] }
      all.slotsLeft -= 1
      guard all.slotsLeft == 0 else { return nil }
      return all.rows.indices.filter { all.rows[$0] == 0 }.map { UInt32($0) }
    }
  }
}

/// Probes the partitions of split sides, one after the other.
private final class SplitJoinStream: BatchStream {
  private let producer: JoinProducer
  private var current: BatchStream?

  init(_ producer: JoinProducer) { self.producer = producer }

  override func next() throws(ExecutionError) -> Batch? {
    while true {
      if let batch = try current?.next() { return batch }
      // The table goes before the next is made.
      current = nil
      guard let next = try producer.nextPartitionStream() else { return nil }
      current = next
    }
  }
}

/// One slot's probe.
///
/// Where no key has two rows and there is no residual condition, a batch goes through in one step. Else pairs of a
/// left and a right row are made batch by batch; what left joins, semi and anti joins say of a left row is known
/// when its last pair was seen, so it follows at the end of its batch.
private final class JoinStream: BatchStream {
  private let producer: JoinProducer
  private let input: BatchStream
  private let table: JoinTable
  /// Whether no other slot probes the table.
  private let isAlone: Bool
  private let keys: RowExpressions
  private let finder: KeyFinder
  private let predicate: Predicate?
  private let output: Batch
  private let leftWidth: Int
  private let leftCopies: [Vector]
  private let rightVectors: [Vector]
  private let isSimple: Bool
  private let selection = SelectionBuffer(capacity: 64)
  private let leftRows: SelectionBuffer
  private let rightRows: GroupArray<UInt32>
  // The batch being probed.
  private var batch: Batch?
  private var row = 0
  private var member: UInt32 = 0
  private let leftMatched = GroupArray<UInt8>(0, capacity: 64)
  // Build rows without a partner, at the end of right and full joins.
  private let rightMatched: GroupArray<UInt8>?
  private var unmatched: [UInt32]?
  private var unmatchedPlace = 0
  private var isDone = false
  private let joined: Batch
  private let narrowed: Batch

  init(
    _ producer: JoinProducer,
    _ input: BatchStream,
    _ table: JoinTable,
    isAlone: Bool = false
  ) throws(ExecutionError) {
    self.producer = producer
    self.input = input
    self.table = table
    self.isAlone = isAlone
    keys = try RowExpressions(producer.leftKeys, producer.shared.context)
    finder = KeyFinder(table.index, hasRows: table.rowCount > 0)
    leftWidth = producer.left.types.count
    // They grow with the batches: most joins of small reports see some dozens of rows.
    leftCopies = producer.left.kinds.map { Vector(kind: $0, capacity: 64) }
    rightVectors = producer.rightKinds.map { Vector(kind: $0, capacity: 64) }
    if let residual = producer.residual {
      predicate = try Predicate([residual], context: producer.shared.context)
    } else {
      predicate = nil
    }
    let needsRightMarks = producer.kind == .right || producer.kind == .full
    rightMatched = needsRightMarks ? GroupArray(0, capacity: max(1, table.rowCount)) : nil
    let noPairs = producer.kind == .semi || producer.kind == .anti
    isSimple = predicate == nil && (table.isUnique || noPairs) && !needsRightMarks
    leftRows = SelectionBuffer(capacity: isSimple ? 64 : vectorRowsMax)
    rightRows = GroupArray(0, capacity: isSimple ? 64 : vectorRowsMax)
    output = Batch(columns: noPairs ? leftCopies : leftCopies + rightVectors)
    joined = Batch(columns: leftCopies + rightVectors)
    narrowed = Batch(
      kinds: producer.left.kinds + producer.rightKinds,
      capacity: predicate == nil ? 0 : vectorRowsMax
    )
  }

  override func next() throws(ExecutionError) -> Batch? {
    while true {
      if isDone { return nextUnmatched() }
      if batch == nil {
        guard let next = try input.next() else {
          isDone = true
          if let rightMatched {
            unmatched =
              isAlone
              ? (0..<table.rowCount).filter { rightMatched[$0] == 0 }.map { UInt32($0) }
              : producer.finish(slotMatched: rightMatched, rowCount: table.rowCount)
          }
          continue
        }
        if next.rowCount == 0 { return empty() }
        finder.find(try keys.evaluate(next), rows: next.rowCount)
        if isSimple { return probeSimply(next) }
        begin(next)
      }
      if let rows = try nextPairs() { return rows }
    }
  }

  private func empty() -> Batch {
    output.rowCount = 0
    return output
  }

  // MARK: One partner at most

  private func probeSimply(_ batch: Batch) -> Batch {
    let count = batch.rowCount
    let numbers = finder.numbers.span
    let starts = table.starts.span
    let members = table.members.span
    let selection = selection
    selection.reserve(count)
    var places = selection.places
    rightRows.reserve(count)
    var partners = rightRows.mutableSpan
    var found = 0
    let keepsUnmatched = producer.kind == .left
    let wantsMatch = producer.kind != .anti
    let needsPartners = producer.kind != .semi && producer.kind != .anti
    for row in 0..<count {
      let number = numbers[row]
      let isMatch = number != absentRow
      places[found] = UInt16(truncatingIfNeeded: row)
      if needsPartners { partners[found] = isMatch ? members[Int(starts[Int(number)])] : absentRow }
      found &+= isMatch == wantsMatch || keepsUnmatched ? 1 : 0
    }
    takeLeft(batch, selection, found)
    if needsPartners { takeRight(found, mayBeAbsent: keepsUnmatched) }
    output.rowCount = found
    return output
  }

  /// Left columns of the output: the batch's own where all of its rows are wanted.
  private func takeLeft(_ batch: Batch, _ rows: SelectionBuffer, _ count: Int) {
    let isWhole = count == batch.rowCount
    if !isWhole { gatherLeft(batch, rows, count) }
    for column in 0..<leftWidth {
      output.columns[column] = isWhole ? batch.columns[column] : leftCopies[column]
    }
  }

  private func gatherLeft(_ batch: Batch, _ rows: SelectionBuffer, _ count: Int) {
    let copy = Batch(columns: leftCopies)
    compact(batch, rows.span(count), into: copy)
  }

  private func takeRight(_ count: Int, mayBeAbsent: Bool) {
    let rows = rightRows.span.extracting(0..<count)
    table.rows.gather(rows, mayBeAbsent: mayBeAbsent, into: rightVectors[...])
  }

  // MARK: Pairs

  private func begin(_ batch: Batch) {
    self.batch = batch
    row = 0
    member = 0
    leftMatched.reserve(batch.rowCount)
    for row in 0..<batch.rowCount { leftMatched[row] = 0 }
  }

  /// The next rows of the current batch; nil: it is done and gave none.
  private func nextPairs() throws(ExecutionError) -> Batch? {
    guard let batch else { return nil }
    while row < batch.rowCount {
      let count = fillPairs(batch)
      if count == 0 { continue }
      try producer.shared.check()
      if let rows = try emitPairs(batch, count) { return rows }
    }
    self.batch = nil
    return finishBatch(batch)
  }

  /// Makes the next pairs, ``vectorRowsMax`` at most.
  private func fillPairs(_ batch: Batch) -> Int {
    let numbers = finder.numbers
    let leftRows = leftRows
    var lefts = leftRows.places
    var count = 0
    while row < batch.rowCount && count < vectorRowsMax {
      let number = numbers[row]
      guard number != absentRow else {
        row += 1
        continue
      }
      let first = table.starts[Int(number)]
      let end = table.starts[Int(number) + 1]
      while first + member < end && count < vectorRowsMax {
        lefts[count] = UInt16(truncatingIfNeeded: row)
        rightRows[count] = table.members[Int(first + member)]
        count += 1
        member += 1
      }
      if first + member >= end {
        row += 1
        member = 0
      }
    }
    return count
  }

  private func emitPairs(_ batch: Batch, _ pairs: Int) throws(ExecutionError) -> Batch? {
    gatherLeft(batch, leftRows, pairs)
    takeRight(pairs, mayBeAbsent: false)
    joined.columns = leftCopies + rightVectors
    joined.rowCount = pairs
    let selection = selection
    let leftRows = leftRows
    var count = pairs
    if let predicate { count = try selection.fill(joined, where: predicate) }
    let all = predicate == nil
    let passing = selection.span(all ? 0 : count)
    let lefts = leftRows.span(pairs)
    for place in 0..<count {
      let pair = all ? place : Int(passing[place])
      leftMatched[Int(lefts[pair])] = 1
      rightMatched?[Int(rightRows[pair])] = 1
    }
    switch producer.kind {
    case .semi, .anti: return nil
    default: break
    }
    if count == 0 { return nil }
    if count == pairs {
      output.columns = joined.columns
    } else {
      let narrowed = narrowed
      compact(joined, passing, into: narrowed)
      output.columns = narrowed.columns
    }
    output.rowCount = count
    return output
  }

  /// What the whole batch's pairs say of its rows.
  private func finishBatch(_ batch: Batch) -> Batch? {
    let wanted: UInt8
    switch producer.kind {
    case .inner, .cross, .right: return nil
    case .semi: wanted = 1
    case .anti, .left, .full: wanted = 0
    }
    let selection = selection
    selection.reserve(batch.rowCount)
    var places = selection.places
    var count = 0
    for row in 0..<batch.rowCount where leftMatched[row] == wanted {
      places[count] = UInt16(truncatingIfNeeded: row)
      count += 1
    }
    guard count > 0 else { return nil }
    gatherLeft(batch, selection, count)
    if producer.kind == .semi || producer.kind == .anti {
      output.columns = leftCopies
    } else {
      for place in 0..<count { rightRows[place] = absentRow }
      takeRight(count, mayBeAbsent: true)
      output.columns = leftCopies + rightVectors
    }
    output.rowCount = count
    return output
  }

  // MARK: Build rows without a partner

  private func nextUnmatched() -> Batch? {
    guard let unmatched, unmatchedPlace < unmatched.count else { return nil }
    let count = min(groupRowCount, unmatched.count - unmatchedPlace)
    for place in 0..<count { rightRows[place] = unmatched[unmatchedPlace + place] }
    unmatchedPlace += count
    takeRight(count, mayBeAbsent: false)
    for vector in leftCopies {
      vector.reset()
      vector.reserve(count)
      for row in 0..<count { setDatum(.null, in: vector, at: row) }
    }
    output.columns = leftCopies + rightVectors
    output.rowCount = count
    return output
  }
}
