import Catalog
import Columnar
import Planning
import Replication

/// A source table that cannot be kept here as it is; the text says why.
struct MappingProblem: Error {
  var text: String
}

/// How a source table's columns become columns here.
struct TableMapping {
  /// The table here; all its columns come from the source.
  var definition: TableDefinition
  /// In the order of the definition's columns.
  var columns: [ReplicatedColumn]

  /// The mapping that a replicated table has.
  init?(_ table: ReplicatedTable, _ catalog: CatalogSnapshot) {
    guard let definition = table.table.flatMap({ catalog.tables[$0] }) else { return nil }
    self.init(definition, table.columns)
  }

  init?(_ definition: TableDefinition, _ columns: [ReplicatedColumn]) {
    let ordered = definition.columns.compactMap { column in
      columns.first { $0.column == column.id }
    }
    guard ordered.count == definition.columns.count else { return nil }
    self.definition = definition
    self.columns = ordered
  }

  // MARK: New tables

  /// The table for a source table.
  ///
  /// - Parameters:
  ///   - source: As its catalog describes it.
  ///   - entry: Names of the target and what was said about partitions and order.
  ///   - types: Knows the types of all columns.
  ///   - published: Names of the columns that the publication holds; nil: all.
  ///   - old: What it takes the place of: columns that stay as they are keep their ids, and rollups with them.
  ///   - newID: The id where there is no old table.
  /// - Throws: ``MappingProblem`` for tables that cannot be followed.
  init(
    _ source: SourceTable,
    _ entry: ReplicatedTable,
    _ types: TypeDirectory,
    publishing published: [String]?,
    replacing old: TableMapping?,
    newID: TableID
  ) throws(MappingProblem) {
    let kept = source.columns.filter { !$0.isGenerated && published?.contains($0.name) ?? true }
    guard !source.key.isEmpty else {
      throw MappingProblem(text: "the source table has no primary key")
    }
    guard source.identity != .nothing else {
      throw MappingProblem(text: "the source table has REPLICA IDENTITY NOTHING")
    }
    var columns: [ColumnDefinition] = []
    var mapped: [ReplicatedColumn] = []
    var next = old?.definition.nextColumnID ?? 0
    for column in kept {
      let isWide = entry.columns.contains {
        $0.isWide && Int($0.attribute) == column.number && $0.typeOID == column.typeID
      }
      let type = isWide ? .numeric(nil) : types.logicalType(column.typeID, column.modifier)
      let id: ColumnID
      if let known = old?.column(column, type) {
        id = known
      } else {
        id = ColumnID(next)
        next += 1
      }
      columns.append(
        ColumnDefinition(
          id: id,
          name: column.name,
          type: type,
          // NOT NULL may go at the source without a word in the stream.
          isNullable: !source.key.contains(column.number)
        )
      )
      mapped.append(
        ReplicatedColumn(
          attribute: Int16(clamping: column.number),
          column: id,
          typeOID: column.typeID,
          modifier: isWide ? ReplicatedColumn.wideModifier : column.modifier
        )
      )
    }
    var definition = TableDefinition(
      id: old?.definition.id ?? newID,
      schema: entry.target.schema,
      name: entry.target.name,
      columns: columns
    )
    definition.nextColumnID = next
    definition.generation = old?.definition.generation ?? 0
    for number in source.key {
      guard let place = kept.firstIndex(where: { $0.number == number }) else {
        throw MappingProblem(text: "a column of the primary key is not published")
      }
      definition.primaryKey.append(columns[place].id)
    }
    try Self.arrange(&definition, kept, entry)
    self.definition = definition
    self.columns = mapped
  }

  /// The id of a source column that is kept in the same type.
  private func column(_ source: SourceTableColumn, _ type: LogicalType) -> ColumnID? {
    guard let place = columns.firstIndex(where: { Int($0.attribute) == source.number }),
      definition.columns[place].type == type
    else { return nil }
    return definition.columns[place].id
  }

  /// Partitions and order: as given, else by rule.
  private static func arrange(
    _ definition: inout TableDefinition,
    _ source: [SourceTableColumn],
    _ entry: ReplicatedTable
  ) throws(MappingProblem) {
    let names = definition.columns
    func id(_ name: String) throws(MappingProblem) -> ColumnID {
      guard let column = names.first(where: { $0.name == name }) else {
        throw MappingProblem(text: "the source table has no column \"\(name)\"")
      }
      return column.id
    }
    if let name = entry.partitionColumn {
      guard let column = names.first(where: { $0.name == name }), column.type.isPartitionable else {
        throw MappingProblem(
          text: "PARTITION BY MONTH needs a date or timestamp, which \"\(name)\" is not"
        )
      }
      definition.partitionColumn = column.id
    } else {
      definition.partitionColumn = partitionByRule(names, source)
    }
    for name in entry.sortKey { definition.sortKey.append(try id(name)) }
    if let name = entry.tenantColumn {
      let tenant = try id(name)
      definition.tenantColumn = tenant
      definition.sortKey = [tenant] + definition.sortKey.filter { $0 != tenant }
    }
    if definition.sortKey.isEmpty {
      definition.sortKey = definition.partitionColumn.map { [$0] } ?? definition.primaryKey
    }
  }

  /// `created_at` and its like where it takes no NULL, else the first date or timestamp that takes none, else none.
  private static func partitionByRule(
    _ columns: [ColumnDefinition],
    _ source: [SourceTableColumn]
  ) -> ColumnID? {
    let usable = zip(columns, source).filter { $0.type.isPartitionable && $1.isNotNull }.map(\.0)
    let usual = [
      "created_at", "created_on", "created", "inserted_at", "occurred_at", "happened_at",
    ]
    for name in usual {
      if let column = usable.first(where: { $0.name == name }) { return column.id }
    }
    return usable.first?.id
  }

  /// Whether rows of the other mapping are rows of this one as they are.
  func isSame(as other: TableMapping) -> Bool {
    definition.columns.map(\.name) == other.definition.columns.map(\.name)
      && definition.columns.map(\.type) == other.definition.columns.map(\.type)
      && definition.columns.map(\.isNullable) == other.definition.columns.map(\.isNullable)
      && columns.map(\.attribute) == other.columns.map(\.attribute)
      && columns.map(\.typeOID) == other.columns.map(\.typeOID)
      && definition.keyPlaces == other.definition.keyPlaces
      && place(definition.partitionColumn) == other.place(other.definition.partitionColumn)
      && place(definition.tenantColumn) == other.place(other.definition.tenantColumn)
      && definition.sortKey.map(place) == other.definition.sortKey.map(other.place)
  }

  private func place(_ id: ColumnID?) -> Int? { id.flatMap { definition.index(of: $0) } }

  // MARK: The stream

  /// How tuples become rows; nil when the relation is not what this mapping was made for.
  func layout(
    _ relation: SourceRelation,
    _ types: TypeDirectory,
    startLSN: LSN = .zero
  ) -> RelationLayout? {
    guard relation.columns.count == columns.count else { return nil }
    var layout = RelationLayout(columns: [], key: definition.keyPlaces, startLSN: startLSN)
    for (column, mapped) in zip(definition.columns, columns) {
      guard let place = relation.columns.firstIndex(where: { $0.name == column.name }) else {
        return nil
      }
      let described = relation.columns[place]
      guard described.typeID == mapped.typeOID,
        described.modifier == mapped.modifier || mapped.isWide
      else { return nil }
      layout.columns.append(
        RelationLayout.Column(
          source: place,
          typeID: types.codecID(described.typeID),
          type: column.type
        )
      )
    }
    guard isKey(of: relation) else { return nil }
    return layout
  }

  /// Whether the relation's key is ours; REPLICA IDENTITY FULL and a chosen index do not tell.
  private func isKey(of relation: SourceRelation) -> Bool {
    guard relation.identity == .primaryKey else { return true }
    let theirs = Set(relation.columns.filter(\.isKey).map(\.name))
    let ours = Set(definition.keyPlaces.map { definition.columns[$0].name })
    return theirs == ours
  }

  /// The mapping for a relation whose description changed.
  ///
  /// Columns are known by their attribute numbers; the catalog may be ahead of the stream, so that only what both say alike
  /// is believed.
  ///
  /// - Parameters:
  ///   - relation: As the stream describes it from now on.
  ///   - source: As the catalog describes it now.
  ///   - types: Knows the types of all columns.
  /// - Returns: The mapping, with ids for new columns.
  /// - Throws: ``MappingProblem`` when rows that are here cannot simply be read with the new columns.
  func evolved(
    to relation: SourceRelation,
    _ source: SourceTable,
    _ types: TypeDirectory
  ) throws(MappingProblem) -> TableMapping {
    var result = self
    var columns: [ColumnDefinition] = []
    var mapped: [ReplicatedColumn] = []
    for described in relation.columns {
      guard
        let known = source.columns.first(where: {
          $0.name == described.name && $0.typeID == described.typeID
            && $0.modifier == described.modifier
        })
      else { throw MappingProblem(text: "its columns changed again") }
      var entry = ReplicatedColumn(
        attribute: Int16(clamping: known.number),
        column: ColumnID(0),
        typeOID: described.typeID,
        modifier: described.modifier
      )
      let type = types.logicalType(described.typeID, described.modifier)
      if let old = self.columns.firstIndex(where: { $0.attribute == entry.attribute }) {
        var column = definition.columns[old]
        entry.column = column.id
        column.name = described.name
        if self.columns[old].isWide, self.columns[old].typeOID == entry.typeOID {
          entry.modifier = ReplicatedColumn.wideModifier
        }
        if self.columns[old].typeOID != entry.typeOID
          || self.columns[old].modifier != entry.modifier
        {
          guard column.type.widens(to: type) else {
            throw MappingProblem(
              text:
                "column \"\(described.name)\" changed from \(column.type.fullName) to \(type.fullName)"
            )
          }
          column.type = type
        }
        columns.append(column)
      } else {
        entry.column = ColumnID(result.definition.nextColumnID)
        result.definition.nextColumnID += 1
        columns.append(
          ColumnDefinition(
            id: entry.column,
            name: described.name,
            type: type,
            missingValue: try Self.missing(known, type)
          )
        )
      }
      mapped.append(entry)
    }
    let left = Set(columns.map(\.id))
    let needed =
      definition.primaryKey + definition.sortKey
      + [definition.partitionColumn, definition.tenantColumn].compactMap { $0 }
    guard needed.allSatisfy(left.contains) else {
      throw MappingProblem(text: "a column of its key, order or partitions was dropped")
    }
    result.definition.columns = columns
    result.columns = mapped
    guard result.isKey(of: relation) else { throw MappingProblem(text: "its primary key changed") }
    return result
  }

  /// The column of a numeric(p, s) that has refused a value which numeric without digits may hold; nil: another type's.
  func narrow(_ name: String) -> ReplicatedColumn? {
    guard let place = definition.columns.firstIndex(where: { $0.name == name }),
      case .numeric(_?) = definition.columns[place].type
    else { return nil }
    return columns[place]
  }

  /// What rows hold that were there before the column.
  private static func missing(
    _ column: SourceTableColumn,
    _ type: LogicalType
  ) throws(MappingProblem) -> Datum {
    guard let text = column.missingValue else { return .null }
    let bytes = Array(text.utf8)
    do throws(ValueError) {
      // The source has checked its JSON; its text is what is kept.
      return try Datum(parsing: bytes.span, as: type == .jsonb ? .text : type, .plain)
    } catch {
      throw MappingProblem(text: "the default of column \"\(column.name)\": \(error)")
    }
  }
}

extension ReplicatedTable {
  /// Asks for a copy in which a column is numeric without digits.
  mutating func widen(_ column: ReplicatedColumn, because reason: String) {
    let text = "\(reason); the column is numeric without digits here from now on"
    if let place = columns.firstIndex(where: { $0.attribute == column.attribute }) {
      columns[place].modifier = ReplicatedColumn.wideModifier
    } else {
      // It came with changes that were not committed.
      var column = column
      column.column = ColumnID(.max)
      column.modifier = ReplicatedColumn.wideModifier
      columns.append(column)
    }
    requestCopy(because: text)
  }
}

extension LogicalType {
  fileprivate var isPartitionable: Bool {
    switch self {
    case .date, .timestamp, .timestamptz: true
    default: false
    }
  }

  /// Whether every stored value is a value of `other` in the same lanes, so that PostgreSQL did not rewrite the table either.
  fileprivate func widens(to other: LogicalType) -> Bool {
    switch (self, other) {
    case (.varchar, .text), (.text, .text), (.varchar, .varchar(nil)): true
    case (.varchar(let old?), .varchar(let new?)): new >= old
    case (.numeric(let old?), .numeric(let new?)):
      old.scale == new.scale && new.precision >= old.precision && laneKind == other.laneKind
    default: self == other
    }
  }
}
