import Columnar
import Kernels
import Planning

/// The longest string, as in PostgreSQL: 1 GB.
private let stringBytesMax = 0x3fff_ffff

extension ExpressionCompiler {
  /// regexp_replace, regexp_like, regexp_count, regexp_instr, regexp_substr and substring(text, pattern);
  /// `nil` for any other function.
  func regularExpressionFunction(
    _ function: ScalarFunction,
    _ nodes: [ExpressionNode]
  ) -> ExpressionNode? {
    let kind: LaneKind
    let body: RegularExpressionNode.Body
    switch function {
    case .regularExpressionReplace: (kind, body) = (.bytes, .replace)
    case .regularExpressionLike: (kind, body) = (.bool, .like)
    case .regularExpressionCount: (kind, body) = (.int64, .count)
    case .regularExpressionPosition: (kind, body) = (.int64, .position)
    case .regularExpressionPart: (kind, body) = (.bytes, .part)
    case .substringMatching: (kind, body) = (.bytes, .firstPart)
    default: return nil
    }
    let node = RegularExpressionNode(body, nodes)
    return strict(kind, nodes) { (inputs, rows, output) throws(ExecutionError) in
      try node.run(inputs, rows, output)
    }
  }
}

/// A function of a text and a regular expression, row by row.
private final class RegularExpressionNode {
  enum Body {
    case replace, like, count, position, part, firstPart

    /// The name in messages.
    var name: String {
      switch self {
      case .replace: "regexp_replace"
      case .like: "regexp_like"
      case .count: "regexp_count"
      case .position: "regexp_instr"
      case .part: "regexp_substr"
      case .firstPart: "substring"
      }
    }
  }

  /// The arguments behind text and pattern, as numbers of inputs.
  private struct Places {
    var replacement: Int?
    var start: Int?
    var occurrence: Int?
    var endOption: Int?
    var flags: Int?
    var part: Int?

    /// Whether numbers among the arguments say where and what to look for.
    var hasNumbers: Bool {
      start != nil || occurrence != nil || endOption != nil || part != nil
    }

    init(_ body: Body, _ nodes: [ExpressionNode]) {
      var rest = Array(nodes.indices.dropFirst(2))
      func take(_ isNext: Bool) -> Int? { isNext && !rest.isEmpty ? rest.removeFirst() : nil }
      func isNext(_ kind: LaneKind) -> Bool { rest.first.map { nodes[$0].kind == kind } ?? false }
      replacement = take(body == .replace)
      start = take(body != .like && isNext(.int64))
      occurrence = take([.replace, .position, .part].contains(body) && isNext(.int64))
      endOption = take(body == .position)
      flags = take(true)
      part = take(body == .position || body == .part)
    }
  }

  private let body: Body
  private let places: Places
  private let cache: RegularExpressionCache
  private let isConstant: Bool
  private let isReplacementConstant: Bool
  private let pieces = ReplacementPieces()

  init(_ body: Body, _ nodes: [ExpressionNode]) {
    self.body = body
    places = Places(body, nodes)
    cache = RegularExpressionCache(isSearch: body != .like)
    isReplacementConstant = places.replacement.map { nodes[$0].isConstant } ?? false
    isConstant = nodes[1].isConstant && (places.flags.map { nodes[$0].isConstant } ?? true)
  }

  func run(_ inputs: [Vector], _ rows: Int, _ output: Vector) throws(ExecutionError) {
    let (text, pattern) = (inputs[0], inputs[1])
    let texts = text.views
    let patterns = pattern.views
    if output.kind == .bytes {
      output.retainOwners(of: text)
      makeLanesHarmless(output, rows: rows)
    }
    let valid = ValidRows(output)
    let replacement = places.replacement.map { inputs[$0] }
    let fixed = places.hasNumbers ? nil : Settings()
    if body == .replace, isConstant, fixed != nil, let replacement {
      return try replaceAll(texts, patterns, by: replacement.views, inputs, rows, valid, output)
    }
    var known: (expression: RegularExpression, isGlobal: Bool)?
    for row in 0..<rows where valid[row] {
      let settings: Settings
      if let fixed { settings = fixed } else { settings = try Settings(body, inputs, row, places) }
      let search: (expression: RegularExpression, isGlobal: Bool)
      if isConstant, let known {
        search = known
      } else {
        let (flags, isGlobal) = try flags(inputs, row)
        search = (try cache.expression(patterns[row], flags), isGlobal)
        known = search
      }
      try answer(
        texts[row],
        search.expression,
        search.isGlobal,
        settings,
        replacement,
        row,
        output
      )
    }
  }

  /// One expression for all rows: nothing but the text differs from row to row.
  private func replaceAll(
    _ texts: Span<ByteView>,
    _ patterns: Span<ByteView>,
    by replacements: Span<ByteView>,
    _ inputs: [Vector],
    _ rows: Int,
    _ valid: ValidRows,
    _ output: Vector
  ) throws(ExecutionError) {
    guard let first = (0..<rows).first(where: { valid[$0] }) else { return }
    let (letters, isGlobal) = try flags(inputs, first)
    let expression = try cache.expression(patterns[first], letters)
    let occurrence = isGlobal ? 0 : 1
    var template = ReplacementTemplate(replacements[first], partCount: expression.partCount)
    let hasNulls = output.hasNulls
    var out = output.mutableViews
    var ascii = ASCIIRuns(texts.extracting(0..<rows), hasNulls: hasNulls)
    let only = isReplacementConstant && occurrence == 1 ? template.onlyPart : nil
    // Matches of less than the whole text cost a second search.
    var partialCount = 0
    for row in first..<rows where !hasNulls || valid[row] {
      let text = texts[row]
      let isASCII = ascii.contains(row)
      if isASCII, let only, partialCount < 8 {
        if let part = expression.partOfWhole(text, only) {
          out[row] = part
          continue
        }
        partialCount += 1
      }
      if !isReplacementConstant, row > first {
        template = ReplacementTemplate(replacements[row], partCount: expression.partCount)
      }
      out[row] = try pieces.replace(
        Matches(text, isASCII: isASCII),
        expression,
        by: (replacements[row], template),
        occurrence: occurrence,
        output
      )
    }
  }

  /// The letters for the expression, and whether `g` was among them.
  private func flags(
    _ inputs: [Vector],
    _ row: Int
  ) throws(ExecutionError) -> (letters: [UInt8], isGlobal: Bool) {
    guard let place = places.flags else { return ([], false) }
    let vector = inputs[place]
    let letters = vector.views[row].bytes
    if body == .replace, inputs.count == 4, let first = letters.first, (48...57).contains(first) {
      throw RegularExpressionTranslation.invalidOption(letters)
    }
    guard letters.contains(UInt8(ascii: "g")) else { return (letters, false) }
    guard body == .replace else {
      throw .sql("22023", "\(body.name)() does not support the \"global\" option")
    }
    return (letters.filter { $0 != UInt8(ascii: "g") }, true)
  }

  /// The numbers among the arguments of a row, checked.
  private struct Settings {
    var start = 1
    /// 0: all of them.
    var occurrence: Int?
    var isEnd = false
    var part = 0

    init() {}

    init(
      _ body: Body,
      _ inputs: [Vector],
      _ row: Int,
      _ places: Places
    ) throws(ExecutionError) {
      func number(
        _ place: Int?,
        _ name: String,
        in range: ClosedRange<Int64>
      ) throws(ExecutionError) -> Int? {
        guard let place else { return nil }
        let vector = inputs[place]
        let value = vector.int64[row]
        guard range.contains(value) else {
          throw .sql("22023", "invalid value for parameter \"\(name)\": \(value)")
        }
        return Int(value)
      }
      start = try number(places.start, "start", in: 1...(.max)) ?? 1
      let least: Int64 = body == .replace ? 0 : 1
      occurrence = try number(places.occurrence, "n", in: least...(.max))
      isEnd = try number(places.endOption, "endoption", in: 0...1) == 1
      part = try number(places.part, "subexpr", in: 0...(.max)) ?? 0
    }
  }

  private func answer(
    _ text: ByteView,
    _ expression: RegularExpression,
    _ isGlobal: Bool,
    _ settings: Settings,
    _ replacement: Vector?,
    _ row: Int,
    _ output: Vector
  ) throws(ExecutionError) {
    switch body {
    case .like:
      var out = output.mutableBool
      out[row] = try expression.matches(text) ? 1 : 0
    case .count:
      var matches = Matches(text, from: settings.start)
      var count: Int64 = 0
      while try matches.advance(expression) { count += 1 }
      var out = output.mutableInt64
      out[row] = count
    case .position:
      let part = try find(text, expression, settings)
      var out = output.mutableInt64
      out[row] =
        part.map { part in
          Int64(text.slice(0, settings.isEnd ? part.upperBound : part.lowerBound).characterCount)
            + 1
        } ?? 0
    case .part, .firstPart:
      var settings = settings
      if body == .firstPart { settings.part = min(1, expression.partCount - 1) }
      guard let part = try find(text, expression, settings) else {
        output.setNull(row)
        return
      }
      var out = output.mutableViews
      out[row] = text.slice(part.lowerBound, part.count)
    case .replace:
      guard let replacement else { return }
      let occurrence = settings.occurrence ?? (isGlobal ? 0 : 1)
      let replaced = try pieces.replace(
        Matches(text, from: settings.start),
        expression,
        by: (
          replacement.views[row],
          ReplacementTemplate(replacement.views[row], partCount: expression.partCount)
        ),
        occurrence: occurrence,
        output
      )
      var out = output.mutableViews
      out[row] = replaced
    }
  }

  /// A part of the wanted match; `nil` where there is none.
  private func find(
    _ text: ByteView,
    _ expression: RegularExpression,
    _ settings: Settings
  ) throws(ExecutionError) -> Range<Int>? {
    guard settings.part < expression.partCount else { return nil }
    var matches = Matches(text, from: settings.start)
    for _ in 0..<(settings.occurrence ?? 1) {
      guard try matches.advance(expression) else { return nil }
    }
    return expression.part(settings.part)
  }
}

/// One match after the other, as PostgreSQL goes through a text.
private struct Matches {
  let text: ByteView
  private let isASCII: Bool
  /// Where the next search begins, in bytes; beyond the text: nowhere.
  private var place: Int
  private(set) var range = 0..<0

  init(_ text: ByteView, isASCII: Bool) {
    self.text = text
    self.isASCII = isASCII
    place = 0
  }

  /// `start` counts characters from 1.
  init(_ text: ByteView, from start: Int) {
    self.text = text
    isASCII = text.isASCII
    place =
      start == 1
      ? 0
      : start - 1 > text.characterCount ? text.count + 1 : text.offset(ofCharacter: start - 1)
  }

  mutating func advance(_ expression: RegularExpression) throws(ExecutionError) -> Bool {
    guard try expression.firstMatch(in: text, from: place, isASCII: isASCII),
      let whole = expression.part(0)
    else { return false }
    range = whole
    place = whole.upperBound
    if whole.isEmpty {
      place += place < text.count ? text.characterLength(at: place) : 1
    }
    return true
  }
}

/// The pieces that a replaced text is put together of.
private final class ReplacementPieces {
  private var pieces: [ByteView] = []
  private var byteCount = 0

  private func append(_ view: ByteView) {
    guard view.count > 0 else { return }
    pieces.append(view)
    byteCount += view.count
  }

  /// A text with matches replaced; a view of it or of memory of `output`.
  ///
  /// `occurrence` says which match, 0: all.
  func replace(
    _ all: Matches,
    _ expression: RegularExpression,
    by replacement: (text: ByteView, template: ReplacementTemplate),
    occurrence: Int,
    _ output: Vector
  ) throws(ExecutionError) -> ByteView {
    var matches = all
    let text = all.text
    guard try matches.advance(expression) else { return text }
    if occurrence == 1, matches.range.count == text.count, let only = replacement.template.onlyPart
    {
      let part = expression.part(only) ?? 0..<0
      return text.slice(part.lowerBound, part.count)
    }
    pieces.removeAll(keepingCapacity: true)
    byteCount = 0
    var copied = 0
    var number = 0
    repeat {
      number += 1
      if occurrence > 0, number != occurrence { continue }
      append(text.slice(copied, matches.range.lowerBound - copied))
      append(replacement.template, replacement.text, of: text, expression)
      copied = matches.range.upperBound
      if occurrence > 0 { break }
    } while try matches.advance(expression)
    guard copied > 0 || !pieces.isEmpty else { return text }
    append(text.slice(copied, text.count - copied))
    guard byteCount <= stringBytesMax else { throw .sql("54000", "requested length too large") }
    if pieces.count == 1 {
      return pieces[0].isInside(text) ? pieces[0] : output.store(pieces[0].span)
    }
    let target = output.reserveBytes(byteCount)
    var place = 0
    for piece in pieces {
      copy(piece, to: target, at: place)
      place += piece.count
    }
    return target
  }

  private func append(
    _ template: ReplacementTemplate,
    _ replacement: ByteView,
    of text: ByteView,
    _ expression: RegularExpression
  ) {
    for piece in template.pieces {
      switch piece {
      case .literal(let start, let count): append(replacement.slice(start, count))
      case .part(let part):
        if let range = expression.part(part) { append(text.slice(range.lowerBound, range.count)) }
      }
    }
  }
}

extension ByteView {
  /// Whether these bytes are some of the other's own.
  fileprivate func isInside(_ other: ByteView) -> Bool {
    unsafe start >= other.start && start + count <= other.start + other.count
  }
}
