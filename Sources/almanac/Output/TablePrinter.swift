/// Tables in psql's aligned form.
///
/// The widths come from the first `sampleRowsMax` rows; later rows stream, so a result's memory does not grow
/// with the result (a wider field later on only shifts its own line).
struct TablePrinter: ResultPrinter {
  private static let sampleRowsMax = 1_000

  private let output: StandardOutput
  private var columns: [ResultColumn] = []
  private var widths: [Int]?
  private var held: [[String?]] = []
  private var rowCount = 0

  init(_ output: StandardOutput) { self.output = output }

  mutating func begin(columns: [ResultColumn]) {
    self.columns = columns
    widths = nil
    held = []
    rowCount = 0
  }

  mutating func rows(_ rows: [[[UInt8]?]]) {
    rowCount += rows.count
    for row in rows {
      let texts = row.map { $0.map { String(decoding: $0, as: UTF8.self) } }
      if widths == nil {
        held.append(texts)
        if held.count == Self.sampleRowsMax { flush() }
      } else {
        write(texts)
      }
    }
  }

  mutating func end(tag: String) {
    flush()
    output.write("(\(rowCount) \(rowCount == 1 ? "row" : "rows"))\n\n")
  }

  mutating func command(tag: String) { output.write(tag + "\n") }

  private mutating func flush() {
    guard widths == nil else { return }
    widths = columns.indices.map { index in
      held.reduce(displayWidth(columns[index].name)) { width, row in
        max(width, row[index].map { lines(of: $0).map(displayWidth).max() ?? 0 } ?? 0)
      }
    }
    let sizes = widths ?? []
    let heads = columns.indices.map { index in
      let name = columns[index].name
      let space = sizes[index] - displayWidth(name)
      return " " + String(repeating: " ", count: space / 2) + name
        + String(repeating: " ", count: space - space / 2) + " "
    }
    output.write(heads.joined(separator: "|") + "\n")
    output.write(sizes.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "\n")
    for row in held { write(row) }
    held = []
  }

  /// A field with line breaks takes several lines, marked with `+` as in psql.
  private func write(_ row: [String?]) {
    let cells = row.map { lines(of: $0 ?? "") }
    let height = cells.map(\.count).max() ?? 1
    for line in 0..<height {
      let parts = columns.indices.map { index in
        let hasMore = line + 1 < cells[index].count
        let text = line < cells[index].count ? cells[index][line] : ""
        let space = max(0, (widths?[index] ?? 0) - displayWidth(text))
        let padding = String(repeating: " ", count: space)
        let isLast = index == columns.count - 1
        let body =
          columns[index].isNumeric ? padding + text : text + (isLast && !hasMore ? "" : padding)
        return " " + body + (hasMore ? "+" : (isLast ? "" : " "))
      }
      output.write(parts.joined(separator: "|") + "\n")
    }
  }

  private func lines(of text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
