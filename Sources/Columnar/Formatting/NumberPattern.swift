// to_char of numbers. The rules, with all their odd cases, are PostgreSQL's: a pattern says where digits,
// sign and separators stand; the number's own digits are laid into it from the left.

/// A pattern for numbers, cut once and used for many values.
package struct NumberPattern: Sendable {
  enum Keyword: Sendable {
    case comma, point, zero, nine, blank, decimal, scientific, fill, group, currency, minus, plus,
      bracket
    case roman, sign, anchoredSign, ordinal(PatternNode.Ordinal), scale, ignored, lowerRoman
  }

  enum Node: Sendable { case keyword(Keyword), text(String) }

  private(set) var nodes: [Node] = []
  /// Digits before and behind the point, and for V.
  var before = 0
  var behind = 0
  var multiplier = 0
  private(set) var hasPoint = false
  private(set) var isFilled = false
  private(set) var hasZero = false
  private(set) var zeroStart = 0
  private(set) var zeroEnd = 0
  var hasBracket = false
  private(set) var hasMinus = false
  private(set) var hasPlus = false
  private(set) var hasAnchoredSign = false
  /// -1: before the number, 1: behind it.
  var signPlace = 0
  private(set) var digitsBeforeSign = 0
  private(set) var isRoman = false
  private(set) var isScientific = false
  private(set) var isScaled = false
  /// An empty pattern makes to_char NULL.
  package var isEmpty: Bool { nodes.isEmpty }

  /// Cuts a pattern.
  ///
  /// - Throws: 42601 for signs, points or EEEE that contradict each other.
  package init(_ pattern: String) throws(ValueError) {
    for node in patternNodes(pattern, keywords: Self.keywordsByLetter, hasAffixes: false) {
      guard node.kind == .keyword, let keyword = Self.keywords[node.text] else {
        nodes.append(.text(node.text))
        continue
      }
      nodes.append(.keyword(keyword))
      try note(keyword)
    }
  }

  private mutating func note(_ keyword: Keyword) throws(ValueError) {
    func refuse(_ message: String) -> ValueError { ValueError("42601", message) }
    if isScientific {
      switch keyword {
      case .scientific: break
      default: throw refuse("\"EEEE\" must be the last pattern used")
      }
    }
    switch keyword {
    case .nine:
      if hasBracket { throw refuse("\"9\" must be ahead of \"PR\"") }
      if isScaled { multiplier += 1 } else if hasPoint { behind += 1 } else { before += 1 }
    case .zero:
      if hasBracket { throw refuse("\"0\" must be ahead of \"PR\"") }
      if !hasZero, !hasPoint {
        hasZero = true
        zeroStart = before
      }
      if hasPoint { behind += 1 } else { before += 1 }
      zeroEnd = before + behind
    case .point, .decimal:
      if hasPoint { throw refuse("multiple decimal points") }
      if isScaled { throw refuse("cannot use \"V\" and decimal point together") }
      hasPoint = true
    case .fill: isFilled = true
    case .anchoredSign:
      if hasAnchoredSign { throw refuse("cannot use \"S\" twice") }
      if hasPlus || hasMinus || hasBracket {
        throw refuse("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
      }
      hasAnchoredSign = true
      if !hasPoint {
        signPlace = -1
        digitsBeforeSign = before
      } else if signPlace == 0 {
        signPlace = 1
      }
    case .minus:
      if hasAnchoredSign { throw refuse("cannot use \"S\" and \"MI\" together") }
      hasMinus = true
    case .plus:
      if hasAnchoredSign { throw refuse("cannot use \"S\" and \"PL\" together") }
      hasPlus = true
    case .sign:
      if hasAnchoredSign { throw refuse("cannot use \"S\" and \"SG\" together") }
      (hasMinus, hasPlus) = (true, true)
    case .bracket:
      if hasAnchoredSign || hasPlus || hasMinus {
        throw refuse("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
      }
      hasBracket = true
    case .roman, .lowerRoman: isRoman = true
    case .scale:
      if hasPoint { throw refuse("cannot use \"V\" and decimal point together") }
      isScaled = true
    case .scientific:
      if isScientific { throw refuse("cannot use \"EEEE\" twice") }
      if hasBlankOrSign {
        throw ValueError(
          "42601",
          "\"EEEE\" is incompatible with other formats",
          detail:
            "\"EEEE\" may only be used together with digit and decimal point patterns."
        )
      }
      isScientific = true
    case .comma, .group, .currency, .ordinal, .blank, .ignored: break
    }
  }

  private var hasBlankOrSign: Bool {
    isFilled || hasAnchoredSign || hasBracket || hasMinus || hasPlus || isRoman || isScaled
  }

  private static let words: [(String, Keyword)] = [
    (",", .comma), (".", .point), ("0", .zero), ("9", .nine), ("B", .blank), ("C", .ignored),
    ("D", .decimal), ("EEEE", .scientific), ("FM", .fill), ("G", .group), ("L", .currency),
    ("MI", .minus), ("PL", .plus), ("PR", .bracket), ("RN", .roman), ("SG", .sign),
    ("SP", .ignored),
    ("S", .anchoredSign), ("TH", .ordinal(.upper)), ("V", .scale),
  ]

  private static let keywords: [String: Keyword] = {
    var table: [String: Keyword] = [:]
    for (word, keyword) in words {
      table[word.lowercased()] = keyword
      table[word] = keyword
    }
    table["rn"] = .lowerRoman
    table["th"] = .ordinal(.lower)
    return table
  }()

  private static let keywordsByLetter: [Character: [String]] = {
    var table: [Character: [String]] = [:]
    for (word, _) in words {
      for form in Set([word, word.lowercased()]) {
        if let letter = form.first { table[letter, default: []].append(form) }
      }
    }
    // SG and SP before S, longest first.
    return table.mapValues { $0.sorted { $0.count > $1.count } }
  }()
}

extension OutputBuffer {
  /// Appends a numeric in a pattern.
  ///
  /// - Throws: 22003 when the value times V's power of ten leaves 38 digits.
  package mutating func append(
    decimal value: Decimal,
    _ pattern: NumberPattern
  ) throws(ValueError) {
    var pattern = pattern
    if pattern.isRoman {
      let whole = try value.isFinite ? value.integer(.bigint) : 0
      return appendRoman(whole, pattern)
    }
    if pattern.isScientific { return appendScientific(value, pattern.before, pattern.behind) }
    var value = value
    if pattern.isScaled {
      value = try value.multiplied(by: Decimal(powerOfTen64(min(pattern.multiplier, 18))))
      pattern.before += pattern.multiplier
    }
    var number = OutputBuffer(capacity: 48)
    if value.isFinite {
      number.append(wide: value.taken().rounded(places: pattern.behind))
    } else {
      number.append(decimal: value)
    }
    append(digits: number.array, pattern)
  }

  /// Appends a double in a pattern; 15 digits are significant.
  package mutating func append(
    double value: Double,
    _ pattern: NumberPattern
  ) throws(ValueError) {
    var pattern = pattern
    if pattern.isRoman {
      let whole = value.rounded(.toNearestOrEven)
      return appendRoman(whole.magnitude < 1e15 ? Int64(whole) : 0, pattern)
    }
    if pattern.isScientific {
      return appendScientific(value, pattern.before, pattern.behind)
    }
    var value = value
    if pattern.isScaled {
      value *= Double.powersOfTen[min(pattern.multiplier, 22)]
      pattern.before += pattern.multiplier
    }
    guard value.isFinite else {
      let name = value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
      return append(digits: Array(name.utf8), pattern)
    }
    let wholeDigits = value.fixedDigits(places: 0).filter { isDigit($0) }.count
    pattern.behind = max(0, min(pattern.behind, 15 - wholeDigits))
    append(digits: value.fixedDigits(places: pattern.behind), pattern)
  }

  /// Appends an integer in a pattern.
  package mutating func append(
    integer value: Int64,
    _ pattern: NumberPattern
  ) throws(ValueError) {
    try append(decimal: Decimal(value), pattern)
  }

  private mutating func append(digits: [UInt8], _ pattern: NumberPattern) {
    var layout = NumberLayout(digits: digits, pattern)
    append(layout.run())
  }

  private mutating func appendRoman(_ value: Int64, _ pattern: NumberPattern) {
    let numeral = roman(value)
    for node in pattern.nodes {
      switch node {
      case .text(let text): append(text: text)
      case .keyword(.roman), .keyword(.lowerRoman):
        if !pattern.isFilled {
          for _ in 0..<max(0, 15 - numeral.utf8.count) { append(UInt8(ascii: " ")) }
        }
        if case .keyword(.lowerRoman) = node {
          append(text: numeral.lowercased())
        } else {
          append(text: numeral)
        }
      default: break
      }
    }
  }

  private func roman(_ value: Int64) -> String {
    guard (1...3_999).contains(value) else { return String(repeating: "#", count: 15) }
    let table: [(Int64, String)] = [
      (1_000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
      (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ]
    var rest = value
    var text = ""
    for (unit, letters) in table {
      while rest >= unit {
        text += letters
        rest -= unit
      }
    }
    return text
  }

  /// `d.ddde+xx` with a blank where a minus would stand.
  private mutating func appendScientific(_ value: Decimal, _ before: Int, _ behind: Int) {
    guard value.isFinite else { return appendHashes(before, behind) }
    let digits = value.magnitudeDigits
    let count = max(1, digits.decimalDigits)
    let exponent = digits.isZero ? 0 : count - 1 - Int(value.scale)
    let drop = count - 1 - behind
    let kept = drop > 0 ? digits.dividedRounding(by: .powerOfTen(drop)) : digits
    var mantissa = kept.decimalText
    // 9.99 may have become 10.0, which PostgreSQL leaves so.
    let whole = drop > 0 ? mantissa.count - behind : 1
    while mantissa.count < behind + 1 { mantissa.append(0x30) }
    append(mantissa: mantissa, whole, exponent, isNegative: value.signum < 0)
  }

  private mutating func appendScientific(_ value: Double, _ before: Int, _ behind: Int) {
    guard value.isFinite else { return appendHashes(before, behind) }
    let places = min(behind, 17)
    var mantissa = [UInt8](repeating: 0x30, count: behind + 1)
    var exponent = 0
    if value != 0 {
      let (digits, power) = value.significantDigits(places + 1)
      exponent = power + places
      for (index, byte) in String(digits).utf8.enumerated() { mantissa[index] = byte }
    }
    append(mantissa: mantissa, 1, exponent, isNegative: value.sign == .minus)
  }

  private mutating func append(
    mantissa: [UInt8],
    _ whole: Int,
    _ exponent: Int,
    isNegative: Bool
  ) {
    append(UInt8(ascii: isNegative ? "-" : " "))
    append(Array(mantissa[..<whole]))
    if mantissa.count > whole {
      append(UInt8(ascii: "."))
      append(Array(mantissa[whole...]))
    }
    append(UInt8(ascii: "e"))
    append(UInt8(ascii: exponent < 0 ? "-" : "+"))
    append(magnitude: UInt64(exponent.magnitude), width: 2)
  }

  private mutating func appendHashes(_ before: Int, _ behind: Int) {
    for place in 0..<(before + behind + 6) {
      append(place == 0 ? 0x20 : place == before + 1 ? 0x2e : 0x23)
    }
  }
}

extension Double {
  /// `printf("%.*f")`: digits with `places` behind the point, exactly rounded.
  func fixedDigits(places: Int) -> [UInt8] {
    var output = OutputBuffer(capacity: 64)
    if sign == .minus { output.append(UInt8(ascii: "-")) }
    var top = WideInteger(UInt128(significandBitPattern | (isNormal ? 1 << 52 : 0)))
    let exponent = Int(isNormal ? exponentBitPattern : 1) - 1_075
    top = top * .powerOfTen(places)
    var whole = top << max(0, exponent)
    if exponent < 0 {
      let unit = WideInteger.one << -exponent
      let (quotient, rest) = top.divided(by: unit)
      let twice = rest << 1
      let isOdd = (quotient.limbs.first ?? 0) & 1 == 1
      whole = twice > unit || (twice == unit && isOdd) ? quotient + .one : quotient
    }
    var digits: [UInt8] = []
    while !whole.isZero {
      let (quotient, digit) = whole.dividedBySmall(10)
      digits.append(UInt8(48 + digit))
      whole = quotient
    }
    while digits.count <= places { digits.append(0x30) }
    for (index, digit) in digits.reversed().enumerated() {
      if places > 0, index == digits.count - places { output.append(UInt8(ascii: ".")) }
      output.append(digit)
    }
    return output.array
  }
}
