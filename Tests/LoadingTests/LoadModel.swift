import Columnar
import Loading

/// How a random file is written.
struct RandomDialect {
  var delimiter: UInt8 = 0x2c
  var quote: UInt8 = 0x22
  var escape: UInt8 = 0x22
  var null = ""
  var ending = "\n"
  var hasMark = false
  var hasHeader = false
  var isQuotedAlways = false

  init(_ dice: inout Dice) {
    delimiter = [0x2c, 0x3b, 0x09, 0x7c][dice.number(below: 4)]
    quote = [0x22, 0x27][dice.number(below: 2)]
    escape = dice.number(below: 3) == 0 ? 0x5c : quote
    null = ["", "\\N", "NULL", "-"][dice.number(below: 4)]
    ending = ["\n", "\r\n", "\r"][dice.number(below: 3)]
    hasMark = dice.number(below: 4) == 0
    hasHeader = dice.number(below: 2) == 0
    isQuotedAlways = dice.number(below: 5) == 0
  }

  var layout: CopyLayout {
    var layout = CopyLayout(.csv)
    layout.delimiter = delimiter
    layout.quote = quote
    layout.escape = escape
    layout.null = Array(null.utf8)
    layout.header = hasHeader ? .skip : .none
    return layout
  }

  /// The byte that lines are counted by.
  var newline: UInt8 { ending == "\r" ? 0x0d : 0x0a }

  /// A field as it stands in the file; nil is NULL.
  func field(_ value: String?, isQuoted: Bool) -> [UInt8] {
    guard let value else { return Array(null.utf8) }
    let bytes = Array(value.utf8)
    let special = [delimiter, quote, escape, 0x0a, 0x0d]
    let needsQuotes = value == null || value == "\\." || bytes.contains { special.contains($0) }
    guard needsQuotes || isQuoted || isQuotedAlways else { return bytes }
    var text = [quote]
    for byte in bytes {
      if byte == quote || byte == escape { text.append(escape) }
      text.append(byte)
    }
    return text + [quote]
  }
}

/// A file of random rows for the table of ``LoadFixture``, and what must become of it.
struct RandomFile {
  struct Row {
    var id: Int64
    var at: String?
    var name: String?
    var extra: Int64?
  }
  struct Bad {
    var line: Int
    var column: String?
    var text: [UInt8]
  }

  let dialect: RandomDialect
  /// The order of the columns in the file.
  let columns: [String]
  private(set) var bytes: [UInt8] = []
  private(set) var good: [Row] = []
  private(set) var bad: [Bad] = []
  private var line = 1

  /// - Parameters:
  ///   - dice: Decides everything.
  ///   - rowCount: Rows, bad ones included.
  ///   - badShare: One row in so many is bad; 0: none.
  ///   - idCount: Ids are drawn from so many; 0: all differ.
  init(_ dice: inout Dice, rowCount: Int, badShare: Int, idCount: Int = 0) {
    dialect = RandomDialect(&dice)
    columns = ["id", "at", "name", "extra"].shuffled(using: &dice)
    if dialect.hasMark { bytes += [0xef, 0xbb, 0xbf] }
    if dialect.hasHeader { append(columns.map { dialect.field($0, isQuoted: false) }) }
    for number in 0..<rowCount {
      let id = idCount > 0 ? dice.number(below: idCount) : number
      let row = Row(
        id: Int64(id),
        at: dice.number(below: 9) == 0 ? nil : Self.moment(&dice),
        name: dice.number(below: 6) == 0 ? nil : name(number, &dice),
        extra: dice.number(below: 4) == 0 ? nil : Int64(dice.number(below: 2001)) - 1000
      )
      if badShare > 0 && dice.number(below: badShare) == 0 {
        appendBad(row, &dice)
      } else {
        append(fields(of: row, &dice))
        good.append(row)
      }
    }
    // The last line may lack its end.
    if !bytes.isEmpty && dice.number(below: 2) == 0 { bytes.removeLast(dialect.ending.utf8.count) }
  }

  private static func moment(_ dice: inout Dice) -> String {
    let month = dice.number(below: 12) + 1
    let day = dice.number(below: 28) + 1
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(2019 + dice.number(below: 3))-\(padded(month))-\(padded(day))"
    return "\(date) \(padded(dice.number(below: 24))):\(padded(dice.number(below: 60))):07"
  }

  private func name(_ number: Int, _ dice: inout Dice) -> String {
    switch dice.number(below: 12) {
    case 0: "two\(dialect.ending)lines"
    case 1: "a \"quoted\" 'word' \\ and back"
    case 2: ",;\t|"
    case 3: "Пётр №\(number)"
    case 4: dialect.null
    case 5: ""
    case 6: "number \(number)"
    case 7: "\\."
    default: "usual \(number % 7)"
    }
  }

  private func fields(of row: Row, _ dice: inout Dice) -> [[UInt8]] {
    columns.map { column in
      let value =
        switch column {
        case "id": "\(row.id)"
        case "at": row.at
        case "name": row.name
        default: row.extra.map { "\($0)" }
        }
      return dialect.field(value, isQuoted: dice.number(below: 7) == 0)
    }
  }

  private mutating func append(_ fields: [[UInt8]]) {
    let row = Array(fields.joined(separator: [dialect.delimiter]))
    bytes += row + Array(dialect.ending.utf8)
    line += 1 + row.count { $0 == dialect.newline }
  }

  private mutating func appendBad(_ row: Row, _ dice: inout Dice) {
    var fields = fields(of: row, &dice)
    let kind = dice.number(below: 6)
    // Structure and characters are looked at before values: rows of those kinds name no column, or the
    // first that is missing.
    var column: String?
    switch kind {
    case 0:
      let place = columns.firstIndex(of: "id") ?? 0
      fields[place] = Array("x\(row.id)".utf8)
      column = "id"
    case 1:
      fields[columns.firstIndex(of: "at") ?? 0] = Array("2024-13-01 00:00:00".utf8)
      column = "at"
    case 2:
      fields[columns.firstIndex(of: "extra") ?? 0] = Array("99999999999".utf8)
      column = "extra"
    case 3: fields.removeLast()
    case 4: fields.append(Array("more".utf8))
    default: fields[columns.firstIndex(of: "name") ?? 0] = [0x61, 0xff, 0x62]
    }
    let text = Array(fields.joined(separator: [dialect.delimiter]))
    bad.append(Bad(line: line, column: column, text: text))
    append(fields)
  }

  /// What the table holds after the rows were loaded into it, one after the other.
  func model(_ rule: ConflictRule, over known: [Int64: Row] = [:]) -> [Int64: Row] {
    var rows = known
    for row in good where rule == .update || rows[row.id] == nil { rows[row.id] = row }
    return rows
  }
}

extension Dice {
  mutating func number(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
