package import Columnar

/// What may fail for some values; on rows that are not there, it must not be evaluated.
extension BoundExpression {
  /// Whether some value of a row's columns may make the expression fail.
  var mayRaise: Bool {
    !isConstantForStatement && (mayRaiseItself || !allChildren { !$0.mayRaise })
  }

  /// Whether the outermost operation may fail, whatever its operands do.
  var mayRaiseItself: Bool {
    switch node {
    case .call(let function, _):
      switch function {
      case .compare, .isDistinctFrom, .dateTruncate, .extract, .datePart, .greatest, .least, .lower,
        .upper, .nullIf, .like:
        false
      default: true
      }
    case .cast(let operand): operand.type.mayFailToCast(to: type)
    case .quantified: true
    default: false
    }
  }
}

extension LogicalType {
  /// Whether some value of this type has none of another.
  ///
  /// - Parameter target: The type that is cast to.
  /// - Returns: False only where it is certain that every value has one.
  package func mayFailToCast(to target: LogicalType) -> Bool {
    switch (self, target) {
    case (.smallint, .integer), (.smallint, .bigint), (.integer, .bigint): false
    case (_, .text) where self != .text: false
    case (.smallint, .double), (.integer, .double), (.bigint, .double), (.real, .double): false
    case (.timestamp, .date): false
    case (_, .numeric(let shape?)):
      if let own = numericShape {
        own.precision - own.scale > shape.precision - shape.scale || own.scale > shape.scale
      } else {
        true
      }
    case (_, .numeric(nil)) where numericShape != nil: false
    default: self != target
    }
  }
}
