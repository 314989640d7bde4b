// Arrays in PostgreSQL's text form: `{1,2,NULL,"a b",{…}}`.

/// Reads an array; nested braces become nested arrays.
///
/// - Throws: 22P02 for bad braces, or the element type's error.
package func parseArray(
  _ text: Span<UInt8>,
  _ element: LogicalType,
  _ context: DateTimeContext
) throws(ValueError) -> [Datum] {
  var parser = ArrayParser(text: text, element: element, context: context)
  return try parser.parse()
}

private struct ArrayParser {
  let text: [UInt8]
  let element: LogicalType
  let context: DateTimeContext
  var place = 0

  init(text: Span<UInt8>, element: LogicalType, context: DateTimeContext) {
    self.text = copy(text)
    self.element = element
    self.context = context
  }

  private func malformed(_ detail: String) -> ValueError {
    ValueError(
      "22P02",
      "malformed array literal: \"\(String(decoding: text, as: UTF8.self))\"",
      detail: detail
    )
  }

  private mutating func skipSpace() {
    while place < text.count, isSpace(text[place]) { place += 1 }
  }

  mutating func parse() throws(ValueError) -> [Datum] {
    skipSpace()
    if place < text.count, text[place] == 0x5b { try skipDimensions() }
    guard place < text.count, text[place] == 0x7b else {
      throw malformed("Array value must start with \"{\" or dimension information.")
    }
    let values = try elements(depth: 1)
    skipSpace()
    guard place == text.count else { throw malformed("Junk after closing right brace.") }
    _ = try shape(of: values)
    return values
  }

  /// `[1:3]=`: the bounds are read over; indices count from 1 here.
  private mutating func skipDimensions() throws(ValueError) {
    while place < text.count, text[place] != 0x3d {
      let byte = text[place]
      guard isDigit(byte) || isSpace(byte) || "[]:+-".utf8.contains(byte) else {
        throw malformed("\"[\" must introduce explicitly-specified array dimensions.")
      }
      place += 1
    }
    guard place < text.count else { throw malformed("Missing \"=\" after array dimensions.") }
    place += 1
    skipSpace()
  }

  private mutating func elements(depth: Int) throws(ValueError) -> [Datum] {
    guard depth <= 6 else {
      throw ValueError("54000", "number of array dimensions (7) exceeds the maximum allowed (6)")
    }
    place += 1
    var values: [Datum] = []
    skipSpace()
    if place < text.count, text[place] == 0x7d {
      guard depth == 1 else { throw malformed("Unexpected \"}\" character.") }
      place += 1
      return values
    }
    while true {
      skipSpace()
      guard place < text.count else { throw malformed("Unexpected end of input.") }
      if text[place] == 0x7b {
        values.append(.array(try elements(depth: depth + 1)))
      } else {
        values.append(try item())
      }
      skipSpace()
      guard place < text.count else { throw malformed("Unexpected end of input.") }
      let byte = text[place]
      place += 1
      if byte == 0x7d { return values }
      guard byte == 0x2c else { throw malformed("Unexpected array element.") }
    }
  }

  private mutating func item() throws(ValueError) -> Datum {
    var bytes: [UInt8] = []
    if text[place] == 0x22 {
      place += 1
      while place < text.count, text[place] != 0x22 {
        if text[place] == 0x5c { place += 1 }
        guard place < text.count else { throw malformed("Unexpected end of input.") }
        bytes.append(text[place])
        place += 1
      }
      guard place < text.count else { throw malformed("Unexpected end of input.") }
      place += 1
      return try Datum(parsing: bytes.span, as: element, context)
    }
    var kept = 0
    var hasEscape = false
    while place < text.count, text[place] != 0x2c, text[place] != 0x7d {
      if text[place] == 0x7b { throw malformed("Unexpected \"{\" character.") }
      if text[place] == 0x22 { throw malformed("Unexpected array element.") }
      let isEscape = text[place] == 0x5c
      if isEscape {
        place += 1
        hasEscape = true
      }
      guard place < text.count else { throw malformed("Unexpected end of input.") }
      bytes.append(text[place])
      // Blanks at the end are no part of the element.
      if isEscape || !isSpace(text[place]) { kept = bytes.count }
      place += 1
    }
    guard place < text.count else { throw malformed("Unexpected end of input.") }
    guard kept > 0 else {
      throw malformed("Unexpected \"\(text[place] == 0x2c ? "," : "}")\" character.")
    }
    bytes.removeLast(bytes.count - kept)
    if !hasEscape, matches(bytes.span, "null") { return .null }
    return try Datum(parsing: bytes.span, as: element, context)
  }

  /// The lengths along each dimension, which must agree.
  private func shape(of values: [Datum]) throws(ValueError) -> [Int] {
    var inner: [Int]?
    for value in values {
      var mine: [Int] = []
      if case .array(let nested) = value { mine = try shape(of: nested) }
      if let inner, inner != mine {
        throw malformed(
          "Multidimensional arrays must have sub-arrays with matching dimensions."
        )
      }
      inner = mine
    }
    return [values.count] + (inner ?? [])
  }
}

extension OutputBuffer {
  /// Appends an array's text.
  package mutating func append(array values: [Datum], _ form: ValueForm, zone: TimeZone) {
    append(UInt8(ascii: "{"))
    for (index, value) in values.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      switch value {
      case .null: append("NULL")
      case .array(let nested): append(array: nested, form, zone: zone)
      default:
        var item = OutputBuffer(capacity: 32)
        item.appendText(of: value, form, zone: zone)
        append(arrayItem: item.bytes)
      }
    }
    append(UInt8(ascii: "}"))
  }

  /// Appends an element, in quotes where it needs them.
  package mutating func append(arrayItem item: Span<UInt8>) {
    var needsQuotes = item.count == 0 || matches(item, "null")
    for index in item.indices {
      let byte = item[index]
      needsQuotes = needsQuotes || isSpace(byte) || "{},\"\\".utf8.contains(byte)
    }
    guard needsQuotes else { return append(item) }
    append(UInt8(ascii: "\""))
    for index in item.indices {
      if item[index] == 0x22 || item[index] == 0x5c { append(UInt8(ascii: "\\")) }
      append(item[index])
    }
    append(UInt8(ascii: "\""))
  }
}
