import Catalog
import ColumnEncoding
import Columnar
import Storage
import SystemIO
import TestSupport
import Testing

/// A file of format version 2, kept in the repository: what was written once stays readable, and
/// the same rows give the same bytes.
///
/// Written anew by the test itself when the file is not there.
@Suite struct SegmentGoldenTests {
  private static let path = "schema/format/golden/segment-v2.seg"

  /// The repository's root, three folders above this file.
  private var goldenPath: String {
    let folders = #filePath.split(separator: "/").dropLast(4)
    return "/" + folders.joined(separator: "/") + "/" + Self.path
  }

  private let rows = SegmentSamples.rows(600, idStep: 3, seed: 1)

  private func written() throws -> (bytes: [UInt8], sorted: [SegmentSamples.Row]) {
    let fileSystem = SimulatedFileSystem()
    let definition = SegmentSamples.definition()
    let (_, sorted) = try SegmentSamples.write(rows, definition, to: fileSystem)
    return (try #require(fileSystem.content(of: "a.seg")), sorted)
  }

  @Test func `the golden segment reads as it was written, and is written as it was`() throws {
    let disk = PosixFileSystem()
    let (bytes, sorted) = try written()
    if try !disk.exists(goldenPath) {
      let file = try disk.open(goldenPath, .createNew)
      try file.write(bytes, at: 0)
      try file.close()
      Issue.record("the golden file was missing and is written now; commit it")
    }
    let file = try SegmentFile.open(
      fileSystem: disk,
      path: goldenPath,
      definition: SegmentSamples.definition(),
      cache: BlockCache(capacityBytes: 1 << 20),
      expected: nil
    )
    #expect(try SegmentSamples.read(file) == sorted)
    var findings: [CheckFinding] = []
    file.verify { findings.append($0) }
    #expect(findings == [])
    let golden = try disk.readFile(goldenPath, limitBytes: 1 << 20)
    #expect(golden == bytes)
  }
}
