internal import Columnar
internal import Planning

/// All values of each group, for percentiles and the mode of lanes that are machine words.
///
/// Values lie in chunks in the order they came, with their groups beside them. Whoever took them in sorts them by group
/// (``seal(groups:)``); results are found by selecting among the pieces of each group, groups apart on several threads.
final class WordCollectState: AggregateState {
  private final class Chunk {
    static let rowsMax = 1 << 16
    let words = GroupArray<Int64>(unfilled: rowsMax, 0)
    let groups = GroupArray<UInt32>(unfilled: rowsMax, 0)
    var count = 0
  }

  /// The values of one share by group: group g has places starts[g]..<starts[g + 1].
  private struct Part {
    var values: GroupArray<Int64>
    var starts: GroupArray<Int>
    var groupCount: Int
    /// The part's group + 1 of each group here, 0 for none; nil: they are the same.
    var groupOf: GroupArray<UInt32>?

    func range(of group: Int) -> Range<Int> {
      var own = group
      if let groupOf {
        guard group < groupOf.capacity, groupOf[group] != 0 else { return 0..<0 }
        own = Int(groupOf[group]) - 1
      }
      return own < groupCount ? starts[own]..<starts[own + 1] : 0..<0
    }
  }

  /// The words between which a result lies, by group.
  private struct Answer {
    var low = GroupArray<Int64>(0)
    var high = GroupArray<Int64>(0)
    var part = GroupArray<Double>(0)
  }

  private let kind: LaneKind
  private let functions: [AggregateFunction]
  private let isDescending: Bool
  private var chunks: [Chunk] = []
  private var parts: [Part] = []
  private var answers: [Answer] = []
  private let isEmpty = GroupArray<UInt8>(1)
  private var groupsToAnswer = 0

  init(kind: LaneKind, functions: [AggregateFunction], isDescending: Bool) {
    self.kind = kind
    self.functions = functions
    self.isDescending = isDescending
  }

  override var byteCount: Int {
    var bytes = chunks.count * Chunk.rowsMax * 12
    for part in parts { bytes += part.values.byteCount + part.starts.byteCount }
    return bytes
  }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    if (chunks.last?.count ?? .max) > Chunk.rowsMax - rows.selectedCount { chunks.append(Chunk()) }
    guard let chunk = chunks.last else { return }
    var values = chunk.words.mutableSpan
    var owners = chunk.groups.mutableSpan
    var place = chunk.count
    let vector = arguments[0]
    switch kind {
    case .float64:
      let lanes = vector.float64
      forEachRow(rows) { row, group in
        values[place] = orderedWord(lanes[row])
        owners[place] = UInt32(truncatingIfNeeded: group)
        place &+= 1
      }
    case .bool:
      let lanes = vector.bool
      forEachRow(rows) { row, group in
        values[place] = Int64(lanes[row])
        owners[place] = UInt32(truncatingIfNeeded: group)
        place &+= 1
      }
    default:
      let lanes = vector.int64
      forEachRow(rows) { row, group in
        values[place] = lanes[row]
        owners[place] = UInt32(truncatingIfNeeded: group)
        place &+= 1
      }
    }
    chunk.count = place
  }

  /// Sorts the values by group, by counting.
  override func seal(groups groupCount: Int) {
    guard !chunks.isEmpty else { return }
    let starts = GroupArray<Int>(0, capacity: groupCount + 1)
    var ends = starts.mutableSpan
    var total = 0
    for chunk in chunks {
      let owners = chunk.groups.span
      for place in 0..<chunk.count { ends[Int(owners[place]) &+ 1] &+= 1 }
      total += chunk.count
    }
    for group in 0..<groupCount { ends[group &+ 1] &+= ends[group] }
    let places = GroupArray<Int>(0, capacity: groupCount + 1)
    var next = places.mutableSpan
    for group in 0..<groupCount { next[group] = ends[group] }
    let sorted = GroupArray<Int64>(unfilled: max(1, total), 0)
    var out = sorted.mutableSpan
    for chunk in chunks {
      let owners = chunk.groups.span
      let values = chunk.words.span
      for place in 0..<chunk.count {
        let group = Int(owners[place])
        let target = next[group]
        out[target] = values[place]
        next[group] = target &+ 1
      }
    }
    chunks = []
    parts.append(Part(values: sorted, starts: starts, groupCount: groupCount, groupOf: nil))
  }

  /// Takes in sealed values.
  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups otherGroups: Int
  ) throws(ExecutionError) {
    guard let other = other as? WordCollectState else { return }
    precondition(other.chunks.isEmpty, "values are merged when they are sealed")
    for var part in other.parts {
      let groupOf = GroupArray<UInt32>(0)
      forEachMerged(map, otherGroups) { group, target in
        groupOf.reserve(target + 1)
        let own = part.groupOf.map { group < $0.capacity ? Int($0[group]) : 0 } ?? group + 1
        groupOf[target] = UInt32(truncatingIfNeeded: own)
      }
      part.groupOf = groupOf
      parts.append(part)
    }
  }

  override func beginResults(groups groupCount: Int) throws(ExecutionError) {
    isEmpty.reserve(groupCount)
    groupsToAnswer = groupCount
    answers = []
    for _ in functions {
      let answer = Answer()
      answer.low.reserve(groupCount)
      answer.high.reserve(groupCount)
      answer.part.reserve(groupCount)
      answers.append(answer)
    }
  }

  private static let resultPiecesMax = 64

  override var resultPieces: Int { min(groupsToAnswer, Self.resultPiecesMax) }

  override func prepareResults(piece: Int) {
    let first = groupsToAnswer * piece / resultPieces
    for group in first..<groupsToAnswer * (piece + 1) / resultPieces {
      var values = PiecedValues()
      for part in parts { values.append(part.values, part.range(of: group)) }
      guard values.count > 0 else { continue }
      isEmpty[group] = 0
      selectPercentiles(values, group)
      for (place, function) in functions.enumerated() where function == .mode {
        answers[place].low[group] = mode(values.sorted())
      }
    }
  }

  /// Finds the neighbours of all percentiles of a group at once.
  private func selectPercentiles(_ values: PiecedValues, _ group: Int) {
    var wanted: [(answer: Int, low: Int, high: Int, part: Double)] = []
    let count = values.count
    for (place, function) in functions.enumerated() {
      switch function {
      case .percentileContinuous(let fraction):
        let rank = fraction * Double(count - 1)
        let (low, high) = (Int(rank.rounded(.down)), Int(rank.rounded(.up)))
        wanted.append((place, low, high, rank - Double(low)))
      case .percentileDiscrete(let fraction):
        let rank = max(1, Int((fraction * Double(count)).rounded(.up))) - 1
        wanted.append((place, rank, rank, 0))
      default: break
      }
    }
    guard !wanted.isEmpty else { return }
    func ascending(_ rank: Int) -> Int { isDescending ? count - 1 - rank : rank }
    let ranks = Set(wanted.flatMap { [ascending($0.low), ascending($0.high)] }).sorted()
    let found = Dictionary(uniqueKeysWithValues: zip(ranks, selectRanks(ranks, of: values)))
    for one in wanted {
      answers[one.answer].low[group] = found[ascending(one.low)] ?? 0
      answers[one.answer].high[group] = found[ascending(one.high)] ?? 0
      answers[one.answer].part[group] = one.part
    }
  }

  /// The most frequent value; of several the first in the order.
  private func mode(_ sorted: [Int64]) -> Int64 {
    var best = sorted[0]
    var bestCount = 0
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count && sorted[end] == sorted[start] { end += 1 }
      if end - start > bestCount || (isDescending && end - start == bestCount) {
        bestCount = end - start
        best = sorted[start]
      }
      start = end
    }
    return best
  }

  // MARK: Results

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count rows: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    guard let place = functions.firstIndex(of: call.function) else { return }
    let answer = answers[place]
    let scale = call.arguments.first?.type.scale ?? 0
    for row in 0..<rows {
      let group = first + row
      guard isEmpty[group] == 0 else {
        vector.setNull(row)
        continue
      }
      if case .percentileContinuous = call.function, vector.kind == .float64 {
        let a = number(answer.low[group], scale)
        let b = number(answer.high[group], scale)
        let part = answer.part[group]
        var out = vector.mutableFloat64
        // Equal ends give themselves, also where they are infinite.
        out[row] = a == b || part == 0 ? a : a + (b - a) * part
      } else {
        writeWord(answer.low[group], to: vector, at: row)
      }
    }
  }

  private func number(_ word: Int64, _ scale: Int) -> Double {
    kind == .float64 ? doubleOfWord(word) : scaledToDouble(word, scale)
  }

  private func writeWord(_ word: Int64, to vector: Vector, at row: Int) {
    switch vector.kind {
    case .float64:
      var out = vector.mutableFloat64
      out[row] = doubleOfWord(word)
    case .bool:
      var out = vector.mutableBool
      out[row] = UInt8(truncatingIfNeeded: word & 1)
    default:
      var out = vector.mutableInt64
      out[row] = word
    }
  }
}

/// A word that orders as the double does, NaN last.
@inline(__always)
func orderedWord(_ value: Double) -> Int64 {
  if value.isNaN { return .max }
  let bits = Int64(bitPattern: (value == 0 ? 0.0 : value).bitPattern)
  return bits >= 0 ? bits : Int64.min &- bits
}

/// The double of a word from ``orderedWord(_:)``.
@inline(__always)
func doubleOfWord(_ word: Int64) -> Double {
  if word == .max { return .nan }
  return Double(bitPattern: UInt64(bitPattern: word >= 0 ? word : Int64.min &- word))
}
