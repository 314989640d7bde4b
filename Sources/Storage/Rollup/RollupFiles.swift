// A rollup at rest: `rollup-<id>.rlp` says which rows it sums up and which files hold the groups. It is derived: a file
// that is missing, damaged or does not fit the table any more is no error, the rollup is made anew from the table.
//
//   offset  size  field
//        0     8  magic            "ALMNROLL"
//        8     4  u32 version      2
//       12     8  u64 size         bytes of the body
//       20     4  u32 checksum     CRC-32C of the body
//       24     4  u32 checksum     CRC-32C of bytes 0..<24
//       28     …  body
//
// Body: u32 rollup, string CREATE ROLLUP text, string zone, count columns (u32 id, string name),
// count segments (u32 number, bytes content hash, optional delete vector),
// count files (u32 table id, u32 file number, count rows, i64 bytes, bytes content hash), those of a table in the order in
// which they came. Groups are in segment files, `rollup-<id>-<number>.seg`; those of several files of a table add up.

package import Catalog
package import Columnar
internal import SystemIO

/// What a rollup's files hold: groups, and whose rows they sum up.
package struct RollupImage: Sendable {
  package var definition: RollupDefinition
  /// Segments of the table, each with what was deleted of it.
  package var covered: [SourceSnapshot]
  /// Groups of each of the rollup's tables, which add up; none: no groups.
  package var parts: [TableID: [SegmentFile]]

  package init(
    definition: RollupDefinition,
    covered: [SourceSnapshot],
    parts: [TableID: [SegmentFile]]
  ) {
    self.definition = definition
    self.covered = covered
    self.parts = parts
  }
}

/// Writes the groups of one of a rollup's tables, sorted by key.
package final class RollupPartWriter {
  private let writer: SegmentWriter
  private let store: Store
  private let path: String
  private let definition: TableDefinition

  fileprivate init(
    _ store: Store,
    _ path: String,
    _ definition: TableDefinition
  ) throws(StorageError) {
    var options = SegmentOptions()
    options.blockRowCount = store.options.blockRowCount
    writer = try SegmentWriter(
      fileSystem: store.fileSystem,
      path: path,
      definition: definition,
      partition: .whole,
      options: options
    )
    self.store = store
    self.path = path
    self.definition = definition
  }

  package func append(_ rows: Batch) throws(StorageError) { try writer.append(rows) }

  /// The finished file, open; nil when there was no row: then there is no file.
  package func finish() throws(StorageError) -> SegmentFile? {
    guard writer.rowCount > 0 else {
      writer.abandon()
      return nil
    }
    let summary = try writer.finish()
    return try SegmentFile.open(
      fileSystem: store.fileSystem,
      path: path,
      definition: definition,
      cache: store.cache,
      expected: summary
    )
  }

  package func abandon() { writer.abandon() }
}

extension Store {
  private static let rollupMagic = Array("ALMNROLL".utf8)
  private static let rollupVersion: UInt32 = 2

  private func rollupPath(_ id: TableID) -> String {
    "\(directory)/\(FileNames.rollup(id.rawValue))"
  }

  /// A writer for the groups of one of a rollup's tables.
  ///
  /// `number`: Not used by any file of the rollup that still stands.
  package func makeRollupPart(
    of rollup: TableID,
    number: UInt32,
    _ definition: TableDefinition
  ) throws(StorageError) -> RollupPartWriter {
    let path = "\(directory)/\(FileNames.rollupPart(rollup.rawValue, number))"
    try world { () throws(IOError) in
      if try fileSystem.exists(path) { try fileSystem.remove(path) }
    }
    return try RollupPartWriter(self, path, definition)
  }

  /// Makes an image the one that the next start finds, and removes the files of the one before.
  package func saveRollup(_ image: RollupImage) throws(StorageError) {
    var body = ByteWriter()
    body.write(image.definition.id.rawValue)
    body.write(image.definition.text)
    body.write(image.definition.timeZone)
    body.writeCount(image.definition.columns.count)
    for column in image.definition.columns.keys.sorted() {
      body.write(column.rawValue)
      body.write(image.definition.columns[column] ?? "")
    }
    let segments = image.covered.compactMap { source in
      source.segmentFile.map {
        (source.segmentNumber ?? 0, $0.summary.contentHash, source.deletions)
      }
    }
    precondition(segments.count == image.covered.count, "an image covers segments only")
    body.writeCount(segments.count)
    for (number, hash, deletions) in segments {
      body.write(number)
      body.write(hash)
      body.writeOptional(deletions) { $1.encode(to: &$0) }
    }
    let parts = image.parts.sorted { $0.key < $1.key }.flatMap { id, parts in
      parts.map { (id: id, part: $0) }
    }
    body.writeCount(parts.count)
    for (id, part) in parts {
      body.write(id.rawValue)
      body.write(FileNames.rollupPartNumber(part.path) ?? 0)
      body.writeCount(part.rowCount)
      body.write(part.summary.sizeBytes)
      body.write(part.summary.contentHash)
    }
    var writer = ByteWriter()
    writer.bytes = Self.rollupMagic
    writer.write(Self.rollupVersion)
    writer.write(UInt64(body.bytes.count))
    writer.write(checksum(of: body.bytes))
    writer.write(checksum(of: writer.bytes))
    try world { () throws(IOError) in
      try fileSystem.syncDirectory(directory)
      try fileSystem.replaceFile(
        rollupPath(image.definition.id),
        in: directory,
        with: writer.bytes + body.bytes
      )
    }
    try removeRollupParts(
      of: image.definition.id,
      except: Set(parts.compactMap { FileNames.rollupPartNumber($0.part.path) })
    )
  }

  /// The image of a rollup, if it is whole and the table still has all segments that it covers.
  ///
  /// - Parameters:
  ///   - definition: The rollup.
  ///   - tables: Its tables.
  ///   - sources: The table's sources as they are now.
  /// - Returns: nil: there is none that could be used.
  package func loadRollup(
    _ definition: RollupDefinition,
    tables: [TableDefinition],
    sources: [SourceSnapshot]
  ) -> RollupImage? {
    do throws(StorageError) {
      let path = rollupPath(definition.id)
      let bytes = try world { () throws(IOError) -> [UInt8]? in
        try fileSystem.exists(path) ? try fileSystem.readFile(path, limitBytes: 1 << 32) : nil
      }
      guard let bytes, let body = Self.checkedBody(bytes) else { return nil }
      do throws(CodingError) {
        var reader = ByteReader(body)
        return try read(&reader, definition, tables, sources)
      } catch {
        return nil
      }
    } catch {
      return nil
    }
  }

  private static func checkedBody(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 28, Array(bytes.prefix(8)) == rollupMagic else { return nil }
    var reader = ByteReader(bytes, from: 8)
    do throws(CodingError) {
      let version = try reader.read(UInt32.self)
      let size = try reader.read(UInt64.self)
      let bodySum = try reader.read(UInt32.self)
      let headSum = try reader.read(UInt32.self)
      let body = Array(bytes.dropFirst(28))
      guard version == rollupVersion, headSum == checksum(of: Array(bytes.prefix(24))),
        UInt64(body.count) == size, bodySum == checksum(of: body)
      else { return nil }
      return body
    } catch {
      return nil
    }
  }

  private func read(
    _ reader: inout ByteReader,
    _ definition: RollupDefinition,
    _ tables: [TableDefinition],
    _ sources: [SourceSnapshot]
  ) throws(CodingError) -> RollupImage? {
    guard try reader.read(UInt32.self) == definition.id.rawValue,
      try reader.readString() == definition.text, try reader.readString() == definition.timeZone
    else { return nil }
    for _ in 0..<(try reader.readCount()) {
      let column = ColumnID(try reader.read(UInt32.self))
      guard try reader.readString() == definition.columns[column] else { return nil }
    }
    var current: [UInt32: SourceSnapshot] = [:]
    for source in sources { if let number = source.segmentNumber { current[number] = source } }
    var image = RollupImage(definition: definition, covered: [], parts: [:])
    for _ in 0..<(try reader.readCount()) {
      let number = try reader.read(UInt32.self)
      let hash = try reader.readBytes()
      let deletions = try reader.readOptional { reader throws(CodingError) in
        try DeleteVector(from: &reader)
      }
      // Rows of a segment that is gone can not be taken away any more.
      guard var source = current[number], source.segmentFile?.summary.contentHash == hash,
        deletions.map({ $0.rowCount == source.source.rowCount }) ?? true
      else { return nil }
      source.deletions = deletions
      image.covered.append(source)
    }
    for _ in 0..<(try reader.readCount()) {
      let id = TableID(try reader.read(UInt32.self))
      let number = try reader.read(UInt32.self)
      let rows = Int(truncatingIfNeeded: try reader.readVariable())
      let size = try reader.read(Int64.self)
      let hash = try reader.readBytes()
      guard let table = tables.first(where: { $0.id == id }),
        let part = try? SegmentFile.open(
          fileSystem: fileSystem,
          path: "\(directory)/\(FileNames.rollupPart(definition.id.rawValue, number))",
          definition: table,
          cache: cache,
          expected: SegmentSummary(rowCount: rows, sizeBytes: size, contentHash: hash)
        ), part.hasColumns(of: table)
      else { return nil }
      image.parts[id, default: []].append(part)
    }
    return reader.remaining == 0 ? image : nil
  }

  // MARK: Removing

  /// Removes the files of rollups that are not there any more.
  package func removeRollups(except live: Set<TableID>) throws(StorageError) {
    try world { () throws(IOError) in
      for entry in try fileSystem.list(directory) {
        guard let id = FileNames.rollupID(entry.name), !live.contains(TableID(id)) else { continue }
        try fileSystem.remove("\(directory)/\(entry.name)")
      }
    }
  }

  private func removeRollupParts(
    of id: TableID,
    except numbers: Set<UInt32>
  ) throws(StorageError) {
    try world { () throws(IOError) in
      for entry in try fileSystem.list(directory) {
        guard FileNames.rollupID(entry.name) == id.rawValue,
          let number = FileNames.rollupPartNumber(entry.name), !numbers.contains(number)
        else { continue }
        try fileSystem.remove("\(directory)/\(entry.name)")
      }
    }
  }
}

extension SegmentFile {
  /// Whether the file's columns are those of a definition, type by type.
  fileprivate func hasColumns(of table: TableDefinition) -> Bool {
    footer.chunks.map(\.id) == table.columns.map(\.id)
      && footer.chunks.map(\.type) == table.columns.map(\.type)
  }
}

extension RowSource {
  /// Bytes of its blocks, in a file or in memory.
  package var storedByteCount: Int {
    if let file = self as? SegmentFile { return Int(file.summary.sizeBytes) }
    return (self as? DeltaBatch)?.byteCount ?? 0
  }
}

extension SourceSnapshot {
  /// The segment file, without columns that were added since.
  var segmentFile: SegmentFile? {
    var rows: any RowSource = source
    while let widened = rows as? WidenedSource { rows = widened.base }
    return rows as? SegmentFile
  }
}

extension FileNames {
  static func rollup(_ id: UInt32) -> String { "rollup-\(id).rlp" }
  static func rollupPart(_ id: UInt32, _ number: UInt32) -> String { "rollup-\(id)-\(number).seg" }

  /// The rollup that a file belongs to.
  static func rollupID(_ name: String) -> UInt32? {
    guard name.hasPrefix("rollup-"), let dot = name.lastIndex(of: ".") else { return nil }
    return UInt32(name[..<dot].split(separator: "-").dropFirst().first ?? "")
  }

  /// The number of a file of groups, by its name or path.
  static func rollupPartNumber(_ path: String) -> UInt32? {
    guard let name = path.split(separator: "/").last, name.hasPrefix("rollup-"),
      name.hasSuffix(".seg")
    else { return nil }
    let parts = name.dropLast(4).split(separator: "-")
    return parts.count == 3 ? UInt32(parts[2]) : nil
  }
}
