/// Lays the digits of one number into a pattern.
///
/// - Source: the observable rules of PostgreSQL's to_char; each odd case is held by a comparison test.
struct NumberLayout {
  private var pattern: NumberPattern
  /// Digits and point, without sign.
  private var number: [UInt8]
  private let isNegative: Bool
  private var output: [UInt8] = []
  /// The next digit of `number`.
  private var digit = 0
  /// Positions of the pattern passed.
  private var position = 0
  /// Positions before the first digit.
  private let blanks: Int
  private var isSignWritten: Bool
  /// Whether a digit has been written, so that separators count.
  private var isInNumber = false
  /// FM: the last digit behind the point worth writing.
  private var lastRelevant: Int?
  private var positions: Int
  /// Whether nothing more is shown.
  private var isCut = false

  init(digits: [UInt8], _ given: NumberPattern) {
    pattern = given
    isNegative = digits.first == 0x2d
    number = isNegative ? Array(digits.dropFirst()) : digits
    let whole = number.firstIndex(of: 0x2e) ?? number.count
    blanks = max(0, pattern.before - whole)
    if whole > pattern.before {
      number = Array(repeating: 0x23, count: pattern.before + pattern.behind + 1)
      number[pattern.before] = 0x2e
    }
    if pattern.hasPlus || pattern.hasMinus {
      isSignWritten = pattern.hasMinus
    } else {
      if !isNegative, pattern.isFilled { pattern.hasBracket = false }
      isSignWritten = !isNegative && pattern.isFilled && !pattern.hasAnchoredSign
      if pattern.signPlace == -1, pattern.before == pattern.digitsBeforeSign {
        pattern.signPlace = 1
      }
    }
    positions = pattern.before + pattern.behind - 1
    if pattern.isFilled, pattern.hasPoint, let point = number.firstIndex(of: 0x2e) {
      var last = point
      for index in number.indices where index > point && number[index] != 0x30 { last = index }
      if pattern.zeroEnd > blanks {
        last = max(last, min(number.count - 1, pattern.zeroEnd - blanks))
      }
      lastRelevant = last
    }
    if !isSignWritten, blanks == 0 { positions += 1 }
  }

  mutating func run() -> [UInt8] {
    for node in pattern.nodes {
      guard !isCut else { break }
      switch node {
      case .text(let text): output += Array(text.utf8)
      case .keyword(let keyword): write(keyword)
      }
    }
    return output
  }

  private mutating func write(_ keyword: NumberPattern.Keyword) {
    switch keyword {
    case .nine, .zero, .point, .decimal:
      var isZero = false
      if case .zero = keyword { isZero = true }
      writeDigit(isZero: isZero)
    case .comma, .group:
      if isInNumber { output.append(0x2c) } else if !pattern.isFilled { output.append(0x20) }
    case .currency: output.append(0x20)
    case .minus:
      if isNegative { output.append(0x2d) } else if !pattern.isFilled { output.append(0x20) }
    case .plus:
      if !isNegative { output.append(0x2b) } else if !pattern.isFilled { output.append(0x20) }
    case .sign: output.append(isNegative ? 0x2d : 0x2b)
    case .ordinal(let form):
      guard number.first != 0x23, !isNegative, !pattern.hasPoint else { return }
      output += Array(ordinalSuffix(String(decoding: number, as: UTF8.self), form).utf8)
    default: break
    }
  }

  private var current: UInt8 { digit < number.count ? number[digit] : 0 }

  /// A zero before the point that `9.9` shows as a blank.
  private var isBlankZero: Bool {
    !pattern.hasZero && digit == 0 && number.first == 0x30 && pattern.behind != 0
  }

  private var endsAtPoint: Bool { lastRelevant.map { number[$0] == 0x2e } ?? false }

  private mutating func writeDigit(isZero: Bool) {
    isInNumber = false
    let startsHere =
      position >= blanks || (pattern.hasZero && pattern.zeroStart == position)
    if !isSignWritten, startsHere, !isBlankZero || endsAtPoint { writeSign() }
    if position < blanks, pattern.zeroStart > position || !pattern.hasZero {
      if !pattern.isFilled { output.append(0x20) }
    } else if pattern.hasZero, position < blanks {
      output.append(0x30)
      isInNumber = true
    } else {
      writeOwnDigit(isZero: isZero)
      if digit < number.count { digit += 1 }
    }
    var end = positions + (blanks > 0 ? 1 : 0) + (pattern.hasPoint ? 1 : 0)
    if let lastRelevant, lastRelevant == digit { end = position }
    if position + 1 == end, !isCut {
      if isSignWritten, pattern.hasBracket {
        output.append(isNegative ? 0x3e : 0x20)
      } else if pattern.hasAnchoredSign, pattern.signPlace == 1 {
        output.append(isNegative ? 0x2d : 0x2b)
      }
    }
    position += 1
  }

  private mutating func writeSign() {
    if pattern.hasAnchoredSign {
      if pattern.signPlace == -1 {
        output.append(isNegative ? 0x2d : 0x2b)
        isSignWritten = true
      }
      return
    }
    if pattern.hasBracket {
      output.append(isNegative ? 0x3c : 0x20)
    } else if isNegative {
      output.append(0x2d)
    } else if !pattern.isFilled {
      output.append(0x20)
    }
    isSignWritten = true
  }

  private mutating func writeOwnDigit(isZero: Bool) {
    if current == 0x2e {
      if !endsAtPoint || pattern.isFilled { output.append(0x2e) }
      return
    }
    if let lastRelevant, digit > lastRelevant, !isZero { return }
    if isBlankZero {
      if !pattern.isFilled {
        output.append(0x20)
      } else if endsAtPoint {
        output.append(0x30)
      }
      return
    }
    guard current != 0 else {
      // A position beyond the number's last digit: PostgreSQL's C string ends here.
      isCut = true
      return
    }
    output.append(current)
    isInNumber = true
  }
}
