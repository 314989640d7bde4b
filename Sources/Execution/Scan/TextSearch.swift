internal import ColumnEncoding
internal import Columnar
internal import Planning

/// A condition on one text column that is answered by its stored bytes or codes: `=`, `<>`, IN, LIKE, ILIKE and their
/// negations.
struct TextSearch {
  let question: TextQuestion
  let isNegated: Bool

  /// What `expression` asks; nil where rows have to be decoded and looked at one by one.
  static func of(
    _ expression: BoundExpression,
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> TextSearch? {
    switch expression.node {
    case .not(let inner):
      guard let search = try of(inner, shared) else { return nil }
      return TextSearch(question: search.question, isNegated: !search.isNegated)
    case .call(.like(let ignoresCase), let arguments):
      guard let question = try like(arguments, ignoresCase: ignoresCase, shared) else { return nil }
      return TextSearch(question: question, isNegated: false)
    case .call(.compare(let comparison), let sides)
    where sides.count == 2 && (comparison == .equal || comparison == .notEqual):
      guard let text = try constant(of: sides, shared) else { return nil }
      return TextSearch(question: .equals(text), isNegated: comparison == .notEqual)
    case .inList(let operand, let members, let negated):
      guard isText(operand), let question = list(members) else { return nil }
      return TextSearch(question: question, isNegated: negated)
    default: return nil
    }
  }

  private static func isText(_ expression: BoundExpression) -> Bool {
    guard let (_, type) = ScanCondition.plainColumn(expression) else { return false }
    switch type {
    case .text, .varchar: return true
    default: return false
    }
  }

  private static func text(
    _ expression: BoundExpression,
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> [UInt8]? {
    guard ScanCondition.isConstant(expression),
      case .bytes(let bytes) = try evaluateConstant(expression, shared)
    else { return nil }
    return bytes
  }

  private static func constant(
    of sides: [BoundExpression],
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> [UInt8]? {
    if isText(sides[0]) { return try text(sides[1], shared) }
    return isText(sides[1]) ? try text(sides[0], shared) : nil
  }

  private static func list(_ members: [Datum]) -> TextQuestion? {
    var texts: [[UInt8]] = []
    for member in members {
      guard case .bytes(let bytes) = member, !bytes.isEmpty else { return nil }
      texts.append(bytes)
    }
    if texts.count == 1 { return .equals(texts[0]) }
    guard texts.count <= 64 else { return nil }
    return TextAutomaton([.oneOf(texts)]).map { .accepts($0) }
  }

  private static func like(
    _ arguments: [BoundExpression],
    ignoresCase: Bool,
    _ shared: ExecutionShared
  ) throws(ExecutionError) -> TextQuestion? {
    guard isText(arguments[0]), let pattern = try text(arguments[1], shared) else { return nil }
    var escape = [UInt8(ascii: "\\")]
    if arguments.count > 2 {
      guard let given = try text(arguments[2], shared), given.count <= 1 else { return nil }
      escape = given
    }
    let source = unsafe ByteBuffer(copying: pattern.span.bytes)
    let parsed = LikePattern(
      source.view(offset: 0, count: source.byteCount),
      escape: escape,
      isFolded: ignoresCase
    )
    guard let elements = parsed.elements(isFolded: ignoresCase),
      let automaton = TextAutomaton(elements)
    else { return nil }
    if !ignoresCase, elements.count == 3, case .anything = elements[0],
      case .oneOf(let needles) = elements[1], case .anything = elements[2], needles.count == 1
    {
      return .contains(needles[0], automaton)
    }
    return .accepts(automaton)
  }
}
