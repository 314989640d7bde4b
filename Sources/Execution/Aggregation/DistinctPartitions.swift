internal import Columnar

/// How the values of a distinct count are split up where they are too many for a table that stays in cache.
struct DistinctPartitioning {
  /// At most so many groups have values.
  let groupsMax: Int
  /// A group's values are split by so many bits of their hash.
  let bits: Int
  /// Values that a table holds before they go to the partitions.
  let tableMax: Int
  let shared: ExecutionShared

  /// Partitions of one state.
  private static let partitionsMax = 768
  /// Rows of a partition: so many different ones are a set that just fits the second-level cache.
  private static let rowsOfPartition = 1 << 15

  /// nil, where groups or rows are too many: then values had better be keys of a grouping.
  ///
  /// - Parameters:
  ///   - groupsMax: At most so many groups have values.
  ///   - expectedRows: Of all groups; 0: not known.
  ///   - states: How many have partitions of their own.
  ///   - shared: The statement.
  init?(groupsMax: Int, expectedRows: Int, states: Int, _ shared: ExecutionShared) {
    let limitBytes = shared.budget.limitBytes
    // Each has a batch of 32 KB that is being filled.
    let partitionsMax = min(Self.partitionsMax, limitBytes >> 18 / max(1, states))
    guard groupsMax * 2 <= partitionsMax else { return nil }
    let rows = expectedRows == 0 ? Int.max : expectedRows / groupsMax
    var bits = 0
    while groupsMax << (bits + 1) <= partitionsMax, rows >> bits > Self.rowsOfPartition {
      bits += 1
    }
    // The set of a part must fit the memory.
    if expectedRows > 0, rows >> bits > limitBytes / 32 { return nil }
    self.groupsMax = groupsMax
    self.bits = bits
    tableMax = shared.options.localGroupsMax
    self.shared = shared
  }

  /// The part of its group's values that a word belongs to, below 1 << `bits`.
  @inline(__always)
  func part(of word: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (mixHash(word) &>> 1) &>> UInt64(63 &- bits))
  }
}

/// Words of groups, split by group and by part of their hash, so that equal ones of a group meet; one thread's until ``finish()``.
final class DistinctPartitions {
  let partitioning: DistinctPartitioning
  /// In the order in which they came: the first one's partitions come first.
  private(set) var groups: [Int] = []
  private let rows: PartitionedRows
  /// Of each group the place among `groups` + 1; 0: it has no words yet.
  private let ordinals = GroupArray<UInt32>(0)
  private let words = Vector(kind: .int64, capacity: 64)
  private let targets = GroupArray<UInt32>(0)

  init(_ partitioning: DistinctPartitioning) {
    self.partitioning = partitioning
    rows = PartitionedRows(
      kinds: [.int64],
      partitionCount: partitioning.groupsMax << partitioning.bits,
      budget: partitioning.shared.budget
    )
  }

  /// Bytes held, which are counted already.
  var byteCount: Int { rows.byteCount }

  /// Takes in the lanes of rows that count, a batch of them at most.
  ///
  /// - Throws: XX001 when there are more groups than statistics said.
  func append(_ lanes: Span<Int64>, _ rows: GroupRows) throws(ExecutionError) {
    let (words, targets, partitioning) = (words, targets, partitioning)
    words.reset()
    words.reserve(rows.selectedCount)
    targets.reserve(rows.selectedCount)
    var kept = words.mutableInt64
    var places = targets.mutableSpan
    var count = 0
    // Rows of one group tend to follow one another, and rows of one value: of these one is enough.
    var (last, first) = (-1, UInt32(0))
    var before: Int64 = 0
    forEachRow(rows) { row, group in
      let lane = lanes[row]
      var isNew = lane != before
      if group != last {
        (last, first, isNew) = (group, firstPartition(of: group), true)
      }
      before = lane
      kept[count] = lane
      places[count] = first &+ partitioning.part(of: UInt64(bitPattern: lane))
      count &+= isNew ? 1 : 0
    }
    guard groups.count <= partitioning.groupsMax else {
      throw .sql("XX001", "statistics of a key column are wrong")
    }
    self.rows.append([words], rows: count, partitions: targets)
  }

  private func firstPartition(of group: Int) -> UInt32 {
    ordinals.reserve(group + 1)
    if ordinals[group] == 0 {
      groups.append(group)
      ordinals[group] = UInt32(truncatingIfNeeded: groups.count)
    }
    return (ordinals[group] &- 1) &<< UInt32(partitioning.bits)
  }

  /// Writes full batches to a temporary file; returns the bytes written.
  func spill(to files: SpillDirectory, leaving room: Int) throws(ExecutionError) -> Int {
    try rows.spill(to: files, leaving: room)
  }

  /// No more words come; parts may be read on any thread.
  func finish() throws(ExecutionError) { try rows.finish(partitioning.shared.spillFiles) }

  /// Puts a part of a group's words into a set; once.
  ///
  /// - Parameters:
  ///   - ordinal: The group's place among ``groups``.
  ///   - part: Below 1 << bits.
  ///   - set: Gets them.
  /// - Throws: What reading a temporary file raises; 53200 when the set is beyond the memory.
  func read(_ ordinal: Int, part: Int, into set: WordSet) throws(ExecutionError) {
    try rows.forEachBatch(ordinal << partitioning.bits | part) { batch throws(ExecutionError) in
      try partitioning.shared.check()
      let words = batch.columns[0]
      try set.insert(words.int64, count: batch.rowCount)
    }
  }
}
