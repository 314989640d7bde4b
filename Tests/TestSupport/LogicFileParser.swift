import Foundation

extension LogicFile {
  /// Reads and parses a file; an `include` is resolved beside it.
  package init(path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var parser = LogicFileParser(
      path: path,
      lines: text.split(
        separator: "\n",
        omittingEmptySubsequences: false
      ).map(String.init)
    )
    try parser.parse()
    self.init(path: path, lines: parser.lines, records: parser.records)
  }
}

private struct LogicFileParser {
  let path: String
  let lines: [String]
  var records: [LogicRecord] = []
  private var line = 0
  private var skipped: Set<LogicProduct> = []
  private var comparesErrorDetails = false
  private var hashThreshold = 0

  init(path: String, lines: [String]) {
    self.path = path
    self.lines = lines
  }

  mutating func parse() throws {
    while line < lines.count {
      let words = lines[line].split(separator: " ").map(String.init)
      guard let head = words.first, !head.hasPrefix("#") else {
        line += 1
        continue
      }
      switch head {
      case "statement", "query", "record":
        try parseRecord(words)
      case "skipif":
        skipped.insert(try product(words))
        line += 1
      case "onlyif":
        let only = try product(words)
        skipped.formUnion(LogicProduct.allCases.filter { $0 != only })
        line += 1
      case "hash-threshold":
        hashThreshold = try Int(word(1, of: words)) ?? fail("a number is missing")
        line += 1
      case "error-details":
        comparesErrorDetails = try word(1, of: words) == "on"
        line += 1
      case "include":
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        let included = try LogicFile(path: folder.appendingPathComponent(word(1, of: words)).path)
        // Included records have no lines here: a rewrite leaves them alone.
        records += included.records.map { record in
          var record = record
          record.lines = line..<line
          return record
        }
        line += 1
      case "halt":
        return
      default:
        throw LogicSyntaxFailure(path: path, line: line + 1, reason: "unknown word \(head)")
      }
    }
  }

  private mutating func parseRecord(_ words: [String]) throws {
    let start = line
    line += 1
    let sql = takeLines { $0.isEmpty || $0 == "----" }
    guard !sql.isEmpty else { try fail("a statement is missing") }
    var expected: [String]?
    if line < lines.count, lines[line] == "----" {
      line += 1
      expected = takeLines(until: \.isEmpty)
    }
    records.append(
      LogicRecord(
        lines: start..<line,
        sql: sql.joined(separator: "\n"),
        expectation: try expectation(words, expected: expected),
        skipped: skipped,
        comparesErrorDetails: comparesErrorDetails,
        hashThreshold: hashThreshold
      )
    )
    skipped = []
  }

  private func expectation(_ words: [String], expected: [String]?) throws -> LogicExpectation {
    guard words[0] != "record" else { return .unknown }
    guard words[0] == "statement" else {
      var rest = words.dropFirst()
      var types: [String]?
      if let first = rest.first, LogicSort(rawValue: first) == nil {
        types = first == "-" ? [] : first.split(separator: ",").map(String.init)
        rest.removeFirst()
      }
      let sort = rest.popFirst().map { LogicSort(rawValue: $0) } ?? .nosort
      guard let sort else { try fail("unknown sort mode") }
      return .rows(types: types, sort: sort, label: rest.popFirst(), lines: expected)
    }
    switch try word(1, of: words) {
    case "ok": return .success
    case "count": return .count(words.count > 2 ? Int(words[2]) : nil)
    case "error":
      let pattern = words.count > 3 ? words[3...].joined(separator: " ") : nil
      return .failure(sqlState: try word(2, of: words), pattern: pattern, lines: expected)
    default: try fail("expected ok, count or error")
    }
  }

  private mutating func takeLines(until isEnd: (String) -> Bool) -> [String] {
    var taken: [String] = []
    while line < lines.count, !isEnd(lines[line]) {
      taken.append(lines[line])
      line += 1
    }
    return taken
  }

  private func word(_ index: Int, of words: [String]) throws -> String {
    guard index < words.count else { try fail("a word is missing") }
    return words[index]
  }

  private func product(_ words: [String]) throws -> LogicProduct {
    guard let product = try LogicProduct(rawValue: word(1, of: words)) else {
      try fail("unknown product")
    }
    return product
  }

  private func fail<Value>(_ reason: String) throws -> Value {
    throw LogicSyntaxFailure(path: path, line: line + 1, reason: reason)
  }

  private func fail(_ reason: String) throws -> Never {
    throw LogicSyntaxFailure(path: path, line: line + 1, reason: reason)
  }
}
