internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Planning
internal import Storage
internal import Synchronization

/// A run of blocks of one source that a slot reads in one go.
struct ScanMorsel {
  var partition: PartitionKey
  var source: SourceSnapshot
  /// The blocks that may hold rows that pass, and which conditions they must be tested with: bit c for
  /// condition c (the first 64).
  var blocks: [(index: Int, open: UInt64)]
}

/// A bound that another operator finds while the statement runs.
///
/// Keys of a join's build side, the threshold of a top-N. Only tightens.
final class DynamicBounds: Sendable {
  /// Place among the scan's columns; an int64 column.
  let column: Int
  /// Whether rows with NULL pass.
  let keepsNulls: Bool
  private let lower = Atomic<Int64>(.min)
  private let upper = Atomic<Int64>(.max)
  private let members = Mutex<[Int64]?>(nil)

  init(column: Int, keepsNulls: Bool) {
    self.column = column
    self.keepsNulls = keepsNulls
  }

  var range: (lower: Int64, upper: Int64) {
    (lower.load(ordering: .relaxed), upper.load(ordering: .relaxed))
  }

  /// Whether a bound is known.
  var isOpen: Bool { range == (.min, .max) }

  /// Every value that may pass, where they are few and known.
  var keys: [Int64]? { members.withLock { $0 } }

  func setKeys(_ keys: [Int64]) { members.withLock { $0 = keys } }

  func tighten(lower bound: Int64) {
    _ = lower.max(bound, ordering: .relaxed)
  }

  func tighten(upper bound: Int64) {
    _ = upper.min(bound, ordering: .relaxed)
  }
}

/// Reads a stored table: partitions, chunks and blocks that statistics rule out are never touched.
final class ScanProducer: Producer {
  let scan: TableScan
  private var snapshot: TableSnapshot
  /// Gives the table once more when a join has found the keys that are wanted; nil: not to be asked.
  private let late: (any TableProvider)?
  let shared: ExecutionShared
  let counters: OperatorCounters
  private(set) var conditions: [ScanCondition] = []
  /// Set by other operators before the scan is prepared.
  var dynamicBounds: [DynamicBounds] = []
  /// Output columns of which integers made of their texts are handed on.
  let derivations: [Int: TextDerivation]
  /// Output columns of which the operator above wants to know less than their values.
  let coarse: CoarseColumns
  /// Whether blocks should be read in the order that serves a top-N; the place of its key column.
  var topOrder: (column: Int, isDescending: Bool)?
  private var morsels: [ScanMorsel] = []
  /// Reads the rows that keys pin; nil: the table is scanned.
  private var gather: RowGather?
  private var wholeSink: WholeRowsSink?
  /// Sources that were answered from their statistics.
  private var wholeSources: [any RowSource] = []
  private var candidateRows = 0
  /// Rows that keys pin and one slot reads at a time.
  private var rowsAtOnce = groupRowCount
  /// Fewer rows that keys pin are not worth a second slot: reading one takes about a microsecond.
  private static let fewRows = 256
  private let nextMorsel = Atomic<Int>(0)

  init(
    _ scan: TableScan,
    _ snapshot: TableSnapshot,
    types: [LogicalType],
    derivations: [Int: TextDerivation] = [:],
    coarse: CoarseColumns = CoarseColumns(),
    late: (any TableProvider)? = nil,
    _ shared: ExecutionShared,
    _ counters: OperatorCounters
  ) {
    self.scan = scan
    self.derivations = derivations
    self.coarse = coarse
    self.late = late
    self.snapshot = snapshot
    self.shared = shared
    self.counters = counters
    super.init(types: types)
  }

  /// The types of the columns that are read, filter columns included.
  private(set) lazy var columnTypes: [LogicalType] = scan.columns.map { id in
    scan.table.index(of: id).map { scan.table.columns[$0].type } ?? .unknown
  }

  override var isSmall: Bool {
    candidateRows <= (gather == nil ? shared.options.morselRows : Self.fewRows)
  }
  override var expectedRows: Int { candidateRows }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    var conditions: [ScanCondition] = []
    for filter in scan.filters {
      var parts: [BoundExpression] = []
      flatten(filter, isAnd: true, into: &parts)
      for part in parts { conditions.append(try ScanCondition(part, shared)) }
    }
    self.conditions = conditions
    try readKeysOfJoins()
    gather = RowGather(snapshot)
    if let gather {
      candidateRows = gather.rowCount
      let slots = max(1, min(maximumStreams, gather.rowCount / Self.fewRows))
      rowsAtOnce = min(groupRowCount, max(1, (gather.rowCount + slots - 1) / slots))
      return slots
    }
    try planMorsels()
    try numberTexts()
    return max(1, min(maximumStreams, morsels.count))
  }

  /// Reduces the table to the rows of few keys that a join has found.
  private func readKeysOfJoins() throws(ExecutionError) {
    guard let late, scan.table.primaryKey.count == 1, let id = scan.table.primaryKey.first else {
      return
    }
    for bounds in dynamicBounds where scan.columns[bounds.column] == id {
      guard let keys = bounds.keys else { continue }
      let vector = Vector(kind: .int64, capacity: max(1, keys.count))
      var lanes = vector.mutableInt64
      for (row, key) in keys.enumerated() { lanes[row] = key }
      let batch = Batch(columns: [vector], rowCount: keys.count)
      if let found = try late.table(scan.table.id, holding: batch) { snapshot = found }
      return
    }
  }

  override func dynamicTarget(_ column: Int) -> (scan: ScanProducer, column: Int)? {
    guard column < scan.columns.count,
      columnTypes[column].laneKind == .int64 || numbers(ofColumn: column) != nil
    else { return nil }
    return (self, column)
  }

  override func offerWholeSources(to sink: @escaping WholeRowsSink) { wholeSink = sink }

  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    if let gather { return try RowsStream(self, gather) }
    return try ScanStream(self)
  }

  /// The next rows of those that keys pin; nil: no more.
  func takeRows(of count: Int) -> Range<Int>? {
    let first = nextMorsel.add(1, ordering: .relaxed).oldValue * rowsAtOnce
    return first < count ? first..<min(count, first + rowsAtOnce) : nil
  }

  /// The next run of blocks; nil: no more.
  func takeMorsel() -> ScanMorsel? {
    let place = nextMorsel.add(1, ordering: .relaxed).oldValue
    return place < morsels.count ? morsels[place] : nil
  }

  /// Bounds of an int64 column, or of a column's numbers, over all rows that may be read, by the chunks' statistics; nil: not known.
  func range(ofColumn column: Int) -> ClosedRange<Int64>? {
    if let numbers = numbers(ofColumn: column) { return numbers.range }
    let id = scan.columns[column]
    var low = Int64.max
    var high = Int64.min
    var last: ObjectIdentifier?
    for source in morsels.map(\.source.source) + wholeSources {
      if ObjectIdentifier(source) == last { continue }
      last = ObjectIdentifier(source)
      guard let known = source.statistics(id, block: nil) else { return nil }
      if known.nullCount == known.rowCount { continue }
      guard case .int64(let from) = known.minimum, case .int64(let to) = known.maximum else {
        return nil
      }
      low = min(low, from)
      high = max(high, to)
    }
    return low <= high ? low...high : nil
  }

  override func numbers(ofColumn column: Int) -> ColumnNumbers? {
    if case .number(let numbers)? = derivations[column] { numbers } else { nil }
  }

  // MARK: Planning

  /// Numbers the texts of the sources to be read.
  private func numberTexts() throws(ExecutionError) {
    let numbered = derivations.keys.compactMap { numbers(ofColumn: $0) }
    if numbered.isEmpty { return }
    var sources: [any RowSource] = []
    for morsel in morsels where sources.last !== morsel.source.source {
      sources.append(morsel.source.source)
    }
    do throws(StorageError) {
      for numbers in numbered { try numbers.begin(sources, rows: candidateRows) }
    } catch {
      throw ExecutionError(error)
    }
  }

  private func planMorsels() throws(ExecutionError) {
    var skipped = 0
    for partition in snapshot.partitions {
      if !mayHold(partition.key) {
        for source in partition.sources { skipped += blockCount(source.source) }
        continue
      }
      for source in partition.sources {
        try plan(source, in: partition.key, skipped: &skipped)
      }
    }
    counters.add(blocksRead: 0, skipped: skipped * scan.columns.count, bytes: 0)
    orderForTop()
  }

  private func blockCount(_ source: any RowSource) -> Int {
    (source.rowCount + source.blockRowCount - 1) / source.blockRowCount
  }

  /// A bit for each of the first 64 conditions.
  private var allConditions: UInt64 {
    conditions.count >= 64 ? ~0 : (1 &<< UInt64(conditions.count)) &- 1
  }

  private func plan(
    _ snapshot: SourceSnapshot,
    in key: PartitionKey,
    skipped: inout Int
  ) throws(ExecutionError) {
    precondition(snapshot.wantedRows == nil, "of all sources or of none some rows are wanted")
    let source = snapshot.source
    let blocks = blockCount(source)
    guard blocks > 0 else { return }
    let (chunkAnswer, chunkOpen) = ask(source)
    if chunkAnswer == .none {
      skipped += blocks
      return
    }
    if let wholeSink, snapshot.deletions == nil, handsOnAll(open: chunkOpen),
      try wholeSink(
        { column, _ in self.statistics(source, ofOutput: column, block: nil) },
        source.rowCount
      )
    {
      skipped += blocks
      wholeSources.append(source)
      return
    }
    let perMorsel = max(1, shared.options.morselRows / source.blockRowCount)
    var morsel = ScanMorsel(partition: key, source: snapshot, blocks: [])
    let verdicts = verdicts(source, open: chunkOpen)
    for block in 0..<blocks {
      if verdicts.isOut[block] {
        skipped += 1
        continue
      }
      candidateRows += min(source.blockRowCount, source.rowCount - block * source.blockRowCount)
      morsel.blocks.append((block, verdicts.open[block]))
      if morsel.blocks.count == perMorsel {
        morsels.append(morsel)
        morsel.blocks.removeAll(keepingCapacity: true)
      }
    }
    if !morsel.blocks.isEmpty { morsels.append(morsel) }
  }

  /// What is known of an output column over a block, or all of a source (nil).
  func statistics(
    _ source: any RowSource,
    ofOutput column: Int,
    block: Int?
  ) -> BlockStatistics? {
    derivations[column] != nil ? nil : source.statistics(scan.columns[column], block: block)
  }

  /// Whether all rows that are not deleted are handed on, by what their statistics say of the conditions.
  func handsOnAll(open: UInt64) -> Bool {
    dynamicBounds.isEmpty && !scan.emitsLocator && conditions.count <= 64
      && open & allConditions == 0
  }

  /// What all conditions say of a source's rows together, and which of them still need a look at blocks.
  private func ask(_ source: any RowSource) -> (answer: ZoneAnswer, open: UInt64) {
    var open = allConditions
    let statistics = { (column: Int) -> BlockStatistics? in
      source.statistics(self.scan.columns[column], block: nil)
    }
    for (place, condition) in conditions.enumerated() {
      switch condition.zone.answer(statistics) {
      case .none: return (.none, 0)
      case .some: break
      case .all: open &= ~bit(place)
      }
    }
    for zone in boundZones where zone.answer(statistics) == .none { return (.none, 0) }
    return (.some, open)
  }

  /// What all conditions say of a source's blocks.
  private func verdicts(_ source: any RowSource, open: UInt64) -> BlockVerdicts {
    var verdicts = BlockVerdicts(source, scan.columns, open: open)
    for (place, condition) in conditions.enumerated() where open & bit(place) != 0 || place >= 64 {
      verdicts.ask(condition.zone, bit: bit(place))
    }
    for zone in boundZones { verdicts.ask(zone, bit: 0) }
    return verdicts
  }

  /// The bit of a condition; 0: it has none.
  private func bit(_ place: Int) -> UInt64 { place < 64 ? 1 << UInt64(place) : 0 }

  /// Bounds that other operators know already.
  private var boundZones: [ZonePredicate] {
    dynamicBounds.compactMap { bounds in
      guard !bounds.isOpen, !bounds.keepsNulls else { return nil }
      let range = bounds.range
      guard range.lower <= range.upper else { return .never }
      return .integers(column: bounds.column, range.lower...range.upper)
    }
  }

  /// Whether a partition can hold rows that pass, by its month alone.
  private func mayHold(_ key: PartitionKey) -> Bool {
    guard let id = scan.table.partitionColumn, key != .whole,
      let place = scan.columns.firstIndex(of: id)
    else { return true }
    let statistics = PartitionBounds.statistics(key, type: columnTypes[place])
    for condition in conditions {
      let answer = condition.zone.answer { $0 == place ? statistics : nil }
      if answer == .none { return false }
    }
    return true
  }

  /// Puts the blocks and morsels that hold the first rows of a top-N first, so that its threshold tightens soon.
  private func orderForTop() {
    guard let order = topOrder else { return }
    let id = scan.columns[order.column]
    /// What the best row of a block can be: the smaller, the better.
    func key(_ source: any RowSource, _ bounds: BlockBounds?, _ block: Int) -> Int64 {
      if let bounds {
        switch bounds.knowledge[block] {
        case .bounds, .boundsBesideNulls:
          return order.isDescending ? ~bounds.highs[block] : bounds.lows[block]
        case .onlyNulls, .nothing: return .max
        }
      }
      guard let known = source.statistics(id, block: block) else { return .max }
      if order.isDescending, case .int64(let high) = known.maximum { return ~high }
      if !order.isDescending, case .int64(let low) = known.minimum { return low }
      return .max
    }
    let keyed = morsels.map { morsel -> (key: Int64, morsel: ScanMorsel) in
      let source = morsel.source.source
      let bounds = source.bounds(id)
      let blocks = morsel.blocks.map { (key: key(source, bounds, $0.index), block: $0) }
      var ordered = morsel
      ordered.blocks = blocks.sorted { $0.key < $1.key }.map(\.block)
      return (blocks.map(\.key).min() ?? .max, ordered)
    }
    morsels = keyed.sorted { $0.key < $1.key }.map(\.morsel)
  }
}

/// What a partition's key says of its partition column.
enum PartitionBounds {
  /// Statistics that hold for every row of the partition; nil: unknown.
  static func statistics(_ key: PartitionKey, type: LogicalType) -> BlockStatistics? {
    if key == .null { return make(nullCount: 1, .null, .null) }
    guard let unit = lanesPerDay(type) else { return nil }
    switch key {
    case .infinity:
      let lane = unit == 1 ? TimeLimits.dateInfinity : TimeLimits.timestampInfinity
      return make(nullCount: 0, .int64(lane), .int64(lane))
    case .negativeInfinity:
      let lane = unit == 1 ? TimeLimits.dateNegativeInfinity : TimeLimits.timestampNegativeInfinity
      return make(nullCount: 0, .int64(lane), .int64(lane))
    default:
      let first = dayNumber(monthsSince2000: Int(key.rawValue))
      let next = dayNumber(monthsSince2000: Int(key.rawValue) + 1)
      return make(nullCount: 0, .int64(first * unit), .int64(next * unit - 1))
    }
  }

  private static func make(nullCount: Int, _ low: Datum, _ high: Datum) -> BlockStatistics {
    BlockStatistics(
      rowCount: 1,
      nullCount: nullCount,
      minimum: low,
      maximum: high,
      sum: nil,
      isSorted: false
    )
  }

  private static func lanesPerDay(_ type: LogicalType) -> Int64? {
    switch type {
    case .date: 1
    case .timestamp, .timestamptz: 86_400_000_000
    default: nil
    }
  }

  /// Days from 2000-01-01 to the first day of a month (proleptic Gregorian).
  static func dayNumber(monthsSince2000 months: Int) -> Int64 {
    let year = 2000 + (months >= 0 ? months / 12 : -((11 - months) / 12))
    let month = months - (year - 2000) * 12 + 1
    // Days from civil, counted in years that begin in March.
    let y = Int64(month <= 2 ? year - 1 : year)
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468 - 10_957
  }
}
