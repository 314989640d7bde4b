import Columnar
import Replication
import TestSupport
import Testing

private let deals = SourceRelation(
  id: 16_385,
  schema: "public",
  name: "deals",
  identity: .primaryKey,
  columns: [
    SourceColumn(name: "id", typeID: 20, isKey: true),
    SourceColumn(name: "title", typeID: 25),
    SourceColumn(name: "amount", typeID: 1700, modifier: 15 << 16 | 2 + 4),
    SourceColumn(name: "at", typeID: 1184),
  ]
)

private func makeDecoder() -> StreamDecoder {
  StreamDecoder { RelationLayout($0, TypeDirectory()) }
}

private func decode(
  _ stream: StreamBytes,
  _ decoder: StreamDecoder = makeDecoder()
) throws -> ChangeGroup {
  let slab = stream.slab
  return try decoder.decode(slab, 0..<slab.byteCount)
}

private func batches(_ group: ChangeGroup) -> [ChangeBatch] {
  group.steps.compactMap { if case .changes(let batch) = $0 { batch } else { nil } }
}

extension ChangeBatch {
  /// The rows as values.
  fileprivate var values: [[Datum]] {
    (0..<rowCount).map { row in rows.columns.map { $0.datum(at: row) } }
  }
}

private func text(_ text: String) -> Datum { .bytes(Array(text.utf8)) }

@Test func `rows of several transactions share a batch, kinds mixed, in order`() throws {
  var stream = StreamBytes()
  stream.begin(0x2000, xid: 7, time: 99)
  stream.relation(deals)
  stream.insert(16_385, ["1", "first", "12.50", "2026-11-28 04:05:06.789+00"])
  stream.commit()
  stream.begin(0x3000, xid: 8)
  stream.update(16_385, ["1", .unchanged, "-0.01", .null])
  stream.update(16_385, ["2", "moved", "3.00", .null], old: ["1", .null, .null, .null])
  stream.delete(16_385, ["2", .null, .null, .null])
  stream.commit()
  let group = try decode(stream)

  #expect(group.transactionCount == 2)
  #expect(
    group.firstCommit
      == SourceCommit(transactionID: 7, commitLSN: LSN(0x2000), endLSN: LSN(0x2008), time: 99)
  )
  #expect(group.lastCommit?.endLSN == LSN(0x3008))
  #expect(!group.isOpen)
  #expect(group.steps.count == 2)
  guard case .relation(let relation) = group.steps[0] else { throw TestFailure() }
  #expect(relation == deals)
  let batch = try #require(batches(group).first)
  #expect(batch.kinds == [.insert, .update, .update, .delete])
  let moment = try parseTimestamptz(Array("2026-11-28 04:05:06.789+00".utf8).span)
  #expect(
    batch.values == [
      [.int64(1), text("first"), .int64(1250), .int64(moment)],
      [.int64(1), .null, .int64(-1), .null],
      [.int64(2), text("moved"), .int64(300), .null],
      [.int64(2), .null, .null, .null],
    ]
  )
  #expect(
    batch.unchanged[1].map { mask in (0..<4).map { mask[$0] } } == [false, true, false, false]
  )
  #expect(batch.unchanged[0] == nil && batch.unchanged[3] == nil)
  #expect(batch.oldKeyRows == [2])
  #expect(batch.oldKeys?.columns.map { $0.datum(at: 0) } == [.int64(1)])
  #expect(batch.failure == nil)
}

@Test func `under a full identity the old row fills what was not sent`() throws {
  var full = deals
  full.identity = .full
  full.columns = full.columns.map { column in
    var column = column
    column.isKey = true
    return column
  }
  var stream = StreamBytes()
  stream.begin(0x2000)
  stream.relation(full)
  stream.update(
    16_385,
    ["1", .unchanged, "2.00", .null],
    old: ["1", "long ago", "1.00", .null],
    oldKind: "O"
  )
  stream.commit()
  let decoder = StreamDecoder { RelationLayout($0, TypeDirectory(), key: ["id"]) }
  let batch = try #require(batches(try decode(stream, decoder)).first)
  #expect(batch.values == [[.int64(1), text("long ago"), .int64(200), .null]])
  #expect(batch.unchanged.allSatisfy { $0 == nil })
  #expect(batch.oldKeys == nil)
}

@Test func `a truncate and a new definition are barriers, a repeated definition is none`() throws {
  var wider = deals
  wider.columns.append(SourceColumn(name: "note", typeID: 25))
  var stream = StreamBytes()
  stream.begin(0x2000)
  stream.relation(deals)
  stream.insert(16_385, ["1", "a", .null, .null])
  stream.relation(deals)
  stream.insert(16_385, ["2", "b", .null, .null])
  stream.truncate([16_385, 99], flags: 3)
  stream.insert(16_385, ["3", "c", .null, .null])
  stream.relation(wider)
  stream.insert(16_385, ["4", "d", .null, .null, "n"])
  stream.message("fence", "7")
  stream.commit()
  let group = try decode(stream)
  let shown = group.steps.map { step in
    switch step {
    case .changes(let batch): "rows \(batch.rowCount) of \(batch.rows.columns.count)"
    case .relation(let relation): "relation \(relation.columns.count)"
    case .truncate(let truncate):
      "truncate \(truncate.relationIDs) \(truncate.isCascading) \(truncate.restartsIdentity)"
    case .partition(let partition): "partition \(partition.id)"
    case .message(let message): "message \(message.prefix)"
    }
  }
  #expect(
    shown == [
      "relation 4", "rows 2 of 4", "truncate [16385] true true", "rows 1 of 4", "relation 5",
      "rows 1 of 5", "message fence",
    ]
  )
}

@Test func `a partition's first rows are told, with the table that it is a part of`() throws {
  func partition(_ id: UInt32) -> SourceRelation {
    var relation = deals
    relation.id = id
    return relation
  }
  var stream = StreamBytes()
  stream.begin(0x2000)
  // As PostgreSQL does: the table in front of each of its partitions.
  for id in [17_001, 17_002] as [UInt32] {
    stream.relation(deals)
    stream.relation(partition(id))
    stream.insert(16_385, ["1", "a", .null, .null])
  }
  stream.relation(deals)
  stream.relation(partition(17_001))
  stream.insert(16_385, ["3", "a", .null, .null])
  // Another table behind rows is no partition.
  stream.relation(partition(17_003))
  stream.insert(17_003, ["3", "a", .null, .null])
  stream.commit()
  let steps = try decode(stream).steps
  let found = steps.compactMap { step in
    if case .partition(let partition) = step { partition } else { nil }
  }
  #expect(found.map(\.id) == [17_001, 17_002])
  #expect(found.allSatisfy { $0.root == 16_385 && $0.commitLSN == LSN(0x2000) })
}

@Test func `what is applied, copied or not wanted is passed over`() throws {
  let other = SourceRelation(
    id: 2,
    schema: "public",
    name: "other",
    identity: .primaryKey,
    columns: [SourceColumn(name: "id", typeID: 23, isKey: true)]
  )
  var stream = StreamBytes()
  for (place, lsn) in [UInt64(0x2000), 0x3000, 0x4000, 0x5000].enumerated() {
    stream.begin(lsn)
    if place == 0 {
      stream.relation(deals)
      stream.relation(other)
    }
    stream.insert(16_385, [.text("\(place)"), "x", .null, .null])
    stream.insert(2, [.text("\(place)")])
    stream.commit()
  }
  let decoder = StreamDecoder(appliedLSN: LSN(0x2008)) { relation in
    guard relation.id == 16_385 else { return nil }
    return RelationLayout(relation, TypeDirectory(), startLSN: LSN(0x4000))
  }
  decoder.stopLSN = LSN(0x5000)
  let slab = stream.slab
  let group = try decoder.decode(slab, 0..<slab.byteCount)
  #expect(batches(group).map { $0.values.map { $0[0] } } == [[.int64(2)]])
  #expect(group.transactionCount == 2)
  #expect(group.lastCommit?.commitLSN == LSN(0x4000))
  decoder.stopLSN = nil
  let rest = try decoder.decode(slab, group.end..<slab.byteCount)
  #expect(batches(rest).map { $0.values.map { $0[0] } } == [[.int64(3)]])
}

@Test func `a keepalive inside of a transaction promises nothing`() throws {
  var stream = StreamBytes()
  stream.keepalive(LSN(0x1500))
  stream.begin(0x2000)
  stream.keepalive(LSN(0x9000))
  stream.commit()
  let group = try decode(stream)
  #expect(group.idleLSN == LSN(0x1500))
  #expect(group.position == LSN(0x2008))
  var later = StreamBytes()
  later.keepalive(LSN(0x9000))
  #expect(try decode(later).position == LSN(0x9000))
}

@Test func `a bad value names row and column and stops only its relation`() throws {
  var stream = StreamBytes()
  stream.begin(0x2000)
  stream.relation(deals)
  stream.insert(16_385, ["1", "a", "1.00", .null])
  stream.insert(16_385, ["2", "b", "NaN", .null])
  stream.insert(16_385, ["x", "c", "1.00", .null])
  stream.commit()
  let failure = try #require(batches(try decode(stream)).first?.failure)
  #expect(failure.row == 1)
  #expect(failure.column == "amount")
  #expect(failure.error.sqlState == "22003")
}

@Test func `a row of another width or with unsent values in an insert is a failure`() throws {
  for row: [StreamBytes.Field] in [["1", "a"], ["1", .unchanged, .null, .null]] {
    var stream = StreamBytes()
    stream.begin(0x2000)
    stream.relation(deals)
    stream.insert(16_385, ["1", "a", .null, .null])
    stream.insert(16_385, row)
    stream.insert(16_385, ["3", "a", .null, .null])
    stream.commit()
    let batch = try #require(batches(try decode(stream)).first)
    #expect(batch.rowCount == 1)
    #expect(batch.failure?.row == 1)
    #expect(batch.failure?.error.sqlState == "XX000")
  }
}

@Test func `broken promises end the stream`() throws {
  func expectViolation(_ write: (inout StreamBytes) -> Void) {
    var stream = StreamBytes()
    write(&stream)
    #expect(throws: ReplicationError.self) { try decode(stream) }
  }
  expectViolation { $0.commit() }
  expectViolation {
    $0.begin(1)
    $0.begin(2)
  }
  expectViolation {
    $0.begin(0x2000)
    $0.commit(0x1fff)
  }
  expectViolation {
    $0.begin(0x3000)
    $0.commit()
    $0.begin(0x2000)
  }
  expectViolation {
    $0.begin(0x2000)
    $0.insert(16_385, ["1"])
  }
  expectViolation { $0.change([0x53, 0, 0, 0, 1]) }
}

/// Each prefix of whole messages, then the rest, gives the same rows as all at once.
@Test func `a piece may end behind any message`() throws {
  var stream = StreamBytes()
  for place in 0..<6 {
    stream.begin(UInt64(0x2000 + place * 0x100))
    if place == 0 { stream.relation(deals) }
    stream.insert(16_385, [.text("\(place)"), "title", "1.00", .null])
    stream.update(16_385, [.text("\(place)"), .unchanged, "2.00", .null])
    stream.commit()
  }
  let slab = stream.slab
  let all = batches(try decode(stream)).flatMap(\.values)
  for start in stream.starts {
    let decoder = makeDecoder()
    let first = try decoder.decode(slab, 0..<start)
    let second = try decoder.decode(slab, start..<slab.byteCount)
    #expect((batches(first) + batches(second)).flatMap(\.values) == all)
    #expect(first.transactionCount + second.transactionCount == 6)
    #expect(!second.isOpen)
  }
}

@Test func `lengths beyond PostgreSQL's are none`() {
  let types = TypeDirectory()
  #expect(types.logicalType(1042, 9) == .char(5))
  #expect(types.logicalType(1042, 10_485_764) == .char(10_485_760))
  #expect(types.logicalType(1042, .max) == .text)
  #expect(types.logicalType(1043, 10_485_765) == .varchar(nil))
}

struct TestFailure: Error {}
