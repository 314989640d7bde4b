import Columnar
import Replication
import SystemIO
import TestSupport
import Testing

/// A stream of random transactions over a few relations, and what each relation's rows are.
private struct RandomStream {
  static let ids: [UInt32] = [101, 102, 103]
  var bytes = StreamBytes()

  init(seed: UInt64, transactions: Int) {
    var random = SeededRandom(seed: seed)
    for id in Self.ids.prefix(2) {
      bytes.begin(UInt64(id - 100) * 0x100, xid: 1)
      bytes.relation(Self.relation(id))
      bytes.commit()
    }
    for number in 1...transactions {
      bytes.begin(UInt64(number) * 0x1000, xid: UInt32(number))
      if number == 3 { bytes.relation(Self.relation(103)) }
      for row in 0..<random.below(6) {
        let id = Self.ids[random.below(number > 3 ? 3 : 2)]
        let key = "\(number * 10 + row)"
        let value = String(repeating: "x", count: random.below(6000))
        switch random.below(8) {
        case 0: bytes.delete(id, [.text(key), .null])
        case 1: bytes.update(id, [.text(key), .unchanged])
        case 2: bytes.truncate(id == 101 ? [101] : [id, 101])
        case 3: bytes.keepalive(LSN(1))
        default: bytes.insert(id, [.text(key), .text(value)])
        }
      }
      bytes.commit()
    }
  }

  static func relation(_ id: UInt32) -> SourceRelation {
    SourceRelation(
      id: id,
      schema: "public",
      name: "t\(id)",
      identity: .primaryKey,
      columns: [
        SourceColumn(name: "id", typeID: 20, isKey: true), SourceColumn(name: "v", typeID: 25),
      ]
    )
  }
}

/// A relation's changes as texts, in order.
private func changes(_ group: ChangeGroup, of id: UInt32) -> [String] {
  group.steps.flatMap { step -> [String] in
    switch step {
    case .changes(let batch) where batch.relation.id == id:
      return (0..<batch.rowCount).map { row in
        "\(batch.kinds[row]) \(batch.rows.columns.map { "\($0.datum(at: row))" })"
          + "\(batch.unchanged.map { $0?[row] == true })"
      }
    case .truncate(let truncate): return truncate.relationIDs.contains(id) ? ["truncate"] : []
    default: return []
    }
  }
}

private func makeDecoder(startLSN: LSN = .zero) -> StreamDecoder {
  StreamDecoder { RelationLayout($0, TypeDirectory(), startLSN: startLSN) }
}

private func replayed(
  _ spool: ChangeSpool,
  _ id: UInt32,
  from start: LSN = .zero
) throws -> [String] {
  var found: [String] = []
  try spool.replay(through: makeDecoder(startLSN: start)) { group throws(Never) in
    found += changes(group, of: id)
  }
  return found
}

@Test(arguments: [1, 2, 3, 4] as [UInt64])
func `a spool gives a relation's changes as the stream gave them`(seed: UInt64) throws {
  let stream = RandomStream(seed: seed, transactions: 400)
  let slab = stream.bytes.slab
  let whole = try makeDecoder().decode(slab, 0..<slab.byteCount)
  let start = LSN(0x1000 * 120)
  let later = try makeDecoder(startLSN: start).decode(slab, 0..<slab.byteCount)
  let disk = SimulatedFileSystem()
  let spools = ChangeSpools()
  for id in RandomStream.ids {
    // The third relation is described while it is spooled.
    let known = id == 103 ? nil : RandomStream.relation(id)
    spools.begin(id, ChangeSpool(known, disk, in: "spool"))
  }
  var random = SeededRandom(seed: seed)
  var place = 0
  let ends = stream.bytes.starts + [slab.byteCount]
  while place < ends.count - 1 {
    let next = min(ends.count - 1, place + 1 + random.below(40))
    try spools.add(slab, ends[place]..<ends[next])
    place = next
  }
  #expect(spools.fileBytes > 0)
  for id in RandomStream.ids {
    let spool = try #require(spools.end(id))
    #expect(try replayed(spool, id) == changes(whole, of: id))
    #expect(try replayed(spool, id, from: start) == changes(later, of: id))
  }
  // Nothing has a name.
  #expect(try disk.list("spool").isEmpty)
}

@Test func `a disk that is full or gives other bytes back ends a spool`() throws {
  let stream = RandomStream(seed: 9, transactions: 600)
  let slab = stream.bytes.slab
  let disk = SimulatedFileSystem()
  var full = FaultPlan()
  full.capacityBytes = 300_000
  disk.setFaults(full)
  let spools = ChangeSpools()
  spools.begin(101, ChangeSpool(RandomStream.relation(101), disk, in: "spool"))
  spools.begin(102, ChangeSpool(RandomStream.relation(102), disk, in: "spool"))
  do throws(ReplicationError) {
    try spools.add(slab, 0..<slab.byteCount)
    Issue.record("the disk is larger than it is")
  } catch {
    guard case .system(let cause) = error else { throw error }
    #expect(cause.isDiskFull)
  }
  disk.setFaults(FaultPlan())
  let fresh = ChangeSpools()
  fresh.begin(101, ChangeSpool(RandomStream.relation(101), disk, in: "spool"))
  try fresh.add(slab, 0..<slab.byteCount)
  let spool = try #require(fresh.end(101))
  #expect(spool.fileBytes > 0)
  var damage = FaultPlan()
  damage.damagesReads = true
  disk.setFaults(damage)
  #expect(throws: SpoolFailure<Never>.self) { _ = try replayed(spool, 101) }
  disk.setFaults(FaultPlan())
  #expect(try !replayed(spool, 101).isEmpty)
}
