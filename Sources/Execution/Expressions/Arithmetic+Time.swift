import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// `+ - * /` over dates, times and intervals; `nil` where no argument is one.
  func timeArithmetic(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode? {
    let types = arguments.map(\.type)
    guard types.contains(where: \.isMoment) else { return nil }
    let a = try compile(arguments[0])
    guard arguments.count == 2 else {
      return map(a) { (span: Interval) throws(ValueError) in try span.negated() }
    }
    let b = try compile(arguments[1])
    let isAdd = function == .add
    switch (types[0], types[1]) {
    case (.date, .date):
      return map(a, b) { (x: Int64, y: Int64) throws(ValueError) in
        try Civil.difference(dates: x, y)
      }
    case (.date, _) where types[1].isInteger:
      return map(a, b) { (date: Int64, days: Int64) throws(ValueError) in
        try Civil.add(date: date, days: isAdd ? days : -days)
      }
    case (.timestamp, .interval):
      return map(a, b) { (moment: Int64, span: Interval) throws(ValueError) in
        isAdd ? try Civil.add(moment, span) : try Civil.subtract(moment, span)
      }
    case (.timestamptz, .interval):
      let zone = context.timeZone
      return map(a, b) { (moment: Int64, span: Interval) throws(ValueError) in
        isAdd ? try zone.add(moment, span) : try zone.subtract(moment, span)
      }
    case (.timestamp, .timestamp), (.timestamptz, .timestamptz):
      return map(a, b) { (x: Int64, y: Int64) throws(ValueError) in try Civil.difference(x, y) }
    case (.time, .interval):
      return map(a, b) { (time: Int64, span: Interval) throws(ValueError) in
        Civil.add(time: time, isAdd ? span : try span.negated())
      }
    case (.time, .time):
      return map(a, b) { (x: Int64, y: Int64) in Interval(microseconds: x - y) }
    case (.interval, .interval):
      return map(a, b) { (x: Interval, y: Interval) throws(ValueError) in
        isAdd ? try x.adding(y) : try x.subtracting(y)
      }
    case (.interval, .double):
      let multiplies = function == .multiply
      return map(a, b) { (span: Interval, factor: Double) throws(ValueError) in
        multiplies ? try span.multiplied(by: factor) : try span.divided(by: factor)
      }
    default: throw unsupported("\(function) of \(types[0].sqlName) and \(types[1].sqlName)")
    }
  }
}

extension LogicalType {
  /// Dates, times, timestamps and intervals.
  var isMoment: Bool {
    switch self {
    case .date, .time, .timestamp, .timestamptz, .interval: true
    default: false
    }
  }
}
