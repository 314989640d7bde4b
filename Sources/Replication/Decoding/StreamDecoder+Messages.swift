// The messages that are no rows.

internal import Columnar

extension StreamDecoder {
  func readTruncate(
    _ message: inout ByteCursor,
    _ slab: ByteBuffer
  ) throws(ReplicationError) {
    let start = message.offset
    guard let count = message.next(Int32.self), let flags = message.next(UInt8.self), count >= 0,
      message.remaining == Int(count) * 4
    else { throw .malformed(what: "Truncate", offset: start) }
    guard let transaction else { throw .violation("a truncate outside of a transaction") }
    var ids: [UInt32] = []
    for _ in 0..<count {
      let id = message.take(UInt32.self)
      if takes(id) { ids.append(id) }
    }
    guard !ids.isEmpty else { return }
    flush(slab)
    group.steps.append(
      .truncate(
        SourceTruncate(
          relationIDs: ids,
          isCascading: flags & 1 != 0,
          restartsIdentity: flags & 2 != 0,
          transactionID: transaction.id,
          commitLSN: transaction.commitLSN
        )
      )
    )
  }

  func readMessage(
    _ message: inout ByteCursor,
    _ slab: ByteBuffer
  ) throws(ReplicationError) {
    let start = message.offset
    guard let flags = message.next(UInt8.self), let lsn = message.next(UInt64.self),
      let prefix = message.nextString(), let count = message.next(Int32.self),
      let content = message.nextBytes(Int(count))
    else { throw .malformed(what: "Message", offset: start) }
    let isTransactional = flags & 1 != 0
    if isTransactional && passesOver { return }
    flush(slab)
    group.steps.append(
      .message(
        SourceMessage(
          isTransactional: isTransactional,
          lsn: LSN(lsn),
          prefix: prefix,
          content: content
        )
      )
    )
  }

  /// Type messages: the catalog tells more.
  func passType(_ message: inout ByteCursor) throws(ReplicationError) {
    let start = message.offset
    guard message.next(UInt32.self) != nil, message.nextString() != nil,
      message.nextString() != nil
    else { throw .malformed(what: "Type", offset: start) }
  }

  /// Where a transaction came from first: of no interest.
  func passOrigin(_ message: inout ByteCursor) throws(ReplicationError) {
    let start = message.offset
    guard message.next(UInt64.self) != nil, message.nextString() != nil else {
      throw .malformed(what: "Origin", offset: start)
    }
  }
}

extension SourceRelation {
  /// Reads the inside of a Relation message; nil: it is malformed.
  init?(_ message: inout ByteCursor) {
    guard let id = message.next(UInt32.self), let schema = message.nextString(),
      let name = message.nextString(), let identityByte = message.next(UInt8.self),
      let identity = ReplicaIdentity(rawValue: identityByte),
      let count = message.next(Int16.self), count >= 0
    else { return nil }
    var columns: [SourceColumn] = []
    for _ in 0..<count {
      guard let flags = message.next(UInt8.self), let column = message.nextString(),
        let typeID = message.next(UInt32.self), let modifier = message.next(Int32.self)
      else { return nil }
      columns.append(
        SourceColumn(name: column, typeID: typeID, modifier: modifier, isKey: flags & 1 != 0)
      )
    }
    self.init(
      id: id,
      // An empty schema stands for pg_catalog.
      schema: schema.isEmpty ? "pg_catalog" : schema,
      name: name,
      identity: identity,
      columns: columns
    )
  }
}
