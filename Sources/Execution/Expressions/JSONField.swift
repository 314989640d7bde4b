import Columnar
import Kernels

// `->` and `->>` over jsonb, which is stored as the text that PostgreSQL prints for it. The text is read
// only as far as the wanted member; whatever is not valid JSON yields NULL.

extension ExpressionCompiler {
  /// `json -> key`, `json -> index` and, with `asText`, `->>`.
  func jsonField(_ nodes: [ExpressionNode], asText: Bool) -> ExpressionNode {
    let isIndex = nodes[1].kind == .int64
    return binary(.bytes, nodes[0], nodes[1]) { (json, key, rows, output) in
      output.retainOwners(of: json)
      let texts = json.views
      let valid = ValidRows(output)
      for row in 0..<rows {
        var result: ByteView?
        if valid[row] {
          let member =
            isIndex
            ? JSONText(texts[row]).element(Int(key.int64[row]))
            : JSONText(texts[row]).member(key.views[row])
          result = asText ? member.flatMap { unquoted($0, output) } : member
        }
        var out = output.mutableViews
        out[row] = result ?? .empty
        if result == nil { output.setNull(row) }
      }
    }
  }
}

/// A JSON text to look for members in.
struct JSONText {
  private let text: ByteView

  init(_ text: ByteView) { self.text = text }

  /// The value of an object's last member called `key`; `nil` where there is none.
  func member(_ key: ByteView) -> ByteView? {
    var place = skipBlanks(0)
    guard byte(place) == UInt8(ascii: "{") else { return nil }
    place = skipBlanks(place + 1)
    var found: ByteView?
    while byte(place) == UInt8(ascii: "\"") {
      guard let nameEnd = skipValue(place) else { return nil }
      let name = text.slice(place, nameEnd - place)
      place = skipBlanks(nameEnd)
      guard byte(place) == UInt8(ascii: ":") else { return nil }
      place = skipBlanks(place + 1)
      guard let end = skipValue(place) else { return nil }
      if isNamed(name, key) { found = text.slice(place, end - place) }
      place = skipBlanks(end)
      guard byte(place) == UInt8(ascii: ",") else { break }
      place = skipBlanks(place + 1)
    }
    return found
  }

  /// Element `index` of an array, from 0, or from the end where negative.
  func element(_ index: Int) -> ByteView? {
    let start = skipBlanks(0)
    if byte(start) != UInt8(ascii: "["), byte(start) != UInt8(ascii: "{") {
      // A scalar counts as an array of one element.
      guard index == 0 || index == -1, let end = skipValue(start) else { return nil }
      return text.slice(start, end - start)
    }
    guard index < 0 else { return elements { $0 == index } }
    var count = 0
    _ = elements { _ in
      count += 1
      return false
    }
    return count + index >= 0 ? elements { $0 == count + index } : nil
  }

  /// The first element that `isWanted`.
  private func elements(_ isWanted: (Int) -> Bool) -> ByteView? {
    var place = skipBlanks(0)
    guard byte(place) == UInt8(ascii: "[") else { return nil }
    place = skipBlanks(place + 1)
    if byte(place) == UInt8(ascii: "]") { return nil }
    var index = 0
    while let end = skipValue(place) {
      if isWanted(index) { return text.slice(place, end - place) }
      index += 1
      place = skipBlanks(end)
      guard byte(place) == UInt8(ascii: ",") else { return nil }
      place = skipBlanks(place + 1)
    }
    return nil
  }

  private func byte(_ place: Int) -> UInt8 { place < text.count ? text[place] : 0 }

  private func skipBlanks(_ place: Int) -> Int {
    var place = place
    while [0x20, 0x09, 0x0a, 0x0d].contains(byte(place)), place < text.count { place += 1 }
    return place
  }

  /// Where the value that begins at `place` ends.
  private func skipValue(_ start: Int) -> Int? {
    var place = start
    var depth = 0
    while place < text.count {
      switch text[place] {
      case UInt8(ascii: "\""):
        place += 1
        while byte(place) != UInt8(ascii: "\"") {
          guard place < text.count else { return nil }
          place += byte(place) == UInt8(ascii: "\\") ? 2 : 1
        }
        place += 1
        if depth == 0 { return place }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        place += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        // The end of whatever a number or a word stands in.
        if depth == 0 { return place > start ? place : nil }
        depth -= 1
        place += 1
        if depth == 0 { return place }
      case UInt8(ascii: ","), 0x20, 0x09, 0x0a, 0x0d:
        if depth == 0 { return place > start ? place : nil }
        place += 1
      default: place += 1
      }
    }
    return depth == 0 && place > start ? place : nil
  }

  private func isNamed(_ quoted: ByteView, _ key: ByteView) -> Bool {
    let inner = quoted.slice(1, quoted.count - 2)
    if inner == key { return true }
    guard inner.firstOffset(of: backslash) != nil else { return false }
    return unescaped(inner) == key.bytes
  }
}

private let backslashBuffer = ByteBuffer(copying: unsafe [UInt8(ascii: "\\")].span.bytes)
private let backslash = backslashBuffer.view(offset: 0, count: 1)

/// A JSON value as `->>` gives it: strings without quotes and escapes, null as NULL, others as they are.
private func unquoted(_ value: ByteView, _ memory: Vector) -> ByteView? {
  guard value.count > 0 else { return nil }
  if value[0] == UInt8(ascii: "n") { return nil }
  guard value[0] == UInt8(ascii: "\""), value.count >= 2 else { return value }
  let inner = value.slice(1, value.count - 2)
  guard inner.firstOffset(of: backslash) != nil else { return inner }
  let bytes = unescaped(inner)
  return memory.store(bytes.span)
}

/// The string that a JSON string's inside means.
private func unescaped(_ inner: ByteView) -> [UInt8] {
  var result: [UInt8] = []
  var place = 0
  func hex(_ at: Int) -> UInt32? {
    guard at + 4 <= inner.count else { return nil }
    return UInt32(String(decoding: inner.slice(at, 4).bytes, as: UTF8.self), radix: 16)
  }
  while place < inner.count {
    guard inner[place] == UInt8(ascii: "\\"), place + 1 < inner.count else {
      result.append(inner[place])
      place += 1
      continue
    }
    let escape = inner[place + 1]
    place += 2
    switch Character(Unicode.Scalar(escape)) {
    case "b": result.append(8)
    case "f": result.append(12)
    case "n": result.append(10)
    case "r": result.append(13)
    case "t": result.append(9)
    case "u":
      guard var code = hex(place) else { continue }
      place += 4
      if (0xd800..<0xdc00).contains(code), place + 6 <= inner.count, let low = hex(place + 2),
        (0xdc00..<0xe000).contains(low)
      {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        place += 6
      }
      result += Array(String(Unicode.Scalar(code) ?? "\u{fffd}").utf8)
    default: result.append(escape)
    }
  }
  return result
}
