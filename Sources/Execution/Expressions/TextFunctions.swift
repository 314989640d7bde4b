import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// Functions of strings; the arguments are compiled.
  func textFunction(
    _ function: ScalarFunction,
    _ nodes: [ExpressionNode],
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode {
    switch function {
    case .lower, .upper: return fold(nodes[0], isUpper: function == .upper)
    case .initialCapitals:
      return textMap(nodes[0]) { view, memory in
        let bytes = initialCapitals(view)
        return memory.store(bytes.span)
      }
    case .length: return characterCounts(nodes[0])
    case .octetLength: return count(nodes[0]) { $0.count }
    case .ascii: return count(nodes[0]) { Int(firstScalar($0)) }
    case .character: return character(nodes[0])
    case .substring: return substring(nodes)
    case .left, .right: return edge(nodes, isLeft: function == .left)
    case .position:
      return binary(.int64, nodes[0], nodes[1]) { (text, part, rows, output) in
        let (texts, parts) = (text.views, part.views)
        var out = output.mutableInt64
        let valid = ValidRows(output)
        for row in 0..<rows where valid[row] {
          let offset = texts[row].firstOffset(of: parts[row])
          out[row] = offset.map { Int64(texts[row].slice(0, $0).characterCount + 1) } ?? 0
        }
      }
    case .startsWith:
      return binary(.bool, nodes[0], nodes[1]) { (text, part, rows, output) in
        let (texts, parts) = (text.views, part.views)
        var out = output.mutableBool
        let valid = ValidRows(output)
        for row in 0..<rows where valid[row] {
          out[row] = texts[row].starts(with: parts[row]) ? 1 : 0
        }
      }
    case .trimLeading, .trimTrailing, .trimBoth: return trim(function, nodes)
    case .splitPart: return splitPart(nodes)
    case .concatenate: return concatenate(nodes[0], nodes[1])
    case .concat: return ConcatNode(nodes, separator: nil)
    case .concatWithSeparator:
      return ConcatNode(Array(nodes.dropFirst()), separator: nodes[0])
    case .replace: return replace(nodes)
    case .padLeft, .padRight: return pad(nodes, isLeft: function == .padLeft)
    case .reverse: return textMap(nodes[0]) { reversed($0, $1) }
    case .repeated: return repeated(nodes)
    case .md5:
      return textMap(nodes[0]) { view, memory in
        let digest = md5Hex(view)
        return memory.store(digest.span)
      }
    case .quoteIdentifier:
      return textMap(nodes[0]) { view, memory in
        let quoted = quotedIdentifier(view.bytes)
        return memory.store(quoted.span)
      }
    case .quoteLiteral:
      return textMap(nodes[0]) { view, memory in
        let quoted = quotedLiteral(view.bytes)
        return memory.store(quoted.span)
      }
    default: throw unsupported("function \(function)")
    }
  }

  // MARK: Shapes of functions

  /// Text to text; the body's view may point into its argument or into `memory`.
  @inline(__always)
  func textMap(
    _ node: ExpressionNode,
    _ body: @escaping (_ view: ByteView, _ memory: Vector) -> ByteView
  ) -> ExpressionNode {
    unary(.bytes, node) { (text, rows, output) in
      let texts = text.views
      output.retainOwners(of: text)
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = valid[row] ? body(texts[row], output) : .empty
      }
    }
  }

  /// Text to integer.
  @inline(__always)
  private func count(
    _ node: ExpressionNode,
    _ body: @escaping (ByteView) -> Int
  ) -> ExpressionNode {
    unary(.int64, node) { (text, rows, output) in
      let texts = text.views
      var out = output.mutableInt64
      let valid = ValidRows(output)
      for row in 0..<rows { out[row] = valid[row] ? Int64(body(texts[row])) : 0 }
    }
  }

  private func characterCounts(_ node: ExpressionNode) -> ExpressionNode {
    unary(.int64, node) { (text, rows, output) in
      let texts = text.views
      var out = output.mutableInt64
      let valid = ValidRows(output)
      var ascii = ASCIIRuns(texts.extracting(0..<rows), hasNulls: output.hasNulls)
      for row in 0..<rows {
        let text = texts[row]
        out[row] =
          !valid[row] ? 0 : Int64(ascii.contains(row) ? text.count : text.characterCount)
      }
    }
  }

  private func fold(_ node: ExpressionNode, isUpper: Bool) -> ExpressionNode {
    textMap(node) { view, memory in folded(view, isUpper: isUpper, memory) }
  }

  // MARK: Parts of a string

  /// substring(text, from [, count]); a start before the string counts, a negative count is an error.
  private func substring(_ nodes: [ExpressionNode]) -> ExpressionNode {
    strict(.bytes, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (text, start) = (inputs[0], inputs[1])
      let length = inputs.count > 2 ? inputs[2] : nil
      output.retainOwners(of: text)
      let texts = text.views
      let starts = start.int64
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let from = starts[row]
        var end = Int64.max
        if let length {
          let count = length.int64[row]
          guard count >= 0 else { throw .sql("22011", "negative substring length not allowed") }
          let (sum, overflow) = from.addingReportingOverflow(count)
          end = overflow ? .max : sum
        }
        let view = texts[row]
        let first = max(from, 1)
        guard end > first else { continue }
        let begin = view.offset(ofCharacter: Int(first - 1))
        let finish =
          end == .max
          ? view.count : view.offset(ofCharacter: Int(clamping: end - first), from: begin)
        out[row] = view.slice(begin, finish - begin)
      }
    }
  }

  /// left(text, n) and right(text, n): a negative n leaves out as many at the other end.
  private func edge(_ nodes: [ExpressionNode], isLeft: Bool) -> ExpressionNode {
    binary(.bytes, nodes[0], nodes[1]) { (text, number, rows, output) in
      output.retainOwners(of: text)
      let (texts, numbers) = (text.views, number.int64)
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let view = texts[row]
        let n = Int(numbers[row])
        if isLeft {
          let end =
            n >= 0 ? view.offset(ofCharacter: n) : view.offset(ofCharacterFromEnd: -n) ?? 0
          out[row] = view.slice(0, end)
        } else {
          let begin =
            n >= 0 ? view.offset(ofCharacterFromEnd: n) ?? 0 : view.offset(ofCharacter: -n)
          out[row] = view.slice(begin, view.count - begin)
        }
      }
    }
  }

  /// trim(text [, characters]).
  private func trim(_ function: ScalarFunction, _ nodes: [ExpressionNode]) -> ExpressionNode {
    let leading = function != .trimTrailing
    let trailing = function != .trimLeading
    let set =
      nodes.count > 1 ? nodes[1] : ConstantNode(.bytes([UInt8(ascii: " ")]), kind: .bytes)
    return binary(.bytes, nodes[0], set) { (text, set, rows, output) in
      output.retainOwners(of: text)
      let (texts, sets) = (text.views, set.views)
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] =
          valid[row]
          ? trimmed(texts[row], sets[row], leading: leading, trailing: trailing) : .empty
      }
    }
  }

  /// split_part(text, delimiter, n); a negative n counts from the end.
  private func splitPart(_ nodes: [ExpressionNode]) -> ExpressionNode {
    strict(.bytes, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (text, delimiter, number) = (inputs[0], inputs[1], inputs[2])
      output.retainOwners(of: text)
      let texts = text.views
      let delimiters = delimiter.views
      let numbers = number.int64
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        guard numbers[row] != 0 else {
          throw .sql("22023", "field position must not be zero")
        }
        out[row] = part(Int(numbers[row]), of: texts[row], by: delimiters[row])
      }
    }
  }

  /// chr(n).
  private func character(_ node: ExpressionNode) -> ExpressionNode {
    unary(.bytes, node) { (number, rows, output) throws(ExecutionError) in
      let numbers = number.int64
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let value = numbers[row]
        if value < 0 { throw .sql("22023", "character number must be positive") }
        if value == 0 { throw .sql("54000", "null character not permitted") }
        guard value <= 0x10ffff else {
          throw .sql("54000", "requested character too large for encoding: \(value)")
        }
        guard let scalar = Unicode.Scalar(UInt32(value)) else {
          throw .sql("54000", "requested character not valid for encoding: \(value)")
        }
        let bytes = Array(String(scalar).utf8)
        out[row] = output.store(bytes.span)
      }
    }
  }
}

/// The code point of the first character, 0 for an empty string.
private func firstScalar(_ view: ByteView) -> UInt32 {
  guard view.count > 0 else { return 0 }
  let bytes = view.slice(0, view.characterLength(at: 0)).bytes
  return String(decoding: bytes, as: UTF8.self).unicodeScalars.first?.value ?? 0
}

/// `view` without the characters of `set` at its ends.
private func trimmed(
  _ view: ByteView,
  _ set: ByteView,
  leading: Bool,
  trailing: Bool
) -> ByteView {
  var start = 0
  var end = view.count
  func holds(_ offset: Int, _ length: Int) -> Bool {
    let character = view.slice(offset, length)
    if length == 1, set.count == 1 { return character[0] == set[0] }
    var place = 0
    while place < set.count {
      let count = set.characterLength(at: place)
      if count == length, set.slice(place, count) == character { return true }
      place += count
    }
    return false
  }
  if leading {
    while start < end {
      let length = view.characterLength(at: start)
      guard holds(start, length) else { break }
      start += length
    }
  }
  if trailing {
    while end > start {
      var last = end - 1
      while last > start, view[last] & 0xc0 == 0x80 { last -= 1 }
      guard holds(last, end - last) else { break }
      end = last
    }
  }
  return view.slice(start, end - start)
}

/// Field `number` (from 1, or from the end where negative) of `view`; empty where there is none.
private func part(_ number: Int, of view: ByteView, by delimiter: ByteView) -> ByteView {
  guard view.count > 0 else { return .empty }
  if delimiter.count == 0 { return number == 1 || number == -1 ? view : .empty }
  var wanted = number
  if number < 0 {
    var fields = 1
    var place = 0
    while let next = view.firstOffset(of: delimiter, from: place) {
      fields += 1
      place = next + delimiter.count
    }
    wanted = fields + 1 + number
    guard wanted > 0 else { return .empty }
  }
  var start = 0
  while wanted > 1 {
    guard let next = view.firstOffset(of: delimiter, from: start) else { return .empty }
    start = next + delimiter.count
    wanted -= 1
  }
  let end = view.firstOffset(of: delimiter, from: start) ?? view.count
  return view.slice(start, end - start)
}
