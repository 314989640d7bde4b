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
  private var deletions: DeleteVector?
  private var rowsOfBlock = 0..<0
  private var blocksSinceOrdering = 0
  private let rows = SelectionBuffer(capacity: groupRowCount)
  private let passing = SelectionBuffer(capacity: groupRowCount)

  private final class Part {
    let condition: ScanCondition
    let predicate: Predicate
    let batch: Batch
    let subset: [Vector?]
    var codeTables = CodeTables()
    /// Rows tested one by one since `looseDictionary` came, for which there is no table yet.
    var looseRows = 0
    var looseDictionary: ObjectIdentifier?
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
    bounds.removeAll(keepingCapacity: true)
    for dynamic in producer.dynamicBounds where !dynamic.isOpen {
      let range = dynamic.range
      guard range.lower <= range.upper else { return false }
      let zone = ZonePredicate.integers(column: dynamic.column, range.lower...range.upper)
      let statistics = source.statistics(producer.scan.columns[dynamic.column], block: block)
      switch zone.answer({ _ in statistics }) {
      case .all: break
      case .some: bounds.append(dynamic)
      case .none:
        if !dynamic.keepsNulls || statistics?.nullCount == 0 { return false }
        bounds.append(dynamic)
      }
    }
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
      var same = GroupMask(rowCount: 0)
      var words = same.words.mutableSpan
      block.selectMask(group: group, from: value, through: value, into: &words)
      mask.subtract(same)
      guard block.nullCount > 0 else { break }
      var valid = GroupMask(rowCount: 0)
      var validWords = valid.words.mutableSpan
      _ = block.validityMask(group: group, into: &validWords)
      mask.formIntersection(valid)
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
      if let dictionary = block.dictionary, block.encoding == .dictionary,
        !isSparse || !isLoose(part, dictionary, candidates)
      {
        try keep(part, codesOf: block, dictionary, column, group, rowCount, isSparse: isSparse)
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

  // MARK: Dictionary codes

  /// Whether so few rows have asked about a large dictionary that its entries are not worth being asked all.
  private func isLoose(_ part: Part, _ dictionary: TextDictionary, _ candidates: Int) -> Bool {
    if part.codeTables.hasTable(for: dictionary) { return false }
    let identity = ObjectIdentifier(dictionary)
    if part.looseDictionary != identity {
      part.looseDictionary = identity
      part.looseRows = 0
    }
    part.looseRows += candidates
    return part.looseRows * 2 < dictionary.count
  }

  /// Tests the codes of a group; where few rows are in (`isSparse`), those of these one by one.
  private func keep(
    _ part: Part,
    codesOf block: EncodedBlock,
    _ dictionary: TextDictionary,
    _ column: Int,
    _ group: Int,
    _ rowCount: Int,
    isSparse: Bool
  ) throws(ExecutionError) {
    let table = try part.codeTables.table(for: dictionary) { () throws(ExecutionError) in
      try passingCodes(part, dictionary, column)
    }
    if table.isNever && !table.nullPasses {
      mask = GroupMask(rowCount: 0)
      return
    }
    if isSparse && block.nullCount == 0 {
      let rows = rows
      let count = mask.rows(into: rows)
      for row in rows.span(count).indices {
        let place = Int(rows[row])
        let code = block.code(at: group * groupRowCount + place)
        if table.passes[code] == 0 { mask.remove(place) }
      }
      return
    }
    var passed = GroupMask(rowCount: 0)
    if block.hasByteCodes && !table.nullPasses {
      var words = passed.words.mutableSpan
      let passes = table.passes
      let firstCodes = passes.span.extracting(0..<256)
      block.selectMask(group: group, codeTable: firstCodes, into: &words)
    } else {
      let vector = try reader.group(column, group)
      table.select(vector, rowCount, into: &passed)
    }
    mask.formIntersection(passed)
  }

  /// Evaluates a text condition once for each entry of a dictionary, and for NULL.
  private func passingCodes(
    _ part: Part,
    _ dictionary: TextDictionary,
    _ column: Int
  ) throws(ExecutionError) -> CodeTables.Table {
    let entries = Vector(kind: .bytes, capacity: groupRowCount)
    let batch = Batch(columns: part.batch.columns)
    batch.columns[column] = entries
    let selection = SelectionBuffer()
    var table = CodeTables.Table(entryCount: dictionary.count)
    var first = 0
    while first <= dictionary.count {
      // The place behind the last entry stands for NULL.
      let count = min(groupRowCount, dictionary.count + 1 - first)
      entries.reset()
      for place in 0..<count {
        let isEntry = first + place < dictionary.count
        if !isEntry { entries.setNull(place) }
        var views = entries.mutableViews
        views[place] = isEntry ? dictionary[first + place] : emptyView
      }
      batch.rowCount = count
      let passing = try selection.fill(batch, where: part.predicate)
      for place in 0..<passing {
        let code = first + Int(selection[place])
        if code == dictionary.count { table.nullPasses = true } else { table.set(code) }
      }
      first += count
    }
    return table
  }

  // MARK: Anything else

  private func keepGeneral(
    _ part: Part,
    group: Int,
    rowCount: Int,
    candidates: Int
  ) throws(ExecutionError) {
    let (rows, passing) = (rows, passing)
    let isSubset = candidates < rowCount && (part.condition.canRaise || candidates * 4 < rowCount)
    let kept = KeptRows(
      group: group,
      mask: mask,
      count: candidates,
      rowCount: rowCount,
      places: rows
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
      var numbers = passing.places
      for place in 0..<passed { numbers[place] = rows[Int(numbers[place])] }
    }
    mask.keepOnly(passing.span(passed))
  }
}

/// Which codes of a dictionary pass a condition, for the dictionaries met so far.
struct CodeTables {
  struct Table {
    /// 1 where the entry passes; at least 256 places.
    var passes: [UInt8]
    var nullPasses = false
    var isNever = true

    init(entryCount: Int) {
      passes = Array(repeating: 0, count: max(256, entryCount))
    }

    mutating func set(_ code: Int) {
      passes[code] = 1
      isNever = false
    }

    /// Sets the bits of the rows of a vector of codes that pass; no bit of `mask` is set before.
    func select(_ vector: Vector, _ rowCount: Int, into mask: inout GroupMask) {
      let codes = vector.codes
      let passes = passes.span
      precondition(rowCount <= codes.count && rowCount <= groupRowCount)
      for row in 0..<rowCount {
        // SAFETY: the row is below both counts; a NULL row's code may be anything.
        let code = unsafe Int(codes[unchecked: row])
        let bit = unsafe code < passes.count ? UInt64(passes[unchecked: code]) : 0
        mask.words[row &>> 6] |= bit &<< UInt64(truncatingIfNeeded: row & 63)
      }
      guard vector.hasNulls else { return }
      let valid = vector.validity
      let inside = GroupMask(rowCount: rowCount)
      for word in 0..<(rowCount + 63) / 64 {
        let nulls = nullPasses ? ~valid[word] & inside.words[word] : 0
        mask.words[word] = mask.words[word] & valid[word] | nulls
      }
    }
  }

  /// Whether there is a table of a dictionary.
  func hasTable(for dictionary: TextDictionary) -> Bool {
    last?.dictionary === dictionary || tables[ObjectIdentifier(dictionary)] != nil
  }

  private var tables: [ObjectIdentifier: (dictionary: TextDictionary, table: Table)] = [:]
  private var last: (dictionary: TextDictionary, table: Table)?

  init() {}

  mutating func table(
    for dictionary: TextDictionary,
    _ make: () throws(ExecutionError) -> Table
  ) throws(ExecutionError) -> Table {
    if let last, last.dictionary === dictionary { return last.table }
    let key = ObjectIdentifier(dictionary)
    if let known = tables[key] {
      last = known
      return known.table
    }
    let fresh = (dictionary, try make())
    tables[key] = fresh
    last = fresh
    return fresh.1
  }
}
