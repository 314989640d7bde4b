// Booleans, uuids, bytea and strings of limited length as text.

/// Reads a boolean: `true`, `yes`, `on`, `1` and their opposites, in any case and cut short.
///
/// - Throws: 22P02.
package func parseBoolean(_ text: Span<UInt8>) throws(ValueError) -> Bool {
  let word = trimmed(text)
  func isStart(_ full: StaticString, atLeast least: Int) -> Bool {
    guard word.count >= least, word.count <= full.utf8CodeUnitCount else { return false }
    for index in word.indices {
      // SAFETY: index < word.count <= utf8CodeUnitCount.
      let letter = unsafe full.utf8Start[index]
      if lowercased(word[index]) != letter { return false }
    }
    return true
  }
  if isStart("true", atLeast: 1) || isStart("yes", atLeast: 1) || isStart("on", atLeast: 2)
    || isStart("1", atLeast: 1)
  {
    return true
  }
  if isStart("false", atLeast: 1) || isStart("no", atLeast: 1) || isStart("off", atLeast: 2)
    || isStart("0", atLeast: 1)
  {
    return false
  }
  throw .invalidSyntax("boolean", text)
}

@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
  let digit = byte &- 48
  if digit < 10 { return digit }
  let letter = lowercased(byte) &- 97
  return letter < 6 ? letter &+ 10 : nil
}

/// Reads a uuid: 32 hexadecimal digits, a hyphen after any four of them, perhaps in braces.
///
/// - Throws: 22P02.
package func parseUUID(_ text: Span<UInt8>) throws(ValueError) -> UInt128 {
  var place = 0
  let hasBraces = text.count > 0 && text[0] == 0x7b
  if hasBraces { place = 1 }
  var value: UInt128 = 0
  for index in 0..<32 {
    guard place < text.count, let digit = hexDigit(text[place]) else {
      throw .invalidSyntax("uuid", text)
    }
    value = value << 4 | UInt128(digit)
    place &+= 1
    if index % 4 == 3, index < 31, place < text.count, text[place] == 0x2d { place &+= 1 }
  }
  if hasBraces {
    guard place < text.count, text[place] == 0x7d else { throw .invalidSyntax("uuid", text) }
    place &+= 1
  }
  guard place == text.count else { throw .invalidSyntax("uuid", text) }
  return value
}

/// Reads bytea in the hex form `\x0a0b` or the escape form `a\000\\`.
///
/// - Throws: 22P02 for a bad escape, 22023 for bad hexadecimal digits.
package func parseBytea(_ text: Span<UInt8>) throws(ValueError) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var place = 0
  if text.count >= 2, text[0] == 0x5c, text[1] == 0x78 {
    place = 2
    while place < text.count {
      if isSpace(text[place]) {
        place += 1
        continue
      }
      let high = try hexadecimal(text, place)
      guard place + 1 < text.count else {
        throw ValueError("22023", "invalid hexadecimal data: odd number of digits")
      }
      let low = try hexadecimal(text, place + 1)
      result.append(high << 4 | low)
      place += 2
    }
    return result
  }
  while place < text.count {
    let byte = text[place]
    place += 1
    guard byte == 0x5c else {
      result.append(byte)
      continue
    }
    if place < text.count, text[place] == 0x5c {
      result.append(0x5c)
      place += 1
    } else if place + 2 < text.count, text[place] &- 48 < 4, text[place + 1] &- 48 < 8,
      text[place + 2] &- 48 < 8
    {
      let high = (text[place] - 48) << 6 | (text[place + 1] - 48) << 3
      result.append(high | (text[place + 2] - 48))
      place += 3
    } else {
      throw ValueError("22P02", "invalid input syntax for type bytea")
    }
  }
  return result
}

private func hexadecimal(_ text: Span<UInt8>, _ place: Int) throws(ValueError) -> UInt8 {
  guard let digit = hexDigit(text[place]) else {
    let end = min(text.count, place + Swift.max(1, utf8Length(text[place])))
    throw ValueError(
      "22023",
      "invalid hexadecimal digit: \"\(string(text.extracting(place..<end)))\""
    )
  }
  return digit
}

/// Bytes of the character that begins with `byte`; 1 for a byte that begins none.
@inline(__always)
package func utf8Length(_ byte: UInt8) -> Int {
  byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 1
}

/// Characters of UTF-8 text: the bytes that are no continuation.
package func characterCount(_ text: Span<UInt8>) -> Int {
  var count = 0
  for index in text.indices { count &+= text[index] & 0xc0 != 0x80 ? 1 : 0 }
  return count
}

/// Where character `number` (from 0) begins, or the end of the text.
package func byteOffset(ofCharacter number: Int, in text: Span<UInt8>) -> Int {
  var seen = 0
  for index in text.indices where text[index] & 0xc0 != 0x80 {
    if seen == number { return index }
    seen &+= 1
  }
  return text.count
}

/// Checks that bytes from outside are UTF-8 without zero bytes.
///
/// - Throws: 22021 with the offending bytes.
package func validateUTF8(_ text: Span<UInt8>) throws(ValueError) {
  var zero: UInt8 = 0xff
  for index in text.indices { zero = min(zero, text[index]) }
  if zero != 0 || text.count == 0 {
    do {
      _ = try UTF8Span(validating: text)
      return
    } catch {}
  }
  var place = 0
  while place < text.count {
    let length = utf8Length(text[place])
    let end = min(text.count, place + length)
    let character = text.extracting(place..<end)
    var isValid = text[place] != 0 && end - place == length
    if isValid {
      do { _ = try UTF8Span(validating: character) } catch { isValid = false }
    }
    guard isValid else {
      var bytes: [String] = []
      for index in character.indices {
        let byte = String(character[index], radix: 16)
        bytes.append("0x" + (byte.count == 1 ? "0" : "") + byte)
      }
      throw ValueError(
        "22021",
        "invalid byte sequence for encoding \"UTF8\": \(bytes.joined(separator: " "))"
      )
    }
    place = end
  }
}

/// How many bytes of text a `varchar(n)` or `char(n)` keeps.
///
/// - Parameters:
///   - text: UTF-8.
///   - limit: Characters.
///   - type: `character varying` or `character`.
///   - isExplicit: Whether a cast asks for it, which cuts; else only blanks may be cut.
/// - Returns: The length of the part to keep.
/// - Throws: 22001.
package func lengthFitting(
  _ text: Span<UInt8>,
  limit: Int,
  type: String,
  isExplicit: Bool
) throws(ValueError) -> Int {
  guard text.count > limit else { return text.count }
  let end = byteOffset(ofCharacter: limit, in: text)
  guard end < text.count, !isExplicit else { return end }
  for index in end..<text.count where text[index] != 0x20 {
    throw ValueError("22001", "value too long for type \(type)(\(limit))")
  }
  return end
}

extension OutputBuffer {
  /// Appends `t` or `f`.
  @inline(__always)
  package mutating func append(boolean value: Bool) {
    append(UInt8(ascii: value ? "t" : "f"))
  }

  /// Appends 8-4-4-4-12 hexadecimal digits.
  package mutating func append(uuid value: UInt128) {
    reserve(36)
    for index in 0..<16 {
      if index == 4 || index == 6 || index == 8 || index == 10 { appendReserved(0x2d) }
      let byte = UInt8(truncatingIfNeeded: value &>> UInt128(120 &- 8 &* index))
      let (high, low) = (byte >> 4, byte & 15)
      appendReserved(high < 10 ? 48 &+ high : 87 &+ high)
      appendReserved(low < 10 ? 48 &+ low : 87 &+ low)
    }
  }

  /// Appends `\x` and hexadecimal digits.
  package mutating func append(bytea bytes: Span<UInt8>) {
    reserve(2 &+ 2 &* bytes.count)
    appendReserved(0x5c)
    appendReserved(0x78)
    for index in bytes.indices {
      let (high, low) = (bytes[index] >> 4, bytes[index] & 15)
      appendReserved(high < 10 ? 48 &+ high : 87 &+ high)
      appendReserved(low < 10 ? 48 &+ low : 87 &+ low)
    }
  }

  /// Appends text and the blanks that a `char(n)` of `width` characters shows.
  package mutating func append(_ text: Span<UInt8>, paddedTo width: Int) {
    append(text)
    var missing = width - characterCount(text)
    while missing > 0 {
      append(UInt8(ascii: " "))
      missing -= 1
    }
  }
}
