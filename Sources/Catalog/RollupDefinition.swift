package import Columnar

/// A rollup: aggregates of a table by keys, kept up to date; its rows are derived and never logged.
package struct RollupDefinition: Sendable, Equatable {
  /// The table id of its main part; parts that hold values have the ids that follow.
  package var id: TableID
  package var name: String
  package var table: TableID
  /// How many table ids it takes, ``id`` included.
  package var idCount: UInt32
  /// The CREATE ROLLUP statement as SQL text, with the names that columns had then.
  package var text: String
  /// The columns of the table that the text names, with these names: a renamed column is still found.
  package var columns: [ColumnID: String]
  /// The session's zone when it was created: what `date_trunc('day', at)` means.
  package var timeZone: String
  /// The table that each row of ``table`` is looked up in; nil: none.
  package var lookup: Lookup?

  /// A table that is joined by its primary key.
  package struct Lookup: Sendable, Equatable {
    package var table: TableID
    /// As ``RollupDefinition/columns``.
    package var columns: [ColumnID: String]

    package init(table: TableID, columns: [ColumnID: String]) {
      self.table = table
      self.columns = columns
    }
  }

  package init(
    id: TableID,
    name: String,
    table: TableID,
    idCount: UInt32,
    text: String,
    columns: [ColumnID: String],
    timeZone: String,
    lookup: Lookup? = nil
  ) {
    self.id = id
    self.name = name
    self.table = table
    self.idCount = idCount
    self.text = text
    self.columns = columns
    self.timeZone = timeZone
    self.lookup = lookup
  }

  /// Whether the rollup reads a column of a table.
  package func uses(_ column: ColumnID, of table: TableID) -> Bool {
    if table == self.table, columns[column] != nil { return true }
    return lookup?.table == table && lookup?.columns[column] != nil
  }

  /// Whether the rollup is of a table or looks rows up in it.
  package func reads(_ table: TableID) -> Bool { self.table == table || lookup?.table == table }
}

extension RollupDefinition {
  package func encode(to writer: inout ByteWriter) {
    writer.write(id.rawValue)
    writer.write(name)
    writer.write(table.rawValue)
    writer.write(lookup == nil ? idCount : idCount | Self.hasLookup)
    writer.write(text)
    writer.write(timeZone)
    Self.encode(columns, to: &writer)
    guard let lookup else { return }
    writer.write(lookup.table.rawValue)
    Self.encode(lookup.columns, to: &writer)
  }

  /// The bit of the number of ids that says that a look-up follows.
  private static let hasLookup: UInt32 = 1 << 31

  private static func encode(_ columns: [ColumnID: String], to writer: inout ByteWriter) {
    writer.writeCount(columns.count)
    for column in columns.keys.sorted() {
      writer.write(column.rawValue)
      writer.write(columns[column] ?? "")
    }
  }

  private static func readColumns(
    from reader: inout ByteReader
  ) throws(CodingError) -> [ColumnID: String] {
    var columns: [ColumnID: String] = [:]
    for _ in 0..<(try reader.readCount()) {
      let column = ColumnID(try reader.read(UInt32.self))
      columns[column] = try reader.readString()
    }
    return columns
  }

  /// Reads what ``encode(to:)`` wrote.
  package init(from reader: inout ByteReader) throws(CodingError) {
    id = TableID(try reader.read(UInt32.self))
    name = try reader.readString()
    table = TableID(try reader.read(UInt32.self))
    let count = try reader.read(UInt32.self)
    idCount = count & ~Self.hasLookup
    text = try reader.readString()
    timeZone = try reader.readString()
    columns = try Self.readColumns(from: &reader)
    guard count & Self.hasLookup != 0 else { return }
    let other = TableID(try reader.read(UInt32.self))
    lookup = Lookup(table: other, columns: try Self.readColumns(from: &reader))
  }
}

extension CatalogSnapshot {
  /// The rollups of a table, by name.
  package func rollups(of table: TableID) -> [RollupDefinition] {
    rollups.values.filter { $0.table == table }.sorted { $0.name < $1.name }
  }

  /// The rollups of a table and those that look rows up in it, by name.
  package func rollups(reading table: TableID) -> [RollupDefinition] {
    rollups.values.filter { $0.reads(table) }.sorted { $0.name < $1.name }
  }

  mutating func add(_ rollup: RollupDefinition) {
    rollups[rollup.name] = rollup
    nextTableID = max(nextTableID, rollup.id.rawValue + rollup.idCount)
  }

  /// Writes the rollups, as an own section behind everything else of the manifest.
  package func encodeRollups(to writer: inout ByteWriter) {
    writer.writeCount(rollups.count)
    for name in rollups.keys.sorted() { rollups[name]?.encode(to: &writer) }
  }

  /// Reads what ``encodeRollups(to:)`` wrote.
  package mutating func readRollups(from reader: inout ByteReader) throws(CodingError) {
    for _ in 0..<(try reader.readCount()) {
      let start = reader.offset
      let rollup = try RollupDefinition(from: &reader)
      guard tables[rollup.table] != nil, rollups[rollup.name] == nil,
        rollup.lookup.map({ tables[$0.table] != nil }) ?? true
      else {
        throw .invalid(field: "rollup", offset: start)
      }
      rollups[rollup.name] = rollup
    }
  }
}
