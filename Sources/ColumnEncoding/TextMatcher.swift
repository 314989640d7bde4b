internal import CKernels
internal import Columnar

/// What a condition asks of strings.
package enum TextQuestion: Sendable {
  /// The string itself.
  case equals([UInt8])
  /// The string has these bytes, at least one, somewhere in it.
  case contains([UInt8], TextAutomaton)
  /// The automaton accepts the string.
  case accepts(TextAutomaton)
}

/// Finds the rows of a group whose strings answer a question, without decoding them: over the codes of symbols or
/// over the bytes as they lie.
///
/// A filter over pairs of neighbours, which needs no row borders and no chain of states, marks the places where a
/// match may begin; the automaton runs over the few rows that have one. Used by one thread.
package final class TextMatcher {
  private let question: TextQuestion
  private var tables: StepTables?
  private var wanted: (symbols: SymbolTable, codes: [UInt8])?
  private var flags: [UInt64] = []

  package init(_ question: TextQuestion) { self.question = question }

  /// Selects rows of a group.
  ///
  /// - Parameters:
  ///   - block: A block of strings.
  ///   - group: Below the block's `groupCount`.
  ///   - negated: Whether the rows that do not match are wanted; NULL never is.
  ///   - mask: 16 words, replaced.
  /// - Returns: False, and nothing written, for dictionary blocks: their entries are to be tested instead.
  package func select(
    _ block: EncodedBlock,
    group: Int,
    negated: Bool,
    into mask: inout MutableSpan<UInt64>
  ) -> Bool {
    precondition(block.kind == .bytes && group >= 0 && group < block.groupCount && mask.count >= 16)
    switch block.encoding {
    case .fsst, .plain: selectStored(block, group, into: &mask)
    case .constant:
      let word: UInt64 = matches(block.constantText) ? ~0 : 0
      for place in 0..<16 { mask[place] = word }
    default: return false
    }
    var valid: [16 of UInt64] = .init(repeating: 0)
    var validWords = valid.mutableSpan
    _ = block.validityMask(group: group, into: &validWords)
    for place in 0..<16 { mask[place] = (negated ? ~mask[place] : mask[place]) & valid[place] }
    return true
  }

  private func matches(_ text: ByteView) -> Bool {
    switch question {
    case .equals(let bytes): text.bytes == bytes
    case .contains(_, let automaton), .accepts(let automaton): automaton.accepts(text.bytes)
    }
  }

  private func selectStored(
    _ block: EncodedBlock,
    _ group: Int,
    into mask: inout MutableSpan<UInt64>
  ) {
    let bytes = block.storedBytes(group: group)
    let rows = block.rowCount(ofGroup: group)
    let shortest = UInt32(truncatingIfNeeded: block.header.reference)
    unsafe mask.withUnsafeMutableBufferPointer { mask in
      let words = unsafe mask.baseAddress.unsafelyUnwrapped
      unsafe withGroupScratch(of: UInt32.self) { lengths in
        unsafe block.unpackLengths(group: group, into: lengths)
        let place = unsafe StoredRows(
          bytes: bytes,
          lengths: lengths,
          shortest: shortest,
          count: rows
        )
        switch question {
        case .equals(let text):
          unsafe selectEqual(place, block.symbolTable.map { codes(of: text, $0) } ?? text, words)
        case .contains(let needle, let automaton):
          if block.encoding == .plain {
            unsafe selectContaining(place, needle, words)
          } else {
            unsafe selectAccepted(place, automaton, block.symbolTable, words)
          }
        case .accepts(let automaton):
          unsafe selectAccepted(place, automaton, block.symbolTable, words)
        }
      }
    }
  }

  /// The rows of a group as they lie: `checkText` proved that the lengths add up to the bytes.
  @safe
  private struct StoredRows {
    let bytes: ByteView
    let lengths: UnsafeMutablePointer<UInt32>
    let shortest: UInt32
    let count: Int
  }

  // SAFETY (all below): kernels stay inside the bytes, which the lengths add up to; masks have 16 words.

  private func selectEqual(
    _ rows: StoredRows,
    _ wanted: [UInt8],
    _ words: UnsafeMutablePointer<UInt64>
  ) {
    unsafe ck_equal_rows(
      rows.bytes.start,
      rows.lengths,
      rows.shortest,
      rows.count,
      wanted,
      wanted.count,
      words
    )
  }

  private func selectContaining(
    _ rows: StoredRows,
    _ needle: [UInt8],
    _ words: UnsafeMutablePointer<UInt64>
  ) {
    unsafe ck_find_rows(
      rows.bytes.start,
      rows.lengths,
      rows.shortest,
      rows.count,
      needle,
      needle.count,
      words
    )
  }

  private func selectAccepted(
    _ rows: StoredRows,
    _ automaton: TextAutomaton,
    _ symbols: SymbolTable?,
    _ words: UnsafeMutablePointer<UInt64>
  ) {
    let tables = steps(of: automaton, symbols)
    guard tables.isSelective else {
      unsafe run(rows, automaton, tables, flags: nil, words)
      return
    }
    let count = rows.bytes.count
    let wordCount = (count + 63) / 64
    if flags.count < wordCount { flags = Array(repeating: 0, count: wordCount) }
    unsafe flags.withUnsafeMutableBufferPointer { flags in
      guard let flags = flags.baseAddress else {
        unsafe words.update(repeating: 0, count: 16)
        return
      }
      unsafe ck_pair_mask(rows.bytes.start, count, tables.start, tables.follow, flags)
      unsafe run(rows, automaton, tables, flags: flags, words)
    }
  }

  private func run(
    _ rows: StoredRows,
    _ automaton: TextAutomaton,
    _ tables: StepTables,
    flags: UnsafePointer<UInt64>?,
    _ words: UnsafeMutablePointer<UInt64>
  ) {
    unsafe automaton.next.withUnsafeBufferPointer { literals in
      unsafe ck_automaton_rows(
        rows.bytes.start,
        rows.lengths,
        rows.shortest,
        rows.count,
        flags,
        tables.next,
        tables.symbols == nil ? nil : literals.baseAddress,
        automaton.accepting,
        automaton.start,
        words
      )
    }
  }

  // MARK: Tables

  private func codes(of text: [UInt8], _ symbols: SymbolTable) -> [UInt8] {
    if let wanted, wanted.symbols === symbols { return wanted.codes }
    let buffer = unsafe ByteBuffer(copying: text.span.bytes)
    let fresh = (symbols, symbols.codes(of: buffer.view(offset: 0, count: buffer.byteCount)))
    wanted = fresh
    return fresh.1
  }

  private func steps(of automaton: TextAutomaton, _ symbols: SymbolTable?) -> StepTables {
    if let tables, tables.symbols === symbols { return tables }
    let fresh = StepTables(automaton, symbols)
    tables = fresh
    return fresh
  }
}

/// An automaton's steps over codes (or bytes), and which neighbours may be the start of a match.
private struct StepTables {
  let symbols: SymbolTable?
  /// The state behind state s and code c, at s × 256 + c.
  let next: [UInt8]
  /// Whether the filter below rules out anything.
  let isSelective: Bool
  /// Bits of what a code leads to from the first state; bit 7: whatever follows, the row must be looked at.
  private(set) var start = [UInt8](repeating: 0, count: 256)
  /// Bits of what a code goes on with.
  private(set) var follow = [UInt8](repeating: 0, count: 256)

  private static let always: UInt8 = 128

  init(_ automaton: TextAutomaton, _ symbols: SymbolTable?) {
    self.symbols = symbols
    next = symbols.map { Self.composed(automaton, $0) } ?? automaton.next
    let first = Int(automaton.start)
    guard first > 1, automaton.accepting[first] == 0 else {
      isSelective = false
      return
    }
    let steps = next[(first * 256)..<(first * 256 + 256)]
    let leaving = steps.count { Int($0) != first }
    isSelective = leaving < 200
    guard isSelective else { return }
    markPairs(first, automaton)
  }

  /// A row that is nowhere marked stays in the first state, or in the one its last code leads to from there,
  /// neither of which accepts: each of its codes leads from the state of the code before to no other state than from
  /// the first.
  private mutating func markPairs(_ first: Int, _ automaton: TextAutomaton) {
    var bits: [Int: UInt8] = [:]
    for code in 0..<256 {
      let state = Int(next[first * 256 + code])
      if symbols != nil && code == Int(SymbolTable.escape) {
        start[code] = Self.always
      } else if automaton.accepting[state] != 0 {
        start[code] = Self.always
      } else if state != first {
        // Seven states have bits of their own, further ones share the last.
        let bit = bits[state] ?? 1 << UInt8(min(bits.count, 6))
        bits[state] = bit
        start[code] = bit
      }
    }
    for code in 0..<256 {
      let fresh = next[first * 256 + code]
      for (state, bit) in bits {
        let reached = next[state * 256 + code]
        if Int(reached) != first && reached != fresh { follow[code] |= bit }
      }
    }
  }

  private static func composed(_ automaton: TextAutomaton, _ symbols: SymbolTable) -> [UInt8] {
    var next = [UInt8](repeating: 0, count: automaton.stateCount * 256)
    for state in 0..<automaton.stateCount {
      for code in 0..<256 {
        var reached = state
        // SAFETY: code < 256.
        let (symbol, length) = unsafe (symbols.symbols[code], symbols.lengths[code])
        for place in 0..<UInt64(length) {
          let byte = Int(symbol >> (place * 8) & 255)
          reached = Int(automaton.next[reached * 256 + byte])
        }
        next[state * 256 + code] = UInt8(reached)
      }
    }
    return next
  }
}
