// The stored form of definitions: manifest and WAL hold these bytes. schema/format/catalog-v1.md draws them.

package import Columnar

extension LogicalType {
  /// Writes a code, then the typmod where the type has one.
  package func encode(to writer: inout ByteWriter) {
    switch self {
    case .boolean: writer.write(UInt8(1))
    case .smallint: writer.write(UInt8(2))
    case .integer: writer.write(UInt8(3))
    case .bigint: writer.write(UInt8(4))
    case .numeric(nil): writer.write(UInt8(5))
    case .numeric(let shape?) where !shape.isScaled:
      writer.write(UInt8(22))
      writer.write(UInt16(shape.precision))
      writer.write(Int16(shape.scale))
    case .numeric(let shape?):
      writer.write(UInt8(6))
      writer.write(UInt8(shape.precision))
      writer.write(UInt8(shape.scale))
    case .real: writer.write(UInt8(7))
    case .double: writer.write(UInt8(8))
    case .text: writer.write(UInt8(9))
    case .varchar(let limit):
      writer.write(UInt8(10))
      writer.write(Int32(limit ?? -1))
    case .char(let length):
      writer.write(UInt8(11))
      writer.write(Int32(length))
    case .uuid: writer.write(UInt8(12))
    case .date: writer.write(UInt8(13))
    case .time: writer.write(UInt8(14))
    case .timestamp: writer.write(UInt8(15))
    case .timestamptz: writer.write(UInt8(16))
    case .interval: writer.write(UInt8(17))
    case .jsonb: writer.write(UInt8(18))
    case .bytea: writer.write(UInt8(19))
    case .unknown: writer.write(UInt8(20))
    case .array(let element):
      writer.write(UInt8(21))
      element.type.encode(to: &writer)
    }
  }

  /// Reads what ``encode(to:)`` wrote.
  package init(from reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    switch try reader.read(UInt8.self) {
    case 1: self = .boolean
    case 2: self = .smallint
    case 3: self = .integer
    case 4: self = .bigint
    case 5: self = .numeric(nil)
    case 6:
      let precision = Int(try reader.read(UInt8.self))
      let scale = Int(try reader.read(UInt8.self))
      guard (1...38).contains(precision), scale <= precision else {
        throw .invalid(field: "numeric shape", offset: start)
      }
      self = .numeric(NumericShape(precision: precision, scale: scale))
    case 22:
      let precision = Int(try reader.read(UInt16.self))
      let scale = Int(try reader.read(Int16.self))
      guard (1...1_000).contains(precision), (-1_000...1_000).contains(scale) else {
        throw .invalid(field: "numeric shape", offset: start)
      }
      self = .numeric(NumericShape(precision: precision, scale: scale))
    case 7: self = .real
    case 8: self = .double
    case 9: self = .text
    case 10:
      let limit = try reader.read(Int32.self)
      self = .varchar(limit < 0 ? nil : Int(limit))
    case 11: self = .char(Int(try reader.read(Int32.self)))
    case 12: self = .uuid
    case 13: self = .date
    case 14: self = .time
    case 15: self = .timestamp
    case 16: self = .timestamptz
    case 17: self = .interval
    case 18: self = .jsonb
    case 19: self = .bytea
    case 20: self = .unknown
    case 21: self = try Self.readArray(from: &reader, start: start)
    default: throw .invalid(field: "type", offset: start)
    }
  }

  private static func readArray(
    from reader: inout ByteReader,
    start: Int
  ) throws(CodingError) -> LogicalType {
    // An array's element is never an array: the code is checked before it is read as a type.
    var ahead = reader
    guard try ahead.read(UInt8.self) != 21 else {
      throw .invalid(field: "element type", offset: start)
    }
    guard let element = ArrayElement(try LogicalType(from: &reader)) else {
      throw .invalid(field: "element type", offset: start)
    }
    return .array(element)
  }
}

extension ColumnDefinition {
  package func encode(to writer: inout ByteWriter) {
    writer.write(id.rawValue)
    writer.write(name)
    type.encode(to: &writer)
    writer.write(isNullable)
    writer.writeOptional(defaultText) { $0.write($1) }
    writer.write(missingValue)
  }

  package init(from reader: inout ByteReader) throws(CodingError) {
    self.init(
      id: ColumnID(try reader.read(UInt32.self)),
      name: try reader.readString(),
      type: try LogicalType(from: &reader),
      isNullable: try reader.readBool(),
      defaultText: try reader.readOptional { reader throws(CodingError) in try reader.readString()
      },
      missingValue: try reader.readDatum()
    )
  }
}

extension TableDefinition {
  package func encode(to writer: inout ByteWriter) {
    writer.write(id.rawValue)
    writer.write(schema)
    writer.write(name)
    writer.write(generation)
    writer.writeCount(columns.count)
    for column in columns { column.encode(to: &writer) }
    writer.write(nextColumnID)
    for ids in [primaryKey, sortKey] {
      writer.writeCount(ids.count)
      for id in ids { writer.write(id.rawValue) }
    }
    writer.writeOptional(partitionColumn) { $0.write($1.rawValue) }
    writer.writeOptional(tenantColumn) { $0.write($1.rawValue) }
    writer.writeOptional(retainMonths) { $0.write(Int32($1)) }
    writer.write(coldCompression.rawValue)
  }

  package init(from reader: inout ByteReader) throws(CodingError) {
    let id = TableID(try reader.read(UInt32.self))
    let schema = try reader.readString()
    let name = try reader.readString()
    let generation = try reader.read(UInt32.self)
    var columns: [ColumnDefinition] = []
    for _ in 0..<(try reader.readCount()) { columns.append(try ColumnDefinition(from: &reader)) }
    self.init(id: id, schema: schema, name: name, columns: columns)
    self.generation = generation
    nextColumnID = try reader.read(UInt32.self)
    primaryKey = try Self.readIDs(&reader)
    sortKey = try Self.readIDs(&reader)
    partitionColumn = try reader.readOptional { reader throws(CodingError) in
      ColumnID(try reader.read(UInt32.self))
    }
    tenantColumn = try reader.readOptional { reader throws(CodingError) in
      ColumnID(try reader.read(UInt32.self))
    }
    retainMonths = try reader.readOptional { reader throws(CodingError) in
      Int(try reader.read(Int32.self))
    }
    let offset = reader.offset
    guard let compression = BlockCompression(rawValue: try reader.read(UInt8.self)) else {
      throw .invalid(field: "compression", offset: offset)
    }
    coldCompression = compression
  }

  private static func readIDs(_ reader: inout ByteReader) throws(CodingError) -> [ColumnID] {
    var ids: [ColumnID] = []
    for _ in 0..<(try reader.readCount()) { ids.append(ColumnID(try reader.read(UInt32.self))) }
    return ids
  }
}
