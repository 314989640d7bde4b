// The manifest: all state at one commit, `MANIFEST`, replaced as a whole by each checkpoint.
//
//   offset  size  field
//        0     8  magic            "ALMNMANI"
//        8     4  u32 version      1
//       12     8  u64 size         bytes of the body
//       20     4  u32 checksum     CRC-32C of the body
//       24     4  u32 checksum     CRC-32C of bytes 0..<24
//       28     …  body
//
// Body: u64 sequence, i64 time, catalog, u32 nextSlot, u32 lastSegment, positions (string, u64),
// loaded files (u32 table, bytes hash, string), then per table
//   u32 id, per partition
//     i32 key, u32 slot, u64 nextDeltaRow
//     segments: reference, optional delete vector
//     delta: u64 firstRow, u64 file, i64 offset, count bytes, u32 checksum, optional delete vector
// then, to the end of the body, sections of definitions that came later, each only when there are any:
//   u8 tag, bytes: 1 replications, 2 rollups

internal import Catalog
internal import Columnar
internal import SystemIO

/// Writes and reads the manifest.
enum Manifest {
  static let magic = Array("ALMNMANI".utf8)
  static let version: UInt32 = 1
  static let headerBytes = 28

  /// The file's bytes for a state whose delta batches are all in delta files.
  static func encode(_ state: StoreState) -> [UInt8] {
    var body = ByteWriter()
    state.encode(to: &body)
    var writer = ByteWriter()
    writer.bytes = magic
    writer.write(version)
    writer.write(UInt64(body.bytes.count))
    writer.write(checksum(of: body.bytes))
    writer.write(checksum(of: writer.bytes))
    return writer.bytes + body.bytes
  }

  /// Reads the manifest of a directory.
  ///
  /// - Returns: The state, its segments without handles; nil when there is no manifest.
  static func read(
    directory: String,
    fileSystem: any FileSystem
  ) throws(StorageError) -> StoreState? {
    let path = "\(directory)/\(FileNames.manifest)"
    let bytes = try world { () throws(IOError) -> [UInt8]? in
      guard try fileSystem.exists(path) else { return nil }
      return try fileSystem.readFile(path, limitBytes: 1 << 34)
    }
    guard let bytes else { return nil }
    try checkHeader(bytes, path)
    var reader = ByteReader(bytes, from: headerBytes)
    var state: StoreState
    var places: [DeltaEntryPlace] = []
    do throws(CodingError) {
      state = try StoreState(from: &reader, places: &places)
      guard reader.remaining == 0 else {
        throw .invalid(field: "manifest end", offset: reader.offset)
      }
    } catch {
      throw .coding(error, file: path, base: 0)
    }
    for place in places {
      // A table's delta lies in one file or a few: they are read batch by batch, in order.
      let batch = try DeltaFile.read(place.place, directory: directory, fileSystem: fileSystem)
      guard state.adopt(batch, at: place) else {
        throw .corrupt(file: path, offset: Int64(headerBytes), what: "delta entry")
      }
    }
    do throws(ApplyError) {
      try state.indexDeltaKeys()
    } catch {
      throw .corrupt(file: path, offset: Int64(headerBytes), what: error.what)
    }
    return state
  }

  private static func checkHeader(_ bytes: [UInt8], _ path: String) throws(StorageError) {
    var reader = ByteReader(bytes, from: 8)
    let fields: (version: UInt32, size: UInt64, body: UInt32, head: UInt32)
    do throws(CodingError) {
      fields = (
        try reader.read(UInt32.self), try reader.read(UInt64.self), try reader.read(UInt32.self),
        try reader.read(UInt32.self)
      )
    } catch {
      throw .coding(error, file: path, base: 0)
    }
    guard checksum(of: Array(bytes.prefix(24))) == fields.head else {
      throw .corrupt(file: path, offset: 0, what: "manifest header")
    }
    guard Array(bytes.prefix(8)) == magic else { throw .foreign(path: path, what: "manifest") }
    guard fields.version == version else {
      throw .formatVersion(file: path, found: fields.version, supported: version)
    }
    let body = Array(bytes.dropFirst(headerBytes))
    guard UInt64(body.count) == fields.size, checksum(of: body) == fields.body else {
      throw .corrupt(file: path, offset: Int64(headerBytes), what: "manifest body")
    }
  }
}

/// A delta entry whose batch is still in its delta file.
struct DeltaEntryPlace {
  var table: TableID
  var partition: PartitionKey
  var firstRow: UInt64
  var place: DeltaPlace
  var deletions: DeleteVector?
}

extension StoreState {
  func encode(to writer: inout ByteWriter) {
    writer.write(sequence)
    writer.write(commitMicroseconds)
    catalog.encode(to: &writer)
    writer.write(nextSlot)
    writer.write(lastSegmentNumber)
    writer.writeCount(positions.count)
    for name in positions.keys.sorted() {
      writer.write(name)
      writer.write(positions[name] ?? 0)
    }
    writer.writeCount(loadedFiles.count)
    for file in loadedFiles.sorted(by: { ($0.table, $0.name) < ($1.table, $1.name) }) {
      writer.write(file.table.rawValue)
      writer.write(file.contentHash)
      writer.write(file.name)
    }
    writer.writeCount(tables.count)
    for id in tables.keys.sorted() {
      writer.write(id.rawValue)
      let partitions = (tables[id]?.partitions ?? [:]).values.sorted { $0.key < $1.key }
      writer.writeCount(partitions.count)
      for partition in partitions { partition.encode(to: &writer) }
    }
    if catalog.hasReplications {
      var section = ByteWriter()
      catalog.encodeReplications(to: &section)
      writer.write(UInt8(1))
      writer.write(section.bytes)
    }
    if !catalog.rollups.isEmpty {
      var section = ByteWriter()
      catalog.encodeRollups(to: &section)
      writer.write(UInt8(2))
      writer.write(section.bytes)
    }
  }

  fileprivate init(
    from reader: inout ByteReader,
    places: inout [DeltaEntryPlace]
  ) throws(CodingError) {
    sequence = try reader.read(UInt64.self)
    commitMicroseconds = try reader.read(Int64.self)
    catalog = try CatalogSnapshot(from: &reader)
    nextSlot = try reader.read(UInt32.self)
    lastSegmentNumber = try reader.read(UInt32.self)
    for _ in 0..<(try reader.readCount()) {
      let name = try reader.readString()
      positions[name] = try reader.read(UInt64.self)
    }
    for _ in 0..<(try reader.readCount()) {
      let table = TableID(try reader.read(UInt32.self))
      let hash = try reader.readBytes()
      loadedFiles.insert(
        LoadedFile(table: table, contentHash: hash, name: try reader.readString())
      )
    }
    for _ in 0..<(try reader.readCount()) {
      let start = reader.offset
      let id = TableID(try reader.read(UInt32.self))
      guard let definition = catalog.tables[id], tables[id] == nil else {
        throw .invalid(field: "table", offset: start)
      }
      var table = TableState(definition)
      for _ in 0..<(try reader.readCount()) {
        try table.readPartition(&reader, slotLimit: nextSlot, places: &places)
      }
      tables[id] = table
    }
    guard tables.count == catalog.tables.count else {
      throw .invalid(field: "tables", offset: reader.offset)
    }
    while reader.remaining > 0 { try readSection(&reader) }
  }

  private mutating func readSection(_ reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    let tag = try reader.read(UInt8.self)
    var section = ByteReader(try reader.readBytes())
    switch tag {
    case 1: try catalog.readReplications(from: &section)
    case 2: try catalog.readRollups(from: &section)
    default: throw .invalid(field: "section \(tag)", offset: start)
    }
    guard section.remaining == 0 else { throw .invalid(field: "section end", offset: start) }
  }

  /// Puts a loaded batch in its place.
  fileprivate mutating func adopt(_ batch: DeltaBatch, at place: DeltaEntryPlace) -> Bool {
    guard var table = tables.removeValue(forKey: place.table) else { return false }
    defer { tables[place.table] = table }
    guard var partition = table.partitions.removeValue(forKey: place.partition) else {
      return false
    }
    defer { table.partitions[place.partition] = partition }
    if let last = partition.delta.last, last.rows.upperBound != place.firstRow { return false }
    guard place.firstRow + UInt64(batch.rowCount) <= partition.nextDeltaRow,
      place.deletions.map({ $0.rowCount == batch.rowCount }) ?? true
    else { return false }
    partition.delta.append(
      DeltaEntry(
        firstRow: place.firstRow,
        batch: batch,
        widened: table.widened(batch),
        deletions: place.deletions
      )
    )
    return true
  }

  /// Fills the key indexes of the delta, which the manifest does not hold.
  mutating func indexDeltaKeys() throws(ApplyError) {
    for id in tables.keys {
      guard var table = tables[id], !table.definition.primaryKey.isEmpty else { continue }
      for partition in table.partitions.values {
        for entry in partition.delta {
          try table.noteKeys(
            of: entry.batch,
            at: Locator.base(slot: partition.slot) + entry.firstRow
          )
        }
      }
      table.indexNewKeys()
      tables[id] = table
    }
  }
}

extension TableState {
  fileprivate mutating func readPartition(
    _ reader: inout ByteReader,
    slotLimit: UInt32,
    places: inout [DeltaEntryPlace]
  ) throws(CodingError) {
    let start = reader.offset
    let key = PartitionKey(try reader.read(Int32.self))
    let slot = try reader.read(UInt32.self)
    guard slot < slotLimit, partitions[key] == nil, partitionOfSlot[slot] == nil else {
      throw .invalid(field: "partition", offset: start)
    }
    var partition = PartitionState(key: key, slot: slot)
    partition.nextDeltaRow = try reader.read(UInt64.self)
    for _ in 0..<(try reader.readCount()) {
      let place = reader.offset
      let entry = try SegmentEntry(from: &reader)
      guard partitionOfSegment[entry.reference.number] == nil else {
        throw .invalid(field: "segment", offset: place)
      }
      partition.segments.append(entry)
      partitionOfSegment[entry.reference.number] = key
    }
    for _ in 0..<(try reader.readCount()) {
      let firstRow = try reader.read(UInt64.self)
      let place = try DeltaPlace(from: &reader)
      let deletions = try reader.readOptional { reader throws(CodingError) in
        try DeleteVector(from: &reader)
      }
      places.append(
        DeltaEntryPlace(
          table: definition.id,
          partition: key,
          firstRow: firstRow,
          place: place,
          deletions: deletions
        )
      )
    }
    partitions[key] = partition
    partitionOfSlot[slot] = key
  }
}

extension PartitionState {
  fileprivate func encode(to writer: inout ByteWriter) {
    writer.write(key.rawValue)
    writer.write(slot)
    writer.write(nextDeltaRow)
    writer.writeCount(segments.count)
    for entry in segments {
      entry.reference.encode(to: &writer)
      writer.writeOptional(entry.deletions) { $1.encode(to: &$0) }
    }
    writer.writeCount(delta.count)
    for entry in delta {
      precondition(entry.batch.storedPlace != nil, "a checkpoint needs delta rows in a file")
      writer.write(entry.firstRow)
      entry.batch.storedPlace?.encode(to: &writer)
      writer.writeOptional(entry.deletions) { $1.encode(to: &$0) }
    }
  }
}

extension SegmentEntry {
  fileprivate init(from reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    let reference = try SegmentReference(from: &reader)
    let deletions = try reader.readOptional { reader throws(CodingError) in
      try DeleteVector(from: &reader)
    }
    guard deletions.map({ $0.rowCount == reference.rowCount }) ?? true else {
      throw .invalid(field: "delete vector rows", offset: start)
    }
    self.init(reference: reference, handle: nil, source: nil, deletions: deletions)
  }
}

extension DeltaPlace {
  fileprivate func encode(to writer: inout ByteWriter) {
    writer.write(fileNumber)
    writer.write(offset)
    writer.writeCount(byteCount)
    writer.write(checksum)
  }

  fileprivate init(from reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    fileNumber = try reader.read(UInt64.self)
    offset = try reader.read(Int64.self)
    let bytes = try reader.readVariable()
    guard offset >= 0, bytes <= 1 << 40 else {
      throw .invalid(field: "delta place", offset: start)
    }
    byteCount = Int(bytes)
    checksum = try reader.read(UInt32.self)
  }
}
