extension Printer {
  mutating func write(_ call: FunctionCall) {
    let values = call.arguments.map(\.value)
    switch call.form {
    case .ordinary: writeOrdinary(call)
    case .extract: writeWords("EXTRACT(", values, [" FROM "])
    case .substring: writeWords("SUBSTRING(", values, [" FROM ", " FOR "])
    case .substringSimilar: writeWords("SUBSTRING(", values, [" SIMILAR ", " ESCAPE "])
    case .overlay: writeWords("OVERLAY(", values, [" PLACING ", " FROM ", " FOR "])
    case .normalize: writeNormalize(values)
    case .collationFor: writeWords("COLLATION FOR (", values, [])
    case .position:
      guard values.count == 2 else { return }
      write("POSITION(")
      write(values[1], Precedence.unary)
      write(" IN ")
      write(values[0], Precedence.unary)
      write(")")
    case .trim: writeTrim(call.name.name.text, values)
    case .overlaps: writeOverlaps(values)
    }
  }

  private mutating func writeWords(
    _ opening: String,
    _ values: [Expression],
    _ words: [String]
  ) {
    write(opening)
    for (index, value) in values.enumerated() {
      if index > 0 { write(index <= words.count ? words[index - 1] : ", ") }
      write(value)
    }
    write(")")
  }

  private mutating func writeNormalize(_ values: [Expression]) {
    guard let first = values.first else { return }
    write("NORMALIZE(")
    write(first)
    if values.count > 1, case .literal(.string(let form)) = values[1].kind {
      write(", " + form.uppercased())
    }
    write(")")
  }

  private mutating func writeTrim(_ name: String, _ values: [Expression]) {
    let side = name == "ltrim" ? "LEADING" : name == "rtrim" ? "TRAILING" : "BOTH"
    write("TRIM(\(side) FROM ")
    writeExpressions(values)
    write(")")
  }

  private mutating func writeOverlaps(_ values: [Expression]) {
    guard values.count == 4 else { return }
    write("(")
    writeExpressions(Array(values[0..<2]))
    write(") OVERLAPS (")
    writeExpressions(Array(values[2..<4]))
    write(")")
  }

  private mutating func writeOrdinary(_ call: FunctionCall) {
    write(call.name)
    write("(")
    if call.isStar { write("*") }
    if call.isDistinct { write("DISTINCT ") }
    writeList(call.arguments) { printer, argument in
      if argument.isVariadic { printer.write("VARIADIC ") }
      if let name = argument.name {
        printer.write(name)
        printer.write(" => ")
      }
      printer.write(argument.value)
    }
    writeOrderBy(call.orderBy)
    write(")")
    if !call.withinGroup.isEmpty {
      write(" WITHIN GROUP (")
      writeSortItems(call.withinGroup)
      write(")")
    }
    if let filter = call.filter {
      write(" FILTER (WHERE ")
      write(filter)
      write(")")
    }
    switch call.window {
    case .named(let name):
      write(" OVER ")
      write(name)
    case .inline(let definition):
      write(" OVER ")
      write(definition)
    case nil: break
    }
  }

  // MARK: Windows and sorting

  mutating func write(_ window: WindowDefinition) {
    write("(")
    var separator = ""
    if let base = window.base {
      write(base)
      separator = " "
    }
    if !window.partitionBy.isEmpty {
      write(separator + "PARTITION BY ")
      writeExpressions(window.partitionBy)
      separator = " "
    }
    if !window.orderBy.isEmpty {
      write(separator)
      writeSortItems(window.orderBy)
      separator = " "
    }
    if let frame = window.frame {
      write(separator)
      write(frame)
    }
    write(")")
  }

  private mutating func write(_ frame: WindowFrame) {
    write(frame.unit.rawValue.uppercased() + " ")
    if let end = frame.end {
      write("BETWEEN ")
      write(frame.start)
      write(" AND ")
      write(end)
    } else {
      write(frame.start)
    }
    if let exclusion = frame.exclusion { write(" EXCLUDE " + exclusion.rawValue.uppercased()) }
  }

  private mutating func write(_ bound: WindowFrame.Bound) {
    switch bound {
    case .unboundedPreceding: write("UNBOUNDED PRECEDING")
    case .unboundedFollowing: write("UNBOUNDED FOLLOWING")
    case .currentRow: write("CURRENT ROW")
    case .preceding(let value):
      write(value)
      write(" PRECEDING")
    case .following(let value):
      write(value)
      write(" FOLLOWING")
    }
  }

  mutating func writeOrderBy(_ items: [SortItem]) {
    if items.isEmpty { return }
    write(" ")
    writeSortItems(items)
  }

  private mutating func writeSortItems(_ items: [SortItem]) {
    write("ORDER BY ")
    writeList(items) { printer, item in
      printer.write(item.value)
      if let using = item.usingOperator {
        printer.write(" USING ")
        printer.write(using.schema.isEmpty ? using.symbol : Self.qualified(using))
      }
      if item.isDescending { printer.write(" DESC") }
      if let first = item.nullsFirst { printer.write(first ? " NULLS FIRST" : " NULLS LAST") }
    }
  }

  private static func qualified(_ symbol: Operator) -> String {
    let schema = symbol.schema.map { quoted($0.text) + "." }.joined()
    return "OPERATOR(" + schema + symbol.symbol + ")"
  }
}
