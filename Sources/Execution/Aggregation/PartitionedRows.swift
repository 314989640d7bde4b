internal import Columnar
internal import Synchronization

/// Rows on their way into partitions: each partition a list of full batches.
///
/// What one worker scatters, any worker may read afterwards, a partition at a time.
@safe
final class PartitionedRows {
  private let kinds: [LaneKind]
  let partitionCount: Int
  private let chunkRows: Int
  /// The batch of each partition that is being filled.
  private var open: [Batch?]
  private var full: [[FullBatch]]
  /// Rows of `full`, by partition, when no more come.
  private var keptRows: [Int] = []
  private let lock = Mutex(())
  private let fill: GroupArray<UInt32>
  /// Places of a batch's rows in their partitions' open batches.
  private let places = GroupArray<UInt32>(0, capacity: vectorRowsMax)
  private let counts: GroupArray<UInt32>
  /// Lanes of the open batches by column and partition.
  private let lanes: [GroupArray<UInt>]
  /// Room for strings by column and partition: the next free byte and how many there are.
  private let stringStarts: [GroupArray<UInt>]
  private let stringRooms: [GroupArray<Int>]
  private let share: BudgetShare
  /// Bytes of all batches in memory.
  private(set) var byteCount = 0
  /// Bytes of each open batch.
  private var openBytes: [Int]
  private var writer: SpillWriter?
  private var spilled: SpillFile?
  /// Each partition's batches in the temporary file.
  private var spilledBatches: [[SpilledBatch]] = []

  /// - Parameters:
  ///   - kinds: Of the columns.
  ///   - partitionCount: How many partitions.
  ///   - budget: Where the memory is counted.
  init(kinds: [LaneKind], partitionCount: Int, budget: MemoryBudget) {
    self.kinds = kinds
    self.partitionCount = partitionCount
    chunkRows = vectorRowsMax
    open = Array(repeating: nil, count: partitionCount)
    full = Array(repeating: [], count: partitionCount)
    openBytes = Array(repeating: 0, count: partitionCount)
    fill = GroupArray(UInt32(vectorRowsMax), capacity: partitionCount)
    counts = GroupArray(0, capacity: partitionCount)
    lanes = kinds.map { _ in GroupArray(0, capacity: partitionCount) }
    stringStarts = kinds.map {
      $0 == .bytes ? GroupArray(0, capacity: partitionCount) : GroupArray(0, capacity: 1)
    }
    stringRooms = kinds.map {
      $0 == .bytes ? GroupArray(0, capacity: partitionCount) : GroupArray(0, capacity: 1)
    }
    share = BudgetShare(budget)
  }

  /// Copies rows to the partitions that `partitions` names, one a row.
  func append(_ columns: [Vector], rows: Int, partitions: GroupArray<UInt32>) {
    precondition(columns.count == kinds.count && rows <= chunkRows && rows <= partitions.capacity)
    makeRoom(rows, partitions)
    assignPlaces(rows, partitions)
    for (column, vector) in columns.enumerated() {
      switch kinds[column] {
      case .int64: scatter(vector.int64, column, rows, partitions)
      case .float64: scatter(vector.float64, column, rows, partitions)
      case .bool: scatter(vector.bool, column, rows, partitions)
      case .int128: scatter(vector.int128, column, rows, partitions)
      case .uuid: scatter(vector.uuid, column, rows, partitions)
      case .interval: scatter(vector.interval, column, rows, partitions)
      case .decimal:
        scatter(vector.decimal, column, rows, partitions)
        if vector.hasWides { scatterWides(vector, column, rows, partitions) }
      case .bytes: scatterStrings(vector, column, rows, partitions)
      }
      if vector.hasNulls { scatterNulls(vector, column, rows, partitions) }
    }
    share.set(byteCount)
  }

  /// Opens a new batch for each partition whose batch has no room for its rows.
  private func makeRoom(_ rows: Int, _ partitions: GroupArray<UInt32>) {
    counts.clear()
    var counts = counts.mutableSpan
    let numbers = partitions.span
    for row in 0..<rows { counts[Int(numbers[row])] &+= 1 }
    for partition in 0..<partitionCount
    where Int(fill[partition] &+ counts[partition]) > chunkRows { openBatch(partition) }
  }

  private func openBatch(_ partition: Int) {
    close(partition)
    // Strings of NULL rows are looked at when they are hashed; other lanes are all written.
    let batch = Batch(
      columns: kinds.map { Vector(kind: $0, capacity: chunkRows, isZeroed: $0 == .bytes) }
    )
    open[partition] = batch
    fill[partition] = 0
    for (column, vector) in batch.columns.enumerated() {
      unsafe lanes[column][partition] = UInt(bitPattern: laneAddress(vector))
      grow(partition, by: chunkRows * vector.kind.strideBytes)
      if vector.kind == .bytes { stringRooms[column][partition] = 0 }
    }
  }

  private func grow(_ partition: Int, by bytes: Int) {
    byteCount += bytes
    openBytes[partition] += bytes
  }

  private func close(_ partition: Int) {
    guard let batch = open[partition] else { return }
    batch.rowCount = Int(fill[partition])
    // Full: the next row opens another.
    fill[partition] = UInt32(chunkRows)
    if batch.rowCount > 0 {
      full[partition].append(FullBatch(batch: batch, byteCount: openBytes[partition]))
    } else {
      byteCount -= openBytes[partition]
    }
    openBytes[partition] = 0
    open[partition] = nil
  }

  /// Where the lanes of a vector begin; they stay there, because a chunk never grows.
  private func laneAddress(_ vector: Vector) -> UnsafeRawPointer? {
    func address<T: BitwiseCopyable>(_ span: Span<T>) -> UnsafeRawPointer? {
      unsafe span.withUnsafeBufferPointer { unsafe UnsafeRawPointer($0.baseAddress) }
    }
    switch vector.kind {
    case .int64: return unsafe address(vector.int64)
    case .float64: return unsafe address(vector.float64)
    case .bool: return unsafe address(vector.bool)
    case .int128: return unsafe address(vector.int128)
    case .uuid: return unsafe address(vector.uuid)
    case .interval: return unsafe address(vector.interval)
    case .decimal: return unsafe address(vector.decimal)
    case .bytes: return unsafe address(vector.views)
    }
  }

  private func assignPlaces(_ rows: Int, _ partitions: GroupArray<UInt32>) {
    let numbers = partitions.span
    var places = places.mutableSpan
    var fill = fill.mutableSpan
    precondition(rows <= numbers.count && rows <= places.count)
    for row in 0..<rows {
      // SAFETY: row < rows, checked above.
      let partition = unsafe Int(numbers[unchecked: row])
      let place = fill[partition]
      unsafe places[unchecked: row] = place
      fill[partition] = place &+ 1
    }
  }

  @inline(__always)
  private func scatter<T: BitwiseCopyable>(
    _ source: Span<T>,
    _ column: Int,
    _ rows: Int,
    _ partitions: GroupArray<UInt32>
  ) {
    let numbers = partitions.span
    let places = places.span
    let bases = lanes[column].span
    precondition(rows <= source.count && rows <= numbers.count && rows <= places.count)
    for row in 0..<rows {
      // SAFETY: row < rows; `bases` checks the partition; makeRoom() saw to it that the place is one of the open batch's chunkRows
      // lanes, which are of this type and outlive the call.
      let base = unsafe UnsafeMutablePointer<T>(bitPattern: bases[Int(numbers[unchecked: row])])
      unsafe base.unsafelyUnwrapped[Int(places[unchecked: row])] = unsafe source[unchecked: row]
    }
  }

  /// Numerics whose digits are not in their lanes: the batch they go to gets its own.
  private func scatterWides(
    _ vector: Vector,
    _ column: Int,
    _ rows: Int,
    _ partitions: GroupArray<UInt32>
  ) {
    let lanes = vector.decimal
    for row in 0..<rows where lanes[row].isWide {
      open[Int(partitions[row])]?.columns[column].setDecimal(lanes[row], at: Int(places[row]))
      grow(Int(partitions[row]), by: lanes[row].limbByteCount)
    }
  }

  private func scatterNulls(
    _ vector: Vector,
    _ column: Int,
    _ rows: Int,
    _ partitions: GroupArray<UInt32>
  ) {
    for row in 0..<rows where !vector.isValid(row) {
      open[Int(partitions[row])]?.columns[column].setNull(Int(places[row]))
    }
  }

  // MARK: Strings

  /// Copies strings; those of a dictionary stay where they are.
  private func scatterStrings(
    _ vector: Vector,
    _ column: Int,
    _ rows: Int,
    _ partitions: GroupArray<UInt32>
  ) {
    if let dictionary = vector.dictionary {
      let codes = vector.codes
      let views = GroupArray<ByteView>(emptyView, capacity: max(1, rows))
      for row in 0..<rows where Int(codes[row]) < dictionary.count {
        views[row] = dictionary[Int(codes[row])]
      }
      scatter(views.span, column, rows, partitions)
      for batch in open { batch?.columns[column].retain(dictionary) }
      return
    }
    let views = vector.views
    let isNullable = vector.hasNulls
    let starts = stringStarts[column]
    let rooms = stringRooms[column]
    let bases = lanes[column].span
    for row in 0..<rows where !isNullable || vector.isValid(row) {
      let view = views[row]
      let partition = Int(partitions[row])
      if rooms[partition] < view.count { moreRoom(column, partition, for: view.count) }
      // SAFETY: there is room for the string where `starts` says, and nobody else has it; as for the view, see scatter().
      let target = unsafe UnsafeMutablePointer<UInt8>(bitPattern: starts[partition])
        .unsafelyUnwrapped
      unsafe copyText(from: view.start, to: target, count: view.count)
      starts[partition] += UInt(view.count)
      rooms[partition] -= view.count
      let base = unsafe UnsafeMutablePointer<ByteView>(bitPattern: bases[partition])
      unsafe base.unsafelyUnwrapped[Int(places[row])] = unsafe ByteView(
        start: UnsafePointer(target),
        count: view.count
      )
    }
  }

  /// A new piece of memory for the strings of a partition's open batch.
  private func moreRoom(_ column: Int, _ partition: Int, for count: Int) {
    let size = max(count, 16 << 10)
    let view = open[partition]?.columns[column].reserveBytes(size) ?? emptyView
    unsafe stringStarts[column][partition] = UInt(bitPattern: view.start)
    stringRooms[column][partition] = size
    grow(partition, by: size)
  }

  // MARK: Reading

  /// Ends the filling of batches; afterwards ``forEachBatch(_:_:)`` may be called on any thread.
  func finish(_ files: SpillDirectory?) throws(ExecutionError) {
    for partition in 0..<partitionCount { close(partition) }
    if writer != nil, let files { _ = try spill(to: files, leaving: byteCount) }
    if let writer { spilled = try writer.finish() }
    writer = nil
    keptRows = full.map { $0.reduce(0) { $0 + $1.batch.rowCount } }
    share.set(byteCount)
  }

  /// Rows of all partitions, after `finish`.
  var rowCount: Int {
    let kept = (0..<partitionCount).reduce(0) { $0 + rowCount(ofPartition: $1) }
    return spilledBatches.reduce(kept) { $1.reduce($0) { $0 + $1.rowCount } }
  }

  /// Rows of a partition that are in memory, after `finish`; any thread may ask while others read.
  func rowCount(ofPartition partition: Int) -> Int { keptRows[partition] }

  /// Writes the full batches to a temporary file and forgets them; all batches, where the full ones are a small part.
  ///
  /// - Parameters:
  ///   - files: Where the file is made.
  ///   - room: Bytes that may stay.
  /// - Returns: Bytes written.
  /// - Throws: What the file system says: 53100, 58030.
  func spill(to files: SpillDirectory, leaving room: Int = 0) throws(ExecutionError) -> Int {
    if byteCount - full.reduce(0, { $1.reduce($0) { $0 + $1.byteCount } }) > room {
      for partition in 0..<partitionCount { close(partition) }
    }
    guard full.contains(where: { !$0.isEmpty }) else { return 0 }
    if spilledBatches.isEmpty { spilledBatches = Array(repeating: [], count: partitionCount) }
    if writer == nil { writer = try SpillWriter(files, kinds: kinds) }
    guard let target = writer else { return 0 }
    let before = target.byteCount
    for partition in 0..<partitionCount {
      for taken in full[partition] {
        let batch = taken.batch
        spilledBatches[partition]
          .append(SpilledBatch(number: target.writtenBatches, rowCount: batch.rowCount))
        try target.append(batch.columns, count: batch.rowCount)
        byteCount -= taken.byteCount
      }
      full[partition] = []
    }
    share.set(byteCount)
    return target.byteCount - before
  }

  /// Gives away the batches of a partition: those in memory, then those of the temporary file.
  func forEachBatch(
    _ partition: Int,
    _ body: (Batch) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    let reader = read(partition)
    while let batch = try reader.next() { try body(batch) }
  }

  /// As ``forEachBatch(_:_:)``, batch by batch.
  func read(_ partition: Int) -> PartitionReader {
    var batches: [FullBatch] = []
    lock.withLock { _ in swap(&batches, &full[partition]) }
    return PartitionReader(
      batches,
      share,
      spilled,
      spilledBatches.isEmpty ? [] : spilledBatches[partition],
      kinds
    )
  }
}

/// Hands on the batches of a partition, each a batch of its own; one thread's.
final class PartitionReader {
  private var kept: [FullBatch]
  private let share: BudgetShare
  private let file: SpillFile?
  private let spilled: [SpilledBatch]
  private let kinds: [LaneKind]
  private var place = 0
  private var image: [UInt8] = []

  fileprivate init(
    _ kept: [FullBatch],
    _ share: BudgetShare,
    _ file: SpillFile?,
    _ spilled: [SpilledBatch],
    _ kinds: [LaneKind]
  ) {
    self.kept = kept.reversed()
    self.share = share
    self.file = file
    self.spilled = spilled
    self.kinds = kinds
  }

  /// The next batch; nil: no more.
  func next() throws(ExecutionError) -> Batch? {
    if let taken = kept.popLast() {
      share.give(back: taken.byteCount)
      return taken.batch
    }
    guard let file, place < spilled.count else { return nil }
    let source = spilled[place]
    place += 1
    let batch = Batch(kinds: kinds, capacity: source.rowCount)
    try file.read(source.number, into: batch, &image)
    return batch
  }

  deinit { share.give(back: kept.reduce(0) { $0 + $1.byteCount }) }
}

/// Copies bytes that do not overlap, sixteen a step, the last step over some of the one before: of short texts most of `memmove` is the call.
@inline(__always)
private func copyText(
  from source: UnsafePointer<UInt8>,
  to target: UnsafeMutablePointer<UInt8>,
  count: Int
) {
  guard 16...256 ~= count else { return unsafe target.update(from: source, count: count) }
  let (from, to) = unsafe (UnsafeRawPointer(source), UnsafeMutableRawPointer(target))
  func move(_ offset: Int) {
    // SAFETY: offset + 16 <= count.
    let bytes = unsafe from.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
    unsafe to.storeBytes(of: bytes, toByteOffset: offset, as: SIMD16<UInt8>.self)
  }
  var offset = 0
  while offset &+ 16 < count {
    move(offset)
    offset &+= 16
  }
  move(count &- 16)
}

/// A batch of a partition that takes no more rows.
private struct FullBatch {
  var batch: Batch
  var byteCount: Int
}

/// A batch of a partition in the temporary file.
private struct SpilledBatch {
  var number: Int
  var rowCount: Int
}
