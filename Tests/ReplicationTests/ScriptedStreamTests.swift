import Columnar
import Replication
import SystemIO
import TestSupport
import Testing

private let relation = SourceRelation(
  id: 7,
  schema: "public",
  name: "t",
  identity: .primaryKey,
  columns: [
    SourceColumn(name: "id", typeID: 23, isKey: true), SourceColumn(name: "body", typeID: 25),
  ]
)

/// Transactions of `rowCount` rows each.
private func transactions(_ count: Int, rowCount: Int) -> StreamBytes {
  var stream = StreamBytes()
  for number in 0..<count {
    stream.begin(UInt64(0x2000 + number * 0x100))
    if number == 0 { stream.relation(relation) }
    for row in 0..<rowCount {
      stream.insert(7, [.text("\(number * rowCount + row)"), .text("body \(row)")])
    }
    stream.commit()
  }
  return stream
}

private func rows(_ groups: [ChangeGroup]) -> [[String?]] {
  groups.flatMap(\.batches).flatMap { $0.rows.texts([.integer, .text]) }
}

/// Everything up to the end of the stream, and why it ended.
private func drain(_ stream: SourceStream) throws -> ([ChangeGroup], ReplicationError) {
  var groups: [ChangeGroup] = []
  do throws(ReplicationError) {
    for _ in 0..<2000 {
      if let group = try stream.next(timeoutMilliseconds: 20) { groups.append(group) }
    }
  } catch { return (groups, error) }
  throw TestFailure()
}

@Suite struct ScriptedStreamTests {
  @Test func `bytes may come cut anywhere`() throws {
    let bytes = transactions(12, rowCount: 5).bytes
    let seed = UInt64.random(in: 1..<1 << 40)
    var random = SeededRandom(seed: seed)
    for slabBytes in [150, 400, 1 << 20] {
      let script = try ScriptedSource()
      var options = StreamOptions()
      options.slabBytes = slabBytes
      options.gatherMicroseconds = 0
      let stream = try script.stream(options)
      var place = 0
      while place < bytes.count {
        let end = min(bytes.count, place + 1 + random.below(place % 2 == 0 ? 3 : 300))
        script.send(Array(bytes[place..<end]))
        place = end
        if random.below(4) == 0 { sleep(nanoseconds: 100_000) }
      }
      let groups = try stream.groups(upTo: LSN(0x2000 + 11 * 0x100 + 8))
      let expected = (0..<60).map { ["\($0)", "body \($0 % 5)"] }
      #expect(rows(groups) == expected, "slabs of \(slabBytes), seed \(seed)")
      #expect(groups.reduce(0) { $0 + $1.transactionCount } == 12)
    }
  }

  @Test func `a source that falls silent is given up, after it was asked`() throws {
    let script = try ScriptedSource()
    var options = StreamOptions()
    options.silenceSeconds = 1
    options.statusMilliseconds = 100
    let stream = try script.stream(options)
    script.send(transactions(1, rowCount: 1).bytes)
    let (groups, error) = try drain(stream)
    #expect(rows(groups).count == 1)
    #expect(error == .silent(seconds: 1))
    #expect(error.mayPass)
    #expect(script.statuses().contains { $0.wantsAnswer })
  }

  @Test func `a wanted answer is sent at once, also when nobody takes rows`() throws {
    let script = try ScriptedSource()
    var options = StreamOptions()
    options.statusMilliseconds = 60_000
    let stream = try script.stream(options, start: LSN(0x1800))
    script.send(transactions(1, rowCount: 1).bytes)
    var ask = StreamBytes()
    ask.keepalive(LSN(0x3000), replyRequested: true)
    script.send(ask.bytes)
    // What is received and not durable is not acknowledged.
    #expect(script.waitForStatus { $0.flushed == LSN(0x1800) })
    stream.acknowledge(LSN(0x2008))
    #expect(script.waitForStatus { $0.flushed == LSN(0x2008) })
    #expect(script.statuses().allSatisfy { $0.flushed <= LSN(0x2008) })
    stream.stop()
  }

  @Test func `statuses go on while the backlog is full`() throws {
    let script = try ScriptedSource()
    var options = StreamOptions()
    options.slabBytes = 4096
    options.waitingBytesMax = 8192
    options.statusMilliseconds = 20
    let stream = try script.stream(options)
    script.send(transactions(200, rowCount: 10).bytes)
    sleep(nanoseconds: 300_000_000)
    let before = script.statuses().count
    sleep(nanoseconds: 300_000_000)
    #expect(script.statuses().count > before + 5)
    #expect(stream.waitingBytes < 32_768)
    let groups = try stream.groups(upTo: LSN(0x2000 + 199 * 0x100 + 8))
    #expect(rows(groups).count == 2000)
  }

  @Test func `other messages between changes are passed over, errors end the stream`() throws {
    func message(_ kind: Character, _ inside: [UInt8]) -> [UInt8] {
      [kind.asciiValue ?? 0] + bigEndian(UInt32(inside.count + 4)) + inside
    }
    let script = try ScriptedSource()
    let stream = try script.stream(StreamOptions())
    let bytes = transactions(3, rowCount: 2)
    // Inside of a transaction and between two.
    for (place, start) in bytes.starts.enumerated() {
      let end = place + 1 < bytes.starts.count ? bytes.starts[place + 1] : bytes.bytes.count
      script.send(Array(bytes.bytes[start..<end]))
      script.send(message("S", Array("TimeZone\0UTC\0".utf8)))
      script.send(message("N", Array("SNOTICE\0Mhello\0\0".utf8)))
    }
    script.send(message("E", Array("SFATAL\0C57P01\0Mterminating connection\0\0".utf8)))
    let (groups, error) = try drain(stream)
    #expect(rows(groups).count == 6)
    #expect(
      error == .server(ServerFailure(sqlState: "57P01", message: "terminating connection"))
    )
    #expect(error.mayPass)
  }

  @Test func `a connection that is cut in a transaction leaves its group open`() throws {
    let script = try ScriptedSource()
    let stream = try script.stream(StreamOptions())
    let bytes = transactions(2, rowCount: 3)
    script.send(Array(bytes.bytes.dropLast(20)))
    script.close()
    let (groups, error) = try drain(stream)
    // The unfinished transaction is not handed over: its slab never filled.
    #expect(rows(groups).count == 3)
    #expect(groups.allSatisfy { !$0.isOpen })
    #expect(error.mayPass, "\(error)")
  }

  @Test func `bytes that are no message end the stream`() throws {
    let script = try ScriptedSource()
    let stream = try script.stream(StreamOptions())
    script.send(transactions(1, rowCount: 1).bytes + [UInt8(ascii: "d"), 0, 0, 0, 1, 9, 9])
    let (groups, error) = try drain(stream)
    #expect(rows(groups).count == 1)
    guard case .malformed = error else { throw error }
    #expect(!error.mayPass)
  }
}
