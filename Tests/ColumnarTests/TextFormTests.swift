import Columnar
import TestSupport
import Testing

func parsed(_ text: String, as type: LogicalType) -> String {
  attempt { o throws(ValueError) in
    let value = try Datum(parsing: Array(text.utf8).span, as: type, DateTimeContext(zones: zones))
    o.appendText(of: value, ValueForm(type), zone: .utc)
  }
}

@Suite struct TextFormTests {
  @Test func `booleans, uuids and bytea read and print as in PostgreSQL`() throws {
    var cases: [(String, String?)] = []
    let booleans = [
      "t", "TRUE", " true ", "tru", "truex", "y", "yes", "on", "o", "of", "off", "1", "0", "10", "",
      "no",
      "f", "false", "x",
    ]
    for input in booleans {
      let ours = parsed(input, as: .boolean)
      cases.append(
        (quoted(input) + "::boolean", ours == "t" ? "true" : ours == "f" ? "false" : ours)
      )
    }
    let uuids = [
      "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
      "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", "", "{}",
      "{a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0e-ebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", " a0eebc999c0b4ef8bb6d6bb9bd380a11",
    ]
    for input in uuids { cases.append((quoted(input) + "::uuid", parsed(input, as: .uuid))) }
    let bytes = [
      "\\x0a0B", "\\x", "\\x0", "\\x0g", "\\x 0a 0b ", "abc", "a\\\\b", "a\\000b", "a\\400", "a\\",
      "a\\9",
      "", "\\X0a", "\\xé0", "äö",
    ]
    for input in bytes { cases.append((quoted(input) + "::bytea", parsed(input, as: .bytea))) }
    for input in ["abc", "abcdef", "abc  ", "äöüß", "", "абвгдежз", "ab "] {
      for width in [1, 3, 5] {
        // A cast cuts what input refuses, so the judge is an insertion's coercion.
        cases.append(
          (
            "select pg_temp.fit(\(quoted(input)), \(width))",
            parsed(input, as: .varchar(width))
          )
        )
      }
    }
    let oracle = try Oracle()
    try oracle.execute(
      """
      CREATE FUNCTION pg_temp.fit(input text, width int) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE result text;
      BEGIN
        EXECUTE format('CREATE TEMP TABLE fitted (v varchar(%s))', width);
        EXECUTE format('INSERT INTO fitted VALUES (%L) RETURNING v', input) INTO result;
        DROP TABLE fitted;
        RETURN result;
      END $$
      """
    )
    try oracle.check(cases)
  }

  @Test func `arrays read and print as in PostgreSQL`() throws {
    let inputs: [(String, LogicalType, String)] =
      [
        "{}", "{1}", "{1,2,3}", " { 1 , 2 } ", "{NULL,1}", "{null}", "{1,,2}", "{1,2", "1,2",
        "{1}x", "{{1,2},{3,4}}",
        "{{1,2},{3}}", "{1,{2}}", "[1:2]={1,2}", "{\"1\",2}", "{a}", "{1 2}", "", "{1,}", "{,1}",
        "{{}}",
        "{99999999999}", "{{{{{{{1}}}}}}}",
      ].map { ($0, .array(.integer), "int4[]") }
      + [
        "{a,b}", "{\"a b\",c}", "{a b}", "{\"\",x}", "{\"a\\\"b\"}", "{a\\\\b}",
        "{NULL,\"NULL\",null}", "{\"a,b\"}",
        "{ x , y }", "{\"{}\"}", "{a\"b}", "{\"a\"b}", "{a\\,b}", "{ä,ß}",
      ].map { ($0, .array(.text), "text[]") }
      + [
        "{1.50,2}", "{NaN}",
      ].map { ($0, .array(.numeric), "numeric[]") }
      + [
        "{2024-01-01,infinity}", "{\"2024-01-01 12:00\"}",
      ].map { ($0, .array(.timestamp), "timestamp[]") }
      + [
        "{t,f}", "{true,no}",
      ].map { ($0, .array(.boolean), "bool[]") }
    var cases: [(String, String?)] = []
    for (input, type, name) in inputs {
      // Bounds are not kept: an array counts from 1.
      guard !input.hasPrefix("[") else { continue }
      cases.append((quoted(input) + "::" + name, parsed(input, as: type)))
    }
    try Oracle().check(cases)
  }

  @Test func `jsonb reads and prints as in PostgreSQL`() throws {
    var inputs = [
      "{}", "[]", "null", "true", " false ", "1", "-1.50", "1e5", "1E-5", "1.5e3", "-0", "0.0",
      "-0.0", "01", "1.",
      ".5", "+1", "1e", "\"a\"", "\"a", "{\"b\":1,\"a\":2}", "{\"aa\":1,\"b\":2,\"a\":3}",
      "{\"a\":1,\"a\":2}",
      "{\"a\":[1,2,{\"x\":null}]}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}",
      "", " ", "nul",
      "truex", "\"\\u0041\\n\\t\\\\\\\"\\/\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
      "\"\\ude00\"",
      "\"\\u12\"", "\"\\x\"", "[1 2]", "{\"a\":1}}", "[1]]", "\"tab\there\"", "\"\\u0001\"",
      "123456789012345678901234567890.5",
      "1e-20", "[[[[[]]]]]", "\"é\\u00e9\"", "{\"\":1}", "1e1000", "[1.10, 1.1]", "'a'", "{1:2}",
      "\"\u{7f}\"",
    ]
    var random = SeededGenerator(21)
    func value(_ depth: Int) -> String {
      switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
      case 0: return random.pick(["null", "true", "false"])
      case 1: return "\(Int.random(in: -1_000...1_000, using: &random))"
      case 2:
        return
          "\(Int.random(in: 0...1_000, using: &random)).\(Int.random(in: 0...1_000, using: &random))e\(Int.random(in: -5...5, using: &random))"
      case 3, 4, 5: return "\"" + random.pick(["a", "b\\n", "\\u00e4", "", "日本", "\\\"q"]) + "\""
      case 6:
        return "["
          + (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1) }.joined(
            separator: " ,"
          ) + "]"
      default:
        return "{"
          + (0..<Int.random(in: 0...5, using: &random)).map { _ in
            "\"" + random.pick(["k", "key", "a", "b", "ä", "zz", "k"]) + "\" : " + value(depth - 1)
          }.joined(separator: ",") + "}"
      }
    }
    for _ in 0..<2_000 { inputs.append(value(4)) }
    try Oracle().check(inputs.map { (quoted($0) + "::jsonb", parsed($0, as: .jsonb)) })
  }

  @Test func `upper, lower and initcap fold every character as PostgreSQL with C UTF-8`() throws {
    var cases: [(String, String?)] = []
    for block in stride(from: 0x80, to: 0x1_F000, by: 32) {
      var input = ""
      for code in block..<block + 32 {
        // Letters whose case came with Unicode 16: the oracle's C library is older than Swift.
        let isNew =
          [0x19b, 0x264, 0x1c89, 0x1c8a].contains(code) || (0xa7cb...0xa7df).contains(code)
          || (0x10d40...0x10d8f).contains(code) || (0x16ea0...0x16eff).contains(code)
        if !isNew, let scalar = Unicode.Scalar(UInt32(code)) { input.unicodeScalars.append(scalar) }
      }
      cases.append(("upper(\(quoted(input)))", text { $0.append(upper: Array(input.utf8).span) }))
      cases.append(("lower(\(quoted(input)))", text { $0.append(lower: Array(input.utf8).span) }))
    }
    for input in ["hello WORLD", "привет МИР", "o'neil mc-donald 3rd", "äÖ ß", "", "a1b c_d"] {
      cases.append(
        ("initcap(\(quoted(input)))", text { $0.append(initialCapitals: Array(input.utf8).span) })
      )
    }
    try Oracle().check(cases)
  }
}
