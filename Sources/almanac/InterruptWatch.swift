import Synchronization
import SystemIO

/// Ctrl-C cancels what runs; a second one within the same statement is left to the same handler.
final class InterruptWatch: Sendable {
  private let source: SignalSource?
  private let interrupted: Atomic<Bool>
  private let closed = Atomic<Bool>(false)

  /// - Parameter cancel: Called on a thread of its own at each Ctrl-C.
  init(_ cancel: @escaping @Sendable () -> Void) {
    interrupted = Atomic(false)
    source = try? SignalSource([.interrupt])
    guard source != nil else { return }
    _ = try? Thread.start(name: "interrupts", stackBytes: 256 << 10) { [self] in watch(cancel) }
  }

  /// Whether Ctrl-C was pressed.
  var wasInterrupted: Bool { interrupted.load(ordering: .relaxed) }

  func close() { closed.store(true, ordering: .relaxed) }

  private func watch(_ cancel: @Sendable () -> Void) {
    while !closed.load(ordering: .relaxed) {
      guard let source, let signal = try? source.next() else {
        sleep(nanoseconds: 20_000_000)
        continue
      }
      guard signal == .interrupt else { continue }
      interrupted.store(true, ordering: .relaxed)
      cancel()
    }
  }
}
