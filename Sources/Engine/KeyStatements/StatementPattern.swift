/// A statement's text with its whole numbers and strings taken out: statements that differ in those alone share a plan.
///
/// Only texts in which the place of each is plain to see have one: no comments, no dollars, no strings with a prefix.
struct StatementPattern {
  /// Longer texts are not worth the memory of keeping them.
  private static let bytesMax = 2_048
  private static let valuesMax = 64
  /// What stands in ``bytes`` for an integer, a bigint and a string.
  private static let narrow: UInt8 = 1
  private static let wide: UInt8 = 2
  private static let string: UInt8 = 3

  /// A number or a string.
  enum Value: Hashable {
    case integer(Int64), bigint(Int64)
    case string([UInt8])
  }

  /// The text, each value one byte that says what it is.
  private(set) var bytes: [UInt8] = []
  private(set) var values: [Value] = []
  /// Where the statement stands in the text, without blanks and the semicolon.
  private(set) var range: Range<Int> = 0..<0

  /// - Parameter text: UTF-8; nil: it has no pattern.
  init?(_ text: [UInt8]) {
    guard text.count <= Self.bytesMax else { return nil }
    var start = 0
    while start < text.count, text[start].isBlank { start += 1 }
    guard start < text.count, Self.beginsChange(text[start]) else { return nil }
    bytes.reserveCapacity(text.count)
    var place = start
    var end = start
    while place < text.count {
      let byte = text[place]
      if byte == UInt8(ascii: ";") {
        guard text[(place + 1)...].allSatisfy(\.isBlank) else { return nil }
        break
      }
      guard let next = take(text, from: place) else { return nil }
      place = next
      if !byte.isBlank { end = place }
    }
    range = start..<end
  }

  /// Whether a statement that begins so may be one about a key.
  private static func beginsChange(_ byte: UInt8) -> Bool {
    switch byte | 0x20 {
    case UInt8(ascii: "u"), UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "s"): true
    default: false
    }
  }

  /// Takes over what begins at a place.
  ///
  /// - Returns: Where it ends; nil: this text has no pattern.
  private mutating func take(_ text: [UInt8], from place: Int) -> Int? {
    let byte = text[place]
    let next = place + 1 < text.count ? text[place + 1] : 0
    switch byte {
    case UInt8(ascii: "'"): return takeString(text, from: place)
    case UInt8(ascii: "\""): return takeName(text, from: place)
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      return takeNumber(text, from: place)
    case UInt8(ascii: "$"), UInt8(ascii: "\\"): return nil
    case UInt8(ascii: "-") where next == byte: return nil
    case UInt8(ascii: "/") where next == UInt8(ascii: "*"): return nil
    default:
      guard byte >= 0x20 || byte.isBlank else { return nil }
      guard byte.isWordPart else {
        bytes.append(byte)
        return place + 1
      }
      var end = place
      while end < text.count, text[end].isWordPart {
        bytes.append(text[end])
        end += 1
      }
      return end
    }
  }

  private mutating func takeString(_ text: [UInt8], from place: Int) -> Int? {
    if let before = bytes.last, before.isWordPart || before == UInt8(ascii: "&") { return nil }
    // Strings one behind the other are one.
    guard bytes.last != Self.string, values.count < Self.valuesMax else { return nil }
    var content: [UInt8] = []
    var end = place + 1
    while end < text.count {
      let byte = text[end]
      end += 1
      if byte == UInt8(ascii: "'") {
        guard end < text.count, text[end] == byte else {
          values.append(.string(content))
          bytes.append(Self.string)
          return end
        }
        end += 1
      }
      content.append(byte)
    }
    return nil
  }

  private mutating func takeName(_ text: [UInt8], from place: Int) -> Int? {
    if let before = bytes.last, before.isWordPart || before == UInt8(ascii: "&") { return nil }
    let quote = text[place]
    bytes.append(quote)
    var end = place + 1
    while end < text.count, text[end] != quote {
      guard text[end] >= 0x20 else { return nil }
      bytes.append(text[end])
      end += 1
    }
    guard end < text.count else { return nil }
    bytes.append(quote)
    return end + 1
  }

  private mutating func takeNumber(_ text: [UInt8], from place: Int) -> Int? {
    var end = place
    while end < text.count, text[end].isDigit { end += 1 }
    let isPart = bytes.last == UInt8(ascii: ".")
    if isPart || (end < text.count && (text[end].isWordPart || text[end] == UInt8(ascii: "."))) {
      return takeVerbatim(text, from: place)
    }
    guard end - place <= 18, values.count < Self.valuesMax else { return nil }
    var value: Int64 = 0
    for digit in text[place..<end] { value = value * 10 + Int64(digit - UInt8(ascii: "0")) }
    // With a minus sign it is an integer, alone a bigint.
    guard value != 1 << 31 else { return nil }
    let isNarrow = value < 1 << 31
    values.append(isNarrow ? .integer(value) : .bigint(value))
    bytes.append(isNarrow ? Self.narrow : Self.wide)
    return end
  }

  /// Takes over a number with a point, an exponent or letters as it stands.
  private mutating func takeVerbatim(_ text: [UInt8], from place: Int) -> Int? {
    var end = place
    while end < text.count, text[end].isWordPart || text[end] == UInt8(ascii: ".") {
      bytes.append(text[end])
      end += 1
    }
    let isExponent = text[end - 1] | 0x20 == UInt8(ascii: "e")
    let isSigned = end < text.count && [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(text[end])
    return isExponent && isSigned ? nil : end
  }

  /// The text with `$1…` in place of the values that are not fixed.
  ///
  /// - Parameter isFixed: Which stay where they are.
  /// - Returns: The text, and where in it each value stands.
  func parameterized(but isFixed: [Bool]) -> (text: [UInt8], places: [Int]) {
    var text: [UInt8] = []
    var places: [Int] = []
    var parameter = 0
    for byte in bytes {
      guard byte == Self.narrow || byte == Self.wide || byte == Self.string else {
        text.append(byte)
        continue
      }
      let index = places.count
      places.append(text.count)
      guard isFixed[index] else {
        parameter += 1
        text += "$\(parameter)".utf8
        continue
      }
      switch values[index] {
      case .integer(let value), .bigint(let value): text += String(value).utf8
      case .string(let content):
        text.append(UInt8(ascii: "'"))
        for byte in content {
          if byte == UInt8(ascii: "'") { text.append(byte) }
          text.append(byte)
        }
        text.append(UInt8(ascii: "'"))
      }
    }
    return (text, places)
  }
}

extension UInt8 {
  fileprivate var isBlank: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d && self != 0x0b) }
  fileprivate var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  /// What words and numbers are made of.
  fileprivate var isWordPart: Bool {
    isDigit || self >= 0x80 || self == 0x5f || ((self | 0x20) >= 0x61 && (self | 0x20) <= 0x7a)
  }
}
