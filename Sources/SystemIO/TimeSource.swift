// The clock, as a seam: a test stands still or jumps.

internal import Glibc

/// Tells the time.
package protocol TimeSource: AnyObject, Sendable {
  /// Wall clock: microseconds since 1970-01-01 00:00 UTC. May jump.
  var unixMicroseconds: Int64 { get }
  /// Nanoseconds since an arbitrary moment. Never goes back.
  var monotonicNanoseconds: UInt64 { get }
}

/// The clock of this machine.
package final class SystemClock: TimeSource {
  package init() {}

  package var unixMicroseconds: Int64 {
    let time = read(CLOCK_REALTIME)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec / 1000)
  }

  package var monotonicNanoseconds: UInt64 {
    let time = read(CLOCK_MONOTONIC)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private func read(_ clock: Int32) -> timespec {
    var time = timespec()
    // SAFETY: `time` is a valid place; these two clocks exist on every Linux.
    unsafe clock_gettime(clock, &time)
    return time
  }
}

extension TimeSource {
  /// Wall clock in PostgreSQL's count: microseconds since 2000-01-01 00:00 UTC.
  package var postgresMicroseconds: Int64 { unixMicroseconds - 946_684_800_000_000 }
}

/// Suspends this thread; returns early when a signal arrives.
package func sleep(nanoseconds: UInt64) {
  var time = timespec(
    tv_sec: Int(nanoseconds / 1_000_000_000),
    tv_nsec: Int(nanoseconds % 1_000_000_000)
  )
  unsafe nanosleep(&time, nil)
}
