package import Columnar

// PostgreSQL's numbers for its types (pg_type.dat): how clients know what a value is.

extension LogicalType {
  /// PostgreSQL's OID of the type.
  package var id: UInt32 {
    switch self {
    case .boolean: 16
    case .bytea: 17
    case .bigint: 20
    case .smallint: 21
    case .integer: 23
    case .text, .unknown: 25
    case .real: 700
    case .double: 701
    case .char: 1042
    case .varchar: 1043
    case .date: 1082
    case .time: 1083
    case .timestamp: 1114
    case .timestamptz: 1184
    case .interval: 1186
    case .numeric: 1700
    case .uuid: 2950
    case .jsonb: 3802
    case .array(let element): element.arrayID
    }
  }

  /// Bytes of a value in PostgreSQL's memory; -1: it varies.
  package var byteCount: Int16 {
    switch self {
    case .boolean: 1
    case .smallint: 2
    case .integer, .real, .date: 4
    case .bigint, .double, .time, .timestamp, .timestamptz: 8
    case .uuid, .interval: 16
    case .text, .unknown, .bytea, .char, .varchar, .numeric, .jsonb, .array: -1
    }
  }

  /// PostgreSQL's type modifier; -1: none.
  package var modifier: Int32 {
    switch self {
    case .numeric(let shape?):
      Int32(truncatingIfNeeded: shape.precision << 16 | shape.scale & 0x7ff) + 4
    case .varchar(let limit?), .char(let limit): Int32(clamping: limit + 4)
    default: -1
    }
  }

  /// The type that a client names by its OID; `nil` for 0 and `unknown`, which leave it to the server.
  ///
  /// `oid` and its kin are bigint here, `json` is jsonb; ``wireWidth(ofTypeID:)`` keeps their binary form.
  ///
  /// - Throws: 0A000 for a type that is not known here.
  package static func named(by typeID: UInt32) throws(ProtocolError) -> LogicalType? {
    switch typeID {
    case 0, 705: return nil
    case 16: return .boolean
    case 17: return .bytea
    case 18, 19, 25: return .text
    case 20, 26, 24, 2205, 2206: return .bigint
    case 21: return .smallint
    case 23: return .integer
    case 114, 3802: return .jsonb
    case 700: return .real
    case 701: return .double
    case 1042: return .text
    case 1043: return .varchar(nil)
    case 1082: return .date
    case 1083: return .time
    case 1114: return .timestamp
    case 1184: return .timestamptz
    case 1186: return .interval
    case 1700: return .numeric(nil)
    case 2950: return .uuid
    default:
      guard let element = ArrayElement.named(byArrayID: typeID) else {
        throw ProtocolError("0A000", "parameters of the type with OID \(typeID) are not supported")
      }
      return .array(element)
    }
  }
}

extension ArrayElement {
  /// PostgreSQL's OID of the array of this element.
  package var arrayID: UInt32 {
    switch self {
    case .boolean: 1000
    case .bytea: 1001
    case .smallint: 1005
    case .integer: 1007
    case .text: 1009
    case .bigint: 1016
    case .real: 1021
    case .double: 1022
    case .timestamp: 1115
    case .date: 1182
    case .time: 1183
    case .timestamptz: 1185
    case .interval: 1187
    case .numeric: 1231
    case .uuid: 2951
    case .jsonb: 3807
    }
  }

  static func named(byArrayID typeID: UInt32) -> ArrayElement? {
    switch typeID {
    case 1000: .boolean
    case 1001: .bytea
    case 1005: .smallint
    case 1007: .integer
    case 1002, 1003, 1009, 1014, 1015: .text
    case 1016, 1028: .bigint
    case 1021: .real
    case 1022: .double
    case 1115: .timestamp
    case 1182: .date
    case 1183: .time
    case 1185: .timestamptz
    case 1187: .interval
    case 1231: .numeric
    case 2951: .uuid
    case 199, 3807: .jsonb
    default: nil
    }
  }
}
