import CPcre2
import Columnar
import Kernels

/// A PostgreSQL regular expression (ARE), translated for PCRE2 and compiled there.
///
/// PCRE2 rather than an engine of our own: it knows Unicode classes, is compiled to machine code where the
/// system allows that, and its match limit stops patterns that would run for ever.
@safe
final class RegularExpression {
  // SAFETY: made in `init`, freed in `deinit`, never handed out.
  private let code: OpaquePointer
  private let matchData: OpaquePointer
  private let matchContext: OpaquePointer

  /// Compiles `pattern`; throws PostgreSQL's 2201B.
  init(_ pattern: ByteView, ignoringCase: Bool) throws(ExecutionError) {
    let translation = try RegularExpressionTranslation(pattern.bytes, ignoringCase: ignoringCase)
    var errorCode: Int32 = 0
    var errorOffset = 0
    let compiled = unsafe translation.pattern.withUnsafeBufferPointer { bytes in
      // SAFETY: PCRE2 reads `count` bytes during the call.
      unsafe pcre2_compile_8(
        bytes.baseAddress ?? UnsafePointer(bitPattern: 1),
        bytes.count,
        translation.options,
        &errorCode,
        &errorOffset,
        nil
      )
    }
    guard let compiled = unsafe compiled else {
      throw invalidRegularExpression(Self.message(errorCode))
    }
    guard let data = unsafe pcre2_match_data_create_from_pattern_8(compiled, nil),
      let context = unsafe pcre2_match_context_create_8(nil)
    else {
      unsafe pcre2_code_free_8(compiled)
      throw .outOfMemory(detail: "Failed while compiling a regular expression.")
    }
    unsafe code = compiled
    unsafe matchData = data
    unsafe matchContext = context
    _ = unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
    _ = unsafe pcre2_set_match_limit_8(context, 10_000_000)
  }

  deinit {
    unsafe pcre2_match_data_free_8(matchData)
    unsafe pcre2_match_context_free_8(matchContext)
    unsafe pcre2_code_free_8(code)
  }

  /// Whether some part of `text` matches.
  func matches(_ text: ByteView) throws(ExecutionError) -> Bool {
    // SAFETY: PCRE2 reads the view's bytes during the call and keeps offsets only.
    let result = unsafe pcre2_match_8(
      code,
      text.start,
      text.count,
      0,
      0,
      matchData,
      matchContext
    )
    if result >= 0 { return true }
    if result == PCRE2_ERROR_NOMATCH || result == PCRE2_ERROR_PARTIAL { return false }
    throw .sql("2201B", "regular expression failed: regular expression is too complex")
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
    let cache = RegularExpressionCache(ignoringCase: ignoringCase)
    let isConstant = nodes[1].isConstant
    return binary(.bool, nodes[0], nodes[1]) {
      (text, pattern, rows, output) throws(ExecutionError) in
      let texts = text.views
      let patterns = pattern.views
      var out = output.mutableBool
      let valid = ValidRows(output)
      if isConstant {
        guard rows > 0, pattern.isValid(0) else { return }
        let expression = try cache.expression(patterns[0])
        for row in 0..<rows where valid[row] {
          out[row] = try expression.matches(texts[row]) ? 1 : 0
        }
      } else {
        for row in 0..<rows where valid[row] {
          out[row] = try cache.expression(patterns[row]).matches(texts[row]) ? 1 : 0
        }
      }
    }
  }
}

/// The last pattern compiled.
private final class RegularExpressionCache {
  private let ignoringCase: Bool
  private var known: (bytes: [UInt8], expression: RegularExpression)?

  init(ignoringCase: Bool) { self.ignoringCase = ignoringCase }

  func expression(_ pattern: ByteView) throws(ExecutionError) -> RegularExpression {
    let bytes = pattern.bytes
    if let known, known.bytes == bytes { return known.expression }
    let expression = try RegularExpression(pattern, ignoringCase: ignoringCase)
    known = (bytes, expression)
    return expression
  }
}
