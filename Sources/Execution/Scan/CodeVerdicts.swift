internal import ColumnEncoding
internal import Columnar
internal import Planning

/// Which entries of a dictionary pass a condition on its column; of a large one they are asked when rows come with them.
///
/// One thread's. Where only few rows are looked at (a top-N, conditions that leave few), few of a hundred thousand entries are.
final class CodeVerdicts {
  let dictionary: TextDictionary
  private let question: EntryQuestion
  /// By code, at least 256 places.
  private let verdicts: GroupArray<UInt8>
  private let nullPasses: Bool
  private var passingCount = 0
  private var unaskedCount: Int

  private static let passes: UInt8 = 1
  private static let unasked: UInt8 = 2
  /// When one entry of so many was asked, all are: one after the other that is many times as fast as where rows lead.
  private static let askedPart = 32

  init(_ dictionary: TextDictionary, _ question: EntryQuestion) throws(ExecutionError) {
    self.dictionary = dictionary
    self.question = question
    verdicts = GroupArray(Self.unasked, capacity: max(256, dictionary.count))
    unaskedCount = dictionary.count
    // What is behind the last entry is no entry.
    for code in dictionary.count..<max(256, dictionary.count) { verdicts[code] = 0 }
    nullPasses = try question.passesNull()
    if dictionary.count <= groupRowCount { try askAll() }
  }

  /// Whether no row can pass.
  var isNever: Bool { unaskedCount == 0 && passingCount == 0 && !nullPasses }

  /// Takes the rows of a group out that do not pass.
  ///
  /// - Parameters:
  ///   - mask: The rows; one bit each.
  ///   - reader: Where the column is read.
  ///   - column: Place among the scan's columns.
  ///   - block: Its block, with codes of the dictionary.
  ///   - group: Of the block.
  ///   - rows: Scratch for the numbers of rows, where few are in (`isSparse`); nil: all are decoded.
  /// - Throws: What reading the block throws.
  func keep(
    _ mask: inout GroupMask,
    _ reader: BlockReader,
    _ column: Int,
    _ block: EncodedBlock,
    group: Int,
    sparse rows: SelectionBuffer?
  ) throws(ExecutionError) {
    if isNever {
      mask = GroupMask(rowCount: 0)
    } else if let rows, block.nullCount == 0 {
      try keepSparse(&mask, block, group, rows)
    } else if block.hasByteCodes, unaskedCount == 0, !nullPasses {
      var passed = GroupMask(rowCount: 0)
      var words = passed.words.mutableSpan
      let table = verdicts.span.extracting(0..<256)
      block.selectMask(group: group, codeTable: table, into: &words)
      mask.formIntersection(passed)
    } else {
      let rowCount = reader.rowCount(ofGroup: group)
      let vector = try reader.group(column, group)
      var passed = GroupMask(rowCount: 0)
      if select(vector, rowCount, into: &passed) {
        try ask(vector.codes, rowCount)
        passed = GroupMask(rowCount: 0)
        _ = select(vector, rowCount, into: &passed)
      }
      mask.formIntersection(passed)
    }
  }

  /// Looks at the codes of single rows.
  private func keepSparse(
    _ mask: inout GroupMask,
    _ block: EncodedBlock,
    _ group: Int,
    _ rows: SelectionBuffer
  ) throws(ExecutionError) {
    let count = mask.rows(into: rows)
    let places = rows.span(count)
    let (codes, verdicts) = (question.codes, verdicts)
    var isAnyUnasked = false
    for place in places.indices {
      let code = block.code(at: group * groupRowCount + Int(places[place]))
      codes[place] = UInt32(truncatingIfNeeded: code)
      if verdicts[code] == Self.unasked { isAnyUnasked = true }
    }
    if isAnyUnasked { try ask(codes.span, count) }
    for place in places.indices where verdicts[Int(codes[place])] != Self.passes {
      mask.remove(Int(places[place]))
    }
  }

  /// Sets the bits of the rows of a vector of codes that pass; no bit of `mask` is set before.
  ///
  /// - Returns: Whether some code was not asked; then the bits mean nothing.
  private func select(_ vector: Vector, _ rowCount: Int, into mask: inout GroupMask) -> Bool {
    let codes = vector.codes
    let verdicts = verdicts.span
    precondition(rowCount <= codes.count && rowCount <= groupRowCount)
    var all: UInt8 = 0
    for row in 0..<rowCount {
      // SAFETY: the row is below both counts; a NULL row's code may be anything.
      let code = unsafe Int(codes[unchecked: row])
      let verdict = unsafe code < verdicts.count ? verdicts[unchecked: code] : 0
      all |= verdict
      let bit = UInt64(verdict & Self.passes)
      mask.words[row &>> 6] |= bit &<< UInt64(truncatingIfNeeded: row & 63)
    }
    if all & Self.unasked != 0, unaskedCount > 0 { return true }
    guard vector.hasNulls else { return false }
    let valid = vector.validity
    let inside = GroupMask(rowCount: rowCount)
    for word in 0..<(rowCount + 63) / 64 {
      let nulls = nullPasses ? ~valid[word] & inside.words[word] : 0
      mask.words[word] = mask.words[word] & valid[word] | nulls
    }
    return false
  }

  // MARK: Asking

  /// Asks the entries of some codes, as far as they were not; all that are left when many were.
  private func ask(_ codes: Span<UInt32>, _ count: Int) throws(ExecutionError) {
    let fresh = question.fresh
    var found = 0
    for row in 0..<count {
      let code = Int(codes[row])
      guard code < dictionary.count, verdicts[code] == Self.unasked else { continue }
      // No other row brings it again.
      verdicts[code] = 0
      fresh[found] = codes[row]
      found += 1
    }
    try askFresh(found)
    if (dictionary.count - unaskedCount) * Self.askedPart > dictionary.count { try askAll() }
  }

  private func askAll() throws(ExecutionError) {
    let fresh = question.fresh
    var found = 0
    for code in 0..<dictionary.count where verdicts[code] == Self.unasked {
      verdicts[code] = 0
      fresh[found] = UInt32(truncatingIfNeeded: code)
      found += 1
      if found == groupRowCount {
        try askFresh(found)
        found = 0
      }
    }
    try askFresh(found)
  }

  private func askFresh(_ count: Int) throws(ExecutionError) {
    guard count > 0 else { return }
    unaskedCount -= count
    let (fresh, verdicts, passing) = (question.fresh, verdicts, question.passing)
    let found = try question.ask(dictionary, fresh.span, count)
    let places = passing.span(found)
    for place in places.indices { verdicts[Int(fresh[Int(places[place])])] = Self.passes }
    passingCount += found
  }
}

/// A condition on one text column, asked of strings rather than of rows; for all dictionaries of a scan.
final class EntryQuestion {
  private let predicate: Predicate
  private let batch: Batch
  private let entries = Vector(kind: .bytes, capacity: 64)
  /// What the last question found.
  let passing = SelectionBuffer(capacity: groupRowCount)
  /// Scratch: codes of rows, and those of them that were not asked.
  fileprivate let codes = GroupArray<UInt32>(0, capacity: groupRowCount)
  fileprivate let fresh = GroupArray<UInt32>(0, capacity: groupRowCount)

  /// - Parameters:
  ///   - predicate: The condition.
  ///   - columns: A vector for each column of the scan; but for `column` none is looked at.
  ///   - column: The text column.
  init(_ predicate: Predicate, columns: [Vector], column: Int) {
    self.predicate = predicate
    batch = Batch(columns: columns)
    batch.columns[column] = entries
  }

  /// Whether NULL passes.
  func passesNull() throws(ExecutionError) -> Bool {
    let entries = entries
    entries.reset()
    entries.setNull(0)
    var views = entries.mutableViews
    views[0] = emptyView
    batch.rowCount = 1
    return try passing.fill(batch, where: predicate) > 0
  }

  /// Finds the places among `count` codes whose strings pass: ``passing``, ascending.
  ///
  /// - Returns: How many.
  func ask(
    _ dictionary: TextDictionary,
    _ codes: Span<UInt32>,
    _ count: Int
  ) throws(ExecutionError) -> Int {
    let entries = entries
    entries.reset()
    entries.reserve(count)
    var views = entries.mutableViews
    for place in 0..<count { views[place] = dictionary[Int(codes[place])] }
    batch.rowCount = count
    return try passing.fill(batch, where: predicate)
  }
}

/// The verdicts of the dictionaries met so far.
struct VerdictsByDictionary {
  private var known: [ObjectIdentifier: CodeVerdicts] = [:]
  private var last: CodeVerdicts?
  private var question: EntryQuestion?

  init() {}

  /// - Parameters:
  ///   - dictionary: Of any block of the column.
  ///   - makeQuestion: Called once.
  /// - Returns: What is known of its entries.
  /// - Throws: What the condition raises.
  mutating func verdicts(
    of dictionary: TextDictionary,
    _ makeQuestion: () -> EntryQuestion
  ) throws(ExecutionError) -> CodeVerdicts {
    if let last, last.dictionary === dictionary { return last }
    let key = ObjectIdentifier(dictionary)
    if let old = known[key] {
      last = old
      return old
    }
    let question = question ?? makeQuestion()
    self.question = question
    let fresh = try CodeVerdicts(dictionary, question)
    known[key] = fresh
    last = fresh
    return fresh
  }
}
