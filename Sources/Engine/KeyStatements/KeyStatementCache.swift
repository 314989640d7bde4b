import Columnar
import ReportSyntax

/// A session's statements about single keys, by their texts with the values taken out.
///
/// Plans hold for the definitions and settings that they were made under; others find the cache empty.
struct KeyStatementCache {
  /// What is known of a pattern.
  final class Entry {
    /// Which values are part of the plan and not parameters; nil: not planned yet.
    fileprivate(set) var isFixed: [Bool]?
    fileprivate(set) var isRefused = false
    /// By the values that are part of the plan.
    fileprivate var plans: [[StatementPattern.Value]: KeyStatement] = [:]
  }

  // A plan has vectors of 64 rows for every column: some tens of kilobytes.
  private static let entriesMax = 64
  private static let plansMax = 8

  private var basis: PlanBasis?
  private var entries: [[UInt8]: Entry] = [:]

  /// What is known of a pattern; nil: it comes for the first time, and a plan is made when it comes again.
  mutating func entry(_ pattern: StatementPattern, _ basis: PlanBasis) -> Entry? {
    if self.basis != basis {
      self.basis = basis
      entries.removeAll()
    }
    if let known = entries[pattern.bytes] { return known }
    if entries.count >= Self.entriesMax { entries.removeAll() }
    entries[pattern.bytes] = Entry()
    return nil
  }
}

extension KeyStatementCache.Entry {
  /// The plan for a statement, and the values of its parameters.
  ///
  /// - Parameters:
  ///   - pattern: Of this entry.
  ///   - make: Plans a text with parameters of some types; nil: it is not about one key.
  /// - Returns: Nil: there is none.
  func plan(
    _ pattern: StatementPattern,
    _ make: (_ text: [UInt8], _ statement: Statement, _ types: [LogicalType?]) -> KeyStatement?
  ) -> (plan: KeyStatement, parameters: [Datum])? {
    guard !isRefused else { return nil }
    if isFixed == nil { isFixed = Self.fixedValues(of: pattern) }
    guard let isFixed else {
      isRefused = true
      return nil
    }
    var fixed: [StatementPattern.Value] = []
    var parameters: [Datum] = []
    var types: [LogicalType?] = []
    for (value, isFixed) in zip(pattern.values, isFixed) {
      if isFixed {
        fixed.append(value)
      } else {
        parameters.append(value.datum)
        types.append(value.type)
      }
    }
    if let known = plans[fixed] { return (known, parameters) }
    guard plans.count < KeyStatementCache.plansMax else { return nil }
    let text = pattern.parameterized(but: isFixed).text
    guard let statement = Self.parse(text), let plan = make(text, statement, types) else {
      isRefused = true
      return nil
    }
    plans[fixed] = plan
    return (plan, parameters)
  }

  /// Numbers in what a statement gives are part of its plan, and strings wherever they are more than values of columns.
  ///
  /// - Returns: Nil: it has not the form of a statement about one key.
  private static func fixedValues(of pattern: StatementPattern) -> [Bool]? {
    let areStrings = pattern.values.map { $0.type == nil }
    let (text, places) = pattern.parameterized(but: areStrings)
    guard let statement = parse(text), statement.mayConcernOneKey else { return nil }
    let given = statement.outputParameters
    let plain = statement.plainStrings
    var parameter = 0
    return pattern.values.indices.map { index in
      if areStrings[index] { return !plain.contains(places[index]) }
      parameter += 1
      return given.contains(parameter)
    }
  }

  private static func parse(_ text: [UInt8]) -> Statement? {
    guard let statements = try? Parser.parseStatements(text), statements.count == 1 else {
      return nil
    }
    return statements[0].statement
  }
}

extension StatementPattern.Value {
  /// Nil: what the value is used for says it.
  fileprivate var type: LogicalType? {
    switch self {
    case .integer: .integer
    case .bigint: .bigint
    case .string: nil
    }
  }

  fileprivate var datum: Datum {
    switch self {
    case .integer(let value), .bigint(let value): .int64(value)
    case .string(let content): .bytes(content)
    }
  }
}
