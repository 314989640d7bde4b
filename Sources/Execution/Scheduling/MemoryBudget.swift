internal import Synchronization

/// The bytes that the growing buffers of one statement may hold together.
///
/// Only buffers in proportion to rows are counted: hash tables, group states, kept rows, result queue.
package final class MemoryBudget: Sendable {
  package let limitBytes: Int
  private let used = Atomic<Int>(0)
  private let highest = Atomic<Int>(0)

  package init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Bytes counted now.
  package var usedBytes: Int { used.load(ordering: .relaxed) }

  /// The most bytes ever counted.
  package var peakBytes: Int { highest.load(ordering: .relaxed) }

  /// Whether the buffers hold more than they may; who sees this spills or gives up.
  var isExceeded: Bool { usedBytes > limitBytes }

  /// Whether more than `share` of the budget (0...1) is used.
  func isBeyond(_ share: Double) -> Bool { Double(usedBytes) > Double(limitBytes) * share }

  /// Counts `bytes` more (or fewer, when negative).
  func add(_ bytes: Int) {
    let now = used.add(bytes, ordering: .relaxed).newValue
    var seen = highest.load(ordering: .relaxed)
    while now > seen {
      let exchange = highest.compareExchange(expected: seen, desired: now, ordering: .relaxed)
      if exchange.exchanged { return }
      seen = exchange.original
    }
  }

  /// Throws out of memory (53200) when the budget is exceeded; for buffers that cannot spill.
  func requireRoom(for what: String) throws(ExecutionError) {
    guard isExceeded else { return }
    throw .outOfMemory(
      detail: "The statement's memory limit of \(limitBytes) bytes does not suffice for \(what)."
    )
  }
}

/// Bytes of one owner within a budget, given back when the owner goes.
final class BudgetShare: Sendable {
  private let budget: MemoryBudget
  private let held = Atomic<Int>(0)

  init(_ budget: MemoryBudget) { self.budget = budget }
  deinit { budget.add(-bytes) }

  var bytes: Int { held.load(ordering: .relaxed) }

  /// Says how many bytes the owner holds now.
  func set(_ now: Int) {
    let before = held.exchange(now, ordering: .relaxed)
    if now != before { budget.add(now - before) }
  }

  /// Says that the owner holds `bytes` fewer.
  func give(back bytes: Int) {
    held.subtract(bytes, ordering: .relaxed)
    budget.add(-bytes)
  }
}
