package import Columnar

/// A view: a stored SELECT.
package struct ViewDefinition: Sendable {
  package var schema: String
  package var name: String
  package var columnNames: [String]
  /// The SELECT as SQL text.
  package var text: String

  package init(schema: String, name: String, columnNames: [String], text: String) {
    self.schema = schema
    self.name = name
    self.columnNames = columnNames
    self.text = text
  }
}

/// A parameter of a named report.
package struct ReportParameter: Sendable {
  package var name: String
  package var type: LogicalType
  /// The DEFAULT expression as SQL text; `nil`: the caller must give a value.
  package var defaultText: String?

  package init(name: String, type: LogicalType, defaultText: String?) {
    self.name = name
    self.type = type
    self.defaultText = defaultText
  }
}

/// A named report: a stored SELECT with typed parameters, called as `report.name(…)`.
package struct ReportDefinition: Sendable {
  package var name: String
  package var parameters: [ReportParameter]
  package var text: String

  package init(name: String, parameters: [ReportParameter], text: String) {
    self.name = name
    self.parameters = parameters
    self.text = text
  }
}

/// Schema and name of a relation.
package struct RelationName: Hashable, Sendable {
  package var schema: String
  package var name: String
  package init(schema: String, name: String) {
    self.schema = schema
    self.name = name
  }
}

/// All definitions at one moment; a value, so a snapshot of it is a copy.
package struct CatalogSnapshot: Sendable {
  package var schemas: Set<String> = ["public"]
  package var tables: [TableID: TableDefinition] = [:]
  package var tableNames: [RelationName: TableID] = [:]
  package var views: [RelationName: ViewDefinition] = [:]
  package var reports: [String: ReportDefinition] = [:]
  package var replications: [String: ReplicationDefinition] = [:]
  package var rollups: [String: RollupDefinition] = [:]
  package var nextTableID: UInt32 = 1
  /// Raised by every change of a definition, so that prepared plans know when they are stale.
  package var version: UInt64 = 0

  package init() {}

  /// The table of this name.
  package func table(_ name: RelationName) -> TableDefinition? {
    tableNames[name].flatMap { tables[$0] }
  }
}
