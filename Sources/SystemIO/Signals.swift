// Signals as readable events: no code of ours runs inside a signal handler.

internal import CSystemShims
internal import Glibc

/// A signal that asks the process for something.
package enum ProcessSignal: Int32, Sendable, CaseIterable {
  /// Ctrl-C.
  case interrupt = 2
  /// End in order.
  case terminate = 15
  /// The terminal is gone, or "reload".
  case hangUp = 1
}

/// Receives signals of the process, one by one.
package final class SignalSource: Sendable {
  private let descriptor: Descriptor

  /// Takes the signals away from their default action.
  ///
  /// Call it on the main thread before any other thread starts, so that all inherit the mask.
  package init(_ signals: [ProcessSignal]) throws(IOError) {
    let numbers = signals.map(\.rawValue)
    descriptor = Descriptor(
      try check(.signal, "signalfd") {
        unsafe sys_signal_descriptor(numbers, Int32(numbers.count))
      }
    )
  }

  /// The descriptor, readable when a signal waits; for ``poll(_:timeoutMilliseconds:)``.
  package var pollDescriptor: Int32 { descriptor.number }

  /// Waits for the next signal.
  package func next() throws(IOError) -> ProcessSignal? {
    let number = try check(.signal, "signalfd") { sys_read_signal(descriptor.number) }
    return ProcessSignal(rawValue: number)
  }
}

/// Makes writing to a closed pipe or socket an error (`EPIPE`) instead of the end of the process, and writing
/// beyond the limit on a file's size too (`EFBIG`).
package func ignoreWriteSignals() { _ = sys_ignore_write_signals() }

/// True when this CPU can run the engine: x86-64-v3 with carry-less multiplication, or another
/// architecture.
package var cpuIsSupported: Bool { sys_cpu_is_supported() == 1 }
