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
}
