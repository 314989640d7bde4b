import Columnar
import Replication
import SystemIO
import TestSupport
import Testing

/// Columns of every type with edge values; what arrives must be what PostgreSQL writes.
private let columns: [(type: String, values: [String])] = [
  ("boolean", ["true", "false"]),
  ("smallint", ["-32768", "0", "32767"]),
  ("integer", ["-2147483648", "0", "2147483647"]),
  ("bigint", ["-9223372036854775808", "1234567890123456789", "9223372036854775807"]),
  ("oid", ["0", "4294967295"]),
  ("real", ["0", "-0", "1.5", "1e-45", "3.4028235e38", "NaN", "Infinity", "-Infinity"]),
  ("float8", ["0", "-0", "0.1", "5e-324", "1.7976931348623157e308", "NaN", "-Infinity"]),
  ("numeric(15,2)", ["0", "-0.01", "9999999999999.99", "12.50", "1000000", "10000.00"]),
  ("numeric(38,10)", ["0", "-0.0000000001", "9999999999999999999999999999.9999999999"]),
  ("numeric(5,-2)", ["100", "-9999900"]),
  ("numeric(3,5)", ["0.00999", "0"]),
  (
    "numeric",
    [
      "0", "0.000", "1e40", "-1.50", "NaN", "Infinity", "-Infinity", "1e-30",
      "123456789012345678901234567890.12",
      "10000", "0.0001", "99999999999999999999999999999999999999", "1e131071", "1e-16383",
    ]
  ),
  ("text", ["", "plain", "äöü€😀", "a''b\\c", "line\nbreak"]),
  ("varchar(8)", ["", "abc", "äöüäöüäö"]),
  ("char(6)", ["", "ab", "äöü"]),
  ("bpchar", ["ab  "]),
  ("name", ["abc"]),
  ("uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
  (
    "date",
    [
      "2000-01-01", "1970-01-01", "infinity", "-infinity", "4713-01-01 BC", "5874897-12-31",
      "0044-03-15 BC",
    ]
  ),
  ("time", ["00:00", "23:59:59.999999", "24:00"]),
  ("timetz", ["12:34:56.789+03"]),
  (
    "timestamp",
    [
      "2026-02-28 12:34:56.789", "infinity", "-infinity", "4713-01-01 00:00:00 BC",
      "294276-12-31 23:59:59.999999", "10000-01-01",
    ]
  ),
  (
    "timestamptz",
    ["2026-02-28 12:34:56.789+03", "infinity", "-infinity", "0044-03-15 12:00:00+00 BC"]
  ),
  ("interval", ["1 year 2 mons -3 days 04:05:06.7", "0", "-00:00:01", "178000000 years"]),
  ("bytea", ["", "\\x00ff10", "\\xdeadbeef"]),
  ("jsonb", ["{\"b\": [1, 2.50, null], \"a\": \"ä\\n\"}", "null", "[]"]),
  ("json", ["{\"b\":1,  \"a\":2}"]),
  ("integer[]", ["{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[2:3]={7,8}"]),
  ("text[]", ["{a,\"b c\",NULL,\"q\\\"\"}"]),
  ("mood", ["sad", "so so"]),
  ("mood[]", ["{sad,\"so so\"}"]),
  ("amount", ["12.50", "-1"]),
  ("label", ["x"]),
  ("pair", ["(1,a)", "(,\"b c\")"]),
  ("int4range", ["empty", "[1,5)", "(,5)", "(,)"]),
  ("int4multirange", ["{[1,3),[5,9)}"]),
  ("inet", ["10.0.0.1", "10.0.0.0/8", "::1"]),
  ("bit(3)", ["101"]),
  ("varbit", ["", "10101"]),
  ("money", ["12.34"]),
  ("xml", ["<a>b</a>"]),
  ("point", ["(1.5,-2)"]),
  ("tsvector", ["''a'':1 ''b'':2"]),
]

private let rowCount = columns.map(\.values.count).max() ?? 0

/// Makes the table; the last row is all NULL.
private func makeTable(_ source: SourceDatabase) throws {
  try source.sql.execute(
    """
    CREATE TYPE mood AS ENUM ('sad', 'so so');
    CREATE DOMAIN amount AS numeric(12,2);
    CREATE DOMAIN base AS varchar(5); CREATE DOMAIN label AS base CHECK (VALUE <> '');
    CREATE TYPE pair AS (a integer, b text);
    SET lc_monetary = 'C';
    """
  )
  let list = columns.enumerated().map { "c\($0) \($1.type)" }.joined(separator: ", ")
  try source.sql.execute("CREATE TABLE every (id integer PRIMARY KEY, \(list))")
}

private func fillTable(_ source: SourceDatabase) throws {
  for row in 0..<rowCount {
    let values = columns.map { "'\($0.values[row % $0.values.count])'" }.joined(separator: ", ")
    try source.sql.execute("INSERT INTO every VALUES (\(row), \(values))")
  }
  try source.sql.execute("INSERT INTO every VALUES (\(rowCount))")
}

/// What PostgreSQL writes.
private func expected(_ source: SourceDatabase) throws -> [[String?]] {
  let list = (0..<columns.count).map { "c\($0)" }.joined(separator: ", ")
  return try source.sql.execute("SELECT id, \(list) FROM every ORDER BY id").last?.texts ?? []
}

private func compare(_ found: [[String?]], _ source: SourceDatabase) throws {
  let expected = try expected(source)
  #expect(found.count == expected.count)
  for (row, pair) in zip(found, expected).enumerated() {
    for (column, values) in zip(pair.0, pair.1).enumerated() where values.0 != values.1 {
      let type = column == 0 ? "id" : columns[column - 1].type
      Issue.record("row \(row), \(type): \(values.0 ?? "NULL") instead of \(values.1 ?? "NULL")")
    }
  }
}

private func types(_ source: SourceDatabase) throws -> (SourceTable, TypeDirectory) {
  let connection = try source.connect()
  let table = try #require(try connection.table(schema: "public", name: "every"))
  return (table, try connection.types(of: table.columns.map(\.typeID)))
}

@Suite struct TypeTests {
  @Test(arguments: [false, true])
  func `every type comes through the stream as text`(throughLibpq: Bool) throws {
    let source = try SourceDatabase()
    try makeTable(source)
    try source.publish()
    try fillTable(source)
    let (_, types) = try types(source)
    let stream = try source.stream(throughLibpq: throughLibpq, types)
    let groups = try stream.groups(upTo: try source.currentLSN())
    let batches = groups.flatMap(\.batches)
    #expect(batches.allSatisfy { $0.failure == nil && $0.isInsertsOnly })
    try compare(batches.flatMap { $0.rows.texts($0.layout.columns.map(\.type)) }, source)
  }

  @Test func `every type that is read in binary comes through a binary stream`() throws {
    let source = try SourceDatabase()
    try makeTable(source)
    let (table, types) = try types(source)
    for column in table.columns where !types.readsBinary(column.typeID) {
      try source.sql.execute("ALTER TABLE every DROP COLUMN \(column.name)")
    }
    try source.publish()
    let kept = table.columns.filter { types.readsBinary($0.typeID) && $0.name != "id" }
    #expect(kept.count > 25)
    for row in 0..<rowCount {
      let values = kept.map { column in
        let values = columns[Int(column.name.dropFirst()) ?? 0].values
        return "'\(values[row % values.count])'"
      }
      try source.sql.execute("INSERT INTO every VALUES (\(row), \(values.joined(separator: ", ")))")
    }
    var options = StreamOptions()
    options.isBinary = true
    let stream = try source.stream(options, types)
    let batches = try stream.groups(upTo: try source.currentLSN()).flatMap(\.batches)
    let found = batches.flatMap { $0.rows.texts($0.layout.columns.map(\.type)) }
    let list = kept.map(\.name).joined(separator: ", ")
    let expected = try source.sql.execute("SELECT id, \(list) FROM every ORDER BY id").last?.texts
    #expect(batches.allSatisfy { $0.failure == nil })
    #expect(found == expected)
  }

  @Test func `every type comes through a copy`() throws {
    let source = try SourceDatabase()
    try makeTable(source)
    try fillTable(source)
    let (connection, slot) = try source.publish(.export)
    let (table, types) = try types(source)
    let copy = try SnapshotCopy(
      source.connectionString,
      snapshot: try #require(slot.snapshotName),
      workerCount: 1
    )
    withExtendedLifetime(connection) {}
    let relation = table.relation()
    let layout = RelationLayout(relation, types)
    let plan = CopyPlan(table, relation: relation, layout: layout, types: types)
    let rows = Collected()
    let count = try copy.copy(plan) { _, batch in
      rows.add(batch.texts(layout.columns.map(\.type)))
      return true
    }
    #expect(count == rowCount + 1)
    try compare(rows.all, source)
  }
}

/// Rows that workers deliver.
final class Collected: @unchecked Sendable {
  // SAFETY: behind the lock of the monitor.
  private let state = Monitor<[[String?]]>([])
  func add(_ rows: [[String?]]) { state.withLock { $0 += rows } }
  var all: [[String?]] { state.withLock { $0 } }
}

extension ChangeGroup {
  var batches: [ChangeBatch] {
    steps.compactMap { if case .changes(let batch) = $0 { batch } else { nil } }
  }
}
