/// What a slot of a stage says after a turn.
package enum StepOutcome {
  /// There is more to do.
  case more
  /// This slot has nothing left to do.
  case done
  /// The sink is full: the slot waits until somebody calls ``StageRun/unblock()``.
  case blocked
}

/// A piece of a statement that several workers do together and that must be whole before the next begins:
/// consuming rows into hash tables, merging them, sorting.
///
/// A slot is one worker's share with its own scratch state; at most one thread is in a slot at a time, but not
/// always the same thread.
class Stage {
  /// Called once, when all earlier stages are done.
  ///
  /// - Returns: How many slots, 1...maximumSlots; 0: nothing to do.
  func prepare(maximumSlots: Int) throws(ExecutionError) -> Int { 1 }

  /// After ``prepare(maximumSlots:)``: so little work that handing it over to other threads costs more.
  var isSmall: Bool { true }

  /// One turn of a slot: some milliseconds at most, so that other statements get theirs.
  func step(slot: Int) throws(ExecutionError) -> StepOutcome { .done }

  /// Called once, after every slot is done.
  func finish() throws(ExecutionError) {}
}

/// How long a slot may work before it lets other statements have the worker.
let turnNanoseconds: UInt64 = 4_000_000
