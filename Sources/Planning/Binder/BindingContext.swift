package import Catalog
package import Columnar
import ReportSyntax

/// What a session contributes to the meaning of a text.
package struct BindingSettings: Sendable {
  /// Schemas of unqualified names, in order.
  package var searchPath: [String]
  /// The session's time zone, by name.
  package var timeZoneName: String
  package var userName: String
  package var databaseName: String

  package init(
    searchPath: [String] = ["public"],
    timeZoneName: String = "UTC",
    userName: String = "almanac",
    databaseName: String = "almanac"
  ) {
    self.searchPath = searchPath
    self.timeZoneName = timeZoneName
    self.userName = userName
    self.databaseName = databaseName
  }
}

/// Computes an expression without columns, parameters and volatile functions.
///
/// Execution gives it.
package protocol ConstantFolding: Sendable {
  /// - Throws: What evaluating it would raise (22P02, 22012, …).
  func fold(_ expression: BoundExpression) throws(PlanningError) -> Datum

  /// The values of an expression over column 0.
  ///
  /// - Parameters:
  ///   - expression: Reads column 0 and no other.
  ///   - values: That column.
  ///   - type: The values' type.
  /// - Returns: A value for each.
  /// - Throws: What evaluating it over some value would raise.
  func fold(
    _ expression: BoundExpression,
    over values: [Datum],
    of type: LogicalType
  ) throws(PlanningError) -> [Datum]
}

extension ConstantFolding {
  /// Value by value.
  package func fold(
    _ expression: BoundExpression,
    over values: [Datum],
    of type: LogicalType
  ) throws(PlanningError) -> [Datum] {
    var results: [Datum] = []
    for value in values {
      let constant = BoundExpression(.constant(value), type)
      results.append(try fold(expression.substituting([constant])))
    }
    return results
  }
}

/// Which numerics of different scales, as the branches of a CASE, may take the larger scale: then they are integers of
/// one shape, which are far faster than numerics that each keep their own.
package enum ScaleMerging: Sendable {
  /// None: each value shows its own scale.
  case none
  /// Constant zeros beside others, as in sum(CASE … ELSE 0 END): only a sum of nothing but zeros shows it.
  case zeros
  /// All: only the values matter, as in IN.
  case all
}

/// The state of binding one statement.
package final class BindingContext {
  package let catalog: CatalogSnapshot
  package let settings: BindingSettings
  package let folding: any ConstantFolding
  /// The type of `$n` at n - 1; `nil` until something settles it.
  package var parameterTypes: [LogicalType?]
  /// The values of `$1…` where they are known: each statement is planned for its values, so that
  /// zone maps and shapes see constants.
  package var parameterValues: [Datum]?
  /// The value of `:name` inside a report.
  package var namedParameters: [String: BoundExpression] = [:]
  /// Which numerics of different scales may take the larger one.
  package var scaleMerging = ScaleMerging.none
  /// Whether `$n` may occur that the client did not declare.
  package let acceptsNewParameters: Bool
  /// What is known of the tables' sizes; `nil`: nothing.
  package var statistics: (any TableStatistics)?
  /// The rollups that the statement may be answered from; `nil`: none.
  package var rollups: RollupChoice?
  /// How much of the thread's stack binding may take, measured from where it begins.
  var stack = StackBudget()

  package init(
    catalog: CatalogSnapshot,
    settings: BindingSettings,
    folding: any ConstantFolding,
    parameterTypes: [LogicalType?] = [],
    acceptsNewParameters: Bool = true
  ) {
    self.catalog = catalog
    self.settings = settings
    self.folding = folding
    self.parameterTypes = parameterTypes
    self.acceptsNewParameters = acceptsNewParameters
  }
}
