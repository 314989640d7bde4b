/// Pipe tables of Markdown, numbers at the right.
struct MarkdownPrinter: ResultPrinter {
  private let output: StandardOutput

  init(_ output: StandardOutput) { self.output = output }

  mutating func begin(columns: [ResultColumn]) {
    output.write("| " + columns.map { Self.escape($0.name) }.joined(separator: " | ") + " |\n")
    output.write("|" + columns.map { $0.isNumeric ? "---:" : "---" }.joined(separator: "|") + "|\n")
  }

  mutating func rows(_ rows: [[[UInt8]?]]) {
    for row in rows {
      let fields = row.map { $0.map { Self.escape(String(decoding: $0, as: UTF8.self)) } ?? "" }
      output.write("| " + fields.joined(separator: " | ") + " |\n")
    }
  }

  mutating func end(tag: String) { output.write("\n") }
  mutating func command(tag: String) { output.note(tag) }

  private static func escape(_ text: String) -> String {
    text.map { character in
      switch character {
      case "|": "\\|"
      case "\n": "<br>"
      default: String(character)
      }
    }.joined()
  }
}
