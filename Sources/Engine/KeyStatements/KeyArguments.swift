import Columnar
import Execution
import Planning

/// What a statement about a key is given, in columns behind those of the row: its parameters, converted where it converts
/// them, and the moment of its transaction.
struct KeyArguments {
  private enum Source: Hashable {
    case expression(BoundExpression)
    case moment
  }

  /// Columns of the row, in front of the arguments.
  let rowWidth: Int
  private var places: [Source: Int] = [:]
  private(set) var sources: [BoundExpression?] = []
  /// Whether something was met that must be planned anew each time.
  private(set) var isRefused = false

  init(rowWidth: Int) { self.rowWidth = rowWidth }

  /// An expression over the row and the arguments.
  mutating func rewrite(_ expression: BoundExpression) -> BoundExpression {
    if Self.isGiven(expression) {
      return BoundExpression(.column(add(expression)), expression.type)
    }
    switch expression.node {
    case .column(let index):
      if index == KeyScan.locator { isRefused = true }
      return expression
    case .call(.now, _):
      return BoundExpression(.column(place(of: .moment, nil)), expression.type)
    case .call(let function, _) where function.isVolatile || function.dependsOnSession:
      isRefused = true
    case .cast(let operand) where operand.type.isReadAsTime(by: expression.type):
      // Words as 'now' are read anew each time.
      isRefused = true
    case .quantified: isRefused = true
    default: break
    }
    return expression.mapChildren { rewrite($0) }
  }

  /// The column of an expression without columns of the row.
  mutating func add(_ expression: BoundExpression) -> Int {
    checkGiven(expression)
    return place(of: .expression(expression), expression)
  }

  private mutating func place(of source: Source, _ expression: BoundExpression?) -> Int {
    if let known = places[source] { return rowWidth + known }
    places[source] = sources.count
    sources.append(expression)
    return rowWidth + sources.count - 1
  }

  /// Whether it is a parameter, or a parameter converted: what the binder would have made a constant.
  private static func isGiven(_ expression: BoundExpression) -> Bool {
    switch expression.node {
    case .parameter: true
    case .cast(let operand): isGiven(operand)
    case .call(.negate, let operands): operands.allSatisfy(isGiven)
    // The other operand is the length, a constant.
    case .call(.checkLength, let operands): isGiven(operands[0])
    default: false
    }
  }

  private mutating func checkGiven(_ expression: BoundExpression) {
    switch expression.node {
    case .column, .quantified: isRefused = true
    case .call(let function, _) where function.isVolatile || function.dependsOnSession:
      isRefused = true
    case .cast(let operand) where operand.type.isReadAsTime(by: expression.type): isRefused = true
    default: break
    }
    if case .array = expression.type { isRefused = true }
    for child in expression.children { checkGiven(child) }
  }
}

extension LogicalType {
  /// Whether a text is read as a date or time, which may depend on the moment.
  fileprivate func isReadAsTime(by target: LogicalType) -> Bool {
    switch target {
    case .date, .time, .timestamp, .timestamptz, .interval: laneKind == .bytes
    default: false
    }
  }
}
