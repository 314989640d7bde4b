import Foundation
import TestSupport
import Testing

@Suite struct IndexMemoryTests {
  /// Bytes a row that `almanac.tables` tells, and rows in the delta.
  private func resident(_ session: SessionRunner) throws -> (bytes: Double, deltaRows: Int) {
    let row = try session("SELECT index_resident_bytes, rows, delta_rows FROM almanac.tables")
    let parts = try #require(row.first).split(separator: "|").compactMap { Double($0) }
    return (parts[0] / parts[1], Int(parts[2]))
  }

  private typealias SessionRunner = (String) throws -> [String]

  @Test(arguments: [("id", 4.0), ("7919 * id % 1000003", 4.0), ("id * 1000", 4.0)])
  func `an index of sealed rows takes at most four bytes a row, one of fresh rows is counted`(
    key: String,
    most: Double
  ) throws {
    let database = try TestDatabase()
    let session = try database.session()
    let run: SessionRunner = { try session.run($0) }
    _ = try run("CREATE TABLE t (id bigint PRIMARY KEY, n integer)")
    _ = try run("INSERT INTO t SELECT \(key), id FROM generate_series(1, 50) id")
    let fresh = try resident(run)
    #expect(fresh.deltaRows == 50 && fresh.bytes == 16)
    _ = try run("INSERT INTO t SELECT \(key), id FROM generate_series(51, 20000) id")
    _ = try run("COMPACT TABLE t")
    let sealed = try resident(run)
    #expect(sealed.deltaRows == 0)
    #expect(sealed.bytes > 0 && sealed.bytes <= most, "\(sealed)")
  }
}
