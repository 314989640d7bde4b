package import Columnar
import Kernels
package import Planning

/// Conditions that a row must all pass; NULL and false do not pass.
///
/// A later condition is evaluated on the survivors of the earlier ones where it may raise an error, or
/// where so few survive that copying their columns is cheaper than evaluating it on all rows.
package final class Predicate {
  private struct Part {
    var node: ExpressionNode
    var traits: ExpressionTraits
    var subset: RowSubset
  }

  private let parts: [Part]
  private var survivors = RowList()
  private var passed = RowList()

  /// Compiles the conditions; those that cannot raise an error come first, the cheapest of them leading.
  package init(
    _ conjuncts: [BoundExpression],
    context: EvaluationContext
  ) throws(ExecutionError) {
    let compiler = ExpressionCompiler(context: context)
    var flat: [BoundExpression] = []
    for conjunct in conjuncts { flatten(conjunct, isAnd: true, into: &flat) }
    var parts: [Part] = []
    for conjunct in flat {
      let traits = ExpressionTraits(conjunct)
      let node = try compiler.compile(conjunct)
      parts.append(Part(node: node, traits: traits, subset: RowSubset(columns: traits.columns)))
    }
    let harmless = parts.filter { !$0.traits.canRaise }
    self.parts =
      harmless.sorted { $0.traits.cost < $1.traits.cost }
      + parts.filter { $0.traits.canRaise }
  }

  /// Writes the rows that pass, ascending, to the first places of `selection`, and returns how many.
  ///
  /// `selection` has at least `batch.rowCount` places.
  package func select(
    _ batch: Batch,
    into selection: inout MutableSpan<UInt16>
  ) throws(ExecutionError) -> Int {
    let rows = batch.rowCount
    precondition(rows <= selection.count)
    guard let first = parts.first else {
      for row in 0..<rows { selection[row] = UInt16(truncatingIfNeeded: row) }
      return rows
    }
    survivors.reserve(rows)
    passed.reserve(rows)
    let list = survivors
    var places = list.places
    let found = selectTrue(try first.node.evaluate(batch), rows, into: &places)
    list.count = found
    for part in parts.dropFirst() {
      if survivors.count == 0 { return 0 }
      try narrow(by: part, batch)
    }
    let final = survivors
    let result = final.rows
    for i in result.indices { selection[i] = result[i] }
    return result.count
  }

  /// Leaves in `survivors` those that pass `part`.
  private func narrow(by part: Part, _ batch: Batch) throws(ExecutionError) {
    let rows = batch.rowCount
    let isSubset =
      survivors.count < rows && (part.traits.canRaise || survivors.count < rows / 4)
    let (from, to) = (survivors, passed)
    let value =
      isSubset
      ? try part.node.evaluate(part.subset.load(batch, rows: from.rows))
      : try part.node.evaluate(batch)
    let lanes = value.bool
    var count = 0
    var places = to.places
    let candidates = from.rows
    let valueValid = ValidRows(value)
    for i in candidates.indices {
      let row = isSubset ? i : Int(candidates[i])
      places[count] = candidates[i]
      count &+= lanes[row] != 0 && valueValid[row] ? 1 : 0
    }
    passed.count = count
    if isSubset { part.subset.unload() }
    swap(&survivors, &passed)
  }
}

/// The parts of nested ANDs (or ORs).
func flatten(_ expression: BoundExpression, isAnd: Bool, into parts: inout [BoundExpression]) {
  switch expression.node {
  case .and(let inner) where isAnd, .or(let inner) where !isAnd:
    for part in inner { flatten(part, isAnd: isAnd, into: &parts) }
  default: parts.append(expression)
  }
}
