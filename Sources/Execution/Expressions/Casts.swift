import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// `node`, of type `source`, as `target`, by PostgreSQL's explicit casts.
  func cast(
    _ node: ExpressionNode,
    _ source: LogicalType,
    to target: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    if source == target { return node }
    if let constant = node as? ConstantNode, constant.value.isNull {
      return ConstantNode(.null, kind: target.laneKind)
    }
    switch (source, target) {
    case (.array, .array): return node
    case (_, .text), (_, .varchar), (_, .char):
      return try castToText(node, source, target)
    case (.text, _), (.varchar, _), (.char, _), (.unknown, _):
      return try parse(node, target)
    case (.boolean, .integer):
      return unary(.int64, node) { (input, rows, output) in
        let lanes = input.bool
        var out = output.mutableInt64
        for row in 0..<rows { out[row] = Int64(lanes[row]) }
      }
    case (_, .boolean) where source.isInteger:
      return unary(.bool, node) { (input, rows, output) in
        let lanes = input.int64
        var out = output.mutableBool
        for row in 0..<rows { out[row] = lanes[row] != 0 ? 1 : 0 }
      }
    default: break
    }
    if source.isNumber, target.isNumber { return try castNumber(node, source, target) }
    if let moment = castMoment(node, source, target) { return moment }
    throw .sql("42846", "cannot cast type \(source.sqlName) to \(target.sqlName)")
  }
}

extension LogicalType {
  /// Integers, numerics and floats.
  var isNumber: Bool { isInteger || isNumeric || self == .real || self == .double }

  /// The integer type as the values' code knows it.
  var integerType: IntegerType {
    switch self {
    case .smallint: .smallint
    case .integer: .integer
    default: .bigint
    }
  }

  /// The name in error messages.
  var sqlName: String {
    switch self {
    case .boolean: "boolean"
    case .smallint: "smallint"
    case .integer: "integer"
    case .bigint: "bigint"
    case .numeric: "numeric"
    case .real: "real"
    case .double: "double precision"
    case .text: "text"
    case .varchar: "character varying"
    case .char: "character"
    case .uuid: "uuid"
    case .date: "date"
    case .time: "time without time zone"
    case .timestamp: "timestamp without time zone"
    case .timestamptz: "timestamp with time zone"
    case .interval: "interval"
    case .jsonb: "jsonb"
    case .bytea: "bytea"
    case .unknown: "unknown"
    case .array(let element): "\(element.type.sqlName)[]"
    }
  }
}
