import Columnar
import Loading
import Testing

/// What a value of a batch is, as text; nil for NULL.
func shown(_ vector: Vector, _ row: Int) -> String? {
  guard vector.isValid(row) else { return nil }
  switch vector.kind {
  case .int64: return "\(vector.int64[row])"
  case .bool: return "\(vector.bool[row] != 0)"
  case .float64: return "\(vector.float64[row])"
  case .bytes: return String(decoding: vector.views[row].bytes, as: UTF8.self)
  case .uuid: return String(vector.uuid[row], radix: 16)
  case .decimal: return "\(vector.decimal[row].coefficient)e-\(vector.decimal[row].scale)"
  case .int128: return "\(vector.int128[row])"
  case .interval: return "\(vector.interval[row])"
  }
}

func columns(_ types: [LogicalType]) -> [CopyColumn] {
  types.enumerated().map { CopyColumn(name: "c\($0 + 1)", type: $1, isNullable: true) }
}

/// Reads text that comes in pieces of `step` bytes.
func read(
  _ text: [UInt8],
  _ types: [LogicalType],
  _ layout: CopyLayout,
  step: Int = 1 << 20
) throws(RowError) -> [[String?]] {
  let reader = CopyReader(
    columns: columns(types),
    layout: layout,
    context: DateTimeContext(),
    table: "t"
  )
  var rows: [[String?]] = []
  func take() throws(RowError) {
    while let batch = try reader.next() {
      #expect(batch.rowCount <= vectorRowsMax)
      for row in 0..<batch.rowCount { rows.append(batch.columns.map { shown($0, row) }) }
    }
  }
  var first = 0
  while first < text.count {
    let end = min(text.count, first + step)
    unsafe reader.feed(Array(text[first..<end]).span.bytes)
    try take()
    first = end
  }
  reader.finish()
  try take()
  return rows
}

func csv(
  _ text: String,
  _ types: [LogicalType],
  step: Int = 1 << 20
) throws(RowError) -> [[String?]] {
  try read(Array(text.utf8), types, CopyLayout(.csv), step: step)
}

@Suite struct CopyReaderTests {
  @Test func `CSV follows PostgreSQL's rules of quotes and NULL`() throws {
    let rows = try csv(
      "1,a\n2,\n3,\"\"\n4,\"x,\"\"y\"\"\nz\"\n5,ab\"c,d\"e\n6,\"last\"",
      [.integer, .text]
    )
    #expect(
      rows == [
        ["1", "a"], ["2", nil], ["3", ""], ["4", "x,\"y\"\nz"], ["5", "abc,de"], ["6", "last"],
      ]
    )
  }

  @Test func `quotes are found wherever a field lies and however long it is`() throws {
    // The structural scan notes quotes by 64 bytes.
    var text = ""
    var expected: [[String?]] = []
    for length in 0...150 {
      let pad = String(repeating: "p", count: length)
      let fields = ["\(pad)\"q\"", "\"\(pad)\"\"\"", "\"\(pad),\"", "\"\"\"\"\"\"", "\"a\"\"b\"c"]
      text += "\(pad)x,\(fields.joined(separator: ",")),\(pad)z\n"
      expected.append([pad + "x", pad + "q", pad + "\"", pad + ",", "\"\"", "a\"bc", pad + "z"])
    }
    let types = Array(repeating: LogicalType.text, count: 7)
    #expect(try csv(text, types) == expected)
    #expect(try csv(text, types, step: 1_000) == expected)
  }

  @Test func `lines are numbered behind quoted line ends`() {
    // An error behind chunks whose quotes hold line ends, and behind one that ends inside of quotes.
    let row = "1,\"two\nlines\"\n"
    for count in [0, 1, 7, 20_000] {
      let text = String(repeating: row, count: count) + "x,\"y\n"
      for step in [1 << 20, 100_003] {
        let error = #expect(throws: RowError.self) {
          try csv(text + "z\"\n", [.integer, .text], step: step)
        }
        #expect(error?.line == count * 2 + 1)
      }
    }
  }

  @Test func `the first line's end may come late, or be cut in two`() throws {
    // More than a reader collects before it parses, in front of the first line's end.
    let long = String(repeating: "x", count: (256 << 10) - 3)
    for ending in ["\n", "\r\n", "\r"] {
      for extra in 0..<4 {
        let name = long + String(repeating: "y", count: extra)
        let text = "1,\(name)\(ending)2,b\(ending)"
        let rows = try csv(text, [.integer, .text], step: (256 << 10) + 1)
        #expect(rows == [["1", name], ["2", "b"]])
      }
    }
    // A quote behind another ESCAPE does not end the quotes.
    var layout = CopyLayout(.csv)
    layout.escape = 0x5c
    let rows = try read(Array("\"a\\\"\rb\",1\n\"c\",2\n".utf8), [.text, .integer], layout)
    #expect(rows == [["a\"\rb", "1"], ["c", "2"]])
  }

  @Test func `line ends may be LF, CRLF or CR, and the last may be missing`() throws {
    let expected: [[String?]] = [["1", "a"], ["2", "b"]]
    #expect(try csv("1,a\n2,b\n", [.integer, .text]) == expected)
    #expect(try csv("1,a\r\n2,b\r\n", [.integer, .text]) == expected)
    #expect(try csv("1,a\r\n2,b", [.integer, .text]) == expected)
    #expect(try csv("1,a\r2,b\r", [.integer, .text]) == expected)
    #expect(try csv("1,a\n2,b\n\\.\nrubbish", [.integer, .text]) == expected)
    #expect(try csv("", [.integer, .text]) == [])
  }

  @Test func `text form follows PostgreSQL's backslashes`() throws {
    let rows = try read(
      Array("1\t\\N\n2\ta\\tb\\nc\\\\d\\101\\x42\\q\n3\tx\\\ny\n".utf8),
      [.integer, .text],
      CopyLayout(.text)
    )
    #expect(rows == [["1", nil], ["2", "a\tb\nc\\dABq"], ["3", "x\ny"]])
  }

  @Test func `header, delimiter, quote, escape and NULL can be chosen`() throws {
    var layout = CopyLayout(.csv)
    layout.header = .match
    layout.delimiter = 0x3b
    layout.quote = 0x27
    layout.escape = 0x5c
    layout.null = Array("null".utf8)
    let text = Array("c1;c2\n1;'a\\'b;\\\\'\n2;null\n3;'null'\n4;\n".utf8)
    let rows = try read(text, [.integer, .text], layout)
    #expect(rows == [["1", "a'b;\\"], ["2", nil], ["3", "null"], ["4", ""]])
    #expect(throws: RowError.self) {
      try read(Array("c1;other\n".utf8), [.integer, .text], layout)
    }
  }

  @Test func `every type is read as its parser reads it`() throws {
    let types: [LogicalType] = [
      .boolean, .smallint, .bigint, .numeric(NumericShape(precision: 12, scale: 2)), .double,
      .date, .timestamp, .timestamptz, .uuid, .numeric(nil),
    ]
    let rows = try csv(
      """
      t,-7,1234567890123456789,1234.5,1.5,2000-01-02,2000-01-01 00:00:01.5,2000-01-01 03:00:00+03,\
      00000000-0000-0000-0000-0000000000ff,1.500
      false,0,-12,-0.05,-2e3,1999-12-31,1999-12-31T23:59:59,1999-12-31 23:59:59.000001Z,\
      00000000000000000000000000000001,7

      """,
      types
    )
    #expect(
      rows == [
        [
          "true", "-7", "1234567890123456789", "123450", "1.5", "1", "1500000", "0", "ff",
          "1500e-3",
        ],
        ["false", "0", "-12", "-5", "-2000.0", "-1", "-1000000", "-999999", "1", "7e-0"],
      ]
    )
  }

  @Test func `an error names the line, the column and what is wrong`() throws {
    func failure(_ text: String, _ types: [LogicalType]) -> RowError? {
      do throws(RowError) {
        _ = try csv(text, types)
        return nil
      } catch { return error }
    }
    let bad = try #require(failure("1,\"a\nb\"\n2,c\nx,d\n", [.integer, .text]))
    #expect(bad.line == 4 && bad.column == "c1" && bad.error.sqlState == "22P02")
    let few = try #require(failure("1,a\n2\n", [.integer, .text]))
    #expect(few.line == 2 && few.error.message == "missing data for column \"c2\"")
    let many = try #require(failure("1,a\n2,b,c\n", [.integer, .text]))
    #expect(many.line == 2 && many.error.message == "extra data after last expected column")
    let open = try #require(failure("1,a\n2,\"b\n3,c\n", [.integer, .text]))
    #expect(open.line == 2 && open.error.message == "unterminated CSV quoted field")
    let range = try #require(failure("1\n99999\n", [.smallint]))
    #expect(range.line == 2 && range.error.sqlState == "22003")
    do throws(RowError) {
      _ = try read([0x31, 0x2c, 0xff, 0x0a], [.integer, .text], CopyLayout(.csv))
      Issue.record("bad UTF-8 was taken")
    } catch {
      #expect(error.error.sqlState == "22021" && error.line == 1)
      #expect(error.error.message == "invalid byte sequence for encoding \"UTF8\": 0xff 0x0a")
    }
  }

  @Test func `random rows survive writing and reading, however the bytes are cut`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("copy reader: seed \(seed)")
    var dice = Dice(seed: seed)
    for _ in 0..<40 {
      let rows: [[String?]] = (0..<Int.random(in: 1...200, using: &dice)).map { row in
        [
          "\(Int64(bitPattern: dice.next()) >> Int64(dice.next() % 64))",
          dice.next() % 5 == 0 ? nil : randomText(&dice), dice.next() % 3 == 0 ? nil : "\(row)",
        ]
      }
      let types: [LogicalType] = [.bigint, .text, .integer]
      let step = Int.random(in: 1...300, using: &dice)
      #expect(try csv(written(rows), types, step: step) == rows, "seed \(seed)")
    }
  }

  private func randomText(_ dice: inout Dice) -> String {
    let parts = ["a", "\"", ",", "\n", "ж", " ", "long words", "𝄞", "\\", "'"]
    return (0..<Int.random(in: 0...8, using: &dice)).map { _ in
      parts[Int(dice.next() % UInt64(parts.count))]
    }.joined()
  }

  private func written(_ rows: [[String?]]) -> String {
    rows.map { row in
      row.map { field in
        guard let field else { return "" }
        let needsQuotes = field.isEmpty || field.contains { "\",\n".contains($0) }
        return needsQuotes
          ? "\""
            + field.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\"" : field
      }.joined(separator: ",") + "\n"
    }.joined()
  }

  @Test func `hostile bytes never trap the readers`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("copy reader: hostile seed \(seed)")
    var dice = Dice(seed: seed)
    let letters = Array("1,\"\n\r\\.\tx-:+N0.9".utf8) + [0, 0xff, 0xd0, 0x90]
    for round in 0..<3000 {
      let text = (0..<Int.random(in: 0...120, using: &dice)).map { _ in
        letters[Int(dice.next() % UInt64(letters.count))]
      }
      var layout = CopyLayout(round % 2 == 0 ? .csv : .text)
      if round % 4 == 0 { layout.escape = 0x5c }
      _ = try? read(text, [.integer, .text, .timestamptz], layout, step: 1 + round % 50)
    }
  }
}

/// Deterministic random numbers (SplitMix64).
struct Dice: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
