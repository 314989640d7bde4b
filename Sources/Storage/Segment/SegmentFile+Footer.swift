// Reading the frame of a segment file.

internal import ColumnEncoding
internal import Columnar
internal import SystemIO

extension SegmentFile {
  /// Reads and checks head, trailer and footer.
  static func readFooter(
    of file: any File,
    path: String
  ) throws(StorageError) -> (SegmentFooter, SegmentSummary) {
    let size = try world { () throws(IOError) in try file.size() }
    try checkHead(of: file, path: path)
    let (offset, count, checksum) = try readTrailer(of: file, path: path, size: size)
    let bytes = try world { () throws(IOError) in try file.read(byteCount: count, at: offset) }
    guard bytes.count == count, unsafe Checksum.of(bytes.span.bytes) == checksum else {
      throw .corrupt(file: path, offset: offset, what: "checksum of the footer")
    }
    do throws(CodingError) {
      let footer = try SegmentFooter(from: bytes)
      try checkPlaces(in: footer, below: offset)
      let summary = SegmentSummary(
        rowCount: footer.rowCount,
        sizeBytes: size,
        contentHash: contentHash(ofFooter: bytes)
      )
      return (footer, summary)
    } catch {
      throw .coding(error, file: path, base: offset)
    }
  }

  private static func checkHead(of file: any File, path: String) throws(StorageError) {
    let count = SegmentFormat.headBytes
    let head = try world { () throws(IOError) in try file.read(byteCount: count, at: 0) }
    guard head.count == count, Array(head.prefix(8)) == SegmentFormat.magic else {
      throw .foreign(path: path, what: "not a segment file")
    }
    do throws(CodingError) {
      var reader = ByteReader(head, from: 8)
      let version = try reader.read(UInt32.self)
      let checksum = try reader.read(UInt32.self)
      guard unsafe Checksum.of(Array(head.prefix(12)).span.bytes) == checksum else {
        throw CodingError.invalid(field: "checksum of the head", offset: 12)
      }
      guard version == SegmentFormat.version else {
        throw CodingError.invalid(field: "version \(version)", offset: 8)
      }
    } catch {
      throw .coding(error, file: path, base: 0)
    }
  }

  private static func readTrailer(
    of file: any File,
    path: String,
    size: Int64
  ) throws(StorageError) -> (offset: Int64, count: Int, checksum: UInt32) {
    let place = size - Int64(SegmentFormat.trailerBytes)
    guard place >= Int64(SegmentFormat.headBytes) else {
      throw .corrupt(file: path, offset: size, what: "truncated")
    }
    let bytes = try world { () throws(IOError) in
      try file.read(byteCount: SegmentFormat.trailerBytes, at: place)
    }
    guard bytes.count == SegmentFormat.trailerBytes,
      Array(bytes.suffix(8)) == SegmentFormat.magic
    else { throw .corrupt(file: path, offset: place, what: "truncated: no trailer") }
    do throws(CodingError) {
      var reader = ByteReader(bytes)
      let offset = try reader.read(Int64.self)
      let count = try reader.read(UInt32.self)
      let footerChecksum = try reader.read(UInt32.self)
      let version = try reader.read(UInt32.self)
      let checksum = try reader.read(UInt32.self)
      guard unsafe Checksum.of(Array(bytes.prefix(20)).span.bytes) == checksum,
        version == SegmentFormat.version, count <= UInt32(SegmentFormat.footerBytesMax),
        offset >= Int64(SegmentFormat.headBytes), offset + Int64(count) == place
      else { throw CodingError.invalid(field: "trailer", offset: 0) }
      return (offset, Int(count), footerChecksum)
    } catch {
      throw .coding(error, file: path, base: place)
    }
  }

  /// Pages must tile the bytes between head and footer, so that every byte is under a checksum.
  private static func checkPlaces(
    in footer: SegmentFooter,
    below end: Int64
  ) throws(CodingError) {
    var pages = footer.allPages
    pages.sort { $0.offset < $1.offset }
    var next = Int64(SegmentFormat.headBytes)
    for page in pages {
      guard page.offset == next else { throw .invalid(field: "page place", offset: Int(next)) }
      next = page.end
    }
    guard next == end else { throw .invalid(field: "page place", offset: Int(next)) }
  }
}

extension SegmentFooter {
  /// Every page of the file.
  var allPages: [PageReference] {
    var pages: [PageReference] = []
    for chunk in chunks {
      pages += chunk.blocks
      if let dictionary = chunk.dictionary { pages.append(dictionary) }
      if let symbols = chunk.symbols { pages.append(symbols) }
    }
    if let keys {
      pages += keys.pages
      if case .hashed(_, let filter) = keys.form { pages.append(filter) }
    }
    return pages
  }
}
