import CPcre2
import Columnar

/// Finds where PostgreSQL's match ends: the longest or the shortest of those that begin at one place.
///
/// PCRE2's breadth-first matcher knows all ends but no parts; so its answer is given to the other matcher as a
/// condition at the end of the pattern, a call-out that turns away every match with another end.
@safe
final class MatchEndFinder {
  // SAFETY: made in `init`, freed in `deinit`, never handed out.
  private let code: OpaquePointer
  private let endData: OpaquePointer
  private let endContext: OpaquePointer
  private let matchContext: OpaquePointer
  private let workspace: UnsafeMutablePointer<Int32>
  /// The end that the call-out lets pass.
  private let wanted: UnsafeMutablePointer<Int>
  private static let workspaceSize = 4_096
  private let isShortest: Bool

  /// - Throws: 2201B where the pattern is not one.
  init(
    _ translation: RegularExpressionTranslation,
    _ preference: RegularExpressionPreference
  ) throws(ExecutionError) {
    isShortest = preference.isShortest
    // The line break ends a comment of an extended pattern.
    let isExtended = translation.options & UInt32(PCRE2_EXTENDED) != 0
    let end = isExtended ? "\n)(?C1)" : ")(?C1)"
    let pattern = Array("(?:".utf8) + translation.pattern + Array(end.utf8)
    // The breadth-first matcher takes valid UTF-8 only, which all our texts are.
    // A quantifier before the call-out must be able to give back, whatever follows.
    let options =
      translation.options & ~UInt32(PCRE2_MATCH_INVALID_UTF) | UInt32(PCRE2_NO_AUTO_POSSESS)
    let compiled = unsafe try RegularExpression.compile(pattern, options)
    guard let data = unsafe pcre2_match_data_create_8(16, nil),
      let endContext = unsafe pcre2_match_context_create_8(nil),
      let matchContext = unsafe pcre2_match_context_create_8(nil)
    else {
      unsafe pcre2_code_free_8(compiled)
      throw .outOfMemory(detail: "Failed while compiling a regular expression.")
    }
    unsafe code = compiled
    unsafe endData = data
    unsafe self.endContext = endContext
    unsafe self.matchContext = matchContext
    unsafe workspace = .allocate(capacity: Self.workspaceSize)
    unsafe wanted = .allocate(capacity: 1)
    unsafe wanted.initialize(to: 0)
    _ = unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
    _ = unsafe pcre2_set_match_limit_8(endContext, matchLimit)
    _ = unsafe pcre2_set_match_limit_8(matchContext, matchLimit)
    _ = unsafe pcre2_set_callout_8(
      matchContext,
      { block, wanted in
        guard let block = unsafe block, let wanted = unsafe wanted else { return 1 }
        let end = unsafe wanted.assumingMemoryBound(to: Int.self).pointee
        return unsafe Int(block.pointee.current_position) == end ? 0 : 1
      },
      wanted
    )
  }

  deinit {
    unsafe workspace.deallocate()
    unsafe wanted.deallocate()
    unsafe pcre2_match_data_free_8(endData)
    unsafe pcre2_match_context_free_8(endContext)
    unsafe pcre2_match_context_free_8(matchContext)
    unsafe pcre2_code_free_8(code)
  }

  /// Where the match that begins at `start` ends; `nil` where the breadth-first matcher cannot tell
  /// (back-references).
  func end(in text: ByteView, from start: Int) throws(ExecutionError) -> Int? {
    var options = UInt32(PCRE2_ANCHORED) | UInt32(PCRE2_NO_UTF_CHECK)
    if isShortest { options |= UInt32(PCRE2_DFA_SHORTEST) }
    // SAFETY: PCRE2 reads the view's bytes and writes its own data and workspace during the call only.
    let result = unsafe pcre2_dfa_match_8(
      code,
      text.start,
      text.count,
      start,
      options,
      endData,
      endContext,
      workspace,
      Self.workspaceSize
    )
    guard result >= 0 else { return nil }
    // SAFETY: a match has at least one pair of places; the longest comes first.
    return unsafe pcre2_get_ovector_pointer_8(endData).map { places in unsafe Int(places[1]) }
  }

  /// Puts the parts of the first match from `start` to `end` into `data`.
  func match(
    _ text: ByteView,
    _ start: Int,
    _ end: Int,
    into data: OpaquePointer
  ) throws(ExecutionError) {
    unsafe wanted.pointee = end
    // SAFETY: as above; `data` was made for a pattern with the same parts.
    let result = unsafe pcre2_match_8(
      code,
      text.start,
      text.count,
      start,
      UInt32(PCRE2_ANCHORED) | UInt32(PCRE2_NO_UTF_CHECK),
      data,
      matchContext
    )
    guard try isMatch(result) else {
      throw .sql("2201B", "regular expression failed: regular expression is too complex")
    }
  }
}
