import Catalog
import Columnar
import Planning

/// A plan that only reads a table: what a row must pass, and what is made of it.
struct KeyScan {
  let scan: TableScan
  /// Over the scan's columns.
  private(set) var conditions: [BoundExpression]
  /// Over the scan's columns; the locator is column -1.
  private(set) var outputs: [BoundExpression]

  static let locator = -1

  /// - Parameter plan: After the rules; nil: it does more.
  init?(_ plan: Plan) {
    switch plan.node {
    case .scan(let scan):
      self.scan = scan
      conditions = scan.filters
      outputs = plan.output.enumerated().map { index, column in
        BoundExpression(.column(index < scan.outputCount ? index : Self.locator), column.type)
      }
    case .filter(let input, let condition):
      guard let inner = KeyScan(input) else { return nil }
      self = inner
      conditions.append(condition.substituting(outputs))
    case .project(let input, let list):
      guard let inner = KeyScan(input) else { return nil }
      self = inner
      outputs = list.map { $0.substituting(inner.outputs) }
    default: return nil
    }
    conditions = conditions.flatMap(\.conjuncts)
  }

  /// The value of each column of the primary key, and the conditions that are left; nil: the key is not fixed.
  func pinned() -> (key: [BoundExpression], rest: [BoundExpression])? {
    guard !scan.table.primaryKey.isEmpty else { return nil }
    var rest = conditions
    var key: [BoundExpression] = []
    for id in scan.table.primaryKey {
      guard let place = scan.columns.firstIndex(of: id),
        let condition = rest.firstIndex(where: { Self.value($0, of: place) != nil }),
        let value = Self.value(rest[condition], of: place)
      else { return nil }
      key.append(value)
      rest.remove(at: condition)
    }
    return (key, rest)
  }

  /// What a condition says that a column equals; nil: it says something else.
  private static func value(_ condition: BoundExpression, of place: Int) -> BoundExpression? {
    guard case .call(.compare(.equal), let sides) = condition.node, sides.count == 2 else {
      return nil
    }
    for (column, value) in [(sides[0], sides[1]), (sides[1], sides[0])] {
      guard column.columnIndex == place, value.columnIndexes.isEmpty, column.type.isPlainKey,
        column.type == value.type || (column.type.isInteger && value.type.isInteger)
      else { continue }
      return value
    }
    return nil
  }
}

extension LogicalType {
  /// Whether values are equal exactly where their lanes are.
  fileprivate var isPlainKey: Bool {
    switch self {
    case .smallint, .integer, .bigint, .text, .uuid, .date, .timestamp, .timestamptz: true
    default: false
    }
  }
}
