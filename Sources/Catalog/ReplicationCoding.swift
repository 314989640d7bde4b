// The stored form of replications: schema/format/manifest-v1.md draws it.

package import Columnar

extension ReplicationDefinition {
  package func encode(to writer: inout ByteWriter) {
    writer.write(name)
    writer.write(connection)
    writer.write(publication)
    writer.write(slot)
    writer.write(ownsPublication)
    writer.write(ownsSlot)
    writer.write(healsLostSlot)
    writer.write(revision)
    writer.write(state.rawValue)
    writer.writeOptional(pauseAt) { $0.write($1) }
    writer.writeOptional(failure) { writer, failure in
      writer.write(failure.name)
      writer.write(failure.text)
    }
    writer.writeOptional(identity) { writer, identity in
      writer.write(identity.systemIdentifier)
      writer.write(identity.timeline)
    }
    writer.writeCount(tables.count)
    for table in tables { table.encode(to: &writer) }
  }

  package init(from reader: inout ByteReader) throws(CodingError) {
    name = try reader.readString()
    connection = try reader.readString()
    publication = try reader.readString()
    slot = try reader.readString()
    ownsPublication = try reader.readBool()
    ownsSlot = try reader.readBool()
    healsLostSlot = try reader.readBool()
    revision = try reader.read(UInt32.self)
    let place = reader.offset
    guard let state = State(rawValue: try reader.read(UInt8.self)) else {
      throw .invalid(field: "replication state", offset: place)
    }
    self.state = state
    pauseAt = try reader.readOptional { reader throws(CodingError) in
      try reader.read(UInt64.self)
    }
    failure = try reader.readOptional { reader throws(CodingError) in
      let name = try reader.readString()
      return Failure(name: name, text: try reader.readString())
    }
    identity = try reader.readOptional { reader throws(CodingError) in
      let identifier = try reader.read(UInt64.self)
      return ClusterIdentity(
        systemIdentifier: identifier,
        timeline: try reader.read(UInt32.self)
      )
    }
    tables = []
    for _ in 0..<(try reader.readCount()) { tables.append(try ReplicatedTable(from: &reader)) }
  }
}

extension ReplicatedTable {
  fileprivate func encode(to writer: inout ByteWriter) {
    writer.write(source.schema)
    writer.write(source.name)
    writer.write(sourceOID)
    writer.write(target.schema)
    writer.write(target.name)
    writer.writeOptional(table) { $0.write($1.rawValue) }
    writer.write(state.rawValue)
    writer.writeOptional(reason) { $0.write($1) }
    writer.write(copiedAt)
    writer.write(resyncCount)
    writer.write(fingerprint)
    writer.writeCount(columns.count)
    for column in columns {
      writer.write(column.attribute)
      writer.write(column.column.rawValue)
      writer.write(column.typeOID)
      writer.write(column.modifier)
    }
    writer.writeOptional(partitionColumn) { $0.write($1) }
    writer.writeCount(sortKey.count)
    for name in sortKey { writer.write(name) }
    writer.writeOptional(tenantColumn) { $0.write($1) }
  }

  fileprivate init(from reader: inout ByteReader) throws(CodingError) {
    source = try Self.readName(&reader)
    sourceOID = try reader.read(UInt32.self)
    target = try Self.readName(&reader)
    table = try reader.readOptional { reader throws(CodingError) in
      TableID(try reader.read(UInt32.self))
    }
    let place = reader.offset
    guard let state = State(rawValue: try reader.read(UInt8.self)) else {
      throw .invalid(field: "replicated table's state", offset: place)
    }
    self.state = state
    reason = try Self.readText(&reader)
    copiedAt = try reader.read(UInt64.self)
    resyncCount = try reader.read(UInt32.self)
    fingerprint = try reader.readString()
    for _ in 0..<(try reader.readCount()) {
      let attribute = try reader.read(Int16.self)
      let column = ColumnID(try reader.read(UInt32.self))
      let typeOID = try reader.read(UInt32.self)
      columns.append(
        ReplicatedColumn(
          attribute: attribute,
          column: column,
          typeOID: typeOID,
          modifier: try reader.read(Int32.self)
        )
      )
    }
    partitionColumn = try Self.readText(&reader)
    for _ in 0..<(try reader.readCount()) { sortKey.append(try reader.readString()) }
    tenantColumn = try Self.readText(&reader)
  }

  private static func readName(_ reader: inout ByteReader) throws(CodingError) -> RelationName {
    let schema = try reader.readString()
    return RelationName(schema: schema, name: try reader.readString())
  }

  private static func readText(_ reader: inout ByteReader) throws(CodingError) -> String? {
    try reader.readOptional { reader throws(CodingError) in try reader.readString() }
  }
}

extension CatalogSnapshot {
  /// Whether ``encodeReplications(to:)`` has anything to write.
  package var hasReplications: Bool { !replications.isEmpty }

  /// Writes the replications in a stable order.
  package func encodeReplications(to writer: inout ByteWriter) {
    writer.writeCount(replications.count)
    for name in replications.keys.sorted() { replications[name]?.encode(to: &writer) }
  }

  /// Reads what ``encodeReplications(to:)`` wrote.
  package mutating func readReplications(from reader: inout ByteReader) throws(CodingError) {
    for _ in 0..<(try reader.readCount()) {
      let replication = try ReplicationDefinition(from: &reader)
      replications[replication.name] = replication
    }
  }
}
