import Columnar
import PostgresProtocol
import TestSupport
import Testing

private let types: [(LogicalType, String, [String])] = [
  (.boolean, "bool", ["t", "f"]),
  (.smallint, "int2", ["0", "-32768", "32767"]),
  (.integer, "int4", ["0", "-2147483648", "2147483647", "12345"]),
  (.bigint, "int8", ["0", "-9223372036854775808", "9223372036854775807"]),
  (
    .numeric(nil), "numeric",
    [
      "0", "0.00", "1", "-1", "10000", "9999", "0.0001", "0.00010", "12345.6789", "-0.5",
      "100000000",
      "1e20", "1e-20", "NaN", "Infinity", "-Infinity", "99999999999999999999.999999999999999999",
      "0.1234567", "1000000.0000001", "10", "100.00", "12340000", "0.00001234",
    ]
  ),
  (
    .numeric(NumericShape(precision: 12, scale: 2)), "numeric(12,2)",
    ["0", "-1.5", "1234567890.12"]
  ),
  (
    .numeric(NumericShape(precision: 30, scale: 10)), "numeric(30,10)",
    ["0", "-1.5", "12345678901234567890.0123456789"]
  ),
  (.real, "float4", ["0", "-1.5", "1e30", "NaN", "Infinity"]),
  (.double, "float8", ["0", "-1.5", "1e300", "NaN", "-Infinity", "0.1"]),
  (.text, "text", ["", "abc", "äöü", "a'b\\c"]),
  (.varchar(10), "varchar(10)", ["", "abc"]),
  (.char(5), "char(5)", ["", "abc", "äö"]),
  (.bytea, "bytea", ["", "\\x00ff10"]),
  (.uuid, "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
  (.date, "date", ["2000-01-01", "1970-01-01", "infinity", "-infinity", "0044-03-15 BC"]),
  (.time, "time", ["00:00", "23:59:59.999999", "24:00"]),
  (.timestamp, "timestamp", ["2024-02-29 12:34:56.789", "infinity", "-infinity", "1900-01-01"]),
  (.timestamptz, "timestamptz", ["2024-02-29 12:34:56.789+03", "infinity"]),
  (.interval, "interval", ["1 year 2 mons -3 days 04:05:06.7", "0", "-00:00:01"]),
  (.jsonb, "jsonb", ["{\"a\": [1, 2]}", "null"]),
  (.array(.integer), "int4[]", ["{}", "{1,NULL,3}", "{{1,2},{3,4}}"]),
  (.array(.text), "text[]", ["{}", "{a,\"b c\",NULL}"]),
  (.array(.numeric), "numeric[]", ["{1.50,NaN}"]),
  (.array(.timestamptz), "timestamptz[]", ["{\"2024-01-01 00:00:00+00\"}"]),
]

/// A one-row batch with one value.
private func batch(_ value: Datum, _ type: LogicalType) -> Batch {
  let vector = Vector(kind: type.laneKind, capacity: 64)
  switch value {
  case .null: vector.setNull(0)
  case .boolean(let value):
    var lanes = vector.mutableBool
    lanes[0] = value ? 1 : 0
  case .int64(let value):
    var lanes = vector.mutableInt64
    lanes[0] = value
  case .int128(let value):
    var lanes = vector.mutableInt128
    lanes[0] = value
  case .double(let value):
    var lanes = vector.mutableFloat64
    lanes[0] = value
  case .decimal, .wide: vector.setDecimal(value.numeric ?? .zero, at: 0)
  case .bytes(let value):
    let view = vector.store(value.span)
    var lanes = vector.mutableViews
    lanes[0] = view
  case .uuid(let value):
    var lanes = vector.mutableUUID
    lanes[0] = value
  case .interval(let value):
    var lanes = vector.mutableInterval
    lanes[0] = value
  case .array:
    var text = OutputBuffer()
    text.appendText(of: value, ValueForm(type), zone: .utc)
    let view = vector.store(text.array.span)
    var lanes = vector.mutableViews
    lanes[0] = view
  }
  return Batch(columns: [vector], rowCount: 1)
}

@Suite struct BinaryFormOracleTests {
  @Test func `binary and text forms are PostgreSQL's, both ways`() throws {
    let connection = try LibpqConnection(PostgresServer.shared().connectionString())
    for (type, name, inputs) in types {
      for input in inputs {
        let literal =
          "'"
          + input.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
          + "'"
        let sql = "SELECT \(literal)::\(name)"
        let binary = try #require(
          try connection.execute(sql, parameters: [], binaryResult: true).rows[0][0]
        )
        let text = try #require(try connection.execute(sql, parameters: []).rows[0][0])
        let value = try Datum(
          parsing: Array(input.utf8).span,
          as: type,
          DateTimeContext()
        )
        var encoded = OutputBuffer()
        encoded.appendBinary(of: value, ValueForm(type))
        #expect(encoded.array == binary, "\(sql) from a value")
        for (format, expected) in [(ValueFormat.binary, binary), (.text, text)] {
          var encoder = RowEncoder(types: [type], formats: [format], zone: .utc)
          var output = OutputBuffer()
          let next = try encoder.append(0..<1, of: batch(value, type), limit: 1 << 20, to: &output)
          #expect(next == 1)
          let length = bigEndian(Int32(expected.count))
          let size = bigEndian(Int32(expected.count + 10))
          #expect(output.array == [0x44] + size + [0, 1] + length + expected, "\(sql) \(format)")
        }
        let oid = type.id
        let decoded = try Datum(binary: binary.span, oid: oid, as: type)
        var again = OutputBuffer()
        again.appendText(of: decoded, ValueForm(type), zone: .utc)
        #expect(again.array == text, "\(sql) decoded")
        // Every shorter form is refused or means something else, and never crashes.
        for count in 0..<binary.count {
          let part = Array(binary.prefix(count))
          _ = try? Datum(binary: part.span, oid: oid, as: type)
        }
        for _ in 0..<50 where !binary.isEmpty {
          var damaged = binary
          damaged[Int.random(in: 0..<damaged.count)] = UInt8.random(in: 0 ... .max)
          _ = try? Datum(binary: damaged.span, oid: oid, as: type)
        }
      }
    }
  }

  @Test func `types are described as PostgreSQL describes them`() throws {
    let connection = try LibpqConnection(PostgresServer.shared().connectionString())
    for (type, name, _) in types {
      let row = try connection.execute(
        """
        SELECT t.oid, t.typlen FROM pg_type t WHERE t.oid = '\(name)'::regtype
        """
      )[0].texts[0]
      #expect(row[0] == "\(type.id)", "\(name)")
      #expect(row[1] == "\(type.byteCount)", "\(name)")
      try connection.execute("CREATE TEMP TABLE described (c \(name))")
      let modifier = try connection.execute(
        "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'described'::regclass AND attname = 'c'"
      )[0].texts[0][0]
      try connection.execute("DROP TABLE described")
      #expect(modifier == "\(type.modifier)", "\(name)")
    }
  }
}

/// An integer in network byte order.
private func bigEndian(_ value: Int32) -> [UInt8] {
  (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> Int32($0 * 8)) }
}
