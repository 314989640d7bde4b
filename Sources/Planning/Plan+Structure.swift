import Catalog
import Columnar

// Walking and rewriting plans.

extension Plan {
  /// The plans that this one reads.
  package var inputs: [Plan] {
    switch node {
    case .scan, .values, .tableFunction, .systemTable: []
    case .filter(let input, _), .project(let input, _), .aggregate(let input, _, _),
      .sort(let input, _), .limit(let input, _, _), .distinct(let input),
      .distinctOn(let input, _), .window(let input, _):
      [input]
    case .join(let left, let right, _, _, _), .setOperation(_, let left, let right, _):
      [left, right]
    }
  }

  /// The same operator over other inputs, whose columns are the same.
  ///
  /// `transform` is called for each of ``inputs`` in their order.
  package func mapInputs(_ transform: (Plan) -> Plan) -> Plan {
    let changed: PlanNode
    switch node {
    case .scan, .values, .tableFunction, .systemTable: return self
    case .filter(let input, let condition): changed = .filter(transform(input), condition)
    case .project(let input, let list): changed = .project(transform(input), list)
    case .aggregate(let input, let keys, let aggregates):
      changed = .aggregate(transform(input), keys: keys, aggregates: aggregates)
    case .join(let left, let right, let kind, let keys, let residual):
      changed = .join(transform(left), transform(right), kind, keys: keys, residual: residual)
    case .sort(let input, let keys): changed = .sort(transform(input), keys)
    case .limit(let input, let limit, let offset):
      changed = .limit(transform(input), limit: limit, offset: offset)
    case .distinct(let input): changed = .distinct(transform(input))
    case .distinctOn(let input, let keys): changed = .distinctOn(transform(input), keys)
    case .setOperation(let kind, let left, let right, let isAll):
      changed = .setOperation(kind, transform(left), transform(right), isAll: isAll)
    case .window(let input, let calls): changed = .window(transform(input), calls)
    }
    return Plan(changed, output: output)
  }

  /// Column `index` of this plan's output as an expression.
  func column(_ index: Int) -> BoundExpression {
    BoundExpression(.column(index), output[index].type)
  }

  /// Some columns of a plan's rows.
  package static func columns(_ places: [Int], of rows: Plan) -> Plan {
    Plan(.project(rows, places.map(rows.column)), output: places.map { rows.output[$0] })
  }

  /// All columns of the output as expressions.
  var columns: [BoundExpression] { output.indices.map(column) }

  /// A plan of the same columns that has no row.
  var emptied: Plan { Plan(.values(rows: []), output: output) }

  /// This plan's rows that pass all of `conditions`.
  func filtered(by conditions: [BoundExpression]) -> Plan {
    let condition = BoundExpression.conjunction(of: conditions)
    if condition.isConstant(.boolean(true)) { return self }
    return Plan(.filter(self, condition), output: output)
  }

  /// Whether column `index` of the output is never NULL, whatever the data.
  func isNeverNull(_ index: Int) -> Bool {
    switch node {
    case .scan(let scan):
      guard index < scan.outputCount, let place = scan.table.index(of: scan.columns[index]) else {
        return scan.emitsLocator && index == scan.outputCount
      }
      return !scan.table.columns[place].isNullable
    case .filter(let input, _), .sort(let input, _), .limit(let input, _, _),
      .distinct(let input), .distinctOn(let input, _):
      return input.isNeverNull(index)
    case .project(let input, let list): return input.isNeverNull(list[index])
    case .aggregate(let input, let keys, let aggregates):
      guard index >= keys.count else { return input.isNeverNull(keys[index]) }
      switch aggregates[index - keys.count].function {
      case .count, .countRows: return true
      default: return false
      }
    case .window(let input, _): return index < input.output.count && input.isNeverNull(index)
    case .join(let left, let right, let kind, _, _):
      let isLeft = index < left.output.count
      switch kind {
      case .inner, .cross, .semi, .anti: break
      case .left: guard isLeft else { return false }
      case .right: guard !isLeft else { return false }
      case .full: return false
      }
      return isLeft ? left.isNeverNull(index) : right.isNeverNull(index - left.output.count)
    case .setOperation(_, let left, let right, _):
      return left.isNeverNull(index) && right.isNeverNull(index)
    case .values(let rows):
      return rows.allSatisfy { row in
        if case .constant(let datum) = row[index].node { !datum.isNull } else { false }
      }
    case .tableFunction, .systemTable: return false
    }
  }

  /// Whether an expression over this plan's output is a column or constant that is never NULL.
  func isNeverNull(_ expression: BoundExpression) -> Bool {
    switch expression.node {
    case .column(let index): isNeverNull(index)
    case .constant(let datum): !datum.isNull
    default: false
    }
  }
}

extension BoundExpression {
  /// The conditions that an AND joins, or the expression alone.
  package var conjuncts: [BoundExpression] {
    if case .and(let parts) = node { return parts.flatMap(\.conjuncts) }
    return isConstant(.boolean(true)) ? [] : [self]
  }

  /// The same expression with expressions in place of columns.
  package func substituting(_ columns: [BoundExpression]) -> BoundExpression {
    if case .column(let index) = node { return columns[index] }
    return mapChildren { $0.substituting(columns) }
  }

  /// The column that this is, if it is one.
  package var columnIndex: Int? { if case .column(let index) = node { index } else { nil } }

  /// The same expression over columns that begin later.
  func shifted(by distance: Int) -> BoundExpression {
    distance == 0 ? self : mapColumns { $0 + distance }
  }
}

extension BoundAggregate {
  /// The arguments, the filter and the keys of its order.
  package var expressions: [BoundExpression] {
    arguments + (filter.map { [$0] } ?? []) + order.map(\.expression)
  }

  /// Every column position that occurs.
  var columnIndexes: Set<Int> {
    expressions.reduce(into: []) { $0.formUnion($1.columnIndexes) }
  }

  /// The same call over other expressions.
  package func mapExpressions(_ transform: (BoundExpression) -> BoundExpression) -> BoundAggregate {
    var changed = self
    changed.arguments = arguments.map(transform)
    changed.filter = filter.map(transform)
    changed.order = order.map { $0.mapExpression(transform) }
    return changed
  }
}

extension SortKey {
  func mapExpression(_ transform: (BoundExpression) -> BoundExpression) -> SortKey {
    SortKey(
      expression: transform(expression),
      isDescending: isDescending,
      nullsFirst: nullsFirst
    )
  }
}

extension BoundWindow {
  /// Every column position that occurs.
  var columnIndexes: Set<Int> {
    var indexes: Set<Int> = []
    for expression in arguments + partition { indexes.formUnion(expression.columnIndexes) }
    for key in order { indexes.formUnion(key.expression.columnIndexes) }
    return indexes
  }

  /// The same call over other expressions.
  func mapExpressions(_ transform: (BoundExpression) -> BoundExpression) -> BoundWindow {
    BoundWindow(
      function: function,
      arguments: arguments.map(transform),
      partition: partition.map(transform),
      order: order.map { $0.mapExpression(transform) },
      type: type
    )
  }
}
