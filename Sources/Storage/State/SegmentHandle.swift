internal import Catalog
internal import Columnar
internal import Synchronization
internal import SystemIO

/// What log and manifest say of a segment file.
struct SegmentReference: Equatable, Sendable {
  /// Names the file: at least 1, never reused while a reference exists.
  var number: UInt32
  var rowCount: Int
  var sizeBytes: Int64
  var contentHash: [UInt8]

  init(number: UInt32, summary: SegmentSummary) {
    self.number = number
    rowCount = summary.rowCount
    sizeBytes = summary.sizeBytes
    contentHash = summary.contentHash
  }

  /// What the file must be.
  var summary: SegmentSummary {
    SegmentSummary(rowCount: rowCount, sizeBytes: sizeBytes, contentHash: contentHash)
  }

  func encode(to writer: inout ByteWriter) {
    writer.write(number)
    writer.writeCount(rowCount)
    writer.write(sizeBytes)
    writer.write(contentHash)
  }

  init(from reader: inout ByteReader) throws(CodingError) {
    let start = reader.offset
    number = try reader.read(UInt32.self)
    let rows = try reader.readVariable()
    guard number >= 1, number < 1 << 31, rows >= 1, rows < 1 << 31 else {
      throw .invalid(field: "segment reference", offset: start)
    }
    rowCount = Int(rows)
    sizeBytes = try reader.read(Int64.self)
    contentHash = try reader.readBytes()
  }
}

/// An open segment file; goes from the disk with its last reader once it is obsolete.
final class SegmentHandle: Sendable {
  let reference: SegmentReference
  let file: SegmentFile
  let path: String
  private let fileSystem: any FileSystem
  private let isObsolete = Atomic(false)
  private let successor = Mutex<RowMap?>(nil)

  init(_ reference: SegmentReference, file: SegmentFile, path: String, fileSystem: any FileSystem) {
    self.reference = reference
    self.file = file
    self.path = path
    self.fileSystem = fileSystem
  }

  deinit {
    guard isObsolete.load(ordering: .acquiring) else { return }
    // A file that stays is removed when the store is opened next.
    do throws(IOError) { try fileSystem.remove(path) } catch {}
  }

  /// No durable state refers to the file any more: the last snapshot's end removes it.
  func becomeObsolete() { isObsolete.store(true, ordering: .releasing) }

  /// Where the rows went when the segment was compacted.
  var movedTo: RowMap? {
    get { successor.withLock { $0 } }
    set { successor.withLock { $0 = newValue } }
  }
}

/// Names of the files in a data directory.
enum FileNames {
  static let manifest = "MANIFEST"
  static let lock = "LOCK"

  static func segment(_ number: UInt32) -> String { "segment-\(padded(UInt64(number))).seg" }
  static func delta(_ number: UInt64) -> String { "delta-\(padded(number)).dlt" }

  static func segmentNumber(_ name: String) -> UInt32? {
    self.number(name, "segment-", ".seg").flatMap { UInt32(exactly: $0) }
  }
  static func deltaNumber(_ name: String) -> UInt64? { number(name, "delta-", ".dlt") }

  private static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits
  }

  private static func number(_ name: String, _ prefix: String, _ suffix: String) -> UInt64? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    return UInt64(name.dropFirst(prefix.count).dropLast(suffix.count))
  }
}
