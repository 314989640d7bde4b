package import Columnar

/// What the source's catalog says about a type that is not one of PostgreSQL's own.
package struct SourceType: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// A domain over another type, with that type's modifier.
    case domain(base: UInt32, modifier: Int32)
    case enumeration
    /// Arrays, ranges, composites, types of extensions.
    case other
  }

  package var name: String
  package var kind: Kind

  package init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// How the source's types are kept here.
///
/// A type without an equivalent is text: PostgreSQL's output of it, which loses nothing. A domain is its base type.
package struct TypeDirectory: Sendable {
  /// Types made in that database (OIDs from 16384 on), as far as the catalog was read.
  package var types: [UInt32: SourceType]

  package init(_ types: [UInt32: SourceType] = [:]) { self.types = types }

  /// Whether everything about a type is known without asking the catalog again.
  package func knows(_ typeID: UInt32) -> Bool { typeID < 16_384 || types[typeID] != nil }

  /// The type beneath all domains, and the modifier that holds for it.
  package func base(_ typeID: UInt32, _ modifier: Int32) -> (typeID: UInt32, modifier: Int32) {
    var (typeID, modifier) = (typeID, modifier)
    // Domains over domains end; a damaged catalog must not loop.
    for _ in 0..<32 {
      guard case .domain(let base, let inner)? = types[typeID]?.kind else { break }
      (typeID, modifier) = (base, inner)
    }
    return (typeID, modifier)
  }

  /// Stands for every enum in ``RelationLayout/Column/typeID`` (pg_type's `anyenum`).
  static let enumeration: UInt32 = 3500

  /// By what a value's binary form is read.
  package func codecID(_ typeID: UInt32) -> UInt32 {
    let typeID = base(typeID, -1).typeID
    if case .enumeration? = types[typeID]?.kind { return Self.enumeration }
    return typeID
  }

  /// The type of the column that keeps a source column's values.
  package func logicalType(_ typeID: UInt32, _ modifier: Int32) -> LogicalType {
    let (typeID, modifier) = base(typeID, modifier)
    switch typeID {
    case 16: return .boolean
    case 17: return .bytea
    case 20, 26: return .bigint
    case 21: return .smallint
    case 23: return .integer
    case 700: return .real
    case 701: return .double
    case 1042: return Self.length(modifier).map { .char($0) } ?? .text
    case 1043: return .varchar(Self.length(modifier))
    case 1082: return .date
    case 1083: return .time
    case 1114: return .timestamp
    case 1184: return .timestamptz
    case 1186: return .interval
    case 1700: return .numeric(Self.shape(modifier))
    case 2950: return .uuid
    case 3802: return .jsonb
    default: return .text
    }
  }

  /// Whether a type's binary form is read here; all published columns' must be to ask for a binary stream.
  package func readsBinary(_ typeID: UInt32) -> Bool {
    switch codecID(typeID) {
    case 16, 17, 19, 20, 21, 23, 25, 26, 114, 700, 701, 1042, 1043: return true
    case 1082, 1083, 1114, 1184, 1186, 1700, 2950, 3802, Self.enumeration: return true
    default: return false
    }
  }

  /// Characters of a string's modifier; nil: no limit, or none that PostgreSQL has.
  private static func length(_ modifier: Int32) -> Int? {
    (5...10_485_764).contains(modifier) ? Int(modifier) - 4 : nil
  }

  /// Digits and scale of a numeric's modifier; the scale has eleven bits and a sign.
  private static func shape(_ modifier: Int32) -> NumericShape? {
    guard modifier >= 4 else { return nil }
    let packed = Int(modifier) - 4
    let precision = packed >> 16 & 0xffff
    guard (1...1000).contains(precision) else { return nil }
    return NumericShape(precision: precision, scale: ((packed & 0x7ff) ^ 1024) - 1024)
  }
}
