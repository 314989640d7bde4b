import Columnar
import ReportSyntax

/// As many grouping sets as PostgreSQL takes.
let groupingSetsMax = 4096

/// The grouping sets of one element of GROUP BY: ROLLUP, CUBE and GROUPING SETS give several.
///
/// - Parameters:
///   - element: As written.
///   - key: Binds a key.
/// - Returns: The keys of each set.
/// - Throws: What `key` throws, 54001 for too many sets, 54011 for a CUBE of too many.
func groupingSets(
  _ element: GroupBy.Element,
  _ key: (Expression) throws(PlanningError) -> BoundExpression
) throws(PlanningError) -> [[BoundExpression]] {
  switch element {
  case .empty: return [[]]
  case .expression(let expression):
    // `(a, b)` inside of ROLLUP and the like is one unit of two keys.
    guard case .row(let items, isExplicit: false) = expression.kind else {
      return [[try key(expression)]]
    }
    var keys: [BoundExpression] = []
    for item in items { keys.append(try key(item)) }
    return [keys]
  case .rollup(let elements, _):
    let units = try units(elements, key)
    return (0...units.count).reversed().map { units[..<$0].flatMap { $0 } }
  case .cube(let elements, let range):
    let units = try units(elements, key)
    guard units.count <= 12 else {
      throw PlanningError("54011", "CUBE is limited to 12 elements", at: range)
    }
    return (0..<1 << units.count).map { missing in
      units.indices.filter { missing >> (units.count - 1 - $0) & 1 == 0 }.flatMap { units[$0] }
    }
  case .sets(let elements, _):
    var sets: [[BoundExpression]] = []
    for element in elements {
      sets += try groupingSets(element, key)
      try checkCount(ofSets: sets.count)
    }
    return sets
  }
}

/// What ROLLUP and CUBE count as one: a key, or several in parentheses.
private func units(
  _ elements: [GroupBy.Element],
  _ key: (Expression) throws(PlanningError) -> BoundExpression
) throws(PlanningError) -> [[BoundExpression]] {
  var units: [[BoundExpression]] = []
  for element in elements { units += try groupingSets(element, key) }
  return units
}

/// - Throws: 54001 for more grouping sets than ``groupingSetsMax``.
func checkCount(ofSets count: Int) throws(PlanningError) {
  guard count <= groupingSetsMax else {
    throw PlanningError(
      "54001",
      "too many grouping sets present (maximum \(groupingSetsMax))"
    )
  }
}
