extension Expression {
  /// The expressions right below this one, in the order in which they are written; those inside of sub-queries are not.
  package var children: [Expression] {
    switch kind {
    case .literal, .column, .wildcard, .parameter, .namedParameter, .exists, .scalarQuery,
      .arrayQuery, .sessionValue, .defaultValue:
      []
    case .unary(_, let operand), .not(let operand), .test(let operand, _, _),
      .inQuery(let operand, _, _, _), .quantifiedQuery(let operand, _, _, _),
      .cast(let operand, _, _), .collate(let operand, _), .field(let operand, _),
      .allFields(let operand):
      [operand]
    case .binary(_, let left, let right), .distinct(let left, let right, _, _),
      .quantified(let left, _, _, let right), .atTimeZone(let left, let right),
      .element(let left, let right), .nullif(let left, let right):
      [left, right]
    case .and(let operands), .or(let operands), .array(let operands), .row(let operands, _),
      .coalesce(let operands), .greatest(let operands), .least(let operands),
      .grouping(let operands):
      operands
    case .between(let between): [between.value, between.lower, between.upper]
    case .inList(let operand, let list, _, _): [operand] + list
    case .like(let like): [like.value, like.pattern] + [like.escape].compactMap { $0 }
    case .slice(let array, let lower, let upper): [array] + [lower, upper].compactMap { $0 }
    case .conditional(let conditional):
      [conditional.operand].compactMap { $0 }
        + conditional.branches.flatMap { [$0.condition, $0.result] }
        + [conditional.otherwise].compactMap { $0 }
    case .function(let call): call.children
    }
  }
}

extension FunctionCall {
  /// Arguments, sort keys, the filter and what a window written in place is made of.
  fileprivate var children: [Expression] {
    var children = arguments.map(\.value) + (orderBy + withinGroup).map(\.value)
    if let filter { children.append(filter) }
    if case .inline(let window) = window {
      children += window.partitionBy + window.orderBy.map(\.value)
    }
    return children
  }
}
