import Columnar
import Kernels

/// AND and OR of several conditions, three-valued.
///
/// Conditions that cannot raise an error come first and see all rows; the others see only the rows that
/// are still undecided, in the order they were written.
final class ConnectiveNode: ExpressionNode {
  struct Part {
    var node: ExpressionNode
    var traits: ExpressionTraits
    var subset: RowSubset
  }

  private let isAnd: Bool
  private let parts: [Part]
  private var current = Vector(kind: .bool, capacity: 64)
  private var next = Vector(kind: .bool, capacity: 64)
  private let scattered = Vector(kind: .bool, capacity: 64)
  private let undecided = Vector(kind: .bool, capacity: 64)
  private let rows = RowList()

  init(isAnd: Bool, _ parts: [Part]) {
    self.isAnd = isAnd
    let harmless = parts.filter { !$0.traits.canRaise }
    self.parts =
      harmless.sorted { $0.traits.cost < $1.traits.cost }
      + parts.filter { $0.traits.canRaise }
    super.init(kind: .bool)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    var isFirst = true
    for part in parts {
      if isFirst {
        copyRows(
          try part.node.evaluate(batch),
          from: 0,
          count: batch.rowCount,
          into: current,
          at: 0
        )
        isFirst = false
        continue
      }
      let value: Vector
      if part.traits.canRaise || part.traits.cost > 30 {
        findUndecided(batch.rowCount)
        if rows.count == 0 { break }
        value =
          rows.count == batch.rowCount
          ? try part.node.evaluate(batch) : try evaluateUndecided(part, batch)
      } else {
        value = try part.node.evaluate(batch)
      }
      next.reset()
      next.reserve(batch.rowCount)
      if isAnd {
        andLanes(current, value, batch.rowCount, into: next)
      } else {
        orLanes(current, value, batch.rowCount, into: next)
      }
      swap(&current, &next)
    }
    return current
  }

  /// Fills `rows` with those that are not yet known to be false (AND) or true (OR).
  private func findUndecided(_ count: Int) {
    let (undecided, rows) = (undecided, rows)
    undecided.reserve(count)
    var lanes = undecided.mutableBool
    isKnown(current, value: !isAnd, count, into: &lanes)
    for row in 0..<count { lanes[row] ^= 1 }
    rows.reserve(count)
    var places = rows.places
    let found = selectTrue(undecided, count, into: &places)
    rows.count = found
  }

  /// The part's value on the undecided rows, and what changes nothing on the others.
  private func evaluateUndecided(_ part: Part, _ batch: Batch) throws(ExecutionError) -> Vector {
    let (rows, scattered) = (rows, scattered)
    let value = try part.node.evaluate(part.subset.load(batch, rows: rows.rows))
    scattered.reset()
    scattered.reserve(batch.rowCount)
    var lanes = scattered.mutableBool
    for row in 0..<batch.rowCount { lanes[row] = isAnd ? 1 : 0 }
    scatter(value, to: rows.rows, of: scattered)
    part.subset.unload()
    return scattered
  }
}

/// A function from one vector to a bool vector that looks at validity itself: IS NULL, IS TRUE, NOT.
final class TestNode: ExpressionNode {
  enum Test { case isNull(negated: Bool), isKnown(Bool, negated: Bool), not }

  private let operand: ExpressionNode
  private let test: Test
  private let output = Vector(kind: .bool, capacity: 64)

  init(_ operand: ExpressionNode, _ test: Test) {
    self.operand = operand
    self.test = test
    super.init(kind: .bool)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let input = try operand.evaluate(batch)
    let rows = batch.rowCount
    let output = output
    output.reset()
    output.reserve(rows)
    if case .not = test { copyValidity(input, rows, into: output) }
    var lanes = output.mutableBool
    switch test {
    case .isNull(let negated): isNullLanes(input, negated: negated, rows, into: &lanes)
    case .isKnown(let value, let negated):
      isKnown(input, value: value, rows, into: &lanes)
      if negated { for row in 0..<rows { lanes[row] ^= 1 } }
    case .not: notLanes(input.bool, rows, into: &lanes)
    }
    return output
  }
}
