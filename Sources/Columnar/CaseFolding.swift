// lower, upper and initcap of UTF-8 text: one character for one, as PostgreSQL folds with C.UTF-8.

extension OutputBuffer {
  /// Appends text in lower case.
  package mutating func append(lower text: Span<UInt8>) { fold(text, toUpper: false) }

  /// Appends text in upper case.
  package mutating func append(upper text: Span<UInt8>) { fold(text, toUpper: true) }

  /// Appends text with each word's first letter in upper case and the rest in lower case.
  package mutating func append(initialCapitals text: Span<UInt8>) {
    var isInWord = false
    var place = 0
    while place < text.count {
      let (scalar, length) = decodeScalar(text, place)
      appendFolded(scalar, toUpper: !isInWord)
      isInWord =
        scalar.value < 0x80
        ? isDigit(UInt8(scalar.value)) || lowercased(UInt8(scalar.value)) &- 97 < 26
        : scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      place += length
    }
  }

  private mutating func fold(_ text: Span<UInt8>, toUpper: Bool) {
    reserve(text.count)
    let first: UInt8 = toUpper ? 97 : 65
    var place = 0
    while place < text.count {
      let byte = text[place]
      if byte < 0x80 {
        append(byte &- first < 26 ? byte ^ 0x20 : byte)
        place &+= 1
        continue
      }
      let (scalar, length) = decodeScalar(text, place)
      appendFolded(scalar, toUpper: toUpper)
      place &+= length
    }
  }

  private mutating func appendFolded(_ scalar: Unicode.Scalar, toUpper: Bool) {
    append(scalar: toUpper ? upperScalar(scalar) : lowerScalar(scalar))
  }

  /// Appends a character's UTF-8.
  package mutating func append(scalar: Unicode.Scalar) {
    let value = scalar.value
    switch value {
    case 0..<0x80: append(UInt8(value))
    case 0x80..<0x800:
      append(UInt8(0xc0 | value >> 6))
      append(UInt8(0x80 | value & 0x3f))
    case 0x800..<0x10000:
      append(UInt8(0xe0 | value >> 12))
      append(UInt8(0x80 | value >> 6 & 0x3f))
      append(UInt8(0x80 | value & 0x3f))
    default:
      append(UInt8(0xf0 | value >> 18))
      append(UInt8(0x80 | value >> 12 & 0x3f))
      append(UInt8(0x80 | value >> 6 & 0x3f))
      append(UInt8(0x80 | value & 0x3f))
    }
  }
}

/// The character at `place` and its length; bytes that are no UTF-8 count as U+FFFD of length 1.
package func decodeScalar(
  _ text: Span<UInt8>,
  _ place: Int
) -> (scalar: Unicode.Scalar, length: Int) {
  let first = text[place]
  let length = utf8Length(first)
  guard length > 1, place + length <= text.count else {
    return first < 0x80 ? (Unicode.Scalar(first), 1) : ("\u{fffd}", 1)
  }
  var value = UInt32(first) & (0x7f >> UInt32(length))
  for index in 1..<length { value = value << 6 | UInt32(text[place + index] & 0x3f) }
  guard let scalar = Unicode.Scalar(value) else { return ("\u{fffd}", 1) }
  return (scalar, length)
}

/// A character's upper case, where that is one character.
package func upperScalar(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  let value = scalar.value
  // Cyrillic and Latin-1, the letters that are met most.
  if value &- 0x430 < 0x20 { return Unicode.Scalar(value &- 0x20) ?? scalar }
  if value &- 0x450 < 0x10 { return Unicode.Scalar(value &- 0x50) ?? scalar }
  // Greek letters with iota below: one character, though the full mapping has two.
  if value &- 0x1f80 < 0x30, value & 8 == 0 { return Unicode.Scalar(value &+ 8) ?? scalar }
  if value == 0x1fb3 || value == 0x1fc3 || value == 0x1ff3 {
    return Unicode.Scalar(value &+ 9) ?? scalar
  }
  return single(scalar.properties.uppercaseMapping, scalar)
}

/// A character's lower case, where that is one character.
package func lowerScalar(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  let value = scalar.value
  if value &- 0x410 < 0x20 { return Unicode.Scalar(value &+ 0x20) ?? scalar }
  if value &- 0x400 < 0x10 { return Unicode.Scalar(value &+ 0x50) ?? scalar }
  if value == 0x130 { return "i" }
  return single(scalar.properties.lowercaseMapping, scalar)
}

private func single(_ mapping: String, _ scalar: Unicode.Scalar) -> Unicode.Scalar {
  var scalars = mapping.unicodeScalars.makeIterator()
  guard let first = scalars.next(), scalars.next() == nil else { return scalar }
  return first
}
