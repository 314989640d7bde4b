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
  /// The repository's root is three folders above this file.
  private func path(of name: String) -> String {
    let folders = #filePath.split(separator: "/").dropLast(4)
    return "/" + folders.joined(separator: "/") + "/schema/format/golden/" + name
  }

  private var goldenPath: String { path(of: "segment-v2.seg") }

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
    try expectRows(sorted, in: goldenPath, isCoded: true)
    let golden = try disk.readFile(goldenPath, limitBytes: 1 << 20)
    #expect(golden == bytes)
  }

  @Test func `a segment from before coded columns were noted reads as it was written`() throws {
    try expectRows(
      try written().sorted,
      in: path(of: "segment-v2-without-codes.seg"),
      isCoded: false
    )
  }

  private func expectRows(_ rows: [SegmentSamples.Row], in path: String, isCoded: Bool) throws {
    let file = try SegmentFile.open(
      fileSystem: PosixFileSystem(),
      path: path,
      definition: SegmentSamples.definition(),
      cache: BlockCache(capacityBytes: 1 << 20),
      expected: nil
    )
    #expect(try SegmentSamples.read(file) == rows)
    var findings: [CheckFinding] = []
    file.verify { findings.append($0) }
    #expect(findings == [])
    let (stage, title) = (ColumnID(4), ColumnID(5))
    #expect(file.isCoded(stage) == isCoded)
    #expect(try file.dictionary(stage)?.count == 4)
    #expect(!file.isCoded(title))
  }
}
