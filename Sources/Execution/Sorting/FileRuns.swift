internal import Columnar

/// Writes sorted runs, one behind the other in one temporary file.
final class RunWriter {
  private let writer: SpillWriter
  private let kinds: [LaneKind]
  /// The file's batches of each run.
  private var batches: [Range<Int>] = []

  init(_ files: SpillDirectory, kinds: [LaneKind]) throws(ExecutionError) {
    writer = try SpillWriter(files, kinds: kinds)
    self.kinds = kinds
  }

  var byteCount: Int { writer.byteCount }
  var writtenBatches: Int { writer.writtenBatches }

  /// Appends rows 0..<`count` to the run that is being written.
  func append(_ columns: [Vector], count: Int) throws(ExecutionError) {
    try writer.append(columns, count: count)
  }

  /// The rows since the last run are one.
  func endRun() {
    let first = batches.last?.upperBound ?? 0
    batches.append(first..<writer.writtenBatches)
  }

  /// The runs, in the order in which they were written.
  func finish() throws(ExecutionError) -> [SortedRun] {
    let file = try writer.finish()
    return batches.map { FileRun(file, $0, kinds: kinds) }
  }
}

/// A sorted run in a temporary file.
final class FileRun: SortedRun {
  private let file: SpillFile
  /// The batches that are not read yet.
  private var rest: Range<Int>
  private var batch: Batch
  private var spare: Batch
  private var image: [UInt8] = []
  private var place = 0
  private var isOver = false

  /// - Parameters:
  ///   - file: Where the run is.
  ///   - batches: Which of its batches are the run's.
  ///   - kinds: Of the columns.
  init(_ file: SpillFile, _ batches: Range<Int>, kinds: [LaneKind]) {
    self.file = file
    rest = batches
    batch = Batch(kinds: kinds, capacity: 64)
    spare = Batch(kinds: kinds, capacity: 64)
  }

  /// Reads the first batch.
  override func start() throws(ExecutionError) { try read() }

  private func read() throws(ExecutionError) {
    isOver = rest.isEmpty
    guard let next = rest.first else { return }
    rest = next + 1..<rest.upperBound
    try file.read(next, into: batch, &image)
  }

  override var columns: [Vector] { batch.columns }
  override var isAtEnd: Bool { isOver }

  /// Goes to the next batch; the one before stays readable until the turn after.
  private func turn() throws(ExecutionError) {
    swap(&batch, &spare)
    try read()
    place = 0
  }

  override func takeRows(_ limit: Int, _ body: (Span<UInt32>) -> Void) throws(ExecutionError) {
    let count = min(limit, batch.rowCount - place)
    let numbers = (0..<count).map { UInt32(place + $0) }
    body(numbers.span)
    place += count
    if place >= batch.rowCount { try turn() }
  }
}
