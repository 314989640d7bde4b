package import Catalog
import Columnar

/// Single rows as groups of their own.
extension BoundRollup {
  /// As ``query(of:over:isRetraction:)``, but rows with equal keys are not made one.
  ///
  /// Parts add up, so that is as good; of few rows, finding the equal ones takes longer than adding them up later.
  ///
  /// - Parameters:
  ///   - target: One of ``tables``.
  ///   - source: The table that rows are read from.
  ///   - isRetraction: Whether the rows are taken away.
  /// - Returns: A plan with the target's columns; nil: groups must be made.
  package func rowQuery(
    of target: TableDefinition,
    over source: TableDefinition,
    isRetraction: Bool
  ) -> Plan? {
    if let lookup {
      if target.id == lookup.linked.id {
        return lookup.linked.rowQuery(of: target, over: source, isRetraction: isRetraction)
      }
      let loose = lookup.loose
      let rows = loose.rowQuery(of: loose.main, over: source, isRetraction: isRetraction)
      return rows.map { joined(lookup, $0, with: nil, asSingleRows: true) }
    }
    let value = values.first { $0.table.id == target.id }
    // Sums of squares carry over from their lower to their upper part where groups are made.
    guard value != nil || target.id == id && sums.allSatisfy({ $0.squares == nil }) else {
      return nil
    }
    let (rows, moved) = scan(of: source)
    let groups = (keys.map(\.expression) + (value?.arguments ?? [])).map(moved)
    var states = [Self.integer(1, target.columns[groups.count].type)]
    for sum in value == nil ? sums : [] {
      let type = sum.sum.map { main.columns[$0].type } ?? .bigint
      let all = Self.states(ofRow: sum, moved(sum.argument), type)
      if sum.sum != nil { states.append(all[0]) }
      if sum.count != nil { states.append(all[1]) }
    }
    if isRetraction {
      states = states.map { BoundExpression(.call(.negate, [$0]), $0.type) }
    }
    return Plan(
      .project(rows, groups + states),
      output: target.columns.map { OutputColumn(name: $0.name, type: $0.type) }
    )
  }

  /// What a single row of the table brings to a sum: the sum, a count, and the square as the lower part of the sum of squares.
  ///
  /// - Parameters:
  ///   - stored: The sum.
  ///   - argument: Its argument, over the row.
  ///   - type: Of the sum.
  /// - Returns: The four states, zeros for those that are not kept.
  static func states(
    ofRow stored: Sum,
    _ argument: BoundExpression,
    _ type: LogicalType
  ) -> [BoundExpression] {
    func orZero(_ value: BoundExpression, _ type: LogicalType) -> BoundExpression {
      BoundExpression(.coalesce([BoundExpression(.cast(value), type), integer(0, type)]), type)
    }
    let isThere = BoundExpression(.isNull(argument, negated: true), .boolean)
    let count = BoundExpression(
      .caseWhen([(when: isThere, then: integer(1, .bigint))], otherwise: integer(0, .bigint)),
      .bigint
    )
    let sum = stored.sum == nil ? integer(0, type) : orZero(argument, type)
    let squares = squaresType(of: argument.type)
    let zero = integer(0, squares)
    guard stored.squares != nil else { return [sum, count, zero, zero] }
    let factor = BoundExpression(
      .cast(argument),
      .numeric(NumericShape(precision: 19, scale: argument.type.scale))
    )
    let square = BoundExpression(.call(.multiply, [factor, factor]), squares)
    return [sum, count, zero, orZero(square, squares)]
  }

  static func integer(_ value: Int64, _ type: LogicalType) -> BoundExpression {
    let constant = BoundExpression(.constant(.int64(value)), .integer)
    return type == .integer ? constant : BoundExpression(.cast(constant), type)
  }
}
