import Glibc

/// Standard output and error, buffered; a reader that goes away ends the program quietly, as with any filter.
final class StandardOutput {
  private var buffer: [UInt8] = []
  private static let flushBytes = 64 * 1024

  /// Whether a person looks at the output.
  let isTerminal = isatty(1) != 0

  func write(_ text: String) { write(Array(text.utf8)) }

  func write(_ bytes: [UInt8]) {
    buffer += bytes
    if isTerminal || buffer.count >= Self.flushBytes { flush() }
  }

  /// Writes a remark that is not part of the data to standard error.
  func note(_ text: String) {
    flush()
    Self.writeAll(Array((text + "\n").utf8), to: 2)
  }

  func flush() {
    Self.writeAll(buffer, to: 1)
    buffer.removeAll(keepingCapacity: true)
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var offset = 0
    while offset < bytes.count {
      // SAFETY: the pointer is used inside the closure only and offset < bytes.count.
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          descriptor,
          buffer.baseAddress.map { unsafe $0 + offset },
          buffer.count - offset
        )
      }
      if written < 0 {
        if errno == EINTR { continue }
        exit(errno == EPIPE ? 0 : 1)
      }
      offset += written
    }
  }
}
