import Foundation
import SampleData
import TestSupport

/// PostgreSQL with the CRM's own tables and sample data.
enum CRMOracle {
  static func withDatabase(
    named name: String,
    _ generator: CRMGenerator,
    _ body: (LibpqConnection) throws -> Void
  ) throws {
    try PostgresServer.shared().withDatabase(named: name) { connection in
      try connection.execute(text("source.sql"))
      for table in CRMTable.allCases {
        var chunks: [[UInt8]] = []
        generator.write(table) { chunk in
          // SAFETY: the copy ends before the span's memory does.
          unsafe chunk.withUnsafeBytes { bytes in unsafe chunks.append(Array(bytes)) }
        }
        try connection.copyIn("COPY \(table) FROM STDIN (FORMAT csv, HEADER match)", chunks: chunks)
      }
      try connection.execute("ANALYZE")
      try body(connection)
    }
  }

  /// A file of `schema/crm`.
  static func text(_ file: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      contentsOf: root.appendingPathComponent("schema/crm/\(file)"),
      encoding: .utf8
    )
  }
}
