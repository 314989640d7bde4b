package import Columnar

/// One change of the definitions, or of all rows of a table or partition; a commit holds any number of them.
package enum CatalogChange: Sendable {
  case createSchema(String)
  case dropSchema(String)
  case createTable(TableDefinition)
  case dropTable(TableID)
  /// Columns added, dropped or renamed, options set, the table renamed: the definition as it is now.
  case alterTable(TableDefinition)
  case createView(ViewDefinition)
  case dropView(RelationName)
  case createReport(ReportDefinition)
  case dropReport(String)
  /// Every row goes; the table starts a new generation.
  case truncate(TableID)
  case dropPartition(TableID, PartitionKey)
  /// A bulk-loaded file, by the hash of its bytes, so that loading it twice can be refused.
  case recordLoadedFile(TableID, contentHash: [UInt8], name: String)
  /// A replication as it is now, new or changed.
  case putReplication(ReplicationDefinition)
  /// The replication and its position go; its tables stay as ordinary ones.
  case dropReplication(String)
  case createRollup(RollupDefinition)
  case dropRollup(String)
}

extension CatalogSnapshot {
  /// The definitions after `change`.
  package mutating func apply(_ change: CatalogChange) {
    version += 1
    switch change {
    case .createSchema(let name): schemas.insert(name)
    case .dropSchema(let name): schemas.remove(name)
    case .createTable(let table):
      tables[table.id] = table
      tableNames[RelationName(schema: table.schema, name: table.name)] = table.id
      nextTableID = max(nextTableID, table.id.rawValue + 1)
    case .dropTable(let id):
      guard let table = tables.removeValue(forKey: id) else { return }
      tableNames[RelationName(schema: table.schema, name: table.name)] = nil
      rollups = rollups.filter { !$0.value.reads(id) }
    case .alterTable(let table):
      if let old = tables[table.id] {
        tableNames[RelationName(schema: old.schema, name: old.name)] = nil
      }
      tables[table.id] = table
      tableNames[RelationName(schema: table.schema, name: table.name)] = table.id
    case .createView(let view): views[RelationName(schema: view.schema, name: view.name)] = view
    case .dropView(let name): views[name] = nil
    case .createReport(let report): reports[report.name] = report
    case .dropReport(let name): reports[name] = nil
    case .truncate(let id): tables[id]?.generation += 1
    case .putReplication(let replication): replications[replication.name] = replication
    case .dropReplication(let name): replications[name] = nil
    case .createRollup(let rollup): add(rollup)
    case .dropRollup(let name): rollups[name] = nil
    case .dropPartition, .recordLoadedFile: break
    }
  }
}

extension CatalogChange {
  package func encode(to writer: inout ByteWriter) {
    switch self {
    case .createSchema(let name): writer.write(UInt8(1)); writer.write(name)
    case .dropSchema(let name): writer.write(UInt8(2)); writer.write(name)
    case .createTable(let table): writer.write(UInt8(3)); table.encode(to: &writer)
    case .dropTable(let id): writer.write(UInt8(4)); writer.write(id.rawValue)
    case .alterTable(let table): writer.write(UInt8(5)); table.encode(to: &writer)
    case .createView(let view): writer.write(UInt8(6)); view.encode(to: &writer)
    case .dropView(let name):
      writer.write(UInt8(7)); writer.write(name.schema); writer.write(name.name)
    case .createReport(let report): writer.write(UInt8(8)); report.encode(to: &writer)
    case .dropReport(let name): writer.write(UInt8(9)); writer.write(name)
    case .truncate(let id): writer.write(UInt8(10)); writer.write(id.rawValue)
    case .dropPartition(let id, let key):
      writer.write(UInt8(11)); writer.write(id.rawValue); writer.write(key.rawValue)
    case .recordLoadedFile(let id, let hash, let name):
      writer.write(UInt8(12)); writer.write(id.rawValue); writer.write(hash); writer.write(name)
    case .putReplication(let replication):
      writer.write(UInt8(13)); replication.encode(to: &writer)
    case .dropReplication(let name): writer.write(UInt8(14)); writer.write(name)
    case .createRollup(let rollup): writer.write(UInt8(40)); rollup.encode(to: &writer)
    case .dropRollup(let name): writer.write(UInt8(41)); writer.write(name)
    }
  }

  package init(from reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    switch try reader.read(UInt8.self) {
    case 1: self = .createSchema(try reader.readString())
    case 2: self = .dropSchema(try reader.readString())
    case 3: self = .createTable(try TableDefinition(from: &reader))
    case 4: self = .dropTable(TableID(try reader.read(UInt32.self)))
    case 5: self = .alterTable(try TableDefinition(from: &reader))
    case 6: self = .createView(try ViewDefinition(from: &reader))
    case 7:
      let schema = try reader.readString()
      self = .dropView(RelationName(schema: schema, name: try reader.readString()))
    case 8: self = .createReport(try ReportDefinition(from: &reader))
    case 9: self = .dropReport(try reader.readString())
    case 10: self = .truncate(TableID(try reader.read(UInt32.self)))
    case 11:
      let id = TableID(try reader.read(UInt32.self))
      self = .dropPartition(id, PartitionKey(try reader.read(Int32.self)))
    case 12:
      let id = TableID(try reader.read(UInt32.self))
      let hash = try reader.readBytes()
      self = .recordLoadedFile(id, contentHash: hash, name: try reader.readString())
    case 13: self = .putReplication(try ReplicationDefinition(from: &reader))
    case 14: self = .dropReplication(try reader.readString())
    case 40: self = .createRollup(try RollupDefinition(from: &reader))
    case 41: self = .dropRollup(try reader.readString())
    default: throw .invalid(field: "catalog change", offset: start)
    }
  }
}
