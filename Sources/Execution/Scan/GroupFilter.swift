internal import ColumnEncoding
internal import Columnar
internal import Planning
internal import Storage

/// Finds the rows of a group that pass all of a scan's conditions; one slot's.
///
/// Conditions run in the order of what they rule out for their cost, measured as the scan goes; those that may
/// raise an error run last and see only rows that passed the others.
final class GroupFilter {
  /// The rows of the last group that pass.
  private(set) var mask = GroupMask(rowCount: 0)
  private let producer: ScanProducer
  private let reader: BlockReader
  private var parts: [Part] = []
  private var order: [Int] = []
  private var bounds: [DynamicBounds] = []
  /// The source of the current block, and what it says of the columns of the scan's dynamic bounds.
  private var sourceOfBounds: ObjectIdentifier?
  private var blockBounds: [BlockBounds?] = []
  private var deletions: DeleteVector?
  private var rowsOfBlock = 0..<0
  private var blocksSinceOrdering = 0
  private let rows = SelectionBuffer(capacity: groupRowCount)
  private let keptPlaces = KeptPlaces()
  private let passing = SelectionBuffer(capacity: groupRowCount)

  private final class Part {
    let condition: ScanCondition
    let predicate: Predicate
    let batch: Batch
    let subset: [Vector?]
    var verdicts = VerdictsByDictionary()
    let matcher: TextMatcher?
    /// Of a set of integers those that the current block may hold.
    var members: ArraySlice<Int64> = []
    var rowsIn = 1024.0
    var rowsOut = 512.0

    init(
      _ condition: ScanCondition,
      _ kinds: [LaneKind],
      _ context: EvaluationContext
    )
      throws(ExecutionError)
    {
      self.condition = condition
      matcher = condition.search.map { TextMatcher($0.question) }
      predicate = try Predicate([condition.expression], context: context)
      // Columns that the condition does not read are never looked at; one vector stands for all.
      let unread = Vector(kind: .bool, capacity: 64)
      batch = Batch(columns: kinds.map { _ in unread })
      subset = kinds.indices.map { place in
        condition.columns.contains(place)
          ? Vector(kind: kinds[place], capacity: groupRowCount) : nil
      }
    }

    /// What the condition rules out for its cost.
    var rank: Double { (1 - rowsOut / rowsIn) / condition.cost }
  }

  init(_ producer: ScanProducer, _ reader: BlockReader) throws(ExecutionError) {
    self.producer = producer
    self.reader = reader
    let kinds = producer.columnTypes.map(\.laneKind)
    for condition in producer.conditions {
      parts.append(try Part(condition, kinds, producer.shared.context))
    }
  }

  /// Goes to another block.
  ///
  /// - Parameters:
  ///   - source: Where the block is.
  ///   - block: Its number.
  ///   - rows: The block's rows in the source.
  ///   - deletions: The source's deleted rows.
  ///   - open: Conditions that statistics left undecided, bit c for condition c.
  /// - Returns: false when bounds found meanwhile rule the block out.
  func begin(
    _ source: any RowSource,
    block: Int,
    rows: Range<Int>,
    deletions: DeleteVector?,
    open: UInt64
  ) -> Bool {
    guard narrow(source, block: block) else { return false }
    rowsOfBlock = rows
    self.deletions = deletions
    order.removeAll(keepingCapacity: true)
    for place in parts.indices where place >= 64 || open >> UInt64(place) & 1 != 0 {
      order.append(place)
      if case .integerSet(let column, let lanes) = parts[place].condition.test {
        let statistics = source.statistics(producer.scan.columns[column], block: block)
        parts[place].members = Self.members(of: lanes, in: statistics)
      }
    }
    sortConditions()
    return true
  }

  /// Looks at the bounds that other operators know by now, and keeps those that a block's rows must be tested with.
  ///
  /// - Returns: false when they rule the block out.
  private func narrow(_ source: any RowSource, block: Int) -> Bool {
    bounds.removeAll(keepingCapacity: true)
    let dynamicBounds = producer.dynamicBounds
    if dynamicBounds.isEmpty { return true }
    if sourceOfBounds != ObjectIdentifier(source) {
      sourceOfBounds = ObjectIdentifier(source)
      blockBounds = dynamicBounds.map { source.bounds(producer.scan.columns[$0.column]) }
    }
    for (dynamic, known) in zip(dynamicBounds, blockBounds) where !dynamic.isOpen {
      let range = dynamic.range
      guard range.lower <= range.upper else { return false }
      let wanted = range.lower...range.upper
      let answer: ZoneAnswer
      var hasNoNulls = true
      if let known, known.knowledge[block] == .bounds {
        answer = ZoneAnswer(known.lows[block], known.highs[block], within: wanted)
      } else {
        let zone = ZonePredicate.integers(column: dynamic.column, wanted)
        let statistics = source.statistics(producer.scan.columns[dynamic.column], block: block)
        answer = zone.answer { _ in statistics }
        hasNoNulls = statistics?.nullCount == 0
      }
      switch answer {
      case .all: break
      case .some: bounds.append(dynamic)
      case .none:
        if !dynamic.keepsNulls || hasNoNulls { return false }
        bounds.append(dynamic)
      }
    }
    return true
  }

  /// Those of some integers, ascending, that lie within a block's bounds.
  private static func members(
    of lanes: [Int64],
    in statistics: BlockStatistics?
  ) -> ArraySlice<Int64> {
    guard let statistics, case .int64(let low) = statistics.minimum,
      case .int64(let high) = statistics.maximum
    else { return lanes[...] }
    let first = lanes.firstIndex { $0 >= low } ?? lanes.count
    let end = lanes[first...].firstIndex { $0 > high } ?? lanes.count
    return lanes[first..<end]
  }

  private func sortConditions() {
    guard order.count > 1 else { return }
    order.sort { left, right in
      let (a, b) = (parts[left], parts[right])
      if a.condition.canRaise != b.condition.canRaise { return b.condition.canRaise }
      if a.condition.canRaise { return left < right }
      return a.rank > b.rank
    }
    // Old groups count less and less.
    blocksSinceOrdering += 1
    if blocksSinceOrdering % 16 == 0 {
      for part in parts {
        part.rowsIn = max(1, part.rowsIn / 2)
        part.rowsOut /= 2
      }
    }
  }

  /// Tests a group of the current block; ``mask`` has the rows.
  ///
  /// - Returns: How many rows pass.
  func apply(group: Int) throws(ExecutionError) -> Int {
    let rowCount = reader.rowCount(ofGroup: group)
    mask = GroupMask(rowCount: rowCount)
    var count = rowCount
    if deletions != nil {
      removeDeleted(group: group, rowCount: rowCount)
      count = mask.count
    }
    for dynamic in bounds where count > 0 {
      try keep(dynamic, group: group, rowCount: rowCount)
      count = mask.count
    }
    for place in order {
      if count == 0 { break }
      let part = parts[place]
      try keep(part, group: group, rowCount: rowCount, candidates: count)
      part.rowsIn += Double(count)
      count = mask.count
      part.rowsOut += Double(count)
    }
    return count
  }

  private func removeDeleted(group: Int, rowCount: Int) {
    let first = rowsOfBlock.lowerBound + group * groupRowCount
    var deleted = GroupMask(rowCount: 0)
    var words = deleted.words.mutableSpan
    if deletions?.mask(rows: first..<first + rowCount, into: &words) == true {
      mask.subtract(deleted)
    }
  }

  private func keep(_ dynamic: DynamicBounds, group: Int, rowCount: Int) throws(ExecutionError) {
    let range = dynamic.range
    let block = try reader.block(dynamic.column)
    var passed = GroupMask(rowCount: 0)
    var words = passed.words.mutableSpan
    block.selectMask(group: group, from: range.lower, through: range.upper, into: &words)
    if dynamic.keepsNulls, block.nullCount > 0 {
      var valid = GroupMask(rowCount: 0)
      var validWords = valid.words.mutableSpan
      _ = block.validityMask(group: group, into: &validWords)
      var nulls = GroupMask(rowCount: rowCount)
      nulls.subtract(valid)
      for word in 0..<16 { passed.words[word] |= nulls.words[word] }
    }
    mask.formIntersection(passed)
  }

  private func keep(
    _ part: Part,
    group: Int,
    rowCount: Int,
    candidates: Int
  ) throws(ExecutionError) {
    switch part.condition.test {
    case .integers(let column, let range):
      let block = try reader.block(column)
      var passed = GroupMask(rowCount: 0)
      var words = passed.words.mutableSpan
      block.selectMask(
        group: group,
        from: range.lowerBound,
        through: range.upperBound,
        into: &words
      )
      mask.formIntersection(passed)
    case .integersExcept(let column, let value):
      let block = try reader.block(column)
      var passed = GroupMask(rowCount: 0)
      var words = passed.words.mutableSpan
      block.selectMask(group: group, otherThan: value, into: &words)
      mask.formIntersection(passed)
    case .integerSet(let column, _):
      guard part.members.count <= Self.comparedMembersMax else {
        try keepGeneral(part, group: group, rowCount: rowCount, candidates: candidates)
        break
      }
      let block = try reader.block(column)
      var passed = GroupMask(rowCount: 0)
      for member in part.members {
        var same = GroupMask(rowCount: 0)
        var words = same.words.mutableSpan
        block.selectMask(group: group, from: member, through: member, into: &words)
        passed.formUnion(same)
      }
      mask.formIntersection(passed)
    case .isNull(let column, let negated):
      let block = try reader.block(column)
      var valid = GroupMask(rowCount: 0)
      var words = valid.words.mutableSpan
      _ = block.validityMask(group: group, into: &words)
      if negated { mask.formIntersection(valid) } else { mask.subtract(valid) }
    case .text(let column):
      let block = try reader.block(column)
      // Few rows are looked up one by one.
      let isSparse = candidates * 16 <= rowCount
      if let dictionary = block.dictionary, block.encoding == .dictionary {
        let verdicts = try part.verdicts.verdicts(of: dictionary) {
          EntryQuestion(part.predicate, columns: part.batch.columns, column: column)
        }
        let sparse = isSparse ? rows : nil
        try verdicts.keep(&mask, reader, column, block, group: group, sparse: sparse)
      } else if isSparse || !keep(part, textsOf: block, group: group) {
        try keepGeneral(part, group: group, rowCount: rowCount, candidates: candidates)
      }
    case .general:
      try keepGeneral(part, group: group, rowCount: rowCount, candidates: candidates)
    }
  }

  /// Searches the stored strings of a group; false when the condition cannot be answered so.
  private func keep(_ part: Part, textsOf block: EncodedBlock, group: Int) -> Bool {
    guard let matcher = part.matcher, let search = part.condition.search else { return false }
    var passed = GroupMask(rowCount: 0)
    var words = passed.words.mutableSpan
    guard matcher.select(block, group: group, negated: search.isNegated, into: &words) else {
      return false
    }
    mask.formIntersection(passed)
    return true
  }

  /// Comparing a group with one integer takes about a tenth of looking its rows up in a set.
  private static let comparedMembersMax = 8

  // MARK: Anything else

  private func keepGeneral(
    _ part: Part,
    group: Int,
    rowCount: Int,
    candidates: Int
  ) throws(ExecutionError) {
    let passing = passing
    let isSubset = candidates < rowCount && (part.condition.canRaise || candidates * 4 < rowCount)
    let kept = KeptRows(
      group: group,
      mask: mask,
      count: candidates,
      rowCount: rowCount,
      places: keptPlaces
    )
    for column in part.condition.columns {
      if isSubset, let vector = part.subset[column] {
        try reader.append(column, kept, into: vector, at: 0)
        part.batch.columns[column] = vector
      } else {
        part.batch.columns[column] = try reader.group(column, group)
      }
    }
    part.batch.rowCount = isSubset ? candidates : rowCount
    let passed = try passing.fill(part.batch, where: part.predicate)
    if isSubset {
      let rows = kept.rows
      var numbers = passing.places
      for place in 0..<passed { numbers[place] = rows[Int(numbers[place])] }
    }
    mask.keepOnly(passing.span(passed))
  }
}
