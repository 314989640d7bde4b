internal import Columnar
internal import SystemIO

/// One commit record as it stands in a log file.
struct LogFrame {
  var sequence: UInt64
  /// Offset of the frame in the file.
  var offset: Int64
  /// Offset of the payload in the file.
  var payloadOffset: Int64 { offset + Int64(LogFormat.frameHeaderBytes) }
  var payload: [UInt8]
}

/// A log file, read and checked.
struct LogFile {
  var path: String
  var firstSequence: UInt64
  var salt: UInt64
  var frames: [LogFrame]
  /// Where the valid frames end; what lies behind was never promised and is to be cut.
  var validEnd: Int64
  var byteCount: Int64

  /// Reads a log file.
  ///
  /// - Parameters:
  ///   - fileSystem: Where it lies.
  ///   - path: Its path.
  ///   - isNewest: Whether no later file exists; only then may the tail be torn.
  /// - Returns: The file; nil when its creation was cut short, so that it never held anything.
  /// - Throws: ``StorageError/corrupt(file:offset:what:)`` when durable bytes are damaged.
  static func read(
    _ fileSystem: any FileSystem,
    path: String,
    isNewest: Bool
  ) throws(StorageError) -> LogFile? {
    let bytes = try world { () throws(IOError) in
      try fileSystem.readFile(path, limitBytes: 1 << 34)
    }
    guard let (first, salt) = try readHeader(bytes, path: path, isNewest: isNewest) else {
      return nil
    }
    var scanner = LogScanner(bytes: bytes, salt: salt, minimumSequence: first)
    var frames: [LogFrame] = []
    var next = first
    while scanner.offset < bytes.count {
      guard let frame = scanner.frame(at: scanner.offset), frame.sequence == expected(frame, next)
      else {
        if !isNewest || scanner.provesDurable(scanner.offset) {
          throw .corrupt(file: path, offset: Int64(scanner.offset), what: "log frame")
        }
        break
      }
      scanner.offset += frame.byteCount
      guard !frame.isMark else { continue }
      frames.append(
        LogFrame(
          sequence: frame.sequence,
          offset: Int64(frame.offset),
          payload: Array(bytes[frame.payload])
        )
      )
      next += 1
    }
    return LogFile(
      path: path,
      firstSequence: first,
      salt: salt,
      frames: frames,
      validEnd: Int64(scanner.offset),
      byteCount: Int64(bytes.count)
    )
  }

  private static func expected(_ frame: LogScanner.Frame, _ next: UInt64) -> UInt64 {
    frame.isMark ? next - 1 : next
  }

  private static func readHeader(
    _ bytes: [UInt8],
    path: String,
    isNewest: Bool
  ) throws(StorageError) -> (first: UInt64, salt: UInt64)? {
    func readFields() throws(CodingError) -> (version: UInt32, first: UInt64, salt: UInt64) {
      var reader = ByteReader(bytes, from: 8)
      let version = try reader.read(UInt32.self)
      _ = try reader.read(UInt32.self)
      return (version, try reader.read(UInt64.self), try reader.read(UInt64.self))
    }
    let head = Array(bytes.prefix(LogFormat.headerBytes))
    let isWhole =
      head.count == LogFormat.headerBytes && Array(head.prefix(60)).checksumBytes == head[60...]
    guard isWhole else {
      // Frames are written only after the header is durable.
      if isNewest && bytes.count <= LogFormat.headerBytes { return nil }
      throw .corrupt(file: path, offset: 0, what: "log header")
    }
    guard Array(head.prefix(8)) == LogFormat.magic, let fields = try? readFields() else {
      throw .foreign(path: path, what: "log")
    }
    guard fields.version == LogFormat.version else {
      throw .formatVersion(file: path, found: fields.version, supported: LogFormat.version)
    }
    return (fields.first, fields.salt)
  }
}

/// Finds frames in the bytes of a log file.
struct LogScanner {
  struct Frame {
    var offset: Int
    var sequence: UInt64
    var synced: UInt64
    var payload: Range<Int>
    var isMark: Bool { payload.isEmpty }
    var byteCount: Int { (payload.upperBound - offset + 7) / 8 * 8 }
  }

  let bytes: [UInt8]
  let salt: UInt64
  let minimumSequence: UInt64
  var offset = LogFormat.headerBytes

  init(bytes: [UInt8], salt: UInt64, minimumSequence: UInt64) {
    self.bytes = bytes
    self.salt = salt
    self.minimumSequence = minimumSequence
  }

  /// The valid frame at `offset`, if there is one.
  func frame(at offset: Int) -> Frame? {
    let headEnd = offset + LogFormat.frameHeaderBytes
    guard headEnd <= bytes.count else { return nil }
    let size = Int(word32(offset + 4))
    let sequence = word64(offset + 8)
    guard size <= bytes.count - headEnd, sequence &+ 1 >= minimumSequence else { return nil }
    let payload = headEnd..<(headEnd + size)
    let sum = LogFormat.frameChecksum(
      salt: salt,
      offset: Int64(offset),
      head: Array(bytes[(offset + 4)..<headEnd]),
      payload: bytes[payload]
    )
    guard sum == word32(offset) else { return nil }
    let frame = Frame(
      offset: offset,
      sequence: sequence,
      synced: word64(offset + 16),
      payload: payload
    )
    let end = offset + frame.byteCount
    guard end <= bytes.count, bytes[payload.upperBound..<end].allSatisfy({ $0 == 0 }) else {
      return nil
    }
    return frame
  }

  /// Whether a later frame shows that the bytes at `damaged` were durable once.
  func provesDurable(_ damaged: Int) -> Bool {
    var place = damaged + 8
    while place + LogFormat.frameHeaderBytes <= bytes.count {
      if let frame = frame(at: place), frame.synced > UInt64(damaged) { return true }
      place += 8
    }
    return false
  }

  private func word32(_ place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32($1 * 8) }
  }

  private func word64(_ place: Int) -> UInt64 {
    UInt64(word32(place)) | UInt64(word32(place + 4)) << 32
  }
}

extension [UInt8] {
  /// The little-endian bytes of this array's checksum.
  fileprivate var checksumBytes: ArraySlice<UInt8> {
    var writer = ByteWriter()
    writer.write(checksum(of: self))
    return writer.bytes[...]
  }
}
