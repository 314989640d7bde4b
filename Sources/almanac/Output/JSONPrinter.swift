/// One array of objects for each result, an object a line.
struct JSONPrinter: ResultPrinter {
  private let output: StandardOutput
  private var columns: [ResultColumn] = []
  private var isFirst = true

  init(_ output: StandardOutput) { self.output = output }

  mutating func begin(columns: [ResultColumn]) {
    self.columns = columns
    isFirst = true
    output.write("[")
  }

  mutating func rows(_ rows: [[[UInt8]?]]) {
    for row in rows {
      let fields = zip(columns, row).map { column, field in
        Self.quote(column.name) + ": " + Self.value(field, column)
      }
      output.write((isFirst ? "\n" : ",\n") + " {" + fields.joined(separator: ", ") + "}")
      isFirst = false
    }
  }

  mutating func end(tag: String) { output.write(isFirst ? "]\n" : "\n]\n") }
  mutating func command(tag: String) { output.note(tag) }

  private static func value(_ field: [UInt8]?, _ column: ResultColumn) -> String {
    guard let field else { return "null" }
    let text = String(decoding: field, as: UTF8.self)
    if column.isBoolean { return text == "t" ? "true" : "false" }
    // JSON has no NaN and no infinity.
    if column.isNumeric, let first = text.last, first.isNumber { return text }
    return quote(text)
  }

  private static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
