import Catalog
import ColumnEncoding
import Columnar
import Storage
import SystemIO
import TestSupport
import Testing

/// A disk with rows in segments, delta files and the log, cleanly left or killed.
private func filledDisk(isClosed: Bool) throws -> SimulatedFileSystem {
  let disk = SimulatedFileSystem()
  let store = try openStore(disk)
  try store.createTable()
  for part in 0..<4 as Range<Int64> {
    try store.insert(
      (0..<50).map {
        TestRow(
          id: part * 50 + $0,
          time: $0 % 2 * monthMicroseconds,
          name: $0 % 9 == 0 ? nil : "name \($0 % 13)"
        )
      }
    )
    try store.delete([part * 50 + 3])
    if part == 1 { try store.maintainPartitions() }
    if part == 2 { try store.checkpoint() }
  }
  if isClosed { try store.close() } else { store.abandon() }
  return disk.cleanClone()
}

private func findings(_ disk: SimulatedFileSystem) throws -> [CheckFinding] {
  var findings: [CheckFinding] = []
  _ = try checkStore(disk, at: "/data") { findings.append($0) }
  return findings
}

@Suite struct CheckTests {
  @Test(arguments: [true, false])
  func `a sound directory has no findings`(isClosed: Bool) throws {
    let disk = try filledDisk(isClosed: isClosed)
    var findings: [CheckFinding] = []
    let summary = try checkStore(disk, at: "/data") { findings.append($0) }
    #expect(findings.isEmpty, "\(findings)")
    #expect(summary.liveRows == 196)
    #expect(summary.segments == 2)
    #expect(summary.deltaBatches > 0)
  }

  @Test(arguments: [true, false])
  func `a flipped bit is found and named, and is never a wrong answer`(isClosed: Bool) throws {
    let disk = try filledDisk(isClosed: isClosed)
    let rows = try openStore(disk.cleanClone()).rows()
    for path in disk.filePaths where !path.hasSuffix("LOCK") {
      let count = try #require(disk.content(of: path)).count
      // The mark at the end of a log stands for nothing but the frames before it.
      let end = path.hasSuffix(".wal") && count > 64 ? count - 24 : count
      for offset in stride(from: 0, to: end, by: count > 3000 ? 37 : 5) {
        let damaged = disk.cleanClone()
        damaged.flipBit(offset % 8, ofByte: offset, in: path)
        let found = try findings(damaged)
        let isEmptyLog = path.hasSuffix(".wal") && count == 64
        #expect(!found.isEmpty || isEmptyLog, "byte \(offset) of \(path)")
        #expect(found.allSatisfy { $0.file == path }, "\(found), byte \(offset) of \(path)")
        do {
          let store = try openStore(damaged)
          let seen = try store.rows()
          #expect(seen == rows, "byte \(offset) of \(path)")
        } catch is StorageError {
          continue
        }
      }
    }
  }

  @Test func `a file cut short or missing is found and named`() throws {
    let disk = try filledDisk(isClosed: true)
    for path in disk.filePaths where !path.hasSuffix("LOCK") && !path.hasSuffix(".wal") {
      let count = try #require(disk.content(of: path)).count
      for size in [0, 1, count / 2, count - 1] {
        let damaged = disk.cleanClone()
        try damaged.open(path, .readWrite).truncate(to: Int64(size))
        let found = try findings(damaged)
        #expect(found.contains { $0.file == path }, "\(size) of \(count) bytes of \(path)")
        #expect(throws: StorageError.self, "\(size) of \(path)") {
          _ = try openStore(damaged).rows()
        }
      }
      let damaged = disk.cleanClone()
      try damaged.remove(path)
      #expect(throws: StorageError.self) { try openStore(damaged) }
    }
  }

  @Test func `a foreign directory is refused and left alone`() throws {
    let disk = SimulatedFileSystem()
    try disk.makeDirectory("/data")
    let file = try disk.open("/data/letter.txt", .createNew)
    try file.write([1, 2, 3], at: 0)
    #expect(throws: StorageError.self) { try openStore(disk) }
    #expect(disk.content(of: "/data/letter.txt") == [1, 2, 3])
  }

  @Test func `an unknown format version is refused by name`() throws {
    let disk = try filledDisk(isClosed: true)
    let path = "/data/MANIFEST"
    var bytes = try #require(disk.content(of: path))
    bytes[8] = 9
    let head = Array(bytes[0..<24])
    let sum = unsafe Checksum.of(head.span.bytes)
    for place in 0..<4 { bytes[24 + place] = UInt8(truncatingIfNeeded: sum >> UInt32(place * 8)) }
    try disk.open(path, .readWrite).write(bytes, at: 0)
    #expect(throws: StorageError.formatVersion(file: path, found: 9, supported: 1)) {
      try openStore(disk)
    }
  }

  /// The bytes at `place`, least significant first.
  private func word(_ bytes: [UInt8], _ place: Int, _ size: Int) -> Int {
    (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << ($1 * 8) }
  }

  /// Its checksum is right: somebody wrote it so.
  @Test func `rows in the log that name a column twice are refused`() throws {
    let disk = SimulatedFileSystem()
    let store = try openStore(disk)
    try store.createTable()
    let transaction = store.begin()
    try transaction.insert(TableID(1), batch([TestRow(id: 5, time: 6, name: "a")]))
    try transaction.commit()
    store.abandon()
    let path = try #require(disk.filePaths.first { $0.hasSuffix(".wal") })
    var bytes = try #require(disk.content(of: path))
    var start = 64
    var patched = 0
    // A frame of no bytes is a mark; behind the last one there are zeros.
    while start + 24 <= bytes.count, word(bytes, start, 4) != 0 {
      let end = start + 24 + word(bytes, start + 4, 4)
      // Rows, blocks and columns, then the first column and its kind.
      let head: [UInt8] = [1, 64, 3, 1, 0, 0, 0, LaneKind.int64.rawValue]
      let second: [UInt8] = [2, 0, 0, 0, LaneKind.int64.rawValue]
      if end > start + 32,
        let batch = (start + 24..<end - 8).first(where: { Array(bytes[$0..<$0 + 8]) == head }),
        let place = (batch + 8..<end - 5).first(where: { Array(bytes[$0..<$0 + 5]) == second })
      {
        bytes[place] = 1
        patched += 1
        // The salt, the offset in the file, and the frame.
        var checked = Array(bytes[24..<32])
        for byte in 0..<8 { checked.append(UInt8(truncatingIfNeeded: start >> (byte * 8))) }
        checked += bytes[start + 4..<end]
        let sum = unsafe Checksum.of(checked.span.bytes)
        for byte in 0..<4 {
          bytes[start + byte] = UInt8(truncatingIfNeeded: sum >> UInt32(byte * 8))
        }
      }
      start = (end + 7) / 8 * 8
    }
    try #require(patched == 1)
    try disk.open(path, .readWrite).write(bytes, at: 0)
    let error = #expect(throws: StorageError.self) { try openStore(disk) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("delta columns"))
  }
}
