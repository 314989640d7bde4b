package import SystemIO

/// The threads that do the heavy work of all statements: one a core, started once.
///
/// Turns are handed out in the order in which slots became ready, so that statements with the same number of
/// slots get the same share, however long they run.
package final class WorkerPool: Sendable {
  private struct Queue {
    /// In order; nil: taken, so that nothing here keeps a statement alive that is over.
    var ready: [StageRun?] = []
    var head = 0
    var isClosed = false

    mutating func pop() -> StageRun? {
      guard head < ready.count else { return nil }
      let run = ready[head]
      ready[head] = nil
      head += 1
      if head == ready.count {
        ready.removeAll(keepingCapacity: true)
        head = 0
      } else if head > 64, head * 2 > ready.count {
        ready.removeFirst(head)
        head = 0
      }
      return run
    }
  }

  /// How many workers.
  package let threadCount: Int
  /// Whether all other threads of the process go before the workers.
  let isBackground: Bool
  private let queue = Monitor(Queue())
  private let threads: [Thread]

  /// Starts the workers.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - isBackground: Whether all other threads of the process go before them.
  /// - Throws: ``IOError`` when the system has no room for the threads.
  package init(threads count: Int, isBackground: Bool = false) throws(IOError) {
    threadCount = max(1, count)
    self.isBackground = isBackground
    var started: [Thread] = []
    let queue = queue
    for index in 0..<threadCount {
      started.append(
        try Thread.start(
          name: isBackground ? "background \(index)" : "worker \(index)",
          stackBytes: 4 << 20,
          isBackground: isBackground
        ) { Self.work(queue) }
      )
    }
    threads = started
  }

  /// Ends the workers; statements must be over.
  package func close() {
    queue.update { $0.isClosed = true }
    for thread in threads { thread.join() }
  }

  /// Asks for `turns` turns of `run`.
  func submit(_ run: StageRun, turns: Int) {
    guard turns > 0 else { return }
    // Wakes all, also for one turn: a signal for one waiter may be lost in glibc before 2.41 (bug 25847), and no other would follow.
    queue.update { state in
      for _ in 0..<turns { state.ready.append(run) }
    }
  }

  private static func work(_ queue: Monitor<Queue>) {
    while true {
      let next: StageRun?? = queue.wait { state in
        if let run = state.pop() { return .some(run) }
        return state.isClosed ? .some(nil) : nil
      }
      guard let run = next ?? nil else { return }
      run.takeTurn()
    }
  }
}
