internal import Columnar
internal import Planning
internal import SystemIO

/// The build side of a hash join, complete: rows, their keys' numbers, and the rows of each key.
final class JoinTable: @unchecked Sendable {
  // SAFETY: immutable once the build stage is over.
  let rows: RowStore
  let index: GroupIndex
  /// Rows of key k: `members[starts[k]..<starts[k + 1]]`.
  let starts: GroupArray<UInt32>
  let members: GroupArray<UInt32>
  /// Whether no key has two rows.
  let isUnique: Bool

  /// - Parameters:
  ///   - rows: The build side's rows.
  ///   - keys: The key columns of the same rows.
  ///   - budget: Where the memory is counted.
  init(_ rows: RowStore, keys: [Vector], budget: MemoryBudget) {
    self.rows = rows
    index = GroupIndex(kinds: keys.map(\.kind))
    index.expectedRows = rows.rowCount * 8
    let numbers = Self.number(keys, rows.rowCount, index)
    let keyCount = keys.isEmpty ? (rows.rowCount > 0 ? 1 : 0) : index.count
    starts = GroupArray(0, capacity: keyCount + 2)
    var linked = 0
    for row in 0..<rows.rowCount where numbers[row] != absentRow {
      starts[Int(numbers[row]) + 1] += 1
      linked += 1
    }
    var largest: UInt32 = 0
    for key in 0..<keyCount {
      largest = max(largest, starts[key + 1])
      starts[key + 1] += starts[key]
    }
    isUnique = largest <= 1
    members = GroupArray(0, capacity: max(1, linked))
    let places = GroupArray<UInt32>(0, capacity: keyCount + 1)
    for key in 0..<keyCount { places[key] = starts[key] }
    for row in 0..<rows.rowCount where numbers[row] != absentRow {
      let key = Int(numbers[row])
      members[Int(places[key])] = UInt32(row)
      places[key] += 1
    }
  }

  /// The key number of each row; ``absentRow`` for rows with a NULL key, which never match.
  private static func number(
    _ keys: [Vector],
    _ rowCount: Int,
    _ index: GroupIndex
  ) -> GroupArray<UInt32> {
    let numbers = GroupArray<UInt32>(0, capacity: max(1, rowCount))
    guard !keys.isEmpty else { return numbers }
    let batch = keys.map { Vector(kind: $0.kind, capacity: groupRowCount) }
    let valid = SelectionBuffer(capacity: groupRowCount)
    var first = 0
    while first < rowCount {
      let count = min(groupRowCount, rowCount - first)
      var places = valid.places
      var found = 0
      for row in 0..<count {
        numbers[first + row] = absentRow
        guard keys.allSatisfy({ $0.isValid(first + row) }) else { continue }
        places[found] = UInt16(row)
        found += 1
      }
      for (key, vector) in zip(keys, batch) {
        vector.reset()
        for place in 0..<found { copyValue(key, first + Int(places[place]), to: vector, place) }
      }
      _ = index.assign(batch, rows: found)
      for place in 0..<found {
        numbers[first + Int(places[place])] = index.uniform ?? index.numbers[place]
      }
      first += count
    }
    return numbers
  }

  var rowCount: Int { rows.rowCount }
}

/// Collects the build side of a join and makes its table.
final class JoinBuildStage: Stage {
  private let input: Producer
  private let keys: [BoundExpression]
  private let shared: ExecutionShared
  private var slots: [Slot] = []
  private(set) var table: JoinTable?
  /// Scans of the probe side that may leave out what no key can match, with the key's place.
  var targets: [(key: Int, bounds: DynamicBounds)] = []
  private let clock = SystemClock()

  private final class Slot {
    let rows: RowStore
    let keys: RowExpressions
    var stream: BatchStream?

    init(_ rows: RowStore, _ keys: RowExpressions) {
      self.rows = rows
      self.keys = keys
    }
  }

  init(_ input: Producer, keys: [BoundExpression], _ shared: ExecutionShared) {
    self.input = input
    self.keys = keys
    self.shared = shared
  }

  override var isSmall: Bool { input.isSmall }

  override func prepare(maximumSlots: Int) throws(ExecutionError) -> Int {
    let count = try input.prepare(maximumStreams: maximumSlots)
    for _ in 0..<count {
      slots.append(
        Slot(
          RowStore(kinds: input.kinds + keys.map(\.type.laneKind), budget: shared.budget),
          try RowExpressions(keys, shared.context)
        )
      )
    }
    return count
  }

  override func step(slot: Int) throws(ExecutionError) -> StepOutcome {
    let own = slots[slot]
    if own.stream == nil { own.stream = try input.makeStream(slot: slot) }
    guard let stream = own.stream else { return .done }
    let start = clock.monotonicNanoseconds
    while clock.monotonicNanoseconds &- start < turnNanoseconds {
      guard let batch = try stream.next() else {
        own.stream = nil
        return .done
      }
      guard batch.rowCount > 0 else { continue }
      own.rows.append(batch.columns + (try own.keys.evaluate(batch)), count: batch.rowCount)
      try shared.budget.requireRoom(for: "the build side of a join")
    }
    return .more
  }

  override func finish() throws(ExecutionError) {
    guard let all = slots.first?.rows else { return }
    for slot in slots.dropFirst() { all.append(slot.rows.columns, count: slot.rows.rowCount) }
    guard all.rowCount < Int(absentRow) else {
      throw .sql("54000", "the build side of a join has more than 4 billion rows")
    }
    let width = input.types.count
    let keyVectors = Array(all.columns[width...])
    let rows = all.dropColumns(from: width)
    rows.makeDictionaries()
    let table = JoinTable(rows, keys: keyVectors, budget: shared.budget)
    self.table = table
    for target in targets { tighten(target.bounds, keyVectors[target.key], table.rowCount) }
    slots = []
    try shared.budget.requireRoom(for: "the build side of a join")
  }

  /// Up to so many keys are handed on one by one.
  private static let keyCountMax = 16_384

  /// The different keys, ascending.
  private static func keys(_ vector: Vector, _ rowCount: Int) -> [Int64] {
    let lanes = vector.int64
    var keys: Set<Int64> = []
    for row in 0..<rowCount where vector.isValid(row) { keys.insert(lanes[row]) }
    return keys.sorted()
  }

  private func tighten(_ bounds: DynamicBounds, _ vector: Vector, _ rowCount: Int) {
    guard vector.kind == .int64 else { return }
    if let range = extremes(of: vector, rowCount) {
      bounds.tighten(lower: range.low)
      bounds.tighten(upper: range.high)
      if rowCount <= Self.keyCountMax { bounds.setKeys(Self.keys(vector, rowCount)) }
    } else {
      // No key at all: nothing can match.
      bounds.tighten(lower: .max)
      bounds.tighten(upper: .min)
    }
  }
}
