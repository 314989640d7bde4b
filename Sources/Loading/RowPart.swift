internal import Catalog
internal import Columnar

/// Some thousand rows of one partition, copied out of the chunks they came in.
///
/// Columns in the table's order.
@safe
final class RowPart: @unchecked Sendable {
  // SAFETY: one worker fills it; then it is handed on under a lock and only read.
  private let rowCountMax: Int
  /// The columns that are not coded; vectors of strings have room only once they are needed.
  let batch: Batch
  private var codeBuffers: [ByteBuffer?]
  /// Whether a column holds codes.
  private(set) var isCoded: [Bool]
  /// Where each row stood in the file: chunk number << 32 | row of the chunk; only where asked for.
  private(set) var ordinals: [UInt64] = []
  private let fixedBytes: Int
  private var textBytes = 0

  init(_ definition: TableDefinition, rowCountMax: Int) {
    self.rowCountMax = rowCountMax
    let kinds = definition.columns.map(\.type.laneKind)
    batch = Batch(
      columns: kinds.map { Vector(kind: $0, capacity: $0 == .bytes ? 64 : rowCountMax) }
    )
    codeBuffers = Array(repeating: nil, count: kinds.count)
    isCoded = Array(repeating: false, count: kinds.count)
    fixedBytes = Self.rowBytes(definition) * rowCountMax
  }

  /// Bytes of a row without its strings' bytes, if none is coded.
  static func rowBytes(_ definition: TableDefinition) -> Int {
    definition.columns.reduce(0) { $0 + $1.type.laneKind.strideBytes }
  }

  /// Bytes of memory.
  var byteCount: Int {
    let saved = isCoded.reduce(0) { $0 + ($1 ? MemoryLayout<ByteView>.size - 4 : 0) }
    return fixedBytes + textBytes - saved * rowCountMax
  }
  var room: Int { rowCountMax - batch.rowCount }

  func reset() {
    for column in batch.columns { column.reset() }
    batch.rowCount = 0
    textBytes = 0
    ordinals.removeAll(keepingCapacity: true)
  }

  /// The codes of a coded column.
  func codes(_ place: Int) -> UnsafeMutablePointer<UInt32>? {
    unsafe codeBuffers[place].map { unsafe $0.base.assumingMemoryBound(to: UInt32.self) }
  }

  /// Whether rows may be appended: no column changes between codes and strings inside of a part.
  func takes(_ source: ParsedRows) -> Bool {
    guard batch.rowCount > 0 else { return true }
    for place in isCoded.indices where isCoded[place] != (source.codes[place] != nil) {
      return false
    }
    return true
  }

  /// Copies rows; there must be room, and ``takes(_:)`` must hold.
  func append(_ source: ParsedRows, rows: Span<Int32>, firstOrdinal: UInt64?) {
    let start = batch.rowCount
    precondition(start + rows.count <= rowCountMax)
    for (place, target) in batch.columns.enumerated() {
      if let coder = source.codes[place] {
        appendCodes(coder.codes, rows, place)
        continue
      }
      isCoded[place] = false
      target.reserve(rowCountMax)
      textBytes += target.copyRows(of: source.batch.columns[place], rows, at: start)
    }
    batch.rowCount += rows.count
    guard let firstOrdinal else { return }
    for index in rows.indices { ordinals.append(firstOrdinal + UInt64(rows[index])) }
  }

  private func appendCodes(_ source: [UInt32], _ rows: Span<Int32>, _ place: Int) {
    isCoded[place] = true
    if codeBuffers[place] == nil { codeBuffers[place] = ByteBuffer(byteCount: rowCountMax * 4) }
    guard let base = unsafe codes(place) else { return }
    // SAFETY: the caller has checked that all rows have room.
    var target = unsafe MutableSpan(_unsafeStart: base, count: rowCountMax)
    copyLanes(source.span, rows, &target, batch.rowCount)
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
      keepWides(of: source, start..<start + rows.count)
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

/// Copies lanes; neighbouring rows at once.
@inline(__always)
private func copyLanes<T: BitwiseCopyable>(
  _ source: Span<T>,
  _ rows: Span<Int32>,
  _ target: inout MutableSpan<T>,
  _ start: Int
) {
  precondition(start + rows.count <= target.count)
  guard rows.count > 0 else { return }
  let first = Int(rows[0])
  let last = Int(rows[rows.count - 1])
  guard last - first == rows.count - 1 else {
    for index in rows.indices { target[start &+ index] = source[Int(rows[index])] }
    return
  }
  // Rows ascend, so these are neighbours.
  precondition(first >= 0 && last < source.count)
  unsafe source.withUnsafeBufferPointer { source in
    unsafe target.withUnsafeMutableBufferPointer { target in
      guard let from = source.baseAddress, let to = target.baseAddress else { return }
      // SAFETY: both ranges are inside by the preconditions.
      unsafe (to + start).update(from: from + first, count: rows.count)
    }
  }
}
