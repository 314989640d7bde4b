// The bytes of COPY … (FORMAT binary), as they come, into columns.
//
//   "PGCOPY\n" ff 0d 0a 00   int32 flags   int32 size, extension
//   int16 count   (int32 size, value) × count      a row; size -1: NULL
//   int16 -1                                       the end
//
// A CopyData message is not a row: payloads are joined to one stream of bytes first.

package import Columnar

/// Decodes one COPY.
package final class CopyRows {
  private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00]

  private let name: (Int) -> String
  private let columns: [RelationLayout.Column]
  /// Fields of a row.
  private let width: Int
  private let slabBytes: Int
  private var slab: ByteBuffer
  private var filled = 0
  private var parsed = 0
  private let fields: RowFields
  private var hasHead = false
  package private(set) var isEnded = false
  package private(set) var rowCount = 0

  /// - Parameters:
  ///   - name: The source's name of a field, for failures.
  ///   - columns: Of the batches; `source` counts the fields of the COPY.
  ///   - width: How many fields the COPY has.
  ///   - slabBytes: About the size of a batch.
  package init(
    name: @escaping (Int) -> String,
    columns: [RelationLayout.Column],
    width: Int,
    slabBytes: Int
  ) {
    self.name = name
    self.columns = columns
    self.width = width
    self.slabBytes = slabBytes
    slab = ByteBuffer(byteCount: slabBytes)
    fields = RowFields(width: width)
  }

  /// Takes the payload of a CopyData message.
  ///
  /// - Returns: Rows, once a slab is full.
  /// - Throws: ``ReplicationError/malformed(what:offset:)``, or the first value that cannot be taken.
  package func feed(_ payload: UnsafeRawBufferPointer) throws(ReplicationError) -> Batch? {
    guard let start = payload.baseAddress else { return nil }
    var batch: Batch?
    if filled + payload.count > slab.byteCount { batch = try finishSlab(payload.count) }
    // SAFETY: the slab has room for the payload now.
    unsafe (slab.base + filled).copyMemory(from: start, byteCount: payload.count)
    filled += payload.count
    return batch
  }

  /// The rows that are left at the end of the COPY.
  ///
  /// - Throws: When the end of the data did not come.
  package func finish() throws(ReplicationError) -> Batch? {
    let batch = try finishSlab(0)
    guard isEnded else { throw .violation("a COPY ended in the middle of its data") }
    return batch
  }

  /// Decodes the whole rows of the slab and begins another one with the rest.
  private func finishSlab(_ room: Int) throws(ReplicationError) -> Batch? {
    try parse()
    let batch = try takeBatch()
    let left = filled - parsed
    let next = ByteBuffer(byteCount: max(slabBytes, left * 2 + room))
    // SAFETY: the rest is smaller than the slab made for it.
    unsafe next.base.copyMemory(from: slab.base + parsed, byteCount: left)
    slab = next
    (filled, parsed) = (left, 0)
    return batch
  }

  /// Notes where the fields of the whole rows lie.
  private func parse() throws(ReplicationError) {
    let base = unsafe UnsafePointer(slab.base.assumingMemoryBound(to: UInt8.self))
    // SAFETY: `filled` bytes of the slab are written.
    var cursor = unsafe ByteCursor(base: base, offset: parsed, end: filled)
    if !hasHead {
      guard try readHead(&cursor) else { return }
      parsed = cursor.offset
    }
    while !isEnded, let count = cursor.next(Int16.self) {
      if count == -1 {
        isEnded = true
      } else {
        guard Int(count) == width else {
          throw .malformed(what: "a row of \(count) fields, expected \(width)", offset: parsed)
        }
        guard try readRow(&cursor) else { return }
        fields.keepRow()
      }
      parsed = cursor.offset
    }
    if isEnded, cursor.remaining > 0 {
      throw .malformed(what: "bytes behind the end of a COPY", offset: parsed)
    }
  }

  private func readHead(_ cursor: inout ByteCursor) throws(ReplicationError) -> Bool {
    guard cursor.remaining >= Self.signature.count + 8 else { return false }
    guard cursor.nextBytes(Self.signature.count) == Self.signature else {
      throw .malformed(what: "signature of a COPY", offset: 0)
    }
    guard cursor.take(UInt32.self) & 0xffff_0000 == 0 else {
      throw .malformed(what: "flags of a COPY", offset: 0)
    }
    let extra = Int(cursor.take(Int32.self))
    guard extra == 0 else { throw .malformed(what: "extension of a COPY", offset: 0) }
    hasHead = true
    return true
  }

  /// Reads the fields of a row; false: not all of it is there.
  private func readRow(_ cursor: inout ByteCursor) throws(ReplicationError) -> Bool {
    let row = unsafe fields.nextRow()
    for place in 0..<width {
      guard let size = cursor.next(Int32.self) else { return false }
      guard size >= -1, Int(size) <= FieldRef.valueBytesMax else {
        throw .malformed(what: "size of a field", offset: cursor.offset)
      }
      // SAFETY: a row has room for `width` fields.
      if size < 0 {
        unsafe row[place] = .null
        continue
      }
      guard Int(size) <= cursor.remaining else { return false }
      unsafe row[place] = FieldRef(offset: cursor.offset, count: Int(size), isBinary: true)
      cursor.skip(Int(size))
    }
    return true
  }

  private func takeBatch() throws(ReplicationError) -> Batch? {
    guard fields.rowCount > 0 else { return nil }
    var failure: RowFailure?
    var masks: [RowMask?] = []
    let batch = decodeRows(slab, fields, columns, name: name, &failure, masks: &masks)
    if var failure {
      failure.row += rowCount
      throw .value(failure)
    }
    rowCount += fields.rowCount
    fields.removeAll()
    return batch
  }
}
