import Foundation
import SystemIO
import TestSupport
import Testing

/// A real server whose disk runs full.
@Suite(.serialized) struct DiskFullTests {
  @Test func `a full disk refuses writes with 53100 until there is room again`() throws {
    guard let disk = MemoryDisk(megabytes: 24) else {
      print("skipped: no file system can be mounted here (no root, no user namespaces)")
      return
    }
    try fill(disk)
  }

  @Test func `a limit on the size of files is a full disk too`() throws {
    try fill(FileSizeLimit(bytes: 3 << 20))
  }

  /// Writes until the disk is full, reads, makes room, and writes again.
  private func fill(_ disk: some SmallDisk) throws {
    let options = ["--seal-rows", "5000", "--checkpoint-log", "2MB"]
    let server = ServedDatabase(directory: disk.directory, options: options, prefix: disk.prefix)
    try server.start()
    let connection = try server.connect()
    try connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, words text)")
    var rows = 0
    var refusals: [PostgresFailure] = []
    for part in 0..<2_000 where refusals.count < 5 {
      do throws(PostgresFailure) {
        try connection.execute(Self.insert(part, rows: 500))
        rows += 500
      } catch {
        refusals.append(error)
      }
      try expect(rows, on: connection)
    }
    #expect(refusals.count == 5 && rows > 1_000)
    #expect(refusals.allSatisfy { $0.sqlState == "53100" }, "\(refusals)")
    #expect(refusals.first?.message.contains("No space left on device") == true)
    // Letters without an order: a text that repeats itself would fit as a segment.
    var random = SeededGenerator(11)
    let failure = #expect(throws: PostgresFailure.self) {
      let lines = (0..<10).map { line in
        let copied = (0..<2_000_000).map { _ in UInt8(97 + random.next() % 26) }
        return Array("\(9_000_000 + line)\t".utf8) + copied + [10]
      }
      try connection.copyIn("COPY t FROM STDIN", chunks: lines)
    }
    #expect(failure?.sqlState == "53100")
    let sum = try connection.execute("SELECT count(*), count(DISTINCT words) FROM t")[0].texts
    #expect(sum == [["\(rows)", "\(rows)"]])
    try disk.giveRoom(to: server)
    try connection.execute(Self.insert(5_000, rows: 500))
    try connection.execute("DELETE FROM t WHERE id % 2 = 0")
    rows = (rows + 500) / 2
    try connection.execute("CHECKPOINT")
    try expect(rows, on: connection)
    try expect(rows, on: server.connect())
    // The directory that lived through it is sound, killed and closed in order.
    server.kill()
    #expect(try server.check().end == .exited(0))
    let again = ServedDatabase(directory: disk.directory, prefix: disk.prefix)
    try again.start()
    try expect(rows, on: again.connect())
    #expect(try again.terminate() == .exited(0))
  }

  private static func insert(_ part: Int, rows: Int) -> String {
    "INSERT INTO t SELECT g, md5(g::text) || md5((g + 1)::text) FROM "
      + "generate_series(\(part * rows), \(part * rows + rows - 1)) g"
  }

  private func expect(_ rows: Int, on connection: LibpqConnection) throws {
    #expect(try connection.execute("SELECT count(*) FROM t")[0].texts == [["\(rows)"]])
  }
}
