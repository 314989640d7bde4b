/// What a target answered to a record, in the words of a `.slt` file.
package enum LogicOutcome: Sendable, Equatable {
  case done(affectedRows: Int?)
  case rows(types: [String], values: [[String]])
  case failed(PostgresFailure)

  package init(_ result: Result<PostgresResult, PostgresFailure>) {
    switch result {
    case .failure(let failure): self = .failed(failure)
    case .success(let result)
    where result.columns.isEmpty && !result.commandTag.hasPrefix("SELECT"):
      self = .done(affectedRows: result.affectedRows)
    case .success(let result):
      self = .rows(
        types: result.columns.map(\.typeName),
        values: result.texts.map { $0.map(Self.written) }
      )
    }
  }

  /// NULL is `NULL`, nothing is `(empty)`, and a value stays on its line.
  private static func written(_ value: String?) -> String {
    guard let value else { return "NULL" }
    guard !value.isEmpty else { return "(empty)" }
    return value.replacing("\n", with: "\\n").replacing("\r", with: "\\r")
  }

  /// The expected lines of rows: one a row, or one a value for `valuesort`, or a hash of many.
  static func lines(_ values: [[String]], sort: LogicSort, hashThreshold: Int) -> [String] {
    var lines: [String]
    switch sort {
    case .nosort: lines = values.map(line)
    case .rowsort: lines = values.map(line).sorted(by: precedes)
    case .valuesort: lines = values.joined().sorted(by: precedes)
    }
    let count = values.reduce(0) { $0 + $1.count }
    guard hashThreshold > 0, count > hashThreshold else { return lines }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for line in lines {
      for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 10) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    lines = [
      "\(count) values hashing to \(String(repeating: "0", count: 16 - digits.count))\(digits)"
    ]
    return lines
  }

  private static func line(_ row: [String]) -> String {
    row.isEmpty ? "(no columns)" : row.joined(separator: "|")
  }

  /// Bytes decide: Swift's own order of strings follows Unicode's canonical equivalence.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  /// The expected lines of a failure.
  static func lines(_ failure: PostgresFailure, details: Bool) -> [String] {
    var lines = [failure.message.replacing("\n", with: "\\n")]
    guard details else { return lines }
    if let hint = failure.hint { lines.append("HINT: \(hint.replacing("\n", with: "\\n"))") }
    if let position = failure.position { lines.append("POSITION: \(position)") }
    return lines
  }
}
