import Columnar
import Loading

/// COPY data: CSV, text and binary, cut anywhere.
enum CopyTarget: FuzzTarget {
  static let name = "csv"

  private static let kinds: [(String, LogicalType, Bool)] = [
    ("id", .bigint, false), ("name", .text, true),
    ("amount", .numeric(NumericShape(precision: 12, scale: 2)), true),
    ("at", .timestamptz, true), ("day", .date, true), ("is", .boolean, true), ("x", .double, true),
    ("key", .uuid, true), ("span", .interval, true), ("data", .bytea, true), ("note", .jsonb, true),
  ]

  private static let columns = kinds.map { CopyColumn(name: $0.0, type: $0.1, isNullable: $0.2) }

  /// The first byte chooses the form, the second where the bytes are cut.
  static func seeds() -> [[UInt8]] {
    let key = "00000000-0000-0000-0000-0000000000ff"
    let csv =
      "1,\"a \"\"b\"\"\nc\",12.50,2026-01-02 03:04:05+03,2026-01-02,t,1e5,\(key),1 day 02:03,\\x00ff,\"{\"\"a\"\": 1}\"\r\n"
    let text =
      "1\ta\\tb\\n\\x41\\101\t-7\tinfinity\t0044-03-15 BC\tf\tNaN\t\(key)\t-3 mons\tab\\\\000\t[1, null]\n\\N\n\\.\nrest"
    let binary: [UInt8] =
      Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      + [
        0, 11, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0, 0, 0, 10, 0, 1, 0, 0, 0, 0,
        0, 2, 0, 7,
      ]
      + [UInt8](repeating: 0xff, count: 32) + [0xff, 0xff]
    return (0..<6).map { [UInt8($0), 9] + Array(csv.utf8) } + [
      [6, 9] + Array(text.utf8), [7, 200] + binary,
    ]
  }

  private static func layout(_ choice: UInt8) -> CopyLayout {
    var layout = CopyLayout(choice % 8 == 6 ? .text : choice % 8 == 7 ? .binary : .csv)
    switch choice % 8 {
    case 1: layout.header = .match
    case 2: layout.header = .skip
    case 3: layout.delimiter = 0x3b
    case 4: layout.escape = 0x5c
    case 5: (layout.quote, layout.null) = (0x27, Array("NULL".utf8))
    default: break
    }
    return layout
  }

  static func run(_ bytes: [UInt8]) {
    guard bytes.count > 2 else { return }
    let layout = layout(bytes[0])
    let rest = Array(bytes[2...])
    let whole = read(rest, layout, step: max(1, rest.count))
    let pieces = read(rest, layout, step: 1 + Int(bytes[1]))
    guard whole == pieces else {
      broken("rows depend on where the bytes are cut: \(whole), \(pieces)")
    }
  }

  /// How many rows there are, and what ended them.
  private struct Outcome: Equatable {
    var rows = 0
    var nulls = 0
    var error: String?
  }

  private static func read(_ bytes: [UInt8], _ layout: CopyLayout, step: Int) -> Outcome {
    var outcome = Outcome()
    let text = CopyReaderOrBinary(columns, layout)
    do throws(RowError) {
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + step)
        text.feed(Array(bytes[start..<end]))
        try take(text, &outcome)
        start = end
      }
      text.finish()
      try take(text, &outcome)
    } catch {
      outcome.error = "\(error.line) \(error.column ?? "") \(error.error.sqlState)"
      // Rows before the bad one may or may not have been given out.
      outcome.rows = 0
      outcome.nulls = 0
    }
    return outcome
  }

  private static func take(
    _ reader: CopyReaderOrBinary,
    _ outcome: inout Outcome
  ) throws(RowError) {
    while let batch = try reader.next() {
      outcome.rows += batch.rowCount
      for column in batch.columns {
        for row in 0..<batch.rowCount where !column.isValid(row) { outcome.nulls += 1 }
      }
    }
  }
}

/// Either reader of COPY data.
private final class CopyReaderOrBinary {
  private let text: CopyReader?
  private let binary: BinaryCopyReader?

  init(_ columns: [CopyColumn], _ layout: CopyLayout) {
    let isBinary = layout.form == .binary
    binary = isBinary ? BinaryCopyReader(columns: columns, table: "t") : nil
    text =
      isBinary
      ? nil : CopyReader(columns: columns, layout: layout, context: DateTimeContext(), table: "t")
  }

  func feed(_ bytes: [UInt8]) {
    // SAFETY: the readers copy the bytes during the call.
    unsafe text?.feed(bytes.span.bytes)
    unsafe binary?.feed(bytes.span.bytes)
  }

  func finish() {
    text?.finish()
    binary?.finish()
  }

  func next() throws(RowError) -> Batch? {
    if let text { return try text.next() }
    return try binary?.next()
  }
}
