import Columnar

/// Writes bound expressions as text, for people to read: it is not SQL that parses.
struct ExpressionPrinter {
  /// What the columns of the input are called; a column without a name is shown by its number.
  private let names: [String]

  init(_ names: [String]) { self.names = names }

  func text(of expression: BoundExpression) -> String {
    switch expression.node {
    case .column(let index): return name(of: index)
    case .constant(let datum): return text(of: datum, expression.type)
    case .parameter(let index): return "$\(index + 1)"
    case .call(let function, let arguments): return text(of: function, arguments)
    case .cast(let operand): return "\(text(of: operand))::\(expression.type.fullName)"
    case .and(let operands): return joined(operands, " AND ")
    case .or(let operands): return joined(operands, " OR ")
    case .not(let operand): return "NOT \(text(of: operand))"
    case .isNull(let operand, let negated):
      return "\(text(of: operand)) IS \(negated ? "NOT " : "")NULL"
    case .isTruth(let operand, let truth, let negated):
      let word = truth == .yes ? "TRUE" : truth == .no ? "FALSE" : "UNKNOWN"
      return "\(text(of: operand)) IS \(negated ? "NOT " : "")\(word)"
    case .caseWhen(let branches, let otherwise):
      let arms = branches.map { "WHEN \(text(of: $0.when)) THEN \(text(of: $0.then))" }
      return "CASE \(arms.joined(separator: " ")) ELSE \(text(of: otherwise)) END"
    case .coalesce(let operands): return "coalesce(\(list(operands)))"
    case .inList(let operand, let members, let negated):
      let shown = members.prefix(8).map { text(of: $0, operand.type) }
      let rest = members.count > 8 ? ["… \(members.count - 8) more"] : []
      let all = (shown + rest).joined(separator: ", ")
      return "\(text(of: operand)) \(negated ? "NOT " : "")IN (\(all))"
    case .quantified(let operand, let comparison, let array, let isAll):
      let word = isAll ? "ALL" : "ANY"
      return "\(text(of: operand)) \(symbol(comparison)) \(word) (\(text(of: array)))"
    }
  }

  func text(of aggregate: BoundAggregate) -> String {
    let distinct = aggregate.isDistinct ? "DISTINCT " : ""
    let arguments =
      aggregate.function == .countRows ? "*" : aggregate.arguments.map(text).joined(separator: ", ")
    var order = ""
    if !aggregate.order.isEmpty {
      order = " ORDER BY " + aggregate.order.map(text).joined(separator: ", ")
    }
    let filter = aggregate.filter.map { " FILTER (\(text(of: $0)))" } ?? ""
    return "\(name(of: aggregate.function))(\(distinct)\(arguments)\(order))\(filter)"
  }

  func text(of key: SortKey) -> String {
    let direction = key.isDescending ? " DESC" : ""
    let nulls =
      key.nullsFirst == key.isDescending ? "" : key.nullsFirst ? " NULLS FIRST" : " NULLS LAST"
    return text(of: key.expression) + direction + nulls
  }

  func text(of window: BoundWindow) -> String {
    let call: String =
      switch window.function {
      case .rowNumber: "row_number()"
      case .rank: "rank()"
      case .denseRank: "dense_rank()"
      case .previous: "lag(\(list(window.arguments)))"
      case .aggregate(let function):
        "\(name(of: function))(\(function == .countRows ? "*" : list(window.arguments)))"
      }
    var parts: [String] = []
    if !window.partition.isEmpty { parts.append("PARTITION BY \(list(window.partition))") }
    if !window.order.isEmpty {
      parts.append("ORDER BY " + window.order.map(text).joined(separator: ", "))
    }
    return "\(call) OVER (\(parts.joined(separator: " ")))"
  }

  // MARK: Pieces

  private func name(of index: Int) -> String {
    guard names.indices.contains(index), !names[index].isEmpty else { return "#\(index)" }
    return names[index]
  }

  private func list(_ expressions: [BoundExpression]) -> String {
    expressions.map(text).joined(separator: ", ")
  }

  private func joined(_ operands: [BoundExpression], _ word: String) -> String {
    "(" + operands.map(text).joined(separator: word) + ")"
  }

  private func symbol(_ comparison: ComparisonOperator) -> String {
    switch comparison {
    case .equal: "="
    case .notEqual: "<>"
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }

  private func text(of function: ScalarFunction, _ arguments: [BoundExpression]) -> String {
    let operators: [ScalarFunction: String] = [
      .add: "+", .subtract: "-", .multiply: "*", .divide: "/", .modulo: "%", .power: "^",
      .concatenate: "||", .isDistinctFrom: "IS DISTINCT FROM",
    ]
    if arguments.count == 2 {
      if case .compare(let comparison) = function {
        return
          "\(text(of: arguments[0])) \(symbol(comparison)) \(text(of: arguments[1]))"
      }
      if case .like(let insensitive) = function {
        let word = insensitive ? "ILIKE" : "LIKE"
        return "\(text(of: arguments[0])) \(word) \(text(of: arguments[1]))"
      }
      if let symbol = operators[function] {
        return "(\(text(of: arguments[0])) \(symbol) \(text(of: arguments[1])))"
      }
    }
    if function == .negate, arguments.count == 1 { return "- \(text(of: arguments[0]))" }
    return "\(Self.snakeCase("\(function)"))(\(list(arguments)))"
  }

  private func name(of function: AggregateFunction) -> String {
    switch function {
    case .countRows, .count: "count"
    case .average: "avg"
    case .minimum: "min"
    case .maximum: "max"
    case .percentileContinuous(let part): "percentile_cont[\(part)]"
    case .percentileDiscrete(let part): "percentile_disc[\(part)]"
    case .standardDeviation(let isSample): isSample ? "stddev" : "stddev_pop"
    case .variance(let isSample): isSample ? "variance" : "var_pop"
    case .stringAggregate: "string_agg"
    case .minimumBy: "min_by"
    case .maximumBy: "max_by"
    case .approximateDistinct: "approx_count_distinct"
    default: Self.snakeCase("\(function)")
    }
  }

  /// `dateTruncate` as `date_truncate`; what follows a parenthesis is dropped.
  private static func snakeCase(_ name: String) -> String {
    var result = ""
    for character in name.prefix(while: { $0 != "(" }) {
      if character.isUppercase { result += "_" }
      result += character.lowercased()
    }
    return result
  }

  private func text(of datum: Datum, _ type: LogicalType) -> String {
    switch datum {
    case .null: return "NULL"
    case .boolean(let value): return value ? "true" : "false"
    case .int64(let value): return text(of: value, type)
    case .int128(let value):
      return Self.scaled(String(value), type.scale)
    case .double(let value): return "\(value)"
    case .decimal(let value):
      return value.kind == .finite
        ? Self.scaled(String(value.coefficient), Int(value.scale)) : "\(value.kind)"
    case .wide(let value):
      var text = OutputBuffer(capacity: 64)
      text.append(wide: value)
      return String(decoding: text.array, as: UTF8.self)
    case .bytes(let bytes): return "'\(String(decoding: bytes, as: UTF8.self))'"
    case .uuid(let value): return "'\(String(value, radix: 16))'"
    case .interval(let span):
      return "interval '\(span.months) mons \(span.days) days \(span.microseconds) us'"
    case .array(let members):
      return "{\(members.map { text(of: $0, type) }.joined(separator: ","))}"
    }
  }

  private func text(of value: Int64, _ type: LogicalType) -> String {
    switch type {
    case .numeric: return Self.scaled(String(value), type.scale)
    case .date, .timestamp, .timestamptz: return "'\(Self.moment(value, type))'"
    default: return String(value)
    }
  }

  /// A date or a moment in UTC, without the part of a second.
  private static func moment(_ value: Int64, _ type: LogicalType) -> String {
    if value == .max || type == .date && value == TimeLimits.dateInfinity { return "infinity" }
    if value == .min || type == .date && value == TimeLimits.dateNegativeInfinity {
      return "-infinity"
    }
    let perDay = Civil.microsecondsPerDay
    let day = type == .date ? value : (value - (value % perDay + perDay) % perDay) / perDay
    guard (Civil.dateMin...Civil.dateMax).contains(day) else { return String(value) }
    let date = Civil.date(days: day)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let head = "\(date.year)-\(two(date.month))-\(two(date.day))"
    guard type != .date else { return head }
    let seconds = Int((value - day * perDay) / 1_000_000)
    let time = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    return "\(head) \(time)" + (type == .timestamptz ? "+00" : "")
  }

  /// Digits with the point `scale` places from the right.
  private static func scaled(_ digits: String, _ scale: Int) -> String {
    guard scale > 0 else { return digits }
    let isNegative = digits.hasPrefix("-")
    var plain = isNegative ? String(digits.dropFirst()) : digits
    while plain.count <= scale { plain = "0" + plain }
    let split = plain.index(plain.endIndex, offsetBy: -scale)
    return (isNegative ? "-" : "") + plain[..<split] + "." + plain[split...]
  }
}
