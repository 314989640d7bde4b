// A clock that moves only when a test says so.

import Synchronization
import SystemIO

/// A clock for tests.
package final class ManualClock: TimeSource {
  private let microseconds: Mutex<Int64>

  package init(unixMicroseconds: Int64) { microseconds = Mutex(unixMicroseconds) }

  package var unixMicroseconds: Int64 { microseconds.withLock { $0 } }

  package var monotonicNanoseconds: UInt64 { UInt64(clamping: unixMicroseconds) &* 1000 }

  /// Moves both clocks.
  package func advance(microseconds step: Int64) { microseconds.withLock { $0 += step } }
}
