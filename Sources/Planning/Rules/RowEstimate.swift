package import Catalog
import Columnar

/// How many rows tables have, as far as somebody knows.
package protocol TableStatistics {
  /// The live rows of a table; `nil`: unknown.
  func rowCount(of table: TableID) -> Int?
}

/// A guess of how many rows a plan gives: only good for comparing the sides of a join.
struct RowEstimate {
  let statistics: any TableStatistics

  func rows(of plan: Plan) -> Double {
    switch plan.node {
    case .scan(let scan):
      let all = Double(statistics.rowCount(of: scan.table.id) ?? 1_000)
      return max(1, all * scan.filters.reduce(1) { $0 * selectivity(of: $1) })
    case .values(let list): return Double(list.count)
    case .tableFunction, .systemTable: return 1_000
    case .filter(let input, let condition):
      return max(1, rows(of: input) * selectivity(of: condition))
    case .project(let input, _), .sort(let input, _), .window(let input, _): return rows(of: input)
    case .distinct(let input), .distinctOn(let input, _): return max(1, rows(of: input) / 10)
    case .aggregate(let input, let keys, _):
      return keys.isEmpty ? 1 : max(1, rows(of: input) / 10)
    case .limit(let input, let limit, _):
      guard let limit, case .constant(.int64(let count)) = limit.node else {
        return rows(of: input)
      }
      return min(Double(count), rows(of: input))
    case .join(let left, let right, let kind, let keys, _):
      let a = rows(of: left)
      let b = rows(of: right)
      if kind == .semi || kind == .anti { return max(1, a / 2) }
      return keys.isEmpty ? a * b : max(a, b)
    case .setOperation(_, let left, let right, _): return rows(of: left) + rows(of: right)
    }
  }

  /// The share of rows that pass.
  private func selectivity(of condition: BoundExpression) -> Double {
    switch condition.node {
    case .call(.compare(.equal), _): 0.05
    case .call(.compare, _): 0.4
    case .call(.like, _): 0.1
    case .inList(_, let members, negated: false): min(0.5, 0.05 * Double(max(1, members.count)))
    case .and(let parts): parts.reduce(1) { $0 * selectivity(of: $1) }
    case .isNull(_, negated: true): 0.9
    default: 0.5
    }
  }
}
