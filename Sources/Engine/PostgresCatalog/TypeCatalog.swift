import Catalog
import Columnar
import Planning

/// A type as pg_type lists it.
struct CatalogType: Sendable {
  var id: UInt32
  /// PostgreSQL's internal name: `int8`.
  var name: String
  /// The name as format_type prints it: `bigint`.
  var displayName: String
  var byteCount: Int16
  var category: String
  var isPreferred = false
  /// The array of this type, and for arrays the element; 0: none.
  var arrayID: UInt32 = 0
  var elementID: UInt32 = 0

  /// All types that columns and parameters may have, their arrays, and those of the catalog's own columns.
  static let all: [CatalogType] = {
    let scalars: [(LogicalType, String, String)] = [
      (.boolean, "bool", "B"), (.bytea, "bytea", "U"), (.bigint, "int8", "N"),
      (.smallint, "int2", "N"), (.integer, "int4", "N"), (.text, "text", "S"),
      (.real, "float4", "N"), (.double, "float8", "N"), (.char(1), "bpchar", "S"),
      (.varchar(nil), "varchar", "S"), (.date, "date", "D"), (.time, "time", "D"),
      (.timestamp, "timestamp", "D"), (.timestamptz, "timestamptz", "D"),
      (.interval, "interval", "T"), (.numeric(nil), "numeric", "N"), (.uuid, "uuid", "U"),
      (.jsonb, "jsonb", "U"),
    ]
    var types: [CatalogType] = []
    for (type, name, category) in scalars {
      let arrayID = arrayID(of: type)
      let isPreferred = ["bool", "text", "float8", "timestamptz", "interval"].contains(name)
      types.append(
        CatalogType(
          id: type.id,
          name: name,
          displayName: type.displayName,
          byteCount: type.byteCount,
          category: category,
          isPreferred: isPreferred,
          arrayID: arrayID
        )
      )
      types.append(
        CatalogType(
          id: arrayID,
          name: "_\(name)",
          displayName: "\(type.displayName)[]",
          byteCount: -1,
          category: "A",
          elementID: type.id
        )
      )
    }
    for (id, name, display, byteCount, category) in [
      (18, "char", "\"char\"", 1, "Z"), (19, "name", "name", 64, "S"), (26, "oid", "oid", 4, "N"),
      (2205, "regclass", "regclass", 4, "N"), (2206, "regtype", "regtype", 4, "N"),
      (705, "unknown", "unknown", -2, "X"), (2249, "record", "record", -1, "P"),
      (2278, "void", "void", 4, "P"),
    ] as [(UInt32, String, String, Int16, String)] {
      types.append(
        CatalogType(
          id: id,
          name: name,
          displayName: display,
          byteCount: byteCount,
          category: category
        )
      )
    }
    return types
  }()

  private static func arrayID(of type: LogicalType) -> UInt32 {
    switch type {
    case .char: 1014
    case .varchar: 1015
    default: ArrayElement(type)?.arrayID ?? 0
    }
  }

  static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

  /// A type's name with its modifier, as format_type prints it.
  static func formatted(_ id: Int64, modifier: Int64?) -> String {
    guard id != 0 else { return "-" }
    guard let type = UInt32(exactly: id).flatMap({ byID[$0] }) else { return "???" }
    guard let modifier, modifier >= 4 else { return type.displayName }
    let inside = modifier - 4
    switch type.name {
    case "numeric":
      // The scale is a signed number of 11 bits.
      let scale = (inside & 0x7ff ^ 0x400) - 0x400
      return "numeric(\(inside >> 16),\(scale))"
    case "varchar", "bpchar": return "\(type.displayName)(\(inside))"
    default: return type.displayName
    }
  }

  /// The type that `name` means, by its internal or its SQL name; nil: there is none.
  static func named(_ name: String) -> CatalogType? {
    let plain = name.hasPrefix("pg_catalog.") ? String(name.dropFirst(11)) : name
    return all.first { $0.name == plain || $0.displayName == plain }
      ?? all.first { $0.name == aliases[plain] }
  }

  private static let aliases = [
    "int": "int4", "decimal": "numeric", "boolean": "bool", "float": "float8",
    "timestamp with time zone": "timestamptz", "char": "bpchar",
  ]
}

extension SystemTables {
  static let types = SystemTable(
    "pg_catalog.pg_type",
    """
    oid:o typname:t typnamespace:o=11 typowner:o=10 typlen:s typbyval:b typtype:t=b typcategory:t typispreferred:b
    typisdefined:b=t typdelim:t=, typrelid:o typsubscript:t=- typelem:o typarray:o typinput:t typoutput:t typreceive:t
    typsend:t typmodin:t=- typmodout:t=- typanalyze:t=- typalign:t=i typstorage:t=p typnotnull:b typbasetype:o
    typtypmod:i=-1 typndims:i typcollation:o typdefaultbin:t typdefault:t typacl:t
    """
  ) { _ in
    CatalogType.all.map { type in
      let stem = type.elementID == 0 ? type.name : "array_"
      return [
        "oid": .int64(Int64(type.id)), "typname": .text(type.name),
        "typlen": .int64(Int64(type.byteCount)),
        "typbyval": .boolean((1...8).contains(type.byteCount)),
        "typtype": .text(type.category == "P" ? "p" : "b"), "typcategory": .text(type.category),
        "typispreferred": .boolean(type.isPreferred), "typelem": .int64(Int64(type.elementID)),
        "typarray": .int64(Int64(type.arrayID)), "typinput": .text("\(stem)in"),
        "typoutput": .text("\(stem)out"), "typreceive": .text("\(stem)recv"),
        "typsend": .text("\(stem)send"),
        "typstorage": .text(type.byteCount < 0 ? "x" : "p"),
      ]
    }
  }
}
