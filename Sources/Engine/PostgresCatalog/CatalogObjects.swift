import Catalog
import Columnar
import Execution
import Planning

/// The relations, keys and schemas as PostgreSQL numbers them.
///
/// A stored table's numbers follow from its identity, those of views, schemas and reports from their names: they are the same after a restart.
struct CatalogObjects: Sendable {
  struct Relation: Sendable {
    enum Kind: String, Sendable {
      case table = "r"
      case view = "v"
    }

    var id: Int64
    var schema: String
    var name: String
    var kind: Kind
    var table: TableDefinition?
    var view: ViewDefinition?
    /// Of a relation that the engine fills.
    var systemColumns: [OutputColumn] = []
  }

  /// The primary key of a table: an index and a constraint of its name.
  struct Key: Sendable {
    var indexID: Int64
    var constraintID: Int64
    var name: String
    var relation: Relation
    /// Columns with their numbers, which count from 1, in key order.
    var columns: [(number: Int, column: ColumnDefinition)]

    /// The key as a constraint's text.
    var constraintText: String {
      "PRIMARY KEY (\(columns.map { quoteIdentifier($0.column.name) }.joined(separator: ", ")))"
    }

    /// The key as the statement that makes its index.
    var indexText: String {
      let names = columns.map { quoteIdentifier($0.column.name) }.joined(separator: ", ")
      return "CREATE UNIQUE INDEX \(quoteIdentifier(name)) ON "
        + "\(quoteIdentifier(relation.schema)).\(quoteIdentifier(relation.name)) USING btree (\(names))"
    }
  }

  /// By schema and name.
  let relations: [Relation]
  let keys: [Key]
  /// Every schema with its number.
  let schemas: [(id: Int64, name: String)]
  let reports: [ReportDefinition]
  private let byID: [Int64: Int]
  private let byName: [RelationName: Int]

  init(_ catalog: CatalogSnapshot) {
    var relations: [Relation] = []
    for table in catalog.tables.values {
      relations.append(
        Relation(
          id: Self.id(of: table.id),
          schema: table.schema,
          name: table.name,
          kind: .table,
          table: table
        )
      )
    }
    for view in catalog.views.values {
      relations.append(
        Relation(
          id: Self.hash("\(view.schema).\(view.name)", from: 1 << 30),
          schema: view.schema,
          name: view.name,
          kind: .view,
          view: view
        )
      )
    }
    for (place, table) in SystemTables.all.enumerated() {
      relations.append(
        Relation(
          id: Self.knownIDs[table.name.name] ?? Int64(10_000 + place),
          schema: table.name.schema,
          name: table.name.name,
          kind: .view,
          systemColumns: table.columns
        )
      )
    }
    relations.sort { ($0.schema, $0.name) < ($1.schema, $1.name) }
    self.relations = relations
    keys = relations.compactMap(Self.key)
    schemas = catalog.schemas.union(SystemTables.schemas).sorted()
      .map { (Self.id(ofSchema: $0), $0) }
    reports = catalog.reports.values.sorted { $0.name < $1.name }
    byID = Dictionary(relations.indices.map { (relations[$0].id, $0) }) { first, _ in first }
    byName = Dictionary(
      relations.indices.map {
        (RelationName(schema: relations[$0].schema, name: relations[$0].name), $0)
      }
    ) { first, _ in first }
  }

  // MARK: Finding

  func relation(_ id: Int64) -> Relation? { byID[id].map { relations[$0] } }

  /// The relation that a name means: `name` or `schema.name`, with quotes where they are needed.
  ///
  /// - Parameters:
  ///   - text: The written name.
  ///   - searchPath: Where a name without a schema is looked for, pg_catalog before.
  /// - Returns: nil: there is none.
  func relation(named text: String, _ searchPath: [String]) -> Relation? {
    let parts = identifierParts(text)
    if parts.count == 2 {
      return byName[RelationName(schema: parts[0], name: parts[1])].map { relations[$0] }
    }
    guard parts.count == 1 else { return nil }
    for schema in ["pg_catalog"] + searchPath {
      if let place = byName[RelationName(schema: schema, name: parts[0])] {
        return relations[place]
      }
    }
    return nil
  }

  /// Whether the relation is what its name alone means.
  func isVisible(_ relation: Relation, _ searchPath: [String]) -> Bool {
    self.relation(named: quoteIdentifier(relation.name), searchPath)?.id == relation.id
  }

  /// The relation's name, with the schema where the name alone means something else or nothing.
  func displayName(of relation: Relation, _ searchPath: [String]) -> String {
    let name = quoteIdentifier(relation.name)
    return isVisible(relation, searchPath) ? name : "\(quoteIdentifier(relation.schema)).\(name)"
  }

  // MARK: Numbers

  static let databaseID: Int64 = 5
  static let roleID: Int64 = 10
  static let columnarMethod: Int64 = 2
  static let treeMethod: Int64 = 403
  static let functionLanguage: Int64 = 14

  private static let knownIDs: [String: Int64] = [
    "pg_type": 1247, "pg_attribute": 1249, "pg_proc": 1255, "pg_class": 1259,
    "pg_namespace": 2615, "pg_constraint": 2606, "pg_index": 2610, "pg_database": 1262,
  ]

  static func id(ofSchema name: String) -> Int64 {
    switch name {
    case "pg_catalog": 11
    case "public": 2200
    case "information_schema": 13_000
    case "almanac": 13_001
    case "report": 13_002
    default: hash(name, from: 1 << 29)
    }
  }

  static func id(ofReport name: String) -> Int64 { hash("report.\(name)", from: 1 << 28) }

  private static func id(of table: TableID) -> Int64 { 16_384 + Int64(table.rawValue) * 4 }

  /// A number between `base` and twice that, from a name (FNV-1a).
  private static func hash(_ name: String, from base: Int64) -> Int64 {
    var hash: UInt32 = 0x811c_9dc5
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return base | Int64(hash) & (base - 1)
  }

  private static func key(of relation: Relation) -> Key? {
    guard let table = relation.table, !table.primaryKey.isEmpty else { return nil }
    let columns = table.primaryKey.compactMap { id in
      table.index(of: id).map { (number: $0 + 1, column: table.columns[$0]) }
    }
    return Key(
      indexID: relation.id + 1,
      constraintID: relation.id + 2,
      name: "\(table.name)_pkey",
      relation: relation,
      columns: columns
    )
  }
}

/// A name in quotes where SQL needs them.
func quoteIdentifier(_ name: String) -> String {
  String(decoding: quotedIdentifier(Array(name.utf8)), as: UTF8.self)
}

/// The parts of a written name, folded to lower case where they are not in quotes.
func identifierParts(_ text: String) -> [String] {
  var parts: [String] = []
  var current = ""
  var isQuoted = false
  var characters = Array(text)[...]
  while let character = characters.popFirst() {
    if character == "\"" {
      if isQuoted, characters.first == "\"" {
        current.append("\"")
        characters.removeFirst()
      } else {
        isQuoted.toggle()
      }
    } else if character == ".", !isQuoted {
      parts.append(current)
      current = ""
    } else {
      current += isQuoted ? String(character) : character.lowercased()
    }
  }
  return parts + [current]
}
