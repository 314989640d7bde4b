import Columnar
import Execution
import Planning
import Testing

/// A typed argument of a row of ``valueTable``, as text; `nil` is NULL.
struct ValueArgument: Sendable, CustomStringConvertible {
  var text: String?
  var type: LogicalType

  init(_ text: String?, _ type: LogicalType) {
    self.text = text
    self.type = type
  }

  var description: String { "\(text ?? "NULL")::\(type)" }

  /// The argument as a constant.
  var constant: BoundExpression {
    guard let text else { return BoundExpression(.constant(.null), type) }
    let literal = BoundExpression(.constant(.bytes(Array(text.utf8))), .text)
    return type == .text ? literal : BoundExpression(.cast(literal), type)
  }
}

/// A cast (no function) or a call, and PostgreSQL's answer as text.
struct ValueRow: Sendable, CustomTestStringConvertible {
  var function: ScalarFunction?
  var type: LogicalType
  var arguments: [ValueArgument]
  var expected: String

  init(
    _ function: ScalarFunction?,
    _ type: LogicalType,
    _ arguments: [ValueArgument],
    _ expected: String
  ) {
    self.function = function
    self.type = type
    self.arguments = arguments
    self.expected = expected
  }

  var testDescription: String { "\(function.map { "\($0)" } ?? "cast")\(arguments) → \(type)" }

  /// The result as text, `operands` in place of the arguments.
  func expression(_ operands: [BoundExpression]) -> BoundExpression {
    let result =
      function.map { BoundExpression(.call($0, operands), type) }
      ?? BoundExpression(.cast(operands[0]), type)
    return type == .text ? result : BoundExpression(.cast(result), .text)
  }
}

@Suite struct ValueTableTests {
  private static let context: EvaluationContext = {
    let zones = testZones()
    return EvaluationContext(
      timeZone: zones.zone(named: "Europe/Berlin") ?? .utc,
      timeZones: zones
    )
  }()

  @Test(arguments: valueTable)
  func `casts, operators and functions of values answer as PostgreSQL does`(row: ValueRow) {
    #expect(outcome(row.expression(row.arguments.map(\.constant)), [], 1) == [row.expected])
    // The same with columns of three rows, the second of them NULL.
    do throws(ExecutionError) {
      var columns: [Vector] = []
      var operands: [BoundExpression] = []
      for (index, argument) in row.arguments.enumerated() {
        if index == 0, isKeyword(row.function) {
          operands.append(argument.constant)
          columns.append(Vector(kind: .bool))
          continue
        }
        let evaluator = try Evaluator(
          argument.type == .text
            ? BoundExpression(.column(0), .text)
            : BoundExpression(.cast(BoundExpression(.column(0), .text)), argument.type),
          context: Self.context
        )
        let texts = strings([argument.text, nil, argument.text])
        let value = try evaluator.evaluate(Batch(columns: [texts], rowCount: 3))
        let copy = Vector(kind: value.kind)
        copyForTest(value, into: copy)
        columns.append(copy)
        operands.append(BoundExpression(.column(index), argument.type))
      }
      let isError = row.expected.hasPrefix("!")
      let isStrict = row.function != .isDistinctFrom
      let middle = isError ? row.expected : (isStrict ? "NULL" : "false")
      #expect(
        outcome(row.expression(operands), columns, 3) == [row.expected, middle, row.expected]
      )
    } catch {
      #expect("!" + error.message == row.expected)
    }
  }

  /// Functions whose first argument must be constant.
  private func isKeyword(_ function: ScalarFunction?) -> Bool {
    function == .dateTruncate || function == .extract || function == .datePart
  }

  private func outcome(_ expression: BoundExpression, _ columns: [Vector], _ rows: Int) -> [String]
  {
    do throws(ExecutionError) {
      let evaluator = try Evaluator(expression, context: Self.context)
      let batch = Batch(columns: columns, rowCount: rows)
      return plain(try evaluator.evaluate(batch), rows)
    } catch {
      return Array(repeating: "!" + error.message, count: rows)
    }
  }
}
