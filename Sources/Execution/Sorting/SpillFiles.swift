internal import ColumnEncoding
internal import Columnar
internal import SystemIO

// Temporary files of rows. A file is a list of batches:
//
//   u32 rows, u32 bytes that follow, u32 CRC-32C of them, then for each column
//   u8 whether NULLs follow, lanes (or u32 lengths and then the strings), validity words
//
// A file is unlinked as soon as it is open, so nothing is left whatever ends the process.

/// Where one statement's temporary files go.
final class SpillDirectory: Sendable {
  private let fileSystem: any FileSystem
  private let directory: String

  init(_ fileSystem: any FileSystem, at directory: String) {
    self.fileSystem = fileSystem
    self.directory = directory
  }

  /// A new file without a name.
  func makeFile() throws(ExecutionError) -> any File {
    do throws(IOError) {
      return try fileSystem.openUnnamed(in: directory)
    } catch {
      throw ExecutionError(error)
    }
  }
}

/// Batches written one after the other.
final class SpillFile {
  let file: any File
  /// Where each batch begins, and where the last ends.
  let starts: [Int64]
  let rowCount: Int

  init(_ file: any File, starts: [Int64], rowCount: Int) {
    self.file = file
    self.starts = starts
    self.rowCount = rowCount
  }

  deinit { try? file.close() }

  var batchCount: Int { starts.count - 1 }
}

/// Writes batches to a new temporary file.
final class SpillWriter {
  private let file: any File
  private let kinds: [LaneKind]
  private var starts: [Int64] = [0]
  private var rowCount = 0
  private var image: [UInt8] = []

  init(_ directory: SpillDirectory, kinds: [LaneKind]) throws(ExecutionError) {
    file = try directory.makeFile()
    self.kinds = kinds
  }

  var byteCount: Int { Int(starts.last ?? 0) }
  var writtenRows: Int { rowCount }
  var writtenBatches: Int { starts.count - 1 }

  /// Appends rows 0..<`count`.
  func append(_ columns: [Vector], count: Int) throws(ExecutionError) {
    guard count > 0 else { return }
    image.removeAll(keepingCapacity: true)
    image.append(contentsOf: [UInt8](repeating: 0, count: 12))
    for column in columns { SpillImage.append(column, count, to: &image) }
    let body = image.count - 12
    let checksum = SpillImage.checksum(image, from: 12)
    SpillImage.store(UInt32(count), in: &image, at: 0)
    SpillImage.store(UInt32(body), in: &image, at: 4)
    SpillImage.store(checksum, in: &image, at: 8)
    let offset = starts[starts.count - 1]
    let image = self.image
    do throws(IOError) {
      try write(image, at: offset)
    } catch {
      throw ExecutionError(error)
    }
    starts.append(offset + Int64(image.count))
    rowCount += count
  }

  private func write(_ image: [UInt8], at offset: Int64) throws(IOError) {
    var failure: IOError?
    unsafe image.withUnsafeBytes { bytes in
      do throws(IOError) {
        unsafe try file.write(bytes, at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Ends writing; nothing is synced, the file is of use to this process only.
  func finish() throws(ExecutionError) -> SpillFile {
    SpillFile(file, starts: starts, rowCount: rowCount)
  }
}

extension SpillFile {
  /// Fills `batch`, whose kinds are those that were written, with the rows of a batch; any thread may.
  ///
  /// `image` is scratch.
  func read(
    _ number: Int,
    into batch: Batch,
    _ image: inout [UInt8]
  ) throws(ExecutionError) {
    let start = starts[number]
    let size = Int(starts[number + 1] - start)
    try load(size, at: start, &image)
    let rows = Int(SpillImage.load(image, at: 0))
    guard size >= 12, Int(SpillImage.load(image, at: 4)) == size - 12,
      SpillImage.load(image, at: 8) == SpillImage.checksum(image, from: 12)
    else {
      throw .sql("XX001", "data corrupted in temporary file \(file.path) at offset \(start)")
    }
    var place = 12
    for column in batch.columns { place = SpillImage.read(image, place, rows, into: column) }
    batch.rowCount = rows
  }

  private func load(
    _ size: Int,
    at offset: Int64,
    _ image: inout [UInt8]
  ) throws(ExecutionError) {
    image = [UInt8](repeating: 0, count: size)
    var failure: IOError?
    var got = 0
    unsafe image.withUnsafeMutableBytes { bytes in
      do throws(IOError) {
        got = unsafe try file.read(into: bytes, at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw ExecutionError(failure) }
    guard got == size else {
      throw .sql("XX001", "temporary file \(file.path) is cut at offset \(offset)")
    }
  }
}

/// The bytes of vectors in a temporary file.
enum SpillImage {
  static func store(_ value: UInt32, in image: inout [UInt8], at place: Int) {
    for byte in 0..<4 { image[place + byte] = UInt8(truncatingIfNeeded: value >> UInt32(byte * 8)) }
  }

  static func load(_ image: [UInt8], at place: Int) -> UInt32 {
    var value: UInt32 = 0
    for byte in 0..<4 { value |= UInt32(image[place + byte]) << UInt32(byte * 8) }
    return value
  }

  static func checksum(_ image: [UInt8], from place: Int) -> UInt32 {
    unsafe Checksum.of(image.span.bytes.extracting(place..<image.count))
  }

  /// Appends rows 0..<`count` of a vector.
  static func append(_ vector: Vector, _ count: Int, to image: inout [UInt8]) {
    image.append(vector.hasNulls ? 1 : 0)
    if vector.kind == .bytes {
      appendStrings(vector, count, to: &image)
    } else {
      vector.withLaneBytes(count) { bytes in
        unsafe bytes.withUnsafeBytes { unsafe image.append(contentsOf: $0) }
      }
      if vector.kind == .decimal { appendWides(vector, count, to: &image) }
    }
    guard vector.hasNulls else { return }
    let words = vector.validity
    for word in 0..<(count + 63) / 64 {
      unsafe withUnsafeBytes(of: words[word].littleEndian) { unsafe image.append(contentsOf: $0) }
    }
  }

  /// The limbs of numerics whose digits are not in their lanes, one behind the other.
  private static func appendWides(_ vector: Vector, _ count: Int, to image: inout [UInt8]) {
    guard vector.hasWides else { return }
    let lanes = vector.decimal
    for row in 0..<count where lanes[row].isWide {
      let limbs = lanes[row].limbBytes
      unsafe image.append(contentsOf: UnsafeBufferPointer(start: limbs.start, count: limbs.count))
    }
  }

  /// Gives wide lanes, which came with the addresses of another time, their limbs at `place`.
  ///
  /// - Returns: The place behind.
  private static func readWides(
    _ image: [UInt8],
    _ place: Int,
    _ rows: Int,
    into vector: Vector
  ) -> Int {
    var place = place
    var lanes = vector.mutableDecimal
    for row in 0..<rows where lanes[row].isWide {
      let count = lanes[row].limbByteCount
      let limbs = vector.store(image.span.extracting(place..<place + count))
      let lane = lanes[row]
      lanes[row] = Decimal(limbs: limbs, isNegative: lane.signum < 0, scale: Int(lane.scale))
      vector.markWide()
      place += count
    }
    return place
  }

  private static func appendStrings(_ vector: Vector, _ count: Int, to image: inout [UInt8]) {
    for row in 0..<count {
      let length = vector.isValid(row) ? UInt32(bytesView(vector, row).count) : 0
      unsafe withUnsafeBytes(of: length.littleEndian) { unsafe image.append(contentsOf: $0) }
    }
    for row in 0..<count where vector.isValid(row) {
      let view = bytesView(vector, row)
      unsafe image.append(contentsOf: UnsafeBufferPointer(start: view.start, count: view.count))
    }
  }

  /// Fills `vector` with `rows` rows from `place` on; the image's checksum was right.
  ///
  /// - Returns: The place behind.
  static func read(_ image: [UInt8], _ place: Int, _ rows: Int, into vector: Vector) -> Int {
    vector.reset()
    vector.reserve(rows)
    let hasNulls = image[place] != 0
    var place = place + 1
    if vector.kind == .bytes {
      var next = place + rows * 4
      for row in 0..<rows {
        let length = Int(load(image, at: place + row * 4))
        let view = vector.store(image.span.extracting(next..<next + length))
        var out = vector.mutableViews
        out[row] = view
        next += length
      }
      place = next
    } else {
      let size = rows * vector.kind.strideBytes
      unsafe vector.fillLanes(from: image.span.bytes.extracting(place..<place + size))
      place += size
      if vector.kind == .decimal { place = readWides(image, place, rows, into: vector) }
    }
    guard hasNulls else { return place }
    vector.beginNulls()
    var words = vector.mutableValidity
    for word in 0..<(rows + 63) / 64 {
      words[word] =
        UInt64(load(image, at: place)) | UInt64(load(image, at: place + 4)) << 32
      place += 8
    }
    return place
  }
}
