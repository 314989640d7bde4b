// Packed files, known by their first bytes.

internal import CLZ4
internal import CZlib
internal import CZstd

/// Unpacks `source` when it begins like a gzip, zstd or LZ4 frame file; else hands it through.
func unpacking(_ source: any ByteSource) throws(LoadError) -> any ByteSource {
  let ahead = BufferedSource(source)
  try ahead.fill()
  let beginning = ahead.beginning
  if beginning.starts(with: [0x1f, 0x8b]) { return try GzipSource(ahead) }
  if beginning == [0x28, 0xb5, 0x2f, 0xfd] { return try ZstdSource(ahead) }
  if beginning == [0x04, 0x22, 0x4d, 0x18] { return try LZ4Source(ahead) }
  return ahead
}

/// Packed bytes that wait to be unpacked.
///
/// One thread's.
@safe
final class BufferedSource: ByteSource, @unchecked Sendable {
  // SAFETY: one thread at a time, as the protocol demands; `start` and `end` stay inside the buffer.
  private static let byteCount = 256 << 10

  private let source: any ByteSource
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
  private var start = 0
  private var end = 0

  init(_ source: any ByteSource) { self.source = source }

  deinit { unsafe buffer.deallocate() }

  /// The next four bytes, as far as there are so many.
  var beginning: [UInt8] { unsafe Array(buffer[start..<min(end, start + 4)]) }

  /// Bytes that wait.
  var waiting: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<end])
  }

  func consume(_ count: Int) { start += count }

  /// Reads more when nothing, or not even the beginning, waits; false at the end.
  @discardableResult
  func fill() throws(LoadError) -> Bool {
    if start == end { (start, end) = (0, 0) }
    while unsafe end - start < 4 && end < buffer.count {
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
      let count = try unsafe source.read(into: room)
      if count == 0 { break }
      end += count
    }
    return end > start
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    if start == end { return try unsafe source.read(into: target) }
    let count = min(target.count, end - start)
    unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: waiting[..<count]))
    start += count
    return count
  }
}

/// gzip, several members one after the other included.
@safe
final class GzipSource: ByteSource, @unchecked Sendable {
  // SAFETY: one thread at a time, as the protocol demands; the stream stays at one address.
  private let packed: BufferedSource
  private let stream: UnsafeMutablePointer<z_stream>
  private var isInMember = true

  init(_ packed: BufferedSource) throws(LoadError) {
    self.packed = packed
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
      unsafe stream.deallocate()
      throw .compression(what: "gzip: out of memory")
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    while true {
      guard try packed.fill() else {
        if isInMember { throw .compression(what: "gzip: the file is cut off") }
        return 0
      }
      if !isInMember {
        unsafe inflateReset(stream)
        isInMember = true
      }
      let input = unsafe packed.waiting
      let room = min(target.count, 1 << 30)
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self)
      )
      unsafe stream.pointee.avail_in = UInt32(input.count)
      unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_out = UInt32(room)
      let status = unsafe inflate(stream, Z_NO_FLUSH)
      unsafe packed.consume(input.count - Int(stream.pointee.avail_in))
      guard status == Z_OK || status == Z_STREAM_END else {
        throw .compression(what: "gzip: the data is damaged")
      }
      if status == Z_STREAM_END { isInMember = false }
      let produced = unsafe room - Int(stream.pointee.avail_out)
      if produced > 0 { return produced }
    }
  }
}

/// Zstandard, several frames one after the other included.
@safe
final class ZstdSource: ByteSource, @unchecked Sendable {
  // SAFETY: one thread at a time, as the protocol demands.
  private let packed: BufferedSource
  private let stream: OpaquePointer
  private var isInFrame = true

  init(_ packed: BufferedSource) throws(LoadError) {
    guard let stream = unsafe ZSTD_createDStream() else {
      throw .compression(what: "zstd: out of memory")
    }
    self.packed = packed
    unsafe self.stream = unsafe stream
  }

  deinit { unsafe ZSTD_freeDStream(stream) }

  func read(into target: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    while true {
      guard try packed.fill() else {
        if isInFrame { throw .compression(what: "zstd: the file is cut off") }
        return 0
      }
      let waiting = unsafe packed.waiting
      var input = unsafe ZSTD_inBuffer(src: waiting.baseAddress, size: waiting.count, pos: 0)
      var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
      let status = unsafe ZSTD_decompressStream(stream, &output, &input)
      guard ZSTD_isError(status) == 0 else {
        throw .compression(what: "zstd: the data is damaged")
      }
      unsafe packed.consume(input.pos)
      isInFrame = status != 0
      if unsafe output.pos > 0 { return unsafe output.pos }
    }
  }
}

/// LZ4 frames.
@safe
final class LZ4Source: ByteSource, @unchecked Sendable {
  // SAFETY: one thread at a time, as the protocol demands.
  private let packed: BufferedSource
  private let context: OpaquePointer
  private var isInFrame = true

  init(_ packed: BufferedSource) throws(LoadError) {
    var context: OpaquePointer?
    let status = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(status) == 0, let context = unsafe context else {
      throw .compression(what: "lz4: out of memory")
    }
    self.packed = packed
    unsafe self.context = unsafe context
  }

  deinit { unsafe LZ4F_freeDecompressionContext(context) }

  func read(into target: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
    while true {
      guard try packed.fill() else {
        if isInFrame { throw .compression(what: "lz4: the file is cut off") }
        return 0
      }
      let input = unsafe packed.waiting
      var inputCount = input.count
      var outputCount = target.count
      let status = unsafe LZ4F_decompress(
        context,
        target.baseAddress,
        &outputCount,
        input.baseAddress,
        &inputCount,
        nil
      )
      guard LZ4F_isError(status) == 0 else {
        throw .compression(what: "lz4: the data is damaged")
      }
      packed.consume(inputCount)
      isInFrame = status != 0
      if outputCount > 0 { return outputCount }
    }
  }
}
