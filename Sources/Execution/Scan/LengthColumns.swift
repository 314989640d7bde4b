internal import Columnar
internal import Planning

/// Which text columns of a scan the node above it uses only as `length(column)`.
///
/// The scan then hands on lengths (``TextLengths``) in these columns' places, and the expressions name the column itself.
struct LengthColumns {
  private(set) var columns: Set<Int> = []

  /// What `expressions`, all that a node evaluates over its input, want of it; nothing where it is no scan.
  static func wanted(of input: Plan, by expressions: [BoundExpression]) -> LengthColumns {
    guard case .scan(let scan) = input.node else { return LengthColumns() }
    var asLengths: Set<Int> = []
    var asTexts: Set<Int> = []
    for expression in expressions { collect(expression, &asLengths, &asTexts) }
    return LengthColumns(
      columns: asLengths.subtracting(asTexts).filter { $0 < scan.outputCount }
    )
  }

  private static func collect(
    _ expression: BoundExpression,
    _ asLengths: inout Set<Int>,
    _ asTexts: inout Set<Int>
  ) {
    if let column = measured(expression) {
      asLengths.insert(column)
    } else if case .column(let column) = expression.node {
      asTexts.insert(column)
    } else {
      for child in expression.children { collect(child, &asLengths, &asTexts) }
    }
  }

  /// The column whose characters an expression counts.
  ///
  /// Not one of type char: blanks at its end do not count.
  private static func measured(_ expression: BoundExpression) -> Int? {
    guard case .call(.length, let arguments) = expression.node, arguments.count == 1,
      let (column, type) = ScanCondition.plainColumn(arguments[0])
    else { return nil }
    switch type {
    case .text, .varchar: return column
    default: return nil
    }
  }

  /// The same expression over the scan's output.
  func rewritten(_ expression: BoundExpression) -> BoundExpression {
    if columns.isEmpty { return expression }
    if let column = Self.measured(expression), columns.contains(column) {
      return BoundExpression(.column(column), expression.type)
    }
    return expression.mapChildren { rewritten($0) }
  }
}
