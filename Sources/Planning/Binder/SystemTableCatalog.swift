package import Catalog

/// The relations that the engine fills from its own state.
package protocol SystemTableCatalog: Sendable {
  /// The columns of a system relation; `nil`: there is none of that name.
  func columns(of name: RelationName) -> [OutputColumn]?
  /// Whether a system relation stands for what does not exist here.
  func isAlwaysEmpty(_ name: RelationName) -> Bool
}

/// No system relations: for tests and for binding constants.
package struct NoSystemTables: SystemTableCatalog {
  package init() {}
  package func columns(of name: RelationName) -> [OutputColumn]? { nil }
  package func isAlwaysEmpty(_ name: RelationName) -> Bool { false }
}
