// A data directory, as some build wrote it: read forever, or refused by name.
// ALMANAC_GOLDEN=1 prints a fresh one.

import Catalog
import ColumnEncoding
import Columnar
import Foundation
import Storage
import SystemIO
import TestSupport
import Testing

/// The rows of the golden directory.
private let goldenRows = (0..<40).map {
  TestRow(id: $0, time: $0 % 2 * monthMicroseconds, name: $0 % 3 == 0 ? nil : "name \($0)")
}

/// Rows in a segment, in a delta file and in the log; some deleted in each.
private func writeGolden() throws -> SimulatedFileSystem {
  let disk = SimulatedFileSystem()
  let store = try openStore(disk)
  try store.createTable()
  try store.insert(Array(goldenRows[0..<20]))
  try store.seal(TableID(1), PartitionKey(0))
  try store.delete([2, 3])
  try store.insert(Array(goldenRows[20..<30]))
  try store.checkpoint()
  try store.insert(Array(goldenRows[30..<40]))
  try store.delete([4, 5, 25, 35])
  store.abandon()
  return disk.cleanClone()
}

@Suite struct GoldenTests {
  @Test func `a directory of today's formats is read`() throws {
    if ProcessInfo.processInfo.environment["ALMANAC_GOLDEN"] != nil {
      let disk = try writeGolden()
      for path in disk.filePaths where !path.hasSuffix("LOCK") {
        print("  \"\(path)\": \"\(Data(disk.content(of: path) ?? []).base64EncodedString())\",")
      }
    }
    let disk = SimulatedFileSystem()
    try disk.makeDirectory("/data")
    for (path, text) in goldenDirectory {
      let bytes = try #require(Data(base64Encoded: text))
      try disk.open(path, .createNew).write([UInt8](bytes), at: 0)
    }
    var findings: [CheckFinding] = []
    _ = try checkStore(disk, at: "/data") { findings.append($0) }
    #expect(findings == [])
    let store = try openStore(disk)
    let gone: Set<Int64> = [2, 3, 4, 5, 25, 35]
    #expect(try store.rows() == goldenRows.filter { !gone.contains($0.id) })
    try store.insert([TestRow(id: 2, time: 0, name: "it can be written, too")])
    #expect(try store.rows().count == 35)
  }
}
