internal import Columnar

/// Finds the runs of neighbouring rows with equal integer keys; one thread's.
///
/// Tables are sorted by columns that others go with (a visit's rows lie side by side), so keys often come in runs. A run is hashed,
/// moved and looked up once. Where there are few, most batches are not looked at.
final class KeyRuns {
  /// The first row of each run of the last batch, ascending.
  let heads = SelectionBuffer(capacity: 64)
  /// How many runs the last batch has.
  private(set) var count = 0
  /// The keys of the last batch's runs, a row a run, after ``takeKeys(_:)``.
  let keys: [Vector]
  /// Whether a row begins a run.
  private let marks = GroupArray<UInt8>(0, capacity: 64)
  private let numbers = GroupArray<UInt32>(0, capacity: 64)
  private var batchesToSkip = 0

  /// Fewer rows are not worth the look.
  private static let rowsMin = 32
  /// After a batch of few runs so many are not looked at.
  private static let skippedBatches = 15

  /// - Parameter kinds: Of the keys; there is no object where not all are integers.
  init?(kinds: [LaneKind]) {
    guard !kinds.isEmpty, kinds.allSatisfy({ $0 == .int64 }) else { return nil }
    keys = kinds.map { Vector(kind: $0, capacity: groupRowCount) }
  }

  /// Looks for the runs of a batch.
  ///
  /// - Parameters:
  ///   - vectors: A vector a key.
  ///   - rows: How many rows.
  /// - Returns: Whether there are so few runs for the rows that they are worth it; else nothing is known of them.
  func find(_ vectors: ArraySlice<Vector>, rows: Int) -> Bool {
    guard rows >= Self.rowsMin else { return false }
    if batchesToSkip > 0 {
      batchesToSkip -= 1
      return false
    }
    marks.reserve(rows)
    var marks = marks.mutableSpan
    for row in 0..<rows { marks[row] = 0 }
    marks[0] = 1
    for vector in vectors { Self.mark(vector, rows, in: &marks) }
    collect(rows)
    guard count * 4 <= rows * 3 else {
      batchesToSkip = Self.skippedBatches
      return false
    }
    return true
  }

  private static func mark(_ vector: Vector, _ rows: Int, in marks: inout MutableSpan<UInt8>) {
    let lanes = vector.int64
    precondition(rows <= lanes.count && rows <= marks.count)
    guard !vector.hasNulls else {
      for row in 1..<rows {
        let isValid = vector.isValid(row)
        let isSame =
          isValid == vector.isValid(row - 1) && (!isValid || lanes[row] == lanes[row - 1])
        if !isSame { marks[row] = 1 }
      }
      return
    }
    for row in 1..<rows {
      // SAFETY: 0 < row < rows, which is within both spans.
      unsafe marks[unchecked: row] |=
        lanes[unchecked: row] != lanes[unchecked: row &- 1] ? 1 : 0
    }
  }

  private func collect(_ rows: Int) {
    let heads = heads
    heads.reserve(rows)
    let marks = marks.span
    var places = heads.places
    precondition(rows <= marks.count && rows <= places.count)
    var found = 0
    for row in 0..<rows {
      // SAFETY: found <= row < rows, which is within both spans.
      unsafe places[unchecked: found] = UInt16(truncatingIfNeeded: row)
      found &+= unsafe Int(marks[unchecked: row])
    }
    count = found
  }

  /// Makes ``keys`` of the vectors that ``find(_:rows:)`` looked at.
  func takeKeys(_ vectors: ArraySlice<Vector>) {
    let heads = heads
    for (vector, key) in zip(vectors, keys) {
      key.reset()
      copyRows(vector, rows: heads.span(count), to: key, at: 0, bytes: .share)
    }
  }

  /// The run of each row, counted from `first`.
  func numbers(from first: Int, rows: Int) -> GroupArray<UInt32> {
    numbers.reserve(rows)
    var numbers = numbers.mutableSpan
    forEachRun(rows: rows) { run, range in
      let number = UInt32(truncatingIfNeeded: first &+ run)
      for row in range { numbers[row] = number }
    }
    return self.numbers
  }

  /// Calls `body` with each run and its rows.
  @inline(__always)
  func forEachRun(rows: Int, _ body: (Int, Range<Int>) -> Void) {
    let heads = heads
    let places = heads.span(count)
    for run in places.indices {
      let end = run &+ 1 < places.count ? Int(places[run &+ 1]) : rows
      body(run, Int(places[run])..<end)
    }
  }
}
