// A delta file: delta batches that a checkpoint took over from the log, `delta-<number>.dlt`.
//
//   offset  size  field
//        0     8  magic            "ALMNDELT"
//        8     4  u32 version      1
//       12     8  u64 number       as in the name
//       20     4  u32 checksum     CRC-32C of bytes 0..<20
//       24     …  encoded delta batches; the manifest holds offset, size and checksum of each

internal import Columnar
internal import SystemIO

/// Writes and reads delta files.
enum DeltaFile {
  static let magic = Array("ALMNDELT".utf8)
  static let version: UInt32 = 1
  static let headerBytes = 24
  /// Bytes collected before they are written.
  private static let writeBytes = 4 << 20

  static func header(number: UInt64) -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes = magic
    writer.write(version)
    writer.write(number)
    writer.write(checksum(of: writer.bytes))
    return writer.bytes
  }

  /// Writes batches to a new file, durably, and notes in each where it is.
  static func write(
    _ batches: [DeltaBatch],
    number: UInt64,
    directory: String,
    fileSystem: any FileSystem
  ) throws(StorageError) {
    let path = "\(directory)/\(FileNames.delta(number))"
    let places = try world { () throws(IOError) in
      if try fileSystem.exists(path) { try fileSystem.remove(path) }
      let file = try fileSystem.open(path, .createNew)
      do throws(IOError) {
        let places = try write(batches, number: number, to: file)
        try file.sync()
        try file.close()
        return places
      } catch {
        do throws(IOError) { try fileSystem.remove(path) } catch { /* Removed at the next start. */
        }
        throw error
      }
    }
    for (batch, place) in zip(batches, places) { batch.storedPlace = place }
  }

  private static func write(
    _ batches: [DeltaBatch],
    number: UInt64,
    to file: any File
  ) throws(IOError) -> [DeltaPlace] {
    var places: [DeltaPlace] = []
    var writer = ByteWriter()
    writer.bytes = header(number: number)
    var offset: Int64 = 0
    for batch in batches {
      let start = writer.bytes.count
      batch.encode(to: &writer)
      let bytes = Array(writer.bytes[start...])
      places.append(
        DeltaPlace(
          fileNumber: number,
          offset: offset + Int64(start),
          byteCount: bytes.count,
          checksum: checksum(of: bytes)
        )
      )
      if writer.bytes.count >= writeBytes {
        try file.write(writer.bytes, at: offset)
        offset += Int64(writer.bytes.count)
        writer.bytes.removeAll(keepingCapacity: true)
      }
    }
    try file.write(writer.bytes, at: offset)
    return places
  }

  /// Reads one batch.
  static func read(
    _ place: DeltaPlace,
    directory: String,
    fileSystem: any FileSystem
  ) throws(StorageError) -> DeltaBatch {
    let path = "\(directory)/\(FileNames.delta(place.fileNumber))"
    let (head, bytes) = try world { () throws(IOError) in
      let file = try fileSystem.open(path, .read)
      let head = try file.read(byteCount: headerBytes, at: 0)
      return (head, try file.read(byteCount: place.byteCount, at: place.offset))
    }
    guard head == header(number: place.fileNumber) else {
      throw .corrupt(file: path, offset: 0, what: "delta file header")
    }
    guard bytes.count == place.byteCount, checksum(of: bytes) == place.checksum else {
      throw .corrupt(file: path, offset: place.offset, what: "delta batch checksum")
    }
    var reader = ByteReader(bytes)
    let batch = try DeltaBatch(from: &reader, file: path, base: place.offset)
    guard reader.remaining == 0 else {
      throw .corrupt(file: path, offset: place.offset, what: "delta batch end")
    }
    batch.storedPlace = place
    return batch
  }
}
