package import Columnar

extension LogicalType {
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
