import Columnar
import Execution
import Kernels
import Planning
import Testing

/// Random expressions over random rows: what a whole batch gives must be what its rows give one by one, however the
/// strings are held; and a batch fails exactly when one of its rows does.
@Suite struct RandomExpressionTests {
  private let types: [LogicalType] = [.integer, .bigint, .text, .boolean]

  @Test(arguments: 0..<60) func `a batch gives what its rows give one by one`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) &* 7_919 &+ 11)
    let rows = [1, 63, 64, 65, 200, 1024][seed % 6]
    let a = (0..<rows).map { _ in number(&random) }
    let b = (0..<rows).map { _ in number(&random) }
    let words = (0..<rows).map { _ in word(&random) }
    let flags = (0..<rows).map { _ in [true, false, nil].randomElement(using: &random) ?? nil }
    for _ in 0..<12 {
      let type = types[Int.random(in: 0..<types.count, using: &random)]
      let expression = make(type, depth: 4, &random)
      let single = try Evaluator(expression, context: EvaluationContext())
      var expected: [String] = []
      for row in 0..<rows {
        expected.append(
          outcome(single, columns([a[row]], [b[row]], [words[row]], [flags[row]], coded: false), 1)[
            0
          ]
        )
      }
      let failures = Set(expected.filter { $0.hasPrefix("!") })
      for isCoded in [false, true] {
        let evaluator = try Evaluator(expression, context: EvaluationContext())
        let batch = columns(a, b, words, flags, coded: isCoded)
        for turn in 0..<2 {
          let result = outcome(evaluator, batch, rows)
          if failures.isEmpty {
            #expect(result == expected, "seed \(seed), turn \(turn), coded \(isCoded)")
          } else {
            #expect(failures.contains(result[0]), "seed \(seed), turn \(turn), coded \(isCoded)")
          }
        }
      }
      if case .boolean = type, failures.isEmpty {
        let predicate = try Predicate([expression], context: EvaluationContext())
        var places = [UInt16](repeating: 0, count: rows)
        var span = places.mutableSpan
        let batch = Batch(columns: columns(a, b, words, flags, coded: true), rowCount: rows)
        let count = try predicate.select(batch, into: &span)
        let passing = expected.indices.filter { expected[$0] == "t" }.map { UInt16($0) }
        #expect(Array(places.prefix(count)) == passing, "seed \(seed)")
      }
    }
  }

  private func outcome(_ evaluator: Evaluator, _ columns: [Vector], _ rows: Int) -> [String] {
    do throws(ExecutionError) {
      return plain(try evaluator.evaluate(Batch(columns: columns, rowCount: rows)), rows)
    } catch {
      return Array(repeating: "!" + error.message, count: rows)
    }
  }

  private func columns(
    _ a: [Int64?],
    _ b: [Int64?],
    _ words: [String?],
    _ flags: [Bool?],
    coded isCoded: Bool
  ) -> [Vector] {
    [
      integers(a, harm: 2_000_000_000), integers(b, harm: 0),
      isCoded ? coded(words, unused: "zz9") : strings(words), booleans(flags),
    ]
  }

  private func number(_ random: inout SeededGenerator) -> Int64? {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: nil
    case 1: Int64.random(in: -2_147_483_648...2_147_483_647, using: &random)
    default: Int64.random(in: -5...5, using: &random)
    }
  }

  private func word(_ random: inout SeededGenerator) -> String? {
    ["", "a", "abc", "ABC", "äöü", "12", "-7", "a%b", nil, "abcabc"]
      .randomElement(using: &random) ?? nil
  }

  // MARK: Expressions

  private func make(
    _ type: LogicalType,
    depth: Int,
    _ random: inout SeededGenerator
  ) -> BoundExpression {
    let next = depth - 1
    let choice = depth == 0 ? 0 : Int.random(in: 0..<10, using: &random)
    if choice == 1 {
      return BoundExpression(
        .caseWhen(
          [
            (when: make(.boolean, depth: next, &random), then: make(type, depth: next, &random)),
            (when: make(.boolean, depth: next, &random), then: leaf(type, &random)),
          ],
          otherwise: make(type, depth: next, &random)
        ),
        type
      )
    }
    if choice == 2 {
      return BoundExpression(
        .coalesce([make(type, depth: next, &random), make(type, depth: next, &random)]),
        type
      )
    }
    if choice == 3 {
      return call(.nullIf, type, make(type, depth: next, &random), leaf(type, &random))
    }
    guard choice > 3 else { return leaf(type, &random) }
    switch type {
    case .integer, .bigint:
      if choice == 4 {
        return call(
          [.greatest, .least].randomElement(using: &random) ?? .least,
          type,
          make(type, depth: next, &random),
          make(type, depth: next, &random)
        )
      }
      if choice == 5, type == .integer {
        return call(.length, .integer, make(.text, depth: next, &random))
      }
      let function: ScalarFunction =
        [.add, .subtract, .multiply, .divide, .modulo].randomElement(using: &random) ?? .add
      return call(
        function,
        type,
        make(type, depth: next, &random),
        make(type, depth: next, &random)
      )
    case .text: return makeText(choice, next, &random)
    default: return makeBoolean(choice, next, &random)
    }
  }

  private func makeText(
    _ choice: Int,
    _ next: Int,
    _ random: inout SeededGenerator
  ) -> BoundExpression {
    let inner = make(.text, depth: next, &random)
    switch choice {
    case 4: return call(.upper, .text, inner)
    case 5: return call(.lower, .text, inner)
    case 6: return call(.concatenate, .text, inner, make(.text, depth: next, &random))
    case 7: return call(.substring, .text, inner, integer(2), integer(2))
    case 8: return call(.replace, .text, inner, text("b"), text("xyz"))
    default: return call(.left, .text, inner, make(.integer, depth: next, &random))
    }
  }

  private func makeBoolean(
    _ choice: Int,
    _ next: Int,
    _ random: inout SeededGenerator
  ) -> BoundExpression {
    switch choice {
    case 4, 5:
      let parts = (0..<Int.random(in: 2...4, using: &random)).map { _ in
        make(.boolean, depth: next, &random)
      }
      return BoundExpression(choice == 4 ? .and(parts) : .or(parts), .boolean)
    case 6: return BoundExpression(.not(make(.boolean, depth: next, &random)), .boolean)
    case 7:
      return call(
        .like(caseInsensitive: Bool.random(using: &random)),
        .boolean,
        make(.text, depth: next, &random),
        text(["a%", "%b%", "_", "%c", "abc", "%", "a\\%b"].randomElement(using: &random) ?? "%")
      )
    case 8:
      return BoundExpression(
        .inList(
          make(.integer, depth: next, &random),
          [.int64(1), .int64(-3), .null].shuffled(using: &random).dropLast(),
          negated: Bool.random(using: &random)
        ),
        .boolean
      )
    default:
      let type = types[Int.random(in: 0..<3, using: &random)]
      let comparison: ComparisonOperator =
        [.equal, .notEqual, .less, .greaterOrEqual].randomElement(using: &random) ?? .equal
      let (x, y) = (make(type, depth: next, &random), make(type, depth: next, &random))
      return Bool.random(using: &random)
        ? compare(x, comparison, y) : call(.isDistinctFrom, .boolean, x, y)
    }
  }

  private func leaf(_ type: LogicalType, _ random: inout SeededGenerator) -> BoundExpression {
    let isConstant = Int.random(in: 0..<3, using: &random) == 0
    switch type {
    case .integer, .bigint:
      if isConstant {
        return Int.random(in: 0..<5, using: &random) == 0
          ? null(type) : integer(Int64.random(in: -3...3, using: &random), type)
      }
      return column(Int.random(in: 0...1, using: &random), type)
    case .text: return isConstant ? text("ab") : column(2, .text)
    default:
      return isConstant
        ? BoundExpression(.constant(.boolean(Bool.random(using: &random))), .boolean)
        : column(3, .boolean)
    }
  }
}
