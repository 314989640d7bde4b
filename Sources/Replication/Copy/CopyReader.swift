internal import Columnar
internal import SystemIO

/// Runs one COPY … TO STDOUT and hands over its bytes.
@safe
final class CopyReader {
  private let source: any ByteSource
  private var buffer = ByteBuffer(byteCount: 256 << 10)
  private var filled = 0
  private var parsed = 0
  private var rowCount: Int?
  private var failure: ServerFailure?
  private var isReady = false
  private static let gatherNanoseconds: UInt64 = 100_000
  /// A source that says nothing for so long is gone; longer than elsewhere, because a query that filters may be quiet.
  private let silenceSeconds: Int

  init(_ source: any ByteSource, silenceSeconds: Int) {
    self.source = source
    self.silenceSeconds = silenceSeconds
  }

  /// Runs the statement up to its end.
  ///
  /// - Parameters:
  ///   - statement: A COPY.
  ///   - take: Called with the payload of each CopyData message.
  /// - Returns: Rows by the command's tag.
  /// - Throws: The server's refusal, or what `take` throws; the connection is of no use then.
  func read(
    _ statement: String,
    _ take: (UnsafeRawBufferPointer) throws(ReplicationError) -> Void
  ) throws(ReplicationError) -> Int {
    try source.begin(statement)
    var hasSlept = false
    while !isReady {
      // SAFETY: the room lies in the buffer.
      let room = unsafe UnsafeMutableRawBufferPointer(
        start: buffer.base + filled,
        count: buffer.byteCount - filled
      )
      guard let count = try unsafe source.readAvailable(into: room) else {
        // The source writes a few kilobytes at once: whoever lets them gather is not woken for each.
        if !hasSlept {
          sleep(nanoseconds: Self.gatherNanoseconds)
          hasSlept = true
          continue
        }
        do throws(IOError) {
          let isReadable = try waitFor(
            .readable,
            of: source.pollDescriptor,
            timeoutMilliseconds: silenceSeconds * 1000
          )
          if isReadable { continue }
        } catch { throw .system(error) }
        source.close()
        throw .silent(seconds: silenceSeconds)
      }
      hasSlept = false
      filled += count
      try unsafe scan(take)
      makeRoom()
    }
    if let failure { throw .server(failure) }
    guard let rowCount else { throw .violation("a COPY ended without its number of rows") }
    return rowCount
  }

  private func scan(
    _ take: (UnsafeRawBufferPointer) throws(ReplicationError) -> Void
  ) throws(ReplicationError) {
    let base = unsafe UnsafePointer(buffer.base.assumingMemoryBound(to: UInt8.self))
    while let size = try unsafe FrameScanner.size(base, parsed, filled), parsed + size <= filled {
      // SAFETY: the message lies in front of `filled`.
      if unsafe base[parsed] == UInt8(ascii: "d") {
        try unsafe take(UnsafeRawBufferPointer(start: base + parsed + 5, count: size - 5))
      } else {
        switch unsafe FrameScanner.event(base, parsed, parsed + size) {
        case .complete(let tag): rowCount = tag.split(separator: " ").last.flatMap { Int($0) }
        case .failed(let failure): self.failure = failure
        case .ready: isReady = true
        case .begun, .done, nil: break
        }
      }
      parsed += size
    }
  }

  /// Moves the rest to the front; a larger message gets a larger buffer.
  private func makeRoom() {
    let left = filled - parsed
    if left == buffer.byteCount {
      let larger = ByteBuffer(byteCount: buffer.byteCount * 2)
      unsafe larger.base.copyMemory(from: buffer.base + parsed, byteCount: left)
      buffer = larger
    } else if left > 0 {
      // SAFETY: both ranges lie in the buffer; memmove.
      unsafe buffer.base.copyMemory(from: buffer.base + parsed, byteCount: left)
    }
    (filled, parsed) = (left, 0)
  }
}
