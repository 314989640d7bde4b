/// What ``FilterPushdown`` does at a join.
enum JoinPushdown {
  private struct Sides {
    var left: [BoundExpression] = []
    /// Over the right side's own columns.
    var right: [BoundExpression] = []
    /// Part of the join's condition, over both.
    var condition: [BoundExpression] = []
    var above: [BoundExpression] = []
  }

  /// The join's rows that pass all of `conditions`; `recursion` pushes conditions into an input.
  static func push(
    _ conditions: [BoundExpression],
    into plan: Plan,
    recursion: ([BoundExpression], Plan) -> Plan
  ) -> Plan {
    guard case .join(let left, let right, let written, let keys, let residual) = plan.node else {
      return plan
    }
    let width = left.output.count
    let kind = stronger(written, conditions, width, plan.output.count)
    var sides = Sides()
    place(conditions, kind, width, &sides)
    placeResidual(residual?.conjuncts ?? [], kind, width, &sides)
    var condition = JoinCondition(sides.condition, leftWidth: width)
    condition.keys = keys + condition.keys
    let isCondition = !condition.keys.isEmpty || condition.residual != nil
    let joined: JoinKind = kind == .cross && isCondition ? .inner : kind
    spread(&sides, condition.keys, joined)
    let node = PlanNode.join(
      recursion(sides.left, left),
      recursion(sides.right, right),
      joined,
      keys: condition.keys,
      residual: condition.residual
    )
    return Plan(node, output: plan.output).filtered(by: sides.above)
  }

  /// The kind of join when rows without a partner are filtered away anyhow.
  private static func stronger(
    _ kind: JoinKind,
    _ conditions: [BoundExpression],
    _ width: Int,
    _ all: Int
  ) -> JoinKind {
    func rejects(_ columns: Range<Int>) -> Bool {
      conditions.contains { NullRejection.rejects($0, columns) }
    }
    switch kind {
    case .left: return rejects(width..<all) ? .inner : .left
    case .right: return rejects(0..<width) ? .inner : .right
    case .full:
      switch (rejects(0..<width), rejects(width..<all)) {
      case (true, true): return .inner
      case (true, false): return .left
      case (false, true): return .right
      case (false, false): return .full
      }
    default: return kind
    }
  }

  private static func place(
    _ conditions: [BoundExpression],
    _ kind: JoinKind,
    _ width: Int,
    _ sides: inout Sides
  ) {
    for condition in conditions {
      let columns = condition.columnIndexes
      let isLeft = columns.allSatisfy { $0 < width }
      let isRight = columns.allSatisfy { $0 >= width }
      let keepsLeft = kind != .right && kind != .full
      let keepsRight = kind != .left && kind != .full
      if condition.isVolatile || columns.isEmpty {
        sides.above.append(condition)
      } else if isLeft, keepsLeft {
        sides.left.append(condition)
      } else if isRight, keepsRight {
        sides.right.append(condition.shifted(by: -width))
      } else if kind == .inner || kind == .cross {
        sides.condition.append(condition)
      } else {
        sides.above.append(condition)
      }
    }
  }

  /// A condition of ON may restrict the side whose rows it can only remove.
  private static func placeResidual(
    _ conditions: [BoundExpression],
    _ kind: JoinKind,
    _ width: Int,
    _ sides: inout Sides
  ) {
    for condition in conditions {
      let columns = condition.columnIndexes
      let movesLeft = kind == .inner || kind == .cross || kind == .right || kind == .semi
      let movesRight = movesLeft && kind != .right || kind == .left || kind == .anti
      if condition.isVolatile || columns.isEmpty {
        sides.condition.append(condition)
      } else if columns.allSatisfy({ $0 < width }), movesLeft {
        sides.left.append(condition)
      } else if columns.allSatisfy({ $0 >= width }), movesRight {
        sides.right.append(condition.shifted(by: -width))
      } else {
        sides.condition.append(condition)
      }
    }
  }

  /// Where `a = b` joins, what is said of a alone holds for b too.
  private static func spread(
    _ sides: inout Sides,
    _ keys: [(left: BoundExpression, right: BoundExpression)],
    _ kind: JoinKind
  ) {
    let toRight = kind == .inner || kind == .left || kind == .semi || kind == .anti
    let toLeft = kind == .inner || kind == .right || kind == .semi
    var right: [BoundExpression] = []
    var left: [BoundExpression] = []
    for key in keys {
      guard let a = key.left.columnIndex, let b = key.right.columnIndex,
        key.left.type == key.right.type
      else { continue }
      for condition in sides.left where toRight && condition.isAbout(a) {
        right.append(condition.mapColumns { _ in b })
      }
      for condition in sides.right where toLeft && condition.isAbout(b) {
        left.append(condition.mapColumns { _ in a })
      }
    }
    sides.right += right.filter { !sides.right.contains($0) }
    sides.left += left.filter { !sides.left.contains($0) }
  }
}

extension BoundExpression {
  /// Whether this is a simple condition on column `index` alone: a comparison or a list.
  fileprivate func isAbout(_ index: Int) -> Bool {
    guard columnIndexes == [index], !isVolatile else { return false }
    switch node {
    case .inList(let operand, _, _): return operand.columnIndex == index
    case .call(.compare, let sides):
      return sides.contains { $0.columnIndex == index }
        && sides.contains { $0.isConstantForStatement }
    default: return false
    }
  }
}
