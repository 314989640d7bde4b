/// A table; never reused in a data directory.
package struct TableID: Hashable, Sendable, Comparable {
  package var rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
  package static func < (a: TableID, b: TableID) -> Bool { a.rawValue < b.rawValue }
}

/// A column of one table; never reused in that table, 0 is the first ever made.
package struct ColumnID: Hashable, Sendable, Comparable {
  package var rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
  package static func < (a: ColumnID, b: ColumnID) -> Bool { a.rawValue < b.rawValue }
}

/// Who reads: no reader of rows, statistics or the catalog is made without one.
package struct AccessScope: Sendable {
  /// The tenant whose rows are visible; `nil` sees every tenant.
  package var tenant: Int64?
  private init(tenant: Int64?) { self.tenant = tenant }

  /// Sees everything; the only scope until roles come.
  package static let unrestricted = AccessScope(tenant: nil)
}
