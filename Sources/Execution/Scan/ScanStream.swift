internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Kernels
internal import Planning
internal import Storage

/// One slot's reader of a table: block by block, group by group.
///
/// Of each group the rows that pass are found first, on encoded data where that is possible; only then the
/// columns to hand on are decoded, for these rows. Rows are collected into dense batches.
final class ScanStream: BatchStream {
  private let producer: ScanProducer
  private let scan: TableScan
  private let filter: GroupFilter
  private let reader: BlockReader
  private let derived: [DerivedText?]
  private let coarse: [CoarseMoments?]
  private let output: Batch
  private var outputNeedsReset = false
  /// So many rows are handed on as soon as they are there.
  ///
  /// What batches cost whatever their rows is worth long ones; but a first one may be all that is wanted, and rows without
  /// plain lanes are decoded to the place where they are handed on only if no others are there.
  private var enough = groupRowCount
  private var isFirst = true
  private var wholeSink: WholeRowsSink?
  private var morsel: ScanMorsel?
  /// The source and the blocks of the morsel.
  private var source: (any RowSource)?
  private var blocks: [(index: Int, open: UInt64)] = []
  private var blockPlace = 0
  private var group = 0
  private var groupCount = 0
  private var locatorOfBlock: UInt64 = 0
  private let rows = KeptPlaces()
  private let live = LiveStatistics()
  /// A group whose rows wait for a fresh output batch: how many.
  private var pending: Int?
  /// The groups of the open block that the output has rows of, as long as some columns of them were not made.
  private var unfilled: [(group: Int, mask: GroupMask, count: Int)] = []
  private var missing: [Int] = []

  init(_ producer: ScanProducer) throws(ExecutionError) {
    self.producer = producer
    scan = producer.scan
    reader = BlockReader(scan.columns, kinds: producer.columnTypes.map(\.laneKind))
    derived = producer.scan.columns.indices.map { producer.derivations[$0]?.makeReader() }
    var coarse: [CoarseMoments?] = []
    for column in 0..<scan.outputCount {
      let expression = producer.coarse.expressions[column]
      coarse.append(
        try expression.map { expression throws(ExecutionError) in
          try CoarseMoments(column, expression, producer.shared.context)
        }
      )
    }
    self.coarse = coarse
    filter = try GroupFilter(producer, reader)
    output = Batch(kinds: producer.kinds, capacity: groupRowCount)
  }

  deinit {
    producer.counters.add(blocksRead: reader.blocksRead, skipped: 0, bytes: reader.bytesRead)
  }

  override func next() throws(ExecutionError) -> Batch? {
    try producer.shared.check()
    if outputNeedsReset { resetOutput() }
    while true {
      if let waiting = pending {
        guard try take(waiting) else { return flush() }
        pending = nil
      }
      if output.rowCount >= enough { return flush() }
      if group >= groupCount {
        guard try openBlock() else {
          // Hands over at the end of a morsel, so that others get their turn.
          if morsel == nil, !openMorsel() { return output.rowCount > 0 ? flush() : nil }
          if output.rowCount > 0 || blockPlace == 0 { return flush() }
          continue
        }
      }
      let current = group
      group += 1
      let count = try filter.apply(group: current)
      pending = count == 0 ? nil : count
    }
  }

  /// Rows of one block, at most: while it is open, the other columns can still be made.
  override func next(only columns: [Int]) throws(ExecutionError) -> Batch? {
    try producer.shared.check()
    if outputNeedsReset { resetOutput() }
    unfilled.removeAll(keepingCapacity: true)
    missing = (0..<scan.outputCount).filter { !columns.contains($0) }
    while true {
      if output.rowCount > vectorRowsMax - groupRowCount { return flush() }
      if group >= groupCount {
        if output.rowCount > 0 { return flush() }
        guard try openBlock() else {
          if morsel == nil, !openMorsel() { return nil }
          if blockPlace == 0 { return flush() }
          continue
        }
      }
      let current = group
      group += 1
      let count = try filter.apply(group: current)
      guard count > 0 else { continue }
      unfilled.append((current, filter.mask, count))
      let kept = kept(current, filter.mask, count)
      for column in columns { try append(column, kept, at: output.rowCount) }
      if scan.emitsLocator { addLocators(kept, at: output.rowCount) }
      output.rowCount += count
    }
  }

  override func fill(_ columns: [Int]?) throws(ExecutionError) {
    let wanted = columns.map { columns in missing.filter(columns.contains) } ?? missing
    if wanted.isEmpty { return }
    missing.removeAll { wanted.contains($0) }
    var at = 0
    for (group, mask, count) in unfilled {
      let kept = kept(group, mask, count)
      for column in wanted { try append(column, kept, at: at) }
      at += count
    }
  }

  private func flush() -> Batch {
    outputNeedsReset = true
    isFirst = false
    // Often the conditions left no NULL; then nobody needs to look.
    for column in output.columns where column.hasNulls {
      if hasNoNull(column, output.rowCount) { column.hasNulls = false }
    }
    return output
  }

  private func resetOutput() {
    for column in output.columns { column.reset() }
    output.rowCount = 0
    outputNeedsReset = false
  }

  override func offerWholeBlocks(to sink: @escaping WholeRowsSink) { wholeSink = sink }

  // MARK: Moving on

  private func openMorsel() -> Bool {
    morsel = producer.takeMorsel()
    source = morsel?.source.source
    blocks = morsel?.blocks ?? []
    blockPlace = 0
    return morsel != nil
  }

  /// Opens the next block of the morsel that may hold rows; false: the morsel is done.
  private func openBlock() throws(ExecutionError) -> Bool {
    guard let source else { return false }
    while blockPlace < blocks.count {
      let (index, open) = blocks[blockPlace]
      blockPlace += 1
      let first = index * source.blockRowCount
      let count = min(source.blockRowCount, source.rowCount - first)
      if let wholeSink, try takeWhole(index, first..<first + count, open: open, wholeSink) {
        continue
      }
      reader.open(source, block: index, rowCount: count)
      if filter.begin(
        source,
        block: index,
        rows: first..<first + count,
        deletions: morsel?.source.deletions,
        open: open
      ) {
        locatorOfBlock = (morsel?.source.locatorBase ?? 0) &+ UInt64(first)
        group = 0
        groupCount = (count + groupRowCount - 1) / groupRowCount
        return true
      }
    }
    morsel = nil
    self.source = nil
    return false
  }

  /// Has a block answered from its statistics; false: its rows are to be read.
  private func takeWhole(
    _ index: Int,
    _ rows: Range<Int>,
    open: UInt64,
    _ sink: WholeRowsSink
  ) throws(ExecutionError) -> Bool {
    guard let morsel, producer.handsOnAll(open: open),
      live.begin(morsel.source.deletions, rows: rows)
    else { return false }
    let source = morsel.source.source
    let (producer, scan, live) = (producer, scan, live)
    let isTaken = try sink(
      { (column, isExact) throws(ExecutionError) in
        guard let known = producer.statistics(source, ofOutput: column, block: index) else {
          return nil
        }
        return isExact ? try live.statistics(known, scan.columns[column], of: source, index) : known
      },
      live.rowCount
    )
    if isTaken {
      let read = live.readCount
      producer.counters.add(blocksRead: read, skipped: scan.columns.count - read, bytes: 0)
    }
    return isTaken
  }

  // MARK: Handing rows on

  /// Puts the rows of the filter's group into the output.
  ///
  /// - Returns: false when they need an empty batch.
  private func take(_ count: Int) throws(ExecutionError) -> Bool {
    let at = output.rowCount
    if at + count > vectorRowsMax { return false }
    let current = group - 1
    if at > 0, try !fits() { return false }
    let kept = kept(current, filter.mask, count)
    for column in 0..<scan.outputCount { try append(column, kept, at: at) }
    if scan.emitsLocator { addLocators(kept, at: at) }
    output.rowCount = at + kept.count
    if at == 0 {
      let isLong = output.columns.allSatisfy { $0.kind.hasPlainLanes || $0.dictionary != nil }
      enough = isLong && !isFirst ? vectorRowsMax - groupRowCount + 1 : groupRowCount
    }
    return true
  }

  private func kept(_ group: Int, _ mask: GroupMask, _ count: Int) -> KeptRows {
    KeptRows(
      group: group,
      mask: mask,
      count: count,
      rowCount: reader.rowCount(ofGroup: group),
      places: rows
    )
  }

  private func append(_ column: Int, _ kept: KeptRows, at: Int) throws(ExecutionError) {
    let target = output.columns[column]
    if let coarse = coarse[column], let source,
      let moment = try coarse.moment(source, blocks[blockPlace - 1].index, producer)
    {
      return coarse.append(moment, kept.count, to: target, at: at)
    }
    if let derived = derived[column] {
      try derived.append(reader, column, kept, into: target, at: at)
    } else {
      try reader.append(column, kept, into: target, at: at)
    }
  }

  /// Whether every text column of the output has the dictionary (or none) of the current block.
  private func fits() throws(ExecutionError) -> Bool {
    for column in 0..<scan.outputCount where output.columns[column].kind == .bytes {
      let dictionary = try reader.block(column).dictionary
      if dictionary !== output.columns[column].dictionary { return false }
    }
    return true
  }

  private func addLocators(_ kept: KeptRows, at: Int) {
    let first = locatorOfBlock &+ UInt64(kept.group * groupRowCount)
    guard let column = output.columns.last else { return }
    column.reserve(at + kept.count)
    let rows = kept.rows
    var lanes = column.mutableInt64
    for row in 0..<kept.count {
      lanes[at + row] = Int64(bitPattern: first &+ UInt64(rows[row]))
    }
  }
}
