import Columnar

/// `sum(x + k)` is `sum(x) + k * count(x)`: one sum serves any number of constants.
///
/// Only where neither `x + k` of a row nor the sum can overflow: x is a smallint, whatever its value, and k an
/// integer that leaves room for it.
enum SumOfShifted {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    guard case .aggregate(let input, let keys, let calls) = plan.node else { return plan }
    let shifts = calls.map(shift)
    guard shifts.contains(where: { $0 != nil }) else { return plan }
    var needed: [BoundAggregate] = []
    func place(of call: BoundAggregate) -> Int {
      if let known = needed.firstIndex(where: { isSame($0, call) }) { return known }
      needed.append(call)
      return needed.count - 1
    }
    let parts = zip(calls, shifts).map { call, shift -> (sum: Int, count: Int?) in
      guard let shift else { return (place(of: call), nil) }
      let sum = BoundAggregate(
        function: .sum,
        arguments: [shift.operand],
        filter: call.filter,
        type: .bigint
      )
      let count = BoundAggregate(
        function: .count,
        arguments: [shift.operand],
        filter: call.filter,
        type: .bigint
      )
      return (place(of: sum), place(of: count))
    }
    let output =
      plan.output[..<keys.count] + needed.map { OutputColumn(name: "sum", type: $0.type) }
    let sums = Plan(.aggregate(input, keys: keys, aggregates: needed), output: Array(output))
    let list =
      keys.indices.map(sums.column)
      + zip(parts, shifts).map { part, shift -> BoundExpression in
        let sum = sums.column(keys.count + part.sum)
        guard let shift, let count = part.count else { return sum }
        let factor = BoundExpression(.constant(.int64(shift.constant)), .bigint)
        let product = BoundExpression(
          .call(.multiply, [factor, sums.column(keys.count + count)]),
          .bigint
        )
        return BoundExpression(.call(.add, [sum, product]), .bigint)
      }
    return Plan(.project(sums, list), output: plan.output)
  }

  /// The smallint x and the k of `sum(x + k)`, `sum(k + x)` or `sum(x - k)`.
  private static func shift(
    _ call: BoundAggregate
  ) -> (operand: BoundExpression, constant: Int64)? {
    guard call.function == .sum, !call.isDistinct, call.type == .bigint,
      let argument = call.arguments.first, argument.type == .integer,
      case .call(let function, let terms) = argument.node, terms.count == 2,
      function == .add || function == .subtract
    else { return nil }
    let (left, right) = (terms[0], terms[1])
    if let constant = integer(right), let operand = smallint(left) {
      return inRange(operand, function == .add ? constant : -constant)
    }
    if function == .add, let constant = integer(left), let operand = smallint(right) {
      return inRange(operand, constant)
    }
    return nil
  }

  /// `nil` where x + k could leave the integers.
  private static func inRange(
    _ operand: BoundExpression,
    _ constant: Int64
  ) -> (operand: BoundExpression, constant: Int64)? {
    let room = Int64(Int32.max) - Int64(Int16.max) - 1
    return (-room...room).contains(constant) ? (operand, constant) : nil
  }

  private static func integer(_ expression: BoundExpression) -> Int64? {
    guard case .constant(.int64(let value)) = expression.node else { return nil }
    return value
  }

  /// The smallint that an integer is made of.
  private static func smallint(_ expression: BoundExpression) -> BoundExpression? {
    if expression.type == .smallint { return expression.isVolatile ? nil : expression }
    guard case .cast(let operand) = expression.node, operand.type == .smallint,
      !operand.isVolatile
    else { return nil }
    return operand
  }

  private static func isSame(_ one: BoundAggregate, _ other: BoundAggregate) -> Bool {
    one.function == other.function && one.arguments == other.arguments
      && one.filter == other.filter && one.isDistinct == other.isDistinct && one.type == other.type
      && one.order.isEmpty && other.order.isEmpty
  }
}
