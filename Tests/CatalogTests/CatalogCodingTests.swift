import Catalog
import Columnar
import Testing

private func sampleCatalog() -> CatalogSnapshot {
  let types: [LogicalType] = [
    .boolean, .smallint, .integer, .bigint, .numeric(nil),
    .numeric(NumericShape(precision: 15, scale: 2)), .real, .double, .text, .varchar(nil),
    .varchar(20), .char(3), .uuid, .date, .time, .timestamp, .timestamptz, .interval, .jsonb,
    .bytea, .array(.bigint),
  ]
  let columns = types.enumerated().map { index, type in
    ColumnDefinition(
      id: ColumnID(UInt32(index)),
      name: "c\(index)",
      type: type,
      isNullable: index % 2 == 0,
      defaultText: index % 3 == 0 ? "1 + \(index)" : nil,
      missingValue: index % 4 == 0 ? .int64(Int64(index)) : .null
    )
  }
  var table = TableDefinition(
    id: TableID(7),
    name: "everything",
    columns: columns,
    primaryKey: [ColumnID(3)],
    partitionColumn: ColumnID(16),
    sortKey: [ColumnID(2), ColumnID(16)],
    tenantColumn: ColumnID(2),
    retainMonths: 36
  )
  table.generation = 3
  table.coldCompression = .zstd
  var catalog = CatalogSnapshot()
  catalog.apply(.createSchema("crm"))
  catalog.apply(.createTable(table))
  catalog.apply(
    .createView(
      ViewDefinition(schema: "crm", name: "v", columnNames: ["a", "б"], text: "SELECT 1, 2")
    )
  )
  catalog.apply(
    .createReport(
      ReportDefinition(
        name: "sales",
        parameters: [
          ReportParameter(name: "from", type: .date, defaultText: nil),
          ReportParameter(name: "ids", type: .array(.bigint), defaultText: "NULL"),
        ],
        text: "SELECT :from"
      )
    )
  )
  return catalog
}

private func sampleReplication() -> ReplicationDefinition {
  var deals = ReplicatedTable(
    source: RelationName(schema: "sales", name: "deals"),
    target: RelationName(schema: "public", name: "deals")
  )
  deals.sourceOID = 16_405
  deals.table = TableID(7)
  deals.state = .resyncing
  deals.reason = "columns changed"
  deals.copiedAt = 0x16_b374_d848
  deals.resyncCount = 2
  deals.fingerprint = "16405:16410"
  deals.columns = [
    ReplicatedColumn(attribute: 1, column: ColumnID(0), typeOID: 20, modifier: -1),
    ReplicatedColumn(attribute: 3, column: ColumnID(4), typeOID: 1700, modifier: 983_046),
  ]
  deals.partitionColumn = "created_at"
  deals.sortKey = ["created_at", "id"]
  deals.tenantColumn = "tenant_id"
  let leads = ReplicatedTable(
    source: RelationName(schema: "public", name: "leads"),
    target: RelationName(schema: "public", name: "leads")
  )
  var replication = ReplicationDefinition(
    name: "crm",
    connection: "host=source password=secret",
    publication: "p",
    slot: "s",
    tables: [deals, leads]
  )
  replication.ownsSlot = false
  replication.healsLostSlot = false
  replication.revision = 9
  replication.state = .stopped
  replication.pauseAt = 77
  replication.failure = ReplicationDefinition.Failure(name: "SlotLost", text: "it is gone")
  replication.identity = ClusterIdentity(systemIdentifier: .max, timeline: 3)
  return replication
}

@Test func `replications come back from their bytes, and damaged bytes are an error`() throws {
  var catalog = CatalogSnapshot()
  #expect(!catalog.hasReplications)
  catalog.apply(.putReplication(sampleReplication()))
  #expect(catalog.hasReplications)
  #expect(catalog.replication(of: TableID(7))?.name == "crm")
  #expect(catalog.replication(of: TableID(8)) == nil)
  var writer = ByteWriter()
  catalog.encodeReplications(to: &writer)
  var reader = ByteReader(writer.bytes)
  var copy = CatalogSnapshot()
  try copy.readReplications(from: &reader)
  #expect(reader.remaining == 0)
  #expect(copy.replications == catalog.replications)
  for count in writer.bytes.indices {
    var reader = ByteReader(Array(writer.bytes[..<count]))
    var other = CatalogSnapshot()
    #expect(throws: CodingError.self) { try other.readReplications(from: &reader) }
    for bit in 0..<8 {
      var changed = writer.bytes
      changed[count] ^= 1 << bit
      var reader = ByteReader(changed)
      try? other.readReplications(from: &reader)
    }
  }
  catalog.apply(.dropReplication("crm"))
  #expect(!catalog.hasReplications)
}

private func bytes(of catalog: CatalogSnapshot) -> [UInt8] {
  var writer = ByteWriter()
  catalog.encode(to: &writer)
  return writer.bytes
}

@Test func `a catalog comes back from its bytes as it was`() throws {
  let catalog = sampleCatalog()
  var reader = ByteReader(bytes(of: catalog))
  let copy = try CatalogSnapshot(from: &reader)
  #expect(reader.remaining == 0)
  #expect(bytes(of: copy) == bytes(of: catalog))
  #expect(copy.table(RelationName(schema: "public", name: "everything"))?.columns.count == 21)
  #expect(copy.version == catalog.version)
}

@Test func `a cut or changed catalog is an error and never a trap`() {
  let good = bytes(of: sampleCatalog())
  for count in 0..<good.count {
    var reader = ByteReader(Array(good[..<count]))
    #expect(throws: CodingError.self) { _ = try CatalogSnapshot(from: &reader) }
  }
  for index in good.indices {
    for bit in 0..<8 {
      var changed = good
      changed[index] ^= 1 << bit
      var reader = ByteReader(changed)
      _ = try? CatalogSnapshot(from: &reader)
    }
  }
}

@Test func `every change comes back from its bytes`() throws {
  let table = sampleCatalog().tables[TableID(7)]
  let definition = try #require(table)
  let changes: [CatalogChange] = [
    .createSchema("a"), .dropSchema("a"), .createTable(definition), .alterTable(definition),
    .dropTable(TableID(7)), .dropView(RelationName(schema: "s", name: "v")), .dropReport("r"),
    .truncate(TableID(7)), .dropPartition(TableID(7), PartitionKey(312)),
    .recordLoadedFile(TableID(7), contentHash: [1, 2, 3], name: "deals.csv"),
    .putReplication(sampleReplication()), .dropReplication("crm"),
  ]
  for change in changes {
    var writer = ByteWriter()
    change.encode(to: &writer)
    var reader = ByteReader(writer.bytes)
    var again = ByteWriter()
    try CatalogChange(from: &reader).encode(to: &again)
    #expect(reader.remaining == 0)
    #expect(again.bytes == writer.bytes)
  }
}

@Test func `a renamed table is found under its new name only`() {
  var catalog = sampleCatalog()
  guard var table = catalog.tables[TableID(7)] else { return }
  table.name = "renamed"
  catalog.apply(.alterTable(table))
  #expect(catalog.table(RelationName(schema: "public", name: "everything")) == nil)
  #expect(catalog.table(RelationName(schema: "public", name: "renamed"))?.id == TableID(7))
}
