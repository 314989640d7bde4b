package import Columnar
package import Replication

/// Writes a replication stream as a walsender does: CopyData messages of pgoutput, protocol 1.
package struct StreamBytes {
  /// A field of a tuple.
  package enum Field {
    case null, unchanged
    case text(String)
    case binary([UInt8])
  }

  package private(set) var bytes: [UInt8] = []
  /// Where each CopyData message begins.
  package private(set) var starts: [Int] = []
  private var lsn: UInt64 = 0x1000

  package init() {}

  // MARK: Frames

  private mutating func frame(_ payload: [UInt8]) {
    starts.append(bytes.count)
    bytes += [0x64] + bigEndian(UInt32(payload.count + 4)) + payload
  }

  package mutating func change(_ payload: [UInt8]) {
    frame([0x77] + bigEndian(lsn) + bigEndian(lsn) + bigEndian(UInt64(0)) + payload)
  }

  package mutating func keepalive(_ end: LSN, replyRequested: Bool = false) {
    frame([0x6b] + bigEndian(end.rawValue) + bigEndian(UInt64(0)) + [replyRequested ? 1 : 0])
  }

  // MARK: Transactions

  /// A transaction whose commit record is at `lsn`.
  package mutating func begin(_ lsn: UInt64, xid: UInt32 = 700, time: UInt64 = 0) {
    self.lsn = lsn
    change([0x42] + bigEndian(lsn) + bigEndian(time) + bigEndian(xid))
  }

  package mutating func commit(_ end: UInt64? = nil) {
    change([0x43, 0] + bigEndian(lsn) + bigEndian(end ?? lsn + 8) + bigEndian(UInt64(0)))
  }

  // MARK: Changes

  package mutating func relation(_ relation: SourceRelation) {
    var payload = [0x52] + bigEndian(relation.id) + cString(relation.schema)
    payload += cString(relation.name) + [relation.identity.rawValue]
    payload += bigEndian(UInt16(relation.columns.count))
    for column in relation.columns {
      payload += [column.isKey ? 1 : 0] + cString(column.name) + bigEndian(column.typeID)
      payload += bigEndian(UInt32(bitPattern: column.modifier))
    }
    change(payload)
  }

  package mutating func insert(_ id: UInt32, _ row: [Field]) {
    change([0x49] + bigEndian(id) + [0x4e] + tuple(row))
  }

  /// `oldKind`: K or O.
  package mutating func update(
    _ id: UInt32,
    _ row: [Field],
    old: [Field]? = nil,
    oldKind: Character = "K"
  ) {
    var payload = [0x55] + bigEndian(id)
    if let old { payload += [oldKind.asciiValue ?? 0] + tuple(old) }
    change(payload + [0x4e] + tuple(row))
  }

  package mutating func delete(_ id: UInt32, _ old: [Field], oldKind: Character = "K") {
    change([0x44] + bigEndian(id) + [oldKind.asciiValue ?? 0] + tuple(old))
  }

  package mutating func truncate(_ ids: [UInt32], flags: UInt8 = 0) {
    change([0x54] + bigEndian(UInt32(ids.count)) + [flags] + ids.flatMap { bigEndian($0) })
  }

  package mutating func message(_ prefix: String, _ content: String, isTransactional: Bool = true) {
    change(
      [0x4d, isTransactional ? 1 : 0] + bigEndian(lsn) + cString(prefix)
        + bigEndian(UInt32(content.utf8.count)) + Array(content.utf8)
    )
  }

  private func tuple(_ row: [Field]) -> [UInt8] {
    row.reduce(bigEndian(UInt16(row.count))) { bytes, field in
      switch field {
      case .null: bytes + [0x6e]
      case .unchanged: bytes + [0x75]
      case .text(let text):
        bytes + [0x74] + bigEndian(UInt32(text.utf8.count)) + Array(text.utf8)
      case .binary(let value): bytes + [0x62] + bigEndian(UInt32(value.count)) + value
      }
    }
  }

  private func cString(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

  // MARK: Slabs

  /// All bytes in a slab of their own.
  package var slab: ByteBuffer { makeSlab(bytes) }
}

extension StreamBytes.Field: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) { self = .text(value) }
}

/// The bytes of an integer in network order.
package func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// Bytes in a slab of their own.
package func makeSlab(_ bytes: [UInt8]) -> ByteBuffer {
  // SAFETY: bytes have no padding.
  unsafe ByteBuffer(copying: bytes.span.bytes)
}
