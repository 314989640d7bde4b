// Owner of one descriptor, and the one place that turns -1 and errno into an error.

internal import Glibc
internal import Synchronization

/// Owns a descriptor and closes it once: by ``close()`` or when the last user lets go.
package final class Descriptor: Sendable {
  /// The number for system calls; stays this owner's until ``close()``.
  package let number: Int32
  private let isClosed = Atomic(false)

  package init(_ number: Int32) { self.number = number }

  deinit { _ = close() }

  /// Closes the descriptor; a second call does nothing.
  ///
  /// - Returns: 0 or the errno of the close. EINTR counts as closed: Linux has given it back.
  @discardableResult
  package func close() -> Int32 {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return 0 }
    guard Glibc.close(number) != 0, errno != EINTR else { return 0 }
    return errno
  }
}

/// Makes a call that answers -1 on failure, again while a signal interrupts it.
@discardableResult
func check<Result: SignedInteger>(
  _ operation: IOError.Operation,
  _ path: String,
  offset: Int64? = nil,
  _ call: () -> Result
) throws(IOError) -> Result {
  while true {
    let result = call()
    if result != -1 { return result }
    guard errno == EINTR else { throw IOError(operation, path: path, errno: errno, offset: offset) }
  }
}
