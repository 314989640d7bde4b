/// What a PostgreSQL server says about a failed statement.
package struct PostgresFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// Five characters; empty when the connection itself failed.
  package var sqlState: String
  package var message: String
  package var detail: String?
  package var hint: String?
  /// Character in the statement's text, from 1.
  package var position: Int?

  package init(
    sqlState: String,
    message: String,
    detail: String? = nil,
    hint: String? = nil,
    position: Int? = nil
  ) {
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
    self.position = position
  }

  package var description: String {
    var text = "\(sqlState) \(message)"
    if let detail { text += "\nDETAIL: \(detail)" }
    if let hint { text += "\nHINT: \(hint)" }
    if let position { text += "\nPOSITION: \(position)" }
    return text
  }
}

/// A column of a result.
package struct PostgresColumn: Sendable, Equatable {
  package var name: String
  package var typeID: UInt32

  package init(name: String, typeID: UInt32) {
    self.name = name
    self.typeID = typeID
  }

  /// PostgreSQL's internal name of the type, such as `int4` or `_text`.
  package var typeName: String {
    Self.typeNames[typeID] ?? "oid\(typeID)"
  }

  private static let typeNames: [UInt32: String] = [
    16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4",
    24: "regproc", 25: "text", 26: "oid", 114: "json", 700: "float4", 701: "float8",
    705: "unknown", 1000: "_bool", 1005: "_int2", 1007: "_int4", 1009: "_text", 1016: "_int8",
    1021: "_float4", 1022: "_float8", 1042: "bpchar", 1043: "varchar", 1082: "date", 1083: "time",
    1114: "timestamp", 1115: "_timestamp", 1182: "_date", 1184: "timestamptz",
    1185: "_timestamptz", 1186: "interval", 1231: "_numeric", 1266: "timetz", 1700: "numeric",
    2205: "regclass", 2206: "regtype", 2249: "record", 2278: "void", 2950: "uuid",
    2951: "_uuid", 3802: "jsonb",
  ]
}

/// The outcome of one statement; values are the bytes of the format that was asked for.
package struct PostgresResult: Sendable, Equatable {
  package var columns: [PostgresColumn] = []
  package var rows: [[[UInt8]?]] = []
  /// Such as `SELECT 3` or `INSERT 0 1`; empty for an empty statement.
  package var commandTag = ""
  /// Rows the statement touched, where its command tag tells.
  package var affectedRows: Int?

  package init(
    columns: [PostgresColumn] = [],
    rows: [[[UInt8]?]] = [],
    commandTag: String = "",
    affectedRows: Int? = nil
  ) {
    self.columns = columns
    self.rows = rows
    self.commandTag = commandTag
    self.affectedRows = affectedRows
  }

  /// The values as text; nil is NULL.
  package var texts: [[String?]] {
    rows.map { row in row.map { value in value.map { String(decoding: $0, as: UTF8.self) } } }
  }
}

/// A parameter of the extended protocol.
package struct PostgresParameter: Sendable {
  /// 0 lets the server infer the type.
  package var typeID: UInt32
  package var value: [UInt8]?
  package var isBinary: Bool

  /// A parameter in text form; nil is NULL.
  package static func text(_ value: String?, typeID: UInt32 = 0) -> PostgresParameter {
    PostgresParameter(typeID: typeID, value: value.map { Array($0.utf8) }, isBinary: false)
  }

  /// A parameter in the type's binary form.
  package static func binary(_ value: [UInt8], typeID: UInt32) -> PostgresParameter {
    PostgresParameter(typeID: typeID, value: value, isBinary: true)
  }
}
