// pgoutput, protocol version 1, as it comes inside of CopyData messages:
//
//   'd'  int32 size   'w'  int64 start  int64 end  int64 time   one message of pgoutput
//   'd'  int32 size   'k'  int64 end    int64 time   byte reply requested
//
// The bytes of a piece are whole CopyData messages. Rows are not decoded one by one: the messages are walked once,
// which notes where fields lie, and each column of each relation is decoded when the piece ends or when something
// comes that must not be passed (a truncate, another definition).

package import Columnar

/// Turns the source's bytes into changes.
///
/// Pure: it asks nobody and keeps no time.
@safe
package final class StreamDecoder {
  /// Chooses how a relation's rows become columns; nil: its changes are passed over.
  package typealias LayoutChooser = (SourceRelation) -> RelationLayout?

  private let chooseLayout: LayoutChooser
  /// Decoding stops in front of the first transaction whose commit record begins here or later.
  package var stopLSN: LSN?
  /// Transactions whose commit record begins before this are passed over: they are applied already.
  package var appliedLSN: LSN
  private var relations: [UInt32: RelationState] = [:]
  private var last: RelationState?
  /// Relations with rows that are not handed over.
  private var touched: [RelationState] = []
  private(set) var transaction: OpenTransaction?
  /// What the message before has described.
  private var described: UInt32?
  private var lastEnd = LSN.zero
  var group = ChangeGroup()

  struct OpenTransaction {
    var id: UInt32
    var commitLSN: LSN
    var time: Int64
    /// Applied already.
    var isPassedOver: Bool
  }

  /// - Parameters:
  ///   - appliedLSN: See ``appliedLSN``.
  ///   - chooseLayout: Called while decoding, whenever a relation is described for the first time or anew.
  package init(appliedLSN: LSN = .zero, chooseLayout: @escaping LayoutChooser) {
    self.appliedLSN = appliedLSN
    self.chooseLayout = chooseLayout
  }

  /// Forgets relations and an unfinished transaction: what a new connection begins with.
  package func reset() {
    relations.removeAll()
    touched.removeAll()
    last = nil
    transaction = nil
    described = nil
    lastEnd = .zero
    group = ChangeGroup()
  }

  /// Replaces the layout of a relation that was described already; it holds from the next call on.
  package func setLayout(of relationID: UInt32, to layout: RelationLayout?) {
    relations[relationID]?.layout = layout
  }

  /// Tells of a relation that was described before what is to be decoded.
  package func describe(_ relation: SourceRelation) {
    relations[relation.id] = RelationState(relation, chooseLayout(relation))
  }

  /// The relations described so far on this connection.
  package var knownRelations: [SourceRelation] { relations.values.map(\.relation) }

  /// Whether a transaction has begun and not ended.
  package var isInTransaction: Bool { transaction != nil }

  /// Where the open transaction will commit; nil: none is open.
  package var commitLSN: LSN? { transaction?.commitLSN }

  /// Decodes a piece of the stream.
  ///
  /// - Parameters:
  ///   - slab: Holds the piece; not changed there as long as the group lives.
  ///   - range: Whole CopyData messages; at least 8 bytes of the slab lie in front of the first field by their form.
  /// - Returns: The changes; after an error the decoder is good for nothing but ``reset()``.
  /// - Throws: ``ReplicationError/malformed(what:offset:)`` or ``ReplicationError/violation(_:)``.
  package func decode(
    _ slab: ByteBuffer,
    _ range: Range<Int>
  ) throws(ReplicationError) -> ChangeGroup {
    precondition(range.lowerBound >= 0 && range.upperBound <= slab.byteCount)
    precondition(slab.byteCount < 1 << 32)
    group = ChangeGroup()
    var place = range.lowerBound
    let base = unsafe UnsafePointer(slab.base.assumingMemoryBound(to: UInt8.self))
    while place < range.upperBound {
      // SAFETY: the range lies in the slab.
      var frame = unsafe ByteCursor(base: base, offset: place, end: range.upperBound)
      guard frame.remaining >= 6, frame.take(UInt8.self) == 0x64 else {
        throw .malformed(what: "no CopyData message", offset: place)
      }
      let size = Int(frame.take(Int32.self))
      guard size >= 5, size - 4 <= frame.remaining else {
        throw .malformed(what: "size of a CopyData message", offset: place)
      }
      let end = frame.offset + size - 4
      var message = unsafe ByteCursor(base: base, offset: frame.offset, end: end)
      guard try read(&message, slab) else { break }
      guard message.remaining == 0 else {
        throw .malformed(what: "bytes behind a message", offset: message.offset)
      }
      place = end
    }
    flush(slab)
    group.end = place
    group.isOpen = transaction != nil
    defer { group = ChangeGroup() }
    return group
  }

  /// Reads one CopyData message; false: stop in front of it.
  private func read(
    _ message: inout ByteCursor,
    _ slab: ByteBuffer
  ) throws(ReplicationError) -> Bool {
    let start = message.offset
    switch message.take(UInt8.self) {
    case 0x77:
      guard message.remaining >= 25 else {
        throw .malformed(what: "short XLogData message", offset: start)
      }
      message.skip(24)
      return try readChange(&message, slab)
    case 0x6b:
      guard message.remaining == 17 else {
        throw .malformed(what: "size of a keepalive message", offset: start)
      }
      let end = LSN(message.take(UInt64.self))
      message.skip(9)
      if transaction == nil { group.idleLSN = max(group.idleLSN ?? .zero, end) }
      return true
    case let kind: throw .malformed(what: "kind \(kind) of a CopyData message", offset: start)
    }
  }

  /// Reads one message of pgoutput.
  private func readChange(
    _ message: inout ByteCursor,
    _ slab: ByteBuffer
  ) throws(ReplicationError) -> Bool {
    let start = message.offset
    let kind = message.take(UInt8.self)
    if kind != UInt8(ascii: "R") { described = nil }
    switch kind {
    case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"): try readRow(kind, &message)
    case UInt8(ascii: "B"): return try readBegin(&message)
    case UInt8(ascii: "C"): try readCommit(&message)
    case UInt8(ascii: "R"): try readRelation(&message, slab)
    case UInt8(ascii: "T"): try readTruncate(&message, slab)
    case UInt8(ascii: "M"): try readMessage(&message, slab)
    case UInt8(ascii: "Y"): try passType(&message)
    case UInt8(ascii: "O"): try passOrigin(&message)
    default: throw .malformed(what: "kind \(kind) of a change", offset: start)
    }
    return true
  }

  // MARK: Transactions

  private func readBegin(_ message: inout ByteCursor) throws(ReplicationError) -> Bool {
    guard message.remaining == 20 else {
      throw .malformed(what: "size of Begin", offset: message.offset)
    }
    guard transaction == nil else { throw .violation("Begin inside of a transaction") }
    let commitLSN = LSN(message.take(UInt64.self))
    if let stopLSN, commitLSN >= stopLSN { return false }
    guard commitLSN >= lastEnd else {
      throw .violation(
        "a transaction that commits at \(commitLSN) came after one that ended at \(lastEnd)"
      )
    }
    let time = message.take(Int64.self)
    transaction = OpenTransaction(
      id: message.take(UInt32.self),
      commitLSN: commitLSN,
      time: time,
      isPassedOver: commitLSN < appliedLSN
    )
    return true
  }

  private func readCommit(_ message: inout ByteCursor) throws(ReplicationError) {
    guard message.remaining == 25 else {
      throw .malformed(what: "size of Commit", offset: message.offset)
    }
    guard let open = transaction else { throw .violation("Commit without Begin") }
    message.skip(1)
    let commitLSN = LSN(message.take(UInt64.self))
    let end = LSN(message.take(UInt64.self))
    message.skip(8)
    guard commitLSN == open.commitLSN, end > commitLSN else {
      throw .violation(
        "Begin said that the transaction commits at \(open.commitLSN), Commit says \(commitLSN) to \(end)"
      )
    }
    let commit = SourceCommit(
      transactionID: open.id,
      commitLSN: commitLSN,
      endLSN: end,
      time: open.time
    )
    group.lastCommit = commit
    if !open.isPassedOver {
      group.transactionCount += 1
      if group.firstCommit == nil { group.firstCommit = commit }
    }
    lastEnd = end
    transaction = nil
  }

  /// The state of a relation whose change is to be kept; nil: pass over it.
  @inline(__always)
  private func target(_ id: UInt32) throws(ReplicationError) -> RelationState? {
    guard let transaction else { throw .violation("a change outside of a transaction") }
    let state: RelationState
    if let last, last.relation.id == id {
      state = last
    } else {
      guard let known = relations[id] else {
        throw .violation("a change of relation \(id), which was not described")
      }
      state = known
      last = known
    }
    guard !transaction.isPassedOver, let layout = state.layout,
      transaction.commitLSN >= layout.startLSN, state.mismatch == nil
    else { return nil }
    return state
  }

  // MARK: Rows

  private func readRow(_ kind: UInt8, _ message: inout ByteCursor) throws(ReplicationError) {
    guard message.remaining >= 5 else {
      throw .malformed(what: "short change", offset: message.offset)
    }
    guard let state = try target(message.take(UInt32.self)) else {
      message.skip(message.remaining)
      return
    }
    if state.kinds.isEmpty {
      touched.append(state)
      state.first = transaction
    }
    let reader = TupleReader(state: state)
    let isRead: Bool
    switch kind {
    case UInt8(ascii: "I"): isRead = reader.readInsert(&message)
    case UInt8(ascii: "U"): isRead = reader.readUpdate(&message)
    default: isRead = reader.readDelete(&message)
    }
    guard isRead else { throw .malformed(what: "tuple", offset: message.offset) }
  }

  /// Hands over what was found.
  func flush(_ slab: ByteBuffer) {
    guard !touched.isEmpty else { return }
    for state in touched {
      guard let layout = state.layout, !state.kinds.isEmpty || state.mismatch != nil else {
        continue
      }
      group.steps.append(.changes(state.takeBatch(slab, layout)))
    }
    touched.removeAll(keepingCapacity: true)
  }

  // MARK: Relations

  private func readRelation(
    _ message: inout ByteCursor,
    _ slab: ByteBuffer
  ) throws(ReplicationError) {
    let start = message.offset
    guard let relation = SourceRelation(&message) else {
      throw .malformed(what: "relation", offset: start)
    }
    // A table that is described once more in front of each of its partitions.
    let root = described
    described = relation.id
    if let known = relations[relation.id], known.relation == relation { return }
    flush(slab)
    let isFirst = relations[relation.id] == nil
    relations[relation.id] = RelationState(relation, chooseLayout(relation))
    last = nil
    group.steps.append(.relation(relation))
    if let transaction, let root, isFirst, root != relation.id {
      let commit = transaction.commitLSN
      group.steps.append(
        .partition(SourcePartition(id: relation.id, root: root, commitLSN: commit))
      )
    }
  }

  /// Whether something that concerns no row is passed over with its transaction.
  var passesOver: Bool { transaction?.isPassedOver ?? false }
  /// Whether changes to a relation are taken at the transaction's position.
  func takes(_ id: UInt32) -> Bool {
    guard let transaction, let layout = relations[id]?.layout else { return false }
    return !transaction.isPassedOver && transaction.commitLSN >= layout.startLSN
  }
}
