import Columnar
import Kernels
import Planning

/// The longest string, as in PostgreSQL: 1 GB.
private let stringBytesMax = 0x3fff_ffff

extension ExpressionCompiler {
  /// `a || b`.
  func concatenate(_ a: ExpressionNode, _ b: ExpressionNode) -> ExpressionNode {
    binary(.bytes, a, b) { (left, right, rows, output) in
      let (x, y) = (left.views, right.views)
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        guard valid[row] else {
          out[row] = .empty
          continue
        }
        let target = output.reserveBytes(x[row].count + y[row].count)
        copy(x[row], to: target, at: 0)
        copy(y[row], to: target, at: x[row].count)
        out[row] = target
      }
    }
  }

  /// replace(text, from, to).
  func replace(_ nodes: [ExpressionNode]) -> ExpressionNode {
    strict(.bytes, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (text, old, new) = (inputs[0], inputs[1], inputs[2])
      output.retainOwners(of: text)
      let texts = text.views
      let olds = old.views
      let news = new.views
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = valid[row] ? texts[row] : .empty
        guard valid[row], olds[row].count > 0 else { continue }
        var hits = 0
        var place = 0
        while let hit = texts[row].firstOffset(of: olds[row], from: place) {
          hits += 1
          place = hit + olds[row].count
        }
        guard hits > 0 else { continue }
        let size = texts[row].count + hits * (news[row].count - olds[row].count)
        guard size <= stringBytesMax else { throw .sql("54000", "requested length too large") }
        let target = output.reserveBytes(size)
        var from = 0
        var to = 0
        while let hit = texts[row].firstOffset(of: olds[row], from: from) {
          copy(texts[row].slice(from, hit - from), to: target, at: to)
          to += hit - from
          copy(news[row], to: target, at: to)
          to += news[row].count
          from = hit + olds[row].count
        }
        copy(texts[row].slice(from, texts[row].count - from), to: target, at: to)
        out[row] = target
      }
    }
  }

  /// lpad and rpad(text, length [, fill]); a longer text is cut.
  func pad(_ nodes: [ExpressionNode], isLeft: Bool) -> ExpressionNode {
    let fill =
      nodes.count > 2 ? nodes[2] : ConstantNode(.bytes([UInt8(ascii: " ")]), kind: .bytes)
    return strict(.bytes, [nodes[0], nodes[1], fill]) {
      (inputs, rows, output) throws(ExecutionError) in
      let (text, length, filling) = (inputs[0], inputs[1], inputs[2])
      output.retainOwners(of: text)
      let texts = text.views
      let lengths = length.int64
      let fills = filling.views
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let wanted = max(0, Int(lengths[row]))
        let has = texts[row].characterCount
        let missing = fills[row].count == 0 ? 0 : wanted - has
        if missing <= 0 {
          out[row] = texts[row].slice(0, texts[row].offset(ofCharacter: wanted))
          continue
        }
        let fillCharacters = fills[row].characterCount
        let whole = missing / fillCharacters
        let partial = fills[row].offset(ofCharacter: missing % fillCharacters)
        let (fillBytes, overflow) = whole.multipliedReportingOverflow(by: fills[row].count)
        guard !overflow, fillBytes + partial + texts[row].count <= stringBytesMax else {
          throw .sql("54000", "requested length too large")
        }
        let target = output.reserveBytes(fillBytes + partial + texts[row].count)
        var place = isLeft ? 0 : texts[row].count
        for _ in 0..<whole {
          copy(fills[row], to: target, at: place)
          place += fills[row].count
        }
        copy(fills[row].slice(0, partial), to: target, at: place)
        copy(texts[row], to: target, at: isLeft ? fillBytes + partial : 0)
        out[row] = target
      }
    }
  }

  /// repeat(text, n).
  func repeated(_ nodes: [ExpressionNode]) -> ExpressionNode {
    binary(.bytes, nodes[0], nodes[1]) { (text, number, rows, output) throws(ExecutionError) in
      let texts = text.views
      let numbers = number.int64
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row], numbers[row] > 0 else { continue }
        let (size, overflow) = texts[row].count.multipliedReportingOverflow(by: Int(numbers[row]))
        guard !overflow, size <= stringBytesMax else {
          throw .sql("54000", "requested length too large")
        }
        let target = output.reserveBytes(size)
        for turn in 0..<(size == 0 ? 0 : Int(numbers[row])) {
          copy(texts[row], to: target, at: turn * texts[row].count)
        }
        out[row] = target
      }
    }
  }
}

/// The characters in reverse order.
func reversed(_ view: ByteView, _ memory: Vector) -> ByteView {
  let target = memory.reserveBytes(view.count)
  var offset = 0
  while offset < view.count {
    let length = view.characterLength(at: offset)
    copy(view.slice(offset, length), to: target, at: view.count - offset - length)
    offset += length
  }
  return target
}

/// Copies `source` into memory reserved for `target`.
@inline(__always)
func copy(_ source: ByteView, to target: ByteView, at offset: Int) {
  precondition(offset >= 0 && source.count <= target.count &- offset)
  // SAFETY: checked above; the target's memory was reserved and nobody else sees it yet.
  unsafe UnsafeMutablePointer(mutating: target.start + offset).update(
    from: source.start,
    count: source.count
  )
}

/// concat and concat_ws: NULL arguments are left out; only a NULL separator makes NULL.
final class ConcatNode: ExpressionNode {
  private let arguments: [ExpressionNode]
  private let separator: ExpressionNode?
  private let output = Vector(kind: .bytes)
  private var inputs: [Vector] = []

  init(_ arguments: [ExpressionNode], separator: ExpressionNode?) {
    self.arguments = arguments
    self.separator = separator
    super.init(kind: .bytes)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let output = output
    output.reset()
    output.reserve(batch.rowCount)
    inputs.removeAll(keepingCapacity: true)
    for argument in arguments { inputs.append(try argument.evaluate(batch)) }
    let between = try separator?.evaluate(batch)
    var out = output.mutableViews
    for row in 0..<batch.rowCount {
      out[row] = .empty
      if let between, !between.isValid(row) {
        output.setNull(row)
        continue
      }
      let gap = between?.bytes(at: row) ?? .empty
      var size = 0
      var parts = 0
      for input in inputs where input.isValid(row) {
        size += input.bytes(at: row).count
        parts += 1
      }
      size += max(0, parts - 1) * gap.count
      let target = output.reserveBytes(size)
      var place = 0
      var isFirst = true
      for input in inputs where input.isValid(row) {
        if !isFirst {
          copy(gap, to: target, at: place)
          place += gap.count
        }
        isFirst = false
        let bytes = input.bytes(at: row)
        copy(bytes, to: target, at: place)
        place += bytes.count
      }
      out[row] = target
    }
    return output
  }
}

/// An identifier in quotes where SQL needs them.
///
/// - Parameter name: The name, UTF-8.
/// - Returns: What SQL reads as that name.
package func quotedIdentifier(_ name: [UInt8]) -> [UInt8] {
  let quote = UInt8(ascii: "\"")
  func isPlain(_ byte: UInt8, first: Bool) -> Bool {
    byte == UInt8(ascii: "_") || (97...122).contains(byte) || (!first && (48...57).contains(byte))
  }
  let isSafe =
    !name.isEmpty && isPlain(name[0], first: true)
    && name.allSatisfy { isPlain($0, first: false) }
    && !reservedWords.contains(String(decoding: name, as: UTF8.self))
  if isSafe { return name }
  var result = [quote]
  for byte in name {
    if byte == quote { result.append(quote) }
    result.append(byte)
  }
  result.append(quote)
  return result
}

/// A string as a literal; `E'…'` where it has backslashes.
func quotedLiteral(_ text: [UInt8]) -> [UInt8] {
  let (quote, backslash) = (UInt8(ascii: "'"), UInt8(ascii: "\\"))
  var result: [UInt8] = text.contains(backslash) ? [UInt8(ascii: "E"), quote] : [quote]
  for byte in text {
    if byte == quote || byte == backslash { result.append(byte) }
    result.append(byte)
  }
  result.append(quote)
  return result
}

/// PostgreSQL's key words that are not free to be names everywhere.
private let reservedWords: Set<String> = Set(
  """
  all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean \
  both case cast char character check coalesce collate collation column concurrently constraint create \
  cross current_catalog current_date current_role current_schema current_time current_timestamp \
  current_user dec decimal default deferrable desc distinct do else end except exists extract false \
  fetch float for foreign freeze from full grant greatest group grouping having ilike in initially \
  inner inout int integer intersect interval into is isnull join lateral leading least left like limit \
  localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric offset \
  on only or order out outer overlaps overlay placing position precision primary real references \
  returning right row select session_user setof similar smallint some substring symmetric table \
  tablesample then time timestamp to trailing treat trim true union unique user using values varchar \
  variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest \
  xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
  """.split(separator: " ").map(String.init)
)
