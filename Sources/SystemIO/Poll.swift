// Waiting for several descriptors at once, and waking such a wait from another thread.

internal import CSystemShims
internal import Glibc

/// One descriptor in a wait, what is wanted of it, and what came.
package struct PollEntry: Sendable {
  /// What may happen to a descriptor.
  package struct Events: OptionSet, Sendable {
    package let rawValue: Int16
    package init(rawValue: Int16) { self.rawValue = rawValue }

    package static let readable = Events(rawValue: Int16(POLLIN))
    package static let writable = Events(rawValue: Int16(POLLOUT))
    /// The other side closed, or an error is pending; always reported.
    package static let closed = Events(rawValue: Int16(POLLHUP | POLLERR | POLLNVAL))
  }

  /// A negative number is skipped.
  package var descriptor: Int32
  package var wanted: Events
  package var happened: Events = []

  package init(_ descriptor: Int32, _ wanted: Events) {
    self.descriptor = descriptor
    self.wanted = wanted
  }
}

/// Waits until something wanted happened or the time is over.
///
/// - Parameters:
///   - entries: Descriptors and wishes; `happened` is filled in.
///   - timeoutMilliseconds: Nil waits without end.
/// - Returns: How many entries have news; 0 when the time is over.
/// - Throws: ``IOError`` when the system refuses.
package func poll(
  _ entries: inout [PollEntry],
  timeoutMilliseconds: Int?
) throws(IOError) -> Int {
  var places = entries.map { pollfd(fd: $0.descriptor, events: $0.wanted.rawValue, revents: 0) }
  let timeout = timeoutMilliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
  let count = try check(.poll, "poll") {
    unsafe Glibc.poll(&places, nfds_t(places.count), timeout)
  }
  for index in entries.indices {
    entries[index].happened = PollEntry.Events(rawValue: places[index].revents)
  }
  return Int(count)
}

/// Waits for one descriptor.
///
/// - Returns: False when the time is over.
package func waitFor(
  _ events: PollEntry.Events,
  of descriptor: Int32,
  timeoutMilliseconds: Int?
) throws(IOError) -> Bool {
  var entries = [PollEntry(descriptor, events)]
  return try poll(&entries, timeoutMilliseconds: timeoutMilliseconds) > 0
}

/// A flag that another thread can poll for.
package final class WakeUp: Sendable {
  private let descriptor: Descriptor

  package init() throws(IOError) {
    descriptor = Descriptor(try check(.createDescriptor, "eventfd") { sys_eventfd() })
  }

  /// Readable while a signal waits.
  package var pollDescriptor: Int32 { descriptor.number }

  /// Makes the descriptor readable.
  package func signal() {
    var one: UInt64 = 1
    // A full counter is readable already.
    unsafe _ = Glibc.write(descriptor.number, &one, 8)
  }

  /// Takes all signals that wait.
  ///
  /// - Returns: False when there was none.
  @discardableResult
  package func drain() -> Bool {
    var count: UInt64 = 0
    return unsafe Glibc.read(descriptor.number, &count, 8) == 8
  }
}
