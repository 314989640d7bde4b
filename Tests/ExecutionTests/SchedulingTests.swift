import Columnar
import Execution
import Foundation
import Planning
import Storage
import Synchronization
import Testing

/// Rows that are kept by others only.
private final class WeakSource {
  weak var value: MemorySource?

  init(_ value: MemorySource?) { self.value = value }
}

struct SchedulingTests {
  @Test func `a slot that is unblocked before its turn ends is not parked`() {
    var slots = StageSlots(count: 1)
    var began = slots.begin()
    // The sink was full when the slot looked; then it is emptied, and nobody will say so again.
    var unblocked = slots.unblock()
    var goesOn = slots.end(0, .blocked)
    #expect(began == 0 && unblocked == 0 && goesOn, "it would wait for what has happened already")

    began = slots.begin()
    goesOn = slots.end(0, .blocked)
    #expect(began == 0 && !goesOn, "the call was for the turn before")

    began = slots.begin()
    unblocked = slots.unblock()
    #expect(began == nil && unblocked == 1)
  }

  @Test func `slots end one by one`() {
    var slots = StageSlots(count: 2)
    var began = [slots.begin(), slots.begin(), slots.begin()]
    #expect(began == [0, 1, nil] && slots.running == 2)

    let ended = [slots.end(1, .more), slots.end(0, .done)]
    #expect(ended == [true, false] && slots.running == 0 && !slots.areDone)

    let unblocked = slots.unblock()
    began = [slots.begin(), slots.begin()]
    #expect(unblocked == 0 && began == [1, nil], "ready and done slots are not blocked")

    let goesOn = slots.end(1, .done)
    began = [slots.begin()]
    #expect(!goesOn && slots.areDone && began == [nil])
  }

  /// A statement's result on workers of its own, and a reference to the rows that it read.
  private func finished(_ pool: WorkerPool) throws -> (rows: Int, source: WeakSource) {
    let rows = (0..<2_000).map { [Datum.int64($0)] }
    let table = try TestTable(types: [.bigint], sources: [rows])
    let source = WeakSource(table.snapshot.partitions[0].sources[0].source as? MemorySource)
    var options = ExecutionOptions(threads: 1)
    options.morselRows = 128
    let execution = try QueryExecution(
      plan: table.scan(),
      tables: TestTables(table),
      context: EvaluationContext(),
      options: options,
      pool: pool
    )
    try #require(source.value != nil)
    return (try collect(execution).count, source)
  }

  @Test func `idle workers keep nothing of a statement that is over`() throws {
    let pool = try WorkerPool(threads: 1)
    defer { pool.close() }
    let (rows, source) = try finished(pool)
    #expect(rows == 2_000)
    // A worker may be on its way out of the last turn.
    let end = ContinuousClock.now + .seconds(20)
    while source.value != nil, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.001) }
    #expect(source.value == nil)
  }

  @Test func `a stage does not wait for busy workers`() throws {
    // No worker will take a turn.
    let pool = try WorkerPool(threads: 2)
    pool.close()
    let groups = Mutex<Int?>(nil)
    Thread.detachNewThread {
      let found = try? Self.groupCount(pool)
      groups.withLock { $0 = found }
    }
    let end = ContinuousClock.now + .seconds(20)
    while groups.withLock({ $0 }) == nil, ContinuousClock.now < end {
      Thread.sleep(forTimeInterval: 0.001)
    }
    #expect(groups.withLock { $0 } == 7)
  }

  private static func groupCount(_ pool: WorkerPool) throws -> Int {
    let rows: [Row] = (0..<2_000).map { [.int64($0 % 7)] }
    let table = try TestTable(types: [.bigint], sources: [rows])
    let groups = Plan(
      .aggregate(table.scan(), keys: [table.column(0)], aggregates: []),
      output: [OutputColumn(name: "a", type: .bigint)]
    )
    var options = ExecutionOptions(threads: 2)
    options.morselRows = 128
    let execution = try QueryExecution(
      plan: groups,
      tables: TestTables(table),
      context: EvaluationContext(),
      options: options,
      pool: pool
    )
    return try collect(execution).count
  }
}
