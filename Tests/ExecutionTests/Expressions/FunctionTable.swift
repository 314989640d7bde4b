import Columnar
import Execution
import Planning
import Testing

/// An argument in a table of PostgreSQL's answers.
enum TableArgument: Sendable {
  case text(String)
  case integer(Int64)
  case null(LogicalType)

  var expression: BoundExpression {
    switch self {
    case .text(let value): textConstant(value)
    case .integer(let value): BoundExpression(.constant(.int64(value)), .integer)
    case .null(let type): BoundExpression(.constant(.null), type)
    }
  }
}

private func textConstant(_ value: String) -> BoundExpression {
  BoundExpression(.constant(.bytes(Array(value.utf8))), .text)
}

/// A call and PostgreSQL's answer, an error's message behind `!`.
struct FunctionRow: Sendable, CustomTestStringConvertible {
  var function: ScalarFunction
  var type: LogicalType
  var arguments: [TableArgument]
  var expected: String

  var testDescription: String { "\(function) \(arguments)" }

  /// The call with its first `columns` arguments taken from columns.
  func expression(columns: Int) -> BoundExpression {
    let arguments = arguments.enumerated().map { index, argument in
      index < columns
        ? BoundExpression(.column(index), argument.expression.type) : argument.expression
    }
    return BoundExpression(.call(function, arguments), type)
  }

  /// The arguments as columns of three rows, the last of them NULL; strings as codes if asked.
  func columns(coded asCodes: Bool) -> [Vector] {
    arguments.map { argument in
      switch argument {
      case .text(let value):
        asCodes ? coded([value, value, nil], unused: "") : strings([value, value, nil])
      case .integer(let value): integers([value, value, nil], harm: 0)
      case .null(let type):
        type.laneKind == .bytes ? strings([nil, nil, nil]) : integers([nil, nil, nil], harm: 0)
      }
    }
  }
}

func row(
  _ function: ScalarFunction,
  _ type: LogicalType,
  _ arguments: [TableArgument],
  _ expected: String
) -> FunctionRow {
  FunctionRow(function: function, type: type, arguments: arguments, expected: expected)
}

/// What the expression gives for the first rows, in PostgreSQL's form; an error's message behind `!`.
func outcome(_ expression: BoundExpression, _ columns: [Vector], rows: Int) -> [String] {
  do throws(ExecutionError) {
    let evaluator = try Evaluator(expression, context: EvaluationContext())
    let batch = Batch(columns: columns, rowCount: rows)
    // Twice, because the second batch meets what the first has cached.
    _ = try evaluator.evaluate(batch)
    return plain(try evaluator.evaluate(batch), rows)
  } catch {
    return Array(repeating: "!" + error.message, count: rows)
  }
}

@Suite struct FunctionTableTests {
  @Test(arguments: textTable)
  func `functions of text answer as PostgreSQL does`(row: FunctionRow) {
    #expect(outcome(row.expression(columns: 0), [], rows: 1) == [row.expected])
    let expected = [row.expected, row.expected]
    #expect(outcome(row.expression(columns: 1), row.columns(coded: false), rows: 2) == expected)
    #expect(outcome(row.expression(columns: 1), row.columns(coded: true), rows: 2) == expected)
    #expect(outcome(row.expression(columns: 2), row.columns(coded: true), rows: 2) == expected)
  }
}
