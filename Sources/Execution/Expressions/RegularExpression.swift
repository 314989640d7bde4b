import CPcre2
import Columnar
import Kernels

/// A PostgreSQL regular expression (ARE), translated for PCRE2 and compiled there.
///
/// PCRE2 rather than an engine of our own: it knows Unicode classes, is compiled to machine code where the
/// system allows that, and its match limit stops patterns that would run for ever.
///
/// PCRE2 finds the leftmost match, and there the first one in the order of its choices; PostgreSQL the leftmost
/// and there the longest, or the shortest where the expression as a whole is not greedy. Where the two may
/// differ (``RegularExpressionPreference``), PCRE2's other matcher says where the match ends, and the first
/// match with that end counts.
@safe
final class RegularExpression {
  // SAFETY: made in `init`, freed in `deinit`, never handed out.
  private let code: OpaquePointer
  /// For texts of ASCII, byte by byte, which is faster; `nil` where the pattern speaks of more than ASCII.
  private let asciiCode: OpaquePointer?
  /// Whether `asciiCode` is machine code that may be called without PCRE2's checks of its arguments.
  private let isAsciiCompiled: Bool
  private let matchData: OpaquePointer
  private let matchContext: OpaquePointer
  /// For searches that need the longest or shortest match.
  private let endFinder: MatchEndFinder?
  private let isShortest: Bool
  /// Where the parts of the last match lie, two numbers each.
  private let places: UnsafeMutablePointer<Int>
  /// The whole match and the parts in parentheses.
  let partCount: Int

  /// Compiles `pattern`.
  ///
  /// - Parameters:
  ///   - pattern: A PostgreSQL ARE.
  ///   - flags: Letters as `(?…)` takes them.
  ///   - isSearch: Whether ``firstMatch(in:from:isASCII:)`` will be asked for, not only whether there is a match.
  /// - Throws: PostgreSQL's 2201B, 22023 for an unknown flag.
  init(
    _ pattern: ByteView,
    flags: [UInt8] = [],
    isSearch: Bool = false
  ) throws(ExecutionError) {
    let translation = try RegularExpressionTranslation(pattern.bytes, flags: flags)
    let compiled = unsafe try Self.compile(translation.pattern, translation.options)
    guard let data = unsafe pcre2_match_data_create_from_pattern_8(compiled, nil),
      let context = unsafe pcre2_match_context_create_8(nil),
      let places = unsafe pcre2_get_ovector_pointer_8(data)
    else {
      unsafe pcre2_code_free_8(compiled)
      throw .outOfMemory(detail: "Failed while compiling a regular expression.")
    }
    unsafe code = compiled
    unsafe matchData = data
    unsafe matchContext = context
    // SAFETY: the same words; unset ones, all bits set, are -1.
    unsafe self.places = UnsafeMutableRawPointer(places).assumingMemoryBound(to: Int.self)
    partCount = unsafe Int(pcre2_get_ovector_count_8(data))
    _ = unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
    _ = unsafe pcre2_set_match_limit_8(context, matchLimit)
    let ascii = unsafe Self.asciiCode(translation)
    unsafe asciiCode = ascii
    isAsciiCompiled =
      unsafe ascii.map { code in
        unsafe pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE)) == 0
      } ?? false
    let preference = RegularExpressionPreference(translation.source)
    isShortest = preference.isShortest
    endFinder =
      isSearch && translation.isExpression && preference.isNeeded
      ? try MatchEndFinder(translation, preference) : nil
  }

  deinit {
    unsafe pcre2_match_data_free_8(matchData)
    unsafe pcre2_match_context_free_8(matchContext)
    unsafe pcre2_code_free_8(code)
    if let asciiCode = unsafe asciiCode { unsafe pcre2_code_free_8(asciiCode) }
  }

  /// The pattern for ASCII texts: to ASCII an ASCII pattern says the same with and without Unicode.
  private static func asciiCode(_ translation: RegularExpressionTranslation) -> OpaquePointer? {
    guard translation.pattern.allSatisfy({ $0 < 128 }) else { return nil }
    let unicode = PCRE2_UTF | PCRE2_UCP | UInt32(PCRE2_MATCH_INVALID_UTF)
    do throws(ExecutionError) {
      return unsafe try compile(translation.pattern, translation.options & ~unicode)
    } catch {
      // An escape for a letter beyond a byte.
      return nil
    }
  }

  /// PCRE2's answer for the first match at or after `start`, by the pattern that suits the text.
  @inline(__always)
  private func match(_ text: ByteView, from start: Int, isASCII: Bool) -> Int32 {
    // SAFETY: PCRE2 reads the view's bytes during the call and keeps offsets only; `start` lies within them.
    let (bytes, count) = unsafe (text.start, text.count)
    guard isASCII, let suited = unsafe asciiCode else {
      return unsafe pcre2_match_8(code, bytes, count, start, 0, matchData, matchContext)
    }
    return isAsciiCompiled
      ? unsafe pcre2_jit_match_8(suited, bytes, count, start, 0, matchData, matchContext)
      : unsafe pcre2_match_8(suited, bytes, count, start, 0, matchData, matchContext)
  }

  /// What is left of an ASCII text when a match of the whole of it is replaced by one of its parts; the text itself where nothing
  /// matches, and `nil` where less of it does or the search did not end: then ``firstMatch(in:from:isASCII:)`` tells.
  @inline(__always)
  func partOfWhole(_ text: ByteView, _ index: Int) -> ByteView? {
    // A shorter match may be the wanted one.
    if isShortest { return nil }
    let result = match(text, from: 0, isASCII: true)
    if result == PCRE2_ERROR_NOMATCH { return text }
    // SAFETY: after a match the vector holds its first and last place.
    guard result > 0, unsafe places[0] == 0 && places[1] == text.count else { return nil }
    let part = part(index) ?? 0..<0
    return text.slice(part.lowerBound, part.count)
  }

  /// Compiled by PCRE2; freed by the caller.
  static func compile(_ pattern: [UInt8], _ options: UInt32) throws(ExecutionError) -> OpaquePointer
  {
    var errorCode: Int32 = 0
    var errorOffset = 0
    let compiled = unsafe pattern.withUnsafeBufferPointer { bytes in
      // SAFETY: PCRE2 reads `count` bytes during the call.
      unsafe pcre2_compile_8(
        bytes.baseAddress ?? UnsafePointer(bitPattern: 1),
        bytes.count,
        options,
        &errorCode,
        &errorOffset,
        nil
      )
    }
    guard let compiled = unsafe compiled else {
      throw invalidRegularExpression(message(errorCode))
    }
    return unsafe compiled
  }

  /// Whether some part of `text` matches.
  func matches(_ text: ByteView) throws(ExecutionError) -> Bool {
    try isMatch(match(text, from: 0, isASCII: text.isASCII))
  }

  /// Looks for the first match that begins at or after `start`, in bytes; ``part(_:)`` then tells where.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - start: The first place where a match may begin.
  ///   - isASCII: Whether all bytes of the text are ASCII.
  /// - Returns: Whether there is one.
  /// - Throws: 2201B when it takes too long.
  func firstMatch(
    in text: ByteView,
    from start: Int,
    isASCII: Bool
  ) throws(ExecutionError) -> Bool {
    guard start <= text.count else { return false }
    guard try isMatch(match(text, from: start, isASCII: isASCII)) else { return false }
    // What reaches to the end is the longest.
    if let endFinder, let whole = part(0), isShortest || whole.upperBound < text.count {
      guard let end = try endFinder.end(in: text, from: whole.lowerBound), end != whole.upperBound
      else { return true }
      // SAFETY: as above; the finder's pattern has the same parts.
      unsafe try endFinder.match(text, whole.lowerBound, end, into: matchData)
    }
    return true
  }

  /// Where a part of the last match lies, in bytes: 0 is the whole; `nil`: it took no part.
  @inline(__always)
  func part(_ index: Int) -> Range<Int>? {
    precondition(index >= 0 && index < partCount)
    // SAFETY: the vector holds two words for each part.
    let (from, to) = unsafe (places[2 &* index], places[2 &* index &+ 1])
    return from < 0 || to < from ? nil : from..<to
  }

  /// What PostgreSQL says about the mistakes that PCRE2 finds.
  private static func message(_ code: Int32) -> String {
    switch code {
    case 114, 122: "parentheses () not balanced"
    case 106: "brackets [] not balanced"
    case 109: "quantifier operand invalid"
    case 104, 105: "invalid repetition count(s)"
    case 108: "invalid character range"
    case 115: "invalid backreference number"
    case 112, 130, 131: "invalid character class"
    default: "invalid escape \\ sequence"
    }
  }
}

/// How much a match may try.
let matchLimit: UInt32 = 10_000_000

/// Whether PCRE2's answer is a match.
func isMatch(_ result: Int32) throws(ExecutionError) -> Bool {
  if result >= 0 { return true }
  if result == PCRE2_ERROR_NOMATCH || result == PCRE2_ERROR_PARTIAL { return false }
  throw .sql("2201B", "regular expression failed: regular expression is too complex")
}

/// 2201B, `invalid regular expression: …`.
func invalidRegularExpression(_ what: String) -> ExecutionError {
  .sql("2201B", "invalid regular expression: \(what)")
}

extension ExpressionCompiler {
  /// `text ~ pattern` and `~*`.
  func regularExpressionMatch(
    _ nodes: [ExpressionNode],
    ignoringCase: Bool
  ) -> ExpressionNode {
    let cache = RegularExpressionCache(isSearch: false)
    let flags = ignoringCase ? [UInt8(ascii: "i")] : []
    let isConstant = nodes[1].isConstant
    return binary(.bool, nodes[0], nodes[1]) {
      (text, pattern, rows, output) throws(ExecutionError) in
      let texts = text.views
      let patterns = pattern.views
      var out = output.mutableBool
      let valid = ValidRows(output)
      if isConstant {
        guard rows > 0, pattern.isValid(0) else { return }
        let expression = try cache.expression(patterns[0], flags)
        for row in 0..<rows where valid[row] {
          out[row] = try expression.matches(texts[row]) ? 1 : 0
        }
      } else {
        for row in 0..<rows where valid[row] {
          out[row] = try cache.expression(patterns[row], flags).matches(texts[row]) ? 1 : 0
        }
      }
    }
  }
}

/// The last pattern compiled.
final class RegularExpressionCache {
  private let isSearch: Bool
  private var known: (pattern: [UInt8], flags: [UInt8], expression: RegularExpression)?

  init(isSearch: Bool) { self.isSearch = isSearch }

  func expression(
    _ pattern: ByteView,
    _ flags: [UInt8]
  ) throws(ExecutionError) -> RegularExpression {
    if let known, pattern.equals(known.pattern), known.flags == flags { return known.expression }
    let expression = try RegularExpression(pattern, flags: flags, isSearch: isSearch)
    known = (pattern.bytes, flags, expression)
    return expression
  }
}
