internal import Catalog
internal import Columnar

/// Some thousand rows of one partition, copied out of the chunks they came in.
///
/// Columns in the table's order.
final class RowPart: @unchecked Sendable {
  // SAFETY: one worker fills it; then it is handed on under a lock and only read.
  private let rowCountMax: Int
  let batch: Batch
  /// Where each row stood in the file: chunk number << 32 | row of the chunk; only where asked for.
  private(set) var ordinals: [UInt64] = []
  private let fixedBytes: Int
  private var textBytes = 0

  init(_ definition: TableDefinition, rowCountMax: Int) {
    let kinds = definition.columns.map(\.type.laneKind)
    self.rowCountMax = rowCountMax
    batch = Batch(kinds: kinds, capacity: rowCountMax)
    fixedBytes = Self.rowBytes(definition) * rowCountMax
  }

  /// Bytes of a row without its strings.
  static func rowBytes(_ definition: TableDefinition) -> Int {
    definition.columns.reduce(0) { $0 + $1.type.laneKind.strideBytes }
  }

  /// Bytes of memory.
  var byteCount: Int { fixedBytes + textBytes }
  var room: Int { rowCountMax - batch.rowCount }

  func reset() {
    for column in batch.columns { column.reset() }
    batch.rowCount = 0
    textBytes = 0
    ordinals.removeAll(keepingCapacity: true)
  }

  /// Copies rows; there must be room.
  func append(_ source: Batch, rows: Span<Int32>, firstOrdinal: UInt64?) {
    let start = batch.rowCount
    for (target, column) in zip(batch.columns, source.columns) {
      textBytes += target.copyRows(of: column, rows, at: start)
    }
    batch.rowCount += rows.count
    guard let firstOrdinal else { return }
    for index in rows.indices { ordinals.append(firstOrdinal + UInt64(rows[index])) }
  }
}

extension Vector {
  /// Copies rows of `source` behind the first `start`, which must have room; returns the bytes of strings.
  func copyRows(of source: Vector, _ rows: Span<Int32>, at start: Int) -> Int {
    precondition(source.kind == kind && start + rows.count <= capacity)
    copyValidity(of: source, rows, at: start)
    switch kind {
    case .int64:
      var lanes = mutableInt64
      copyLanes(source.int64, rows, &lanes, start)
    case .float64:
      var lanes = mutableFloat64
      copyLanes(source.float64, rows, &lanes, start)
    case .bool:
      var lanes = mutableBool
      copyLanes(source.bool, rows, &lanes, start)
    case .int128:
      var lanes = mutableInt128
      copyLanes(source.int128, rows, &lanes, start)
    case .decimal:
      var lanes = mutableDecimal
      copyLanes(source.decimal, rows, &lanes, start)
    case .uuid:
      var lanes = mutableUUID
      copyLanes(source.uuid, rows, &lanes, start)
    case .interval:
      var lanes = mutableInterval
      copyLanes(source.interval, rows, &lanes, start)
    case .bytes: return copyText(of: source, rows, at: start)
    }
    return 0
  }

  private func copyValidity(of source: Vector, _ rows: Span<Int32>, at start: Int) {
    guard source.hasNulls else {
      guard hasNulls else { return }
      for index in rows.indices { setValid(start + index) }
      return
    }
    if !hasNulls { beginNulls() }
    let validity = source.validity
    var words = mutableValidity
    for index in rows.indices {
      let row = Int(rows[index])
      let bit = validity[row >> 6] &>> UInt64(row & 63) & 1
      let place = start &+ index
      let shift = UInt64(place & 63)
      words[place >> 6] = (words[place >> 6] & ~(1 &<< shift)) | (bit &<< shift)
    }
  }

  private func copyText(of source: Vector, _ rows: Span<Int32>, at start: Int) -> Int {
    let views = source.views
    var byteCount = 0
    for index in rows.indices { byteCount &+= views[Int(rows[index])].count }
    let room = reserveBytes(byteCount)
    var lanes = mutableViews
    var next = unsafe UnsafeMutablePointer(mutating: room.start)
    for index in rows.indices {
      let view = views[Int(rows[index])]
      // SAFETY: the views' lengths add up to the room.
      unsafe next.update(from: view.start, count: view.count)
      lanes[start &+ index] = unsafe ByteView(start: next, count: view.count)
      unsafe next += view.count
    }
    return byteCount
  }
}

@inline(__always)
private func copyLanes<T: BitwiseCopyable>(
  _ source: Span<T>,
  _ rows: Span<Int32>,
  _ target: inout MutableSpan<T>,
  _ start: Int
) {
  precondition(start + rows.count <= target.count)
  for index in rows.indices { target[start &+ index] = source[Int(rows[index])] }
}
