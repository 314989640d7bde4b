// What the world answered when it refused: the call, the place and the errno.

internal import CSystemShims
internal import Glibc

/// An operation on a file, a directory, a socket or a thread that the system refused.
package struct IOError: Error, Equatable, Sendable {
  /// The call that failed, by the name a person would look for.
  package enum Operation: String, Sendable {
    case open, read, write, sync, syncDirectory, truncate, size, close, rename, link, remove
    case makeDirectory, list, lock, preallocate, availableBytes, information
    case listen, accept, connect, configureSocket, poll, createDescriptor, startThread, signal
    case entropy
  }

  package var operation: Operation
  /// The file's path, or the address of a socket.
  package var path: String
  /// The system's error number, positive.
  package var errno: Int32
  /// Byte offset inside the file, for reads and writes.
  package var offset: Int64?

  /// Describes one refusal.
  package init(_ operation: Operation, path: String, errno: Int32, offset: Int64? = nil) {
    self.operation = operation
    self.path = path
    self.errno = errno
    self.offset = offset
  }
}

extension IOError {
  /// The disk, a quota or the file size limit is exhausted.
  package var isDiskFull: Bool { [ENOSPC, EDQUOT, EFBIG].contains(errno) }
  /// The device failed: data may be lost.
  package var isDeviceFailure: Bool { [EIO, ENXIO].contains(errno) }
  /// No such file, directory or socket.
  package var isNotFound: Bool { errno == ENOENT }
  /// The file exists already and the call demanded that it does not.
  package var isAlreadyThere: Bool { errno == EEXIST }
  /// The user may not do this.
  package var isPermissionDenied: Bool { [EACCES, EPERM, EROFS].contains(errno) }
  /// Another process holds the lock, or a non-blocking call has nothing to give yet.
  package var wouldBlock: Bool { errno == EWOULDBLOCK }
  /// The deadline of a socket call passed.
  package var isTimeout: Bool { errno == ETIMEDOUT }
  /// The other side of a socket is gone.
  package var isDisconnect: Bool { [EPIPE, ECONNRESET, ENOTCONN, ECONNABORTED].contains(errno) }
  /// The process or the system has no descriptors left.
  package var isOutOfDescriptors: Bool { [EMFILE, ENFILE].contains(errno) }
}

extension IOError: CustomStringConvertible {
  /// "write of x.wal at offset 42: No space left on device".
  package var description: String {
    let place = offset.map { " at offset \($0)" } ?? ""
    return "\(operation.rawValue) of \(path)\(place): \(Self.text(of: errno))"
  }

  /// "No space left on device".
  package var reason: String { Self.text(of: errno) }

  private static func text(of errno: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    // SAFETY: strerror_r gets the buffer's true size; its answer is a C string that lives in the
    // buffer or in the C library's constants.
    return unsafe buffer.withUnsafeMutableBufferPointer { place in
      guard let base = place.baseAddress else { return "error \(errno)" }
      guard let text = unsafe sys_error_text(errno, base, place.count) else {
        return "error \(errno)"
      }
      return unsafe String(cString: text)
    }
  }
}
