package import Columnar

extension CatalogSnapshot {
  /// Writes all definitions in a stable order, so that equal catalogs give equal bytes.
  package func encode(to writer: inout ByteWriter) {
    writer.writeCount(schemas.count)
    for schema in schemas.sorted() { writer.write(schema) }
    writer.writeCount(tables.count)
    for id in tables.keys.sorted() { tables[id]?.encode(to: &writer) }
    let ordered = views.values.sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
    writer.writeCount(ordered.count)
    for view in ordered { view.encode(to: &writer) }
    writer.writeCount(reports.count)
    for report in reports.values.sorted(by: { $0.name < $1.name }) { report.encode(to: &writer) }
    writer.write(nextTableID)
    writer.write(version)
  }

  /// Reads what ``encode(to:)`` wrote.
  package init(from reader: inout ByteReader) throws(CodingError) {
    self.init()
    schemas = []
    for _ in 0..<(try reader.readCount()) { schemas.insert(try reader.readString()) }
    for _ in 0..<(try reader.readCount()) {
      let table = try TableDefinition(from: &reader)
      tables[table.id] = table
      tableNames[RelationName(schema: table.schema, name: table.name)] = table.id
    }
    for _ in 0..<(try reader.readCount()) {
      let view = try ViewDefinition(from: &reader)
      views[RelationName(schema: view.schema, name: view.name)] = view
    }
    for _ in 0..<(try reader.readCount()) {
      let report = try ReportDefinition(from: &reader)
      reports[report.name] = report
    }
    nextTableID = try reader.read(UInt32.self)
    version = try reader.read(UInt64.self)
  }
}

extension ViewDefinition {
  package func encode(to writer: inout ByteWriter) {
    writer.write(schema)
    writer.write(name)
    writer.writeCount(columnNames.count)
    for name in columnNames { writer.write(name) }
    writer.write(text)
  }

  package init(from reader: inout ByteReader) throws(CodingError) {
    schema = try reader.readString()
    name = try reader.readString()
    columnNames = []
    for _ in 0..<(try reader.readCount()) { columnNames.append(try reader.readString()) }
    text = try reader.readString()
  }
}

extension ReportDefinition {
  package func encode(to writer: inout ByteWriter) {
    writer.write(name)
    writer.writeCount(parameters.count)
    for parameter in parameters {
      writer.write(parameter.name)
      parameter.type.encode(to: &writer)
      writer.writeOptional(parameter.defaultText) { $0.write($1) }
    }
    writer.write(text)
  }

  package init(from reader: inout ByteReader) throws(CodingError) {
    name = try reader.readString()
    parameters = []
    for _ in 0..<(try reader.readCount()) {
      parameters.append(
        ReportParameter(
          name: try reader.readString(),
          type: try LogicalType(from: &reader),
          defaultText: try reader.readOptional { reader throws(CodingError) in
            try reader.readString()
          }
        )
      )
    }
    text = try reader.readString()
  }
}
