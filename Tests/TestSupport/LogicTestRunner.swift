/// Runs the records of a file against a target and compares.
package struct LogicTestRunner {
  package var file: LogicFile

  package init(file: LogicFile) {
    self.file = file
  }

  /// Runs everything; a failed record does not stop the rest.
  package func run(on target: some LogicTestTarget) -> LogicReport {
    var report = LogicReport()
    var labels: [String: [String]] = [:]
    for record in file.records where !record.skipped.contains(target.product) {
      report.checkedCount += 1
      let sql = Self.text(record.sql, for: target.product)
      let outcome = LogicOutcome(Result { () throws(PostgresFailure) in try target.execute(sql) })
      guard let difference = difference(record, outcome, &labels) else { continue }
      report.failures.append(
        LogicFailure(
          line: record.lines.lowerBound + 1,
          description: "\(target.product): \(sql)\n\(difference)"
        )
      )
    }
    return report
  }

  /// The file's text with every expectation replaced by what the target answers.
  package func rewritten(on target: some LogicTestTarget) -> String {
    var lines = file.lines
    var replacements: [(Range<Int>, [String])] = []
    for record in file.records where !record.skipped.contains(target.product) {
      let sql = Self.text(record.sql, for: target.product)
      let outcome = LogicOutcome(Result { () throws(PostgresFailure) in try target.execute(sql) })
      guard !record.lines.isEmpty else { continue }
      replacements.append((record.lines, Self.written(record, outcome)))
    }
    for (range, text) in replacements.reversed() { lines.replaceSubrange(range, with: text) }
    return lines.joined(separator: "\n")
  }

  /// The statement as this product gets it.
  static func text(_ sql: String, for product: LogicProduct) -> String {
    sql.replacing(
      #/\/\*(almanac|postgres)\s(.*?)\*\//#.dotMatchesNewlines()
    ) { match in
      match.output.1 == product.rawValue ? String(match.output.2) : ""
    }
  }

  private func difference(
    _ record: LogicRecord,
    _ outcome: LogicOutcome,
    _ labels: inout [String: [String]]
  ) -> String? {
    switch (record.expectation, outcome) {
    case (.success, .done), (.success, .rows), (.count(nil), .done): return nil
    case (.count(let expected?), .done(let count)):
      return expected == count ? nil : "expected \(expected) rows, got \(count ?? 0)"
    case (.failure(let state, let pattern, let lines), .failed(let failure)):
      guard state == failure.sqlState else { return "expected SQLSTATE \(state), got \(failure)" }
      if let pattern, !matches(pattern, failure.message) {
        return "expected a message like \(pattern), got \(failure)"
      }
      guard let lines else { return nil }
      return Self.difference(
        lines,
        LogicOutcome.lines(failure, details: record.comparesErrorDetails)
      )
    case (.rows(let types, let sort, let label, let lines), .rows(let actualTypes, let values)):
      if let types, types != actualTypes {
        return "expected types \(types), got \(actualTypes)"
      }
      let actual = LogicOutcome.lines(values, sort: sort, hashThreshold: record.hashThreshold)
      if let label {
        if let earlier = labels[label], earlier != actual { return "differs from label \(label)" }
        labels[label] = actual
      }
      return lines.flatMap { Self.difference($0, actual) }
    case (.unknown, _): return "not filled yet: run with LOGIC_REWRITE=1"
    case (_, .failed(let failure)): return "failed: \(failure)"
    case (_, let outcome): return "got \(outcome)"
    }
  }

  private func matches(_ pattern: String, _ message: String) -> Bool {
    guard let pattern = try? Regex(pattern) else { return false }
    return message.firstMatch(of: pattern) != nil
  }

  private static func difference(_ expected: [String], _ actual: [String]) -> String? {
    guard expected != actual else { return nil }
    return (["expected:"] + expected + ["got:"] + actual).joined(separator: "\n")
  }

  private static func written(_ record: LogicRecord, _ outcome: LogicOutcome) -> [String] {
    let sql = record.sql.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    switch outcome {
    case .failed(let failure):
      let lines = LogicOutcome.lines(failure, details: record.comparesErrorDetails)
      return ["statement error \(failure.sqlState)"] + sql + ["----"] + lines
    case .rows(let types, let values):
      var sort = LogicSort.nosort
      var label: String?
      if case .rows(_, let given, let name, _) = record.expectation {
        (sort, label) = (given, name)
      }
      var head = "query " + (types.isEmpty ? "-" : types.joined(separator: ","))
      if sort != .nosort || label != nil { head += " \(sort)" }
      if let label { head += " \(label)" }
      let lines = LogicOutcome.lines(values, sort: sort, hashThreshold: record.hashThreshold)
      return [head] + sql + ["----"] + lines
    case .done(let count):
      guard let count, record.expectation != .success else { return ["statement ok"] + sql }
      return ["statement count \(count)"] + sql
    }
  }
}

/// What running a file gave.
package struct LogicReport: Sendable {
  /// Records that ran.
  package var checkedCount = 0
  package var failures: [LogicFailure] = []
}

/// A record that did not answer as expected; `line` counts from 1.
package struct LogicFailure: Sendable, CustomStringConvertible {
  package var line: Int
  package var description: String
}
