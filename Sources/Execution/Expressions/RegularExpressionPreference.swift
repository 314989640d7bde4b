/// Whether a PostgreSQL ARE prefers its longest or its shortest match, and whether that needs a look.
///
/// PostgreSQL's rule (chapter 9.7.3.5): an expression of several branches is greedy; a branch is as greedy as
/// the first quantified atom in it that has a greediness; a quantifier with `?` behind it is not greedy; a
/// fixed count `{m}` has the greediness of its atom.
struct RegularExpressionPreference {
  /// The shortest match is asked for.
  private(set) var isShortest = false
  /// PCRE2's own choice may have another end.
  private(set) var isNeeded = false
  private let source: [UInt8]
  private var place = 0
  private var variableQuantifiers = 0
  private var hasBranches = false
  /// A quantifier stands behind parentheses.
  private var repeatsGroups = false

  init(_ source: [UInt8]) {
    self.source = source
    isShortest = branches() == false
    isNeeded = hasBranches || variableQuantifiers > 1 || repeatsGroups
  }

  private var next: UInt8? { place < source.count ? source[place] : nil }

  /// Up to a closing parenthesis or the end: greedy, not greedy, or `nil` where the length is fixed.
  private mutating func branches() -> Bool? {
    var greediness = branch()
    while next == UInt8(ascii: "|") {
      place += 1
      hasBranches = true
      _ = branch()
      greediness = true
    }
    return greediness
  }

  private mutating func branch() -> Bool? {
    var greediness: Bool?
    while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      let own = quantifiedAtom()
      greediness = greediness ?? own
    }
    return greediness
  }

  private mutating func quantifiedAtom() -> Bool? {
    let isGroup = next == UInt8(ascii: "(")
    let atom = self.atom()
    guard let byte = next else { return atom }
    var isVariable = true
    switch byte {
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): place += 1
    case UInt8(ascii: "{"):
      guard let close = source[place...].firstIndex(of: UInt8(ascii: "}")),
        place + 1 < close, (48...57).contains(source[place + 1])
      else { return atom }
      isVariable = source[place..<close].contains(UInt8(ascii: ","))
      place = close + 1
    default: return atom
    }
    var isGreedy = true
    if next == UInt8(ascii: "?") {
      place += 1
      isGreedy = false
    }
    if isGroup { repeatsGroups = true }
    guard isVariable else { return atom }
    variableQuantifiers += 1
    return isGreedy
  }

  private mutating func atom() -> Bool? {
    let byte = source[place]
    place += 1
    switch byte {
    case UInt8(ascii: "\\"): place = min(place + 1, source.count)
    case UInt8(ascii: "["): skipBracket()
    case UInt8(ascii: "("):
      var isConstraint = false
      if next == UInt8(ascii: "?") {
        place += 1
        isConstraint = next != UInt8(ascii: ":")
        while let mark = next, "<=!:".utf8.contains(mark) { place += 1 }
      }
      let inner = branches()
      if next == UInt8(ascii: ")") { place += 1 }
      return isConstraint ? nil : inner
    default: break
    }
    return nil
  }

  private mutating func skipBracket() {
    if next == UInt8(ascii: "^") { place += 1 }
    if next == UInt8(ascii: "]") { place += 1 }
    while let byte = next, byte != UInt8(ascii: "]") {
      place += 1
      if byte == UInt8(ascii: "\\") {
        place = min(place + 1, source.count)
      } else if byte == UInt8(ascii: "["), let mark = next, ":.=".utf8.contains(mark) {
        place += 1
        while place + 1 < source.count,
          source[place] != mark || source[place + 1] != UInt8(ascii: "]")
        {
          place += 1
        }
        place = min(place + 2, source.count)
      }
    }
    place = min(place + 1, source.count)
  }
}
