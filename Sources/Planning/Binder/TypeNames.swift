package import Columnar
package import ReportSyntax

extension LogicalType {
  /// The name as PostgreSQL's format_type prints it, without modifiers.
  package var displayName: String {
    switch self {
    case .boolean: "boolean"
    case .smallint: "smallint"
    case .integer: "integer"
    case .bigint: "bigint"
    case .numeric: "numeric"
    case .real: "real"
    case .double: "double precision"
    case .text: "text"
    case .varchar: "character varying"
    case .char: "character"
    case .uuid: "uuid"
    case .date: "date"
    case .time: "time without time zone"
    case .timestamp: "timestamp without time zone"
    case .timestamptz: "timestamp with time zone"
    case .interval: "interval"
    case .jsonb: "jsonb"
    case .bytea: "bytea"
    case .unknown: "unknown"
    case .array(let element): element.type.displayName + "[]"
    }
  }

  /// The name with its modifiers: `numeric(15,2)`.
  package var fullName: String {
    switch self {
    case .numeric(let shape?): "numeric(\(shape.precision),\(shape.scale))"
    case .varchar(let limit?): "character varying(\(limit))"
    case .char(let length): "character(\(length))"
    default: displayName
    }
  }

  /// The type that a written name means.
  ///
  /// - Throws: 42704 unknown type, 22023 bad modifier, 0A000 for what PostgreSQL has and we do not.
  package init(_ name: TypeName) throws(PlanningError) {
    let scalar = try Self.scalar(name)
    switch name.arrayDimensions {
    case 0: self = scalar
    case 1:
      guard let element = ArrayElement(scalar) else {
        throw .unsupported("type \(scalar.displayName)[]", at: name.range)
      }
      self = .array(element)
    default: throw .unsupported("an array of several dimensions", at: name.range)
    }
  }

  private static func scalar(_ name: TypeName) throws(PlanningError) -> LogicalType {
    if let schema = name.name.schema, schema.text != "pg_catalog" {
      throw PlanningError(
        "42704",
        "type \"\(name.name.description)\" does not exist",
        at: name.range
      )
    }
    let word = name.name.name.text
    switch word {
    case "numeric", "decimal": return .numeric(try numericShape(name))
    case "varchar":
      guard let length = name.modifiers.first else { return .varchar(nil) }
      return .varchar(try textLength(length, word, name))
    case "bpchar", "char":
      guard let length = name.modifiers.first else { return word == "char" ? .char(1) : .text }
      return .char(try textLength(length, word, name))
    case "time", "timestamp", "timestamptz", "interval":
      guard name.modifiers.allSatisfy({ $0 == 6 }) else {
        throw .unsupported("type \(word) with a precision other than 6", at: name.range)
      }
      // A literal's single field is its unit: ExpressionBinder puts it into the text.
      guard name.intervalFields?.unit != nil || name.intervalFields == nil else {
        throw .unsupported("an interval type with fields", at: name.range)
      }
    default:
      guard name.modifiers.isEmpty else {
        throw PlanningError(
          "42601",
          "type modifier is not allowed for type \"\(word)\"",
          at: name.range
        )
      }
    }
    if let type = plain[word] { return type }
    if known.contains(word) { throw .unsupported("type \(word)", at: name.range) }
    throw PlanningError("42704", "type \"\(name.name.description)\" does not exist", at: name.range)
  }

  private static let plain: [String: LogicalType] = [
    "bool": .boolean, "boolean": .boolean, "int2": .smallint, "smallint": .smallint,
    "int4": .integer, "int": .integer, "integer": .integer, "int8": .bigint, "bigint": .bigint,
    "float4": .real, "real": .real, "float8": .double, "text": .text, "name": .text,
    "uuid": .uuid, "date": .date, "time": .time, "timestamp": .timestamp,
    "timestamptz": .timestamptz, "interval": .interval, "jsonb": .jsonb, "bytea": .bytea,
    "oid": .bigint, "regclass": .text, "regtype": .text,
  ]

  /// PostgreSQL's types that are refused by name, so that the error says so.
  private static let known: Set<String> = [
    "json", "xml", "money", "timetz", "bit", "varbit", "inet", "cidr", "macaddr", "point", "line",
    "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery", "serial", "bigserial",
    "smallserial", "serial4", "serial8", "int4range", "int8range", "numrange", "tsrange",
    "tstzrange", "daterange",
  ]

  private static func numericShape(_ name: TypeName) throws(PlanningError) -> NumericShape? {
    guard let precision = name.modifiers.first else { return nil }
    let scale = name.modifiers.count > 1 ? Int(name.modifiers[1]) : 0
    guard name.modifiers.count <= 2 else {
      throw PlanningError("22023", "invalid NUMERIC type modifier", at: name.range)
    }
    guard (1...1000).contains(precision) else {
      throw PlanningError(
        "22023",
        "NUMERIC precision \(precision) must be between 1 and 1000",
        at: name.range
      )
    }
    guard (-1_000...1_000).contains(scale) else {
      throw PlanningError(
        "22023",
        "NUMERIC scale \(scale) must be between -1000 and 1000",
        at: name.range
      )
    }
    return NumericShape(precision: Int(precision), scale: scale)
  }

  private static func textLength(
    _ length: Int32,
    _ word: String,
    _ name: TypeName
  ) throws(PlanningError) -> Int {
    guard length >= 1 else {
      throw PlanningError(
        "22023",
        "length for type \(word == "varchar" ? "varchar" : "char") must be at least 1",
        at: name.range
      )
    }
    guard length <= 10_485_760 else {
      throw PlanningError(
        "22023",
        "length for type \(word == "varchar" ? "varchar" : "char") cannot exceed 10485760",
        at: name.range
      )
    }
    return Int(length)
  }
}

extension IntervalFields {
  /// The unit that a literal with this field counts in; nil for a range of fields.
  var unit: String? {
    switch self {
    case .year, .month, .day, .hour, .minute, .second: rawValue
    default: nil
    }
  }
}
