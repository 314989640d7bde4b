import Columnar
import PostgresProtocol
import Testing

@Suite struct RowEncoderTests {
  /// What a client reads: for each DataRow its values.
  static func rows(_ bytes: [UInt8]) -> [[[UInt8]?]] {
    var rows: [[[UInt8]?]] = []
    var place = 0
    func integer(_ size: Int) -> Int {
      defer { place += size }
      let value = bytes[place..<place + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return size == 4
        ? Int(Int32(truncatingIfNeeded: value)) : Int(Int16(truncatingIfNeeded: value))
    }
    while place < bytes.count {
      #expect(bytes[place] == UInt8(ascii: "D"))
      place += 1
      let end = place + integer(4)
      var row: [[UInt8]?] = []
      for _ in 0..<integer(2) {
        let length = integer(4)
        row.append(length < 0 ? nil : Array(bytes[place..<place + length]))
        place += max(0, length)
      }
      #expect(place == end)
      rows.append(row)
    }
    return rows
  }

  private static let types: [LogicalType] = [
    .boolean, .smallint, .integer, .bigint, .numeric(NumericShape(precision: 10, scale: 2)),
    .double, .text, .date, .timestamptz, .bytea, .interval, .uuid, .char(4), .jsonb,
  ]

  private static func batch(rows: Int) -> Batch {
    let batch = Batch(kinds: types.map(\.laneKind), capacity: max(1, rows))
    batch.rowCount = rows
    for row in 0..<rows {
      let number = Int64(row)
      let values: [Datum] = [
        .boolean(row % 2 == 0), .int64(-number), .int64(number), .int64(number << 33),
        .int64(number * 101), .double(Double(row) / 4), .bytes(Array("текст \(row)".utf8)),
        .int64(number), .int64(number * 1_000_000), .bytes([1, 0xff]),
        .interval(Interval(months: 1, days: 2, microseconds: number)), .uuid(UInt128(row)),
        .bytes(Array("ab".utf8)), .bytes(Array("{}".utf8)),
      ]
      for (column, value) in values.enumerated() {
        batch.columns[column].set(row, to: (row + column) % 5 == 4 ? .null : value)
      }
    }
    return batch
  }

  private static func encode(_ batch: Batch, _ format: ValueFormat, limit: Int) throws -> [UInt8] {
    var encoder = RowEncoder(types: types, formats: [format], zone: .utc)
    var output = OutputBuffer()
    var bytes: [UInt8] = []
    var row = 0
    while row < batch.rowCount {
      let next = try encoder.append(row..<batch.rowCount, of: batch, limit: limit, to: &output)
      #expect(next > row)
      row = next
      bytes += output.array
      output.removeAll()
    }
    return bytes
  }

  @Test func `rows come out in text`() throws {
    let rows = Self.rows(try Self.encode(Self.batch(rows: 300), .text, limit: 1 << 20))
    #expect(rows.count == 300)
    let texts = rows[2].map { $0.map { String(decoding: $0, as: UTF8.self) } }
    #expect(
      texts == [
        "t", "-2", nil, "17179869184", "2.02", "0.5", "текст 2", nil, "2000-01-01 00:00:02+00",
        #"\x01ff"#, "1 mon 2 days 00:00:00.000002", "00000000-0000-0000-0000-000000000002", nil,
        "{}",
      ]
    )
  }

  @Test func `rows come out in binary`() throws {
    let rows = Self.rows(try Self.encode(Self.batch(rows: 3), .binary, limit: 1 << 20))
    #expect(rows[1][0] == [0])
    #expect(rows[1][1] == [0xff, 0xff])
    #expect(rows[1][2] == [0, 0, 0, 1])
    #expect(rows[1][3] == nil)
    // 1.01: two digits of base 10,000, weight 0, positive, scale 2.
    #expect(rows[1][4] == [0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 0, 100])
    #expect(rows[1][7] == [0, 0, 0, 1])
    #expect(rows[1][12] == Array("ab  ".utf8))
    #expect(rows[1][13] == nil && rows[2][13] == [1] + Array("{}".utf8))
  }

  @Test func `the limit cuts between rows and loses none`() throws {
    let batch = Self.batch(rows: 400)
    let whole = try Self.encode(batch, .text, limit: 1 << 30)
    for limit in [1, 100, 5_000] { #expect(try Self.encode(batch, .text, limit: limit) == whole) }
  }

  @Test func `binary values read back as they were written`() throws {
    let batch = Self.batch(rows: 40)
    let rows = Self.rows(try Self.encode(batch, .binary, limit: 1 << 30))
    for (row, values) in rows.enumerated() {
      for (column, bytes) in values.enumerated() {
        let type = Self.types[column]
        guard let bytes else {
          #expect(!batch.columns[column].isValid(row))
          continue
        }
        let read = try Datum(binary: bytes.span, oid: type.id, as: type)
        if case .char = type { continue }
        #expect(read == batch.columns[column].datum(at: row), "\(type) in row \(row)")
      }
    }
  }

  @Test func `parameters are read in both formats and hostile ones are errors`() throws {
    var client = ClientBytes()
    client.bind(
      "",
      "",
      formats: [1, 0, 1],
      values: [[0, 0, 0, 7], Array("2024-02-29".utf8), nil]
    )
    client.bind("", "", formats: [1], values: [[0, 7], [1], [2]])
    client.bind("", "s", values: [[0x31]])
    var decoder = FrontendDecoder()
    decoder.receive(client.bytes)
    func bind() throws -> BindRequest {
      guard case .bind(let bind) = try decoder.nextMessage() else { throw CancellationError() }
      return bind
    }
    let types: [LogicalType] = [.bigint, .date, .text]
    #expect(
      try bind().values(of: types, typeIDs: [23, 1082, 25], DateTimeContext()) == [
        .int64(7), .int64(8825), .null,
      ]
    )
    let wrongWidth = try bind()
    let error = #expect(throws: ValueError.self) {
      try wrongWidth.values(of: types, typeIDs: [23, 1082, 25], DateTimeContext())
    }
    #expect(error?.sqlState == "22P03")
    let tooFew = try bind()
    let count = #expect(throws: ValueError.self) {
      try tooFew.values(of: types, typeIDs: [23, 1082, 25], DateTimeContext())
    }
    #expect(count?.sqlState == "08P01")
  }

  @Test func `random parameters never trap`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededBytes(seed: seed)
    let types = Self.types + [.numeric(nil), .array(.integer), .array(.text), .array(.numeric)]
    for _ in 0..<5_000 {
      let type = types[random.below(types.count)]
      let bytes = (0..<random.below(40)).map { _ in random.below(3) == 0 ? random.byte() : 0 }
      _ = try? Datum(binary: bytes.span, oid: type.id, as: type)
    }
  }
}
