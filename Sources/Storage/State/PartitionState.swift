internal import Catalog
internal import Synchronization

/// A segment in a state.
struct SegmentEntry: Sendable {
  var reference: SegmentReference
  /// Nil only while the log is replayed: a file that a later record removes need not be there.
  var handle: SegmentHandle?
  /// What scans read: the file, widened by columns added since.
  var source: (any RowSource)?
  var deletions: DeleteVector?

  var locatorBase: UInt64 { Locator.base(segment: reference.number) }
  var liveRowCount: Int { reference.rowCount - (deletions?.deletedCount ?? 0) }
}

/// A delta batch in a state.
struct DeltaEntry: Sendable {
  /// Number of its first row in the partition's delta.
  let firstRow: UInt64
  /// Rows of ``batch``: here, so that finding an entry touches no batch.
  let rowCount: Int
  let batch: DeltaBatch
  /// The batch with columns that the table got since; nil: it has them all.
  var widened: WidenedSource?
  var deletions: DeleteVector?

  init(
    firstRow: UInt64,
    batch: DeltaBatch,
    widened: WidenedSource?,
    deletions: DeleteVector? = nil
  ) {
    self.firstRow = firstRow
    rowCount = batch.rowCount
    self.batch = batch
    self.widened = widened
    self.deletions = deletions
  }

  /// What scans read.
  var source: any RowSource { widened ?? batch }
  var rows: Range<UInt64> { firstRow..<(firstRow + UInt64(rowCount)) }
  var liveRowCount: Int { rowCount - (deletions?.deletedCount ?? 0) }
}

/// A partition at one moment.
struct PartitionState: Sendable {
  let key: PartitionKey
  /// Stands for the partition in locators; never reused.
  let slot: UInt32
  /// By ascending number.
  var segments: [SegmentEntry] = [] { didSet { scanned = ScannedSources() } }
  /// Consecutive rows; the first batch begins where the last sealing ended.
  var delta: [DeltaEntry] = [] { didSet { scanned = ScannedSources() } }
  /// The number the next delta row gets.
  var nextDeltaRow: UInt64 = 0
  /// Made of the above: a commit changes few of a table's partitions.
  private var scanned = ScannedSources()

  init(key: PartitionKey, slot: UInt32) {
    self.key = key
    self.slot = slot
  }

  /// Rows in the delta, deleted ones included.
  var deltaRowCount: Int { delta.reduce(0) { $0 + $1.rowCount } }

  var liveRowCount: Int {
    segments.reduce(0) { $0 + $1.liveRowCount } + delta.reduce(0) { $0 + $1.liveRowCount }
  }

  /// The place in ``delta`` of a row; nil when it has left the delta or never was.
  func deltaIndex(ofRow row: UInt64) -> Int? {
    var low = 0
    var high = delta.count
    while low < high {
      let middle = (low + high) / 2
      if delta[middle].rows.upperBound <= row { low = middle + 1 } else { high = middle }
    }
    guard low < delta.count, delta[low].rows.contains(row) else { return nil }
    return low
  }

  func segmentIndex(ofNumber number: UInt32) -> Int? {
    segments.firstIndex { $0.reference.number == number }
  }

  /// The partition as scans see it, and how many rows are there.
  func snapshot() -> (partition: PartitionSnapshot, liveRowCount: Int) {
    let known = scanned.value {
      let sources = makeSources()
      return (sources, sources.reduce(0) { $0 + $1.liveRowCount })
    }
    return (PartitionSnapshot(key: key, sources: known.sources), known.liveRowCount)
  }

  private func makeSources() -> [SourceSnapshot] {
    var sources: [SourceSnapshot] = []
    sources.reserveCapacity(segments.count + delta.count)
    for entry in segments {
      guard let source = entry.source else { continue }
      sources.append(
        SourceSnapshot(
          source: source,
          locatorBase: entry.locatorBase,
          deletions: entry.deletions
        )
      )
    }
    for entry in delta {
      sources.append(
        SourceSnapshot(
          source: entry.source,
          locatorBase: Locator.base(slot: slot) + entry.firstRow,
          deletions: entry.deletions
        )
      )
    }
    return sources
  }
}

/// What scans read of a partition, made when one asks first.
private final class ScannedSources: Sendable {
  typealias Value = (sources: [SourceSnapshot], liveRowCount: Int)
  private let made = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    made.withLock { made in
      if let made { return made }
      let value = make()
      made = value
      return value
    }
  }
}

/// A table at one moment.
struct TableState: Sendable {
  var definition: TableDefinition
  var partitions: [PartitionKey: PartitionState] = [:]
  var partitionOfSlot: [UInt32: PartitionKey] = [:]
  /// Changed by every segment that comes or goes.
  var partitionOfSegment: [UInt32: PartitionKey] = [:] {
    didSet { directory = SegmentDirectory() }
  }
  private var directory = SegmentDirectory()
  /// Hashes of the keys of delta rows.
  var deltaKeys = DeltaKeyIndex()
  /// Rows of the commit being applied that are not in ``deltaKeys`` yet; empty between commits.
  var newKeys: [KeyHashEntry] = []

  init(_ definition: TableDefinition) { self.definition = definition }

  var liveRowCount: Int { partitions.values.reduce(0) { $0 + $1.liveRowCount } }

  /// All segments with the bounds of their keys.
  var segmentDirectory: [SegmentDirectory.Entry] { directory.entries(partitions) }

  /// Whether a row is there: neither deleted nor moved.
  func isLive(_ locator: UInt64) -> Bool {
    if Locator.isDelta(locator) { return liveDeltaRow(of: locator) != nil }
    guard Locator.isSegment(locator), let entry = segment(Locator.segment(of: locator)) else {
      return false
    }
    let row = Locator.segmentRow(of: locator)
    guard row < entry.reference.rowCount else { return false }
    return entry.deletions.map { !$0.isDeleted(row) } ?? true
  }

  /// The delta entry that holds a row that is there, and the row's number in its batch.
  func liveDeltaRow(of locator: UInt64) -> (entry: DeltaEntry, row: Int)? {
    guard let entry = deltaEntry(of: locator) else { return nil }
    let row = Int(Locator.deltaRow(of: locator) - entry.firstRow)
    return entry.deletions?.isDeleted(row) == true ? nil : (entry, row)
  }

  /// The entry of a segment.
  func segment(_ number: UInt32) -> SegmentEntry? {
    guard let key = partitionOfSegment[number], let partition = partitions[key],
      let index = partition.segmentIndex(ofNumber: number)
    else { return nil }
    return partition.segments[index]
  }

  /// The delta entry that holds a delta locator's row.
  func deltaEntry(of locator: UInt64) -> DeltaEntry? {
    guard let key = partitionOfSlot[Locator.slot(of: locator)], let partition = partitions[key],
      let index = partition.deltaIndex(ofRow: Locator.deltaRow(of: locator))
    else { return nil }
    return partition.delta[index]
  }

  /// The table as scans see it.
  func snapshot() -> TableSnapshot {
    var ordered: [PartitionSnapshot] = []
    ordered.reserveCapacity(partitions.count)
    var liveRowCount = 0
    for state in partitions.values {
      let (partition, count) = state.snapshot()
      ordered.append(partition)
      liveRowCount += count
    }
    ordered.sort { $0.key < $1.key }
    return TableSnapshot(
      definition: definition,
      partitions: ordered,
      liveRowCount: liveRowCount
    )
  }
}
