/// Which slots of a stage may have a turn.
///
/// A slot decides that it is blocked while it runs, and says so at the end of its turn. What unblocks it may come in
/// between and will not come again: it counts for the end of that turn.
package struct StageSlots {
  private enum Slot {
    case ready, running, blocked, done
    /// Running, and unblocked meanwhile: if it says that it is blocked, it saw what was before.
    case unblockedWhileRunning
  }

  private var slots: [Slot]
  /// How many have a turn now.
  package private(set) var running = 0

  /// All are ready.
  package init(count: Int) { slots = Array(repeating: .ready, count: count) }

  package var count: Int { slots.count }

  /// Whether nothing is left to do.
  package var areDone: Bool { slots.allSatisfy { $0 == .done } }

  /// Begins a turn.
  ///
  /// - Returns: The slot that has it; nil: none is ready.
  package mutating func begin() -> Int? {
    guard let slot = slots.firstIndex(of: .ready) else { return nil }
    slots[slot] = .running
    running += 1
    return slot
  }

  /// Ends a slot's turn.
  ///
  /// - Parameters:
  ///   - slot: One that runs.
  ///   - outcome: What it says.
  /// - Returns: Whether it is ready for another turn.
  package mutating func end(_ slot: Int, _ outcome: StepOutcome) -> Bool {
    running -= 1
    switch (outcome, slots[slot]) {
    case (.more, _), (.blocked, .unblockedWhileRunning): slots[slot] = .ready
    case (.blocked, _): slots[slot] = .blocked
    case (.done, _): slots[slot] = .done
    }
    return slots[slot] == .ready
  }

  /// Lets blocked slots go on.
  ///
  /// - Returns: How many became ready.
  package mutating func unblock() -> Int {
    var turns = 0
    for slot in slots.indices {
      switch slots[slot] {
      case .blocked:
        slots[slot] = .ready
        turns += 1
      case .running: slots[slot] = .unblockedWhileRunning
      case .ready, .unblockedWhileRunning, .done: break
      }
    }
    return turns
  }
}
