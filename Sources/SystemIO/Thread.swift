// Threads with a name and a stack of known size. The engine's workers, its writer and its
// connections are threads: they block in system calls, which Swift's tasks must not.

internal import CSystemShims
internal import Glibc
internal import Synchronization

/// A running thread.
package final class Thread: Sendable {
  /// Enough for the parser's and the planner's recursion, whose depth is limited.
  package static let ordinaryStackBytes = 1 << 20

  private let identity: UInt64
  private let isJoined = Atomic(false)

  private init(identity: UInt64) { self.identity = identity }

  deinit {
    // A thread that nobody joins would keep its stack for ever.
    if !isJoined.load(ordering: .acquiring) { pthread_detach(pthread_t(identity)) }
  }

  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: Shown by `ps` and debuggers; cut to 15 bytes.
  ///   - stackBytes: Size of its stack.
  ///   - isBackground: Whether other threads that want a processor go before it.
  ///   - body: Runs on the new thread.
  /// - Returns: The running thread; ``join()`` waits for it.
  /// - Throws: ``IOError`` when the system has no room for another thread.
  package static func start(
    name: String,
    stackBytes: Int = ordinaryStackBytes,
    isBackground: Bool = false,
    _ body: @escaping @Sendable () -> Void
  ) throws(IOError) -> Thread {
    let context = unsafe Unmanaged.passRetained(
      ThreadBody(name: name, isBackground: isBackground, run: body)
    )
    var identity: UInt64 = 0
    // SAFETY: the new thread takes over the one reference that `context` holds.
    let failure = unsafe sys_start_thread(
      &identity,
      stackBytes,
      { context in
        if let context = unsafe context {
          let body = unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
          unsafe sys_name_this_thread(body.name)
          if body.isBackground { sys_lower_priority_of_this_thread() }
          body.run()
        }
        return nil
      },
      context.toOpaque()
    )
    guard failure == 0 else {
      unsafe context.release()
      throw IOError(.startThread, path: name, errno: failure)
    }
    return Thread(identity: identity)
  }

  /// Waits for the thread's end; a second call returns at once.
  package func join() {
    guard !isJoined.exchange(true, ordering: .acquiringAndReleasing) else { return }
    sys_join_thread(identity)
  }
}

private final class ThreadBody: Sendable {
  let name: String
  let isBackground: Bool
  let run: @Sendable () -> Void

  init(name: String, isBackground: Bool, run: @escaping @Sendable () -> Void) {
    self.name = name
    self.isBackground = isBackground
    self.run = run
  }
}

/// Processors that this process may run on.
package var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

/// Tells the allocator to keep freed memory, for a program that soon needs it again.
///
/// Else arrays of a megabyte go back to the kernel each time, and come again page by page: a tenth of
/// a load's time.
package func keepFreedMemory() { sys_keep_freed_memory() }
