// Walking, comparing and rewriting bound trees.

extension BoundExpression {
  /// The expressions that this one is made of.
  package var children: [BoundExpression] {
    switch node {
    case .column, .constant, .parameter: []
    case .call(_, let arguments), .and(let arguments), .or(let arguments), .coalesce(let arguments):
      arguments
    case .cast(let operand), .not(let operand), .isNull(let operand, _),
      .isTruth(let operand, _, _),
      .inList(let operand, _, _):
      [operand]
    case .caseWhen(let branches, let otherwise):
      branches.flatMap { [$0.when, $0.then] } + [otherwise]
    case .quantified(let operand, _, let array, _): [operand, array]
    }
  }

  /// Whether all of ``children`` pass a test, of which no array is made.
  @inline(__always)
  package func allChildren(_ test: (BoundExpression) -> Bool) -> Bool {
    switch node {
    case .column, .constant, .parameter: return true
    case .call(_, let operands), .and(let operands), .or(let operands), .coalesce(let operands):
      return operands.allSatisfy(test)
    case .cast(let operand), .not(let operand), .isNull(let operand, _),
      .isTruth(let operand, _, _), .inList(let operand, _, _):
      return test(operand)
    case .caseWhen(let branches, let otherwise):
      for branch in branches { guard test(branch.when), test(branch.then) else { return false } }
      return test(otherwise)
    case .quantified(let operand, _, let array, _): return test(operand) && test(array)
    }
  }

  /// The same node over other children.
  ///
  /// `transform`: Called for each of ``children`` in their order.
  package func mapChildren<E: Error>(
    _ transform: (BoundExpression) throws(E) -> BoundExpression
  ) throws(E) -> BoundExpression {
    func all(_ list: [BoundExpression]) throws(E) -> [BoundExpression] {
      var result: [BoundExpression] = []
      result.reserveCapacity(list.count)
      for item in list { result.append(try transform(item)) }
      return result
    }
    let changed: BoundNode
    switch node {
    case .column, .constant, .parameter: return self
    case .call(let function, let arguments): changed = .call(function, try all(arguments))
    case .and(let operands): changed = .and(try all(operands))
    case .or(let operands): changed = .or(try all(operands))
    case .coalesce(let operands): changed = .coalesce(try all(operands))
    case .cast(let operand): changed = .cast(try transform(operand))
    case .not(let operand): changed = .not(try transform(operand))
    case .isNull(let operand, let negated):
      changed = .isNull(try transform(operand), negated: negated)
    case .isTruth(let operand, let truth, let negated):
      changed = .isTruth(try transform(operand), truth, negated: negated)
    case .inList(let operand, let list, let negated):
      changed = .inList(try transform(operand), list, negated: negated)
    case .caseWhen(let branches, let otherwise):
      var mapped: [(when: BoundExpression, then: BoundExpression)] = []
      for branch in branches {
        mapped.append((when: try transform(branch.when), then: try transform(branch.then)))
      }
      changed = .caseWhen(mapped, otherwise: try transform(otherwise))
    case .quantified(let operand, let comparison, let array, let isAll):
      changed = .quantified(
        try transform(operand),
        comparison,
        array: try transform(array),
        isAll: isAll
      )
    }
    return BoundExpression(changed, type)
  }

  /// Every column position that occurs.
  package var columnIndexes: Set<Int> {
    var found: Set<Int> = []
    addColumns(to: &found)
    return found
  }

  private func addColumns(to found: inout Set<Int>) {
    if case .column(let index) = node {
      found.insert(index)
    } else {
      _ = allChildren { child in
        child.addColumns(to: &found)
        return true
      }
    }
  }

  /// The same expression over other column positions.
  package func mapColumns(_ transform: (Int) -> Int) -> BoundExpression {
    if case .column(let index) = node { return BoundExpression(.column(transform(index)), type) }
    return mapChildren { $0.mapColumns(transform) }
  }

  /// Whether two evaluations may differ, so that it is neither folded nor shared.
  package var isVolatile: Bool {
    if case .call(let function, _) = node, function.isVolatile { return true }
    return !allChildren { !$0.isVolatile }
  }

  /// Whether it is the same for every row of one statement: no columns, not volatile.
  package var isConstantForStatement: Bool {
    if case .column = node { return false }
    if case .call(let function, _) = node, function.isVolatile { return false }
    return allChildren(\.isConstantForStatement)
  }

  /// Whether it is the same for every statement and session, so that it may be folded when bound.
  package var isFoldable: Bool {
    switch node {
    case .column, .parameter: false
    case .call(let function, let arguments):
      !function.isVolatile && !function.dependsOnSession && arguments.allSatisfy(\.isFoldable)
    default: allChildren(\.isFoldable)
    }
  }
}

extension ScalarFunction {
  /// Whether two calls with equal arguments in one statement may differ.
  package var isVolatile: Bool {
    switch self {
    case .random, .generateUUID, .clockTimestamp, .setConfig, .cancelBackend, .terminateBackend,
      .replicatedPosition, .waitForPosition:
      true
    default: false
    }
  }

  /// Whether the value depends on the session or the moment of the statement.
  package var dependsOnSession: Bool {
    switch self {
    case .now, .statementTimestamp, .currentDate, .localTimestamp, .currentUser, .currentDatabase,
      .currentSchema, .version, .backendPID, .currentSetting, .catalog:
      true
    default: false
    }
  }
}

/// Structural equality: GROUP BY expressions are found again in the select list by it.
extension BoundExpression: Hashable {
  package static func == (a: BoundExpression, b: BoundExpression) -> Bool {
    if a === b { return true }
    guard a.type == b.type else { return false }
    switch (a.node, b.node) {
    case (.column(let x), .column(let y)), (.parameter(let x), .parameter(let y)): return x == y
    case (.constant(let x), .constant(let y)): return x == y
    case (.call(let f, let x), .call(let g, let y)): return f == g && x == y && !f.isVolatile
    case (.cast(let x), .cast(let y)), (.not(let x), .not(let y)): return x == y
    case (.and(let x), .and(let y)), (.or(let x), .or(let y)), (.coalesce(let x), .coalesce(let y)):
      return x == y
    case (.isNull(let x, let m), .isNull(let y, let n)): return m == n && x == y
    case (.isTruth(let x, let t, let m), .isTruth(let y, let u, let n)):
      return t == u && m == n && x == y
    case (.inList(let x, let l, let m), .inList(let y, let k, let n)):
      return m == n && l == k && x == y
    case (.caseWhen(let x, let e), .caseWhen(let y, let f)):
      return e == f && x.count == y.count
        && zip(x, y).allSatisfy { $0.when == $1.when && $0.then == $1.then }
    case (.quantified(let x, let c, let p, let m), .quantified(let y, let d, let q, let n)):
      return c == d && m == n && x == y && p == q
    default: return false
    }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    switch node {
    case .column(let index): hasher.combine(index)
    case .parameter(let index): hasher.combine(-1 - index)
    case .constant(let datum): hasher.combine(datum)
    case .call(let function, _): hasher.combine(function)
    default: break
    }
    _ = allChildren { child in
      child.hash(into: &hasher)
      return true
    }
  }
}
