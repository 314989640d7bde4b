import Columnar

/// What the meaning of a text depends on, besides values.
struct PlanBasis: Equatable {
  var catalogVersion: UInt64
  var settingsGeneration: UInt64
}

/// Prepared statements by text: many clients prepare the same texts again and again, each for one run.
struct PreparedTexts {
  private static let textsMax = 64
  private static let bytesMax = 8 << 10

  private struct Key: Hashable {
    var text: [UInt8]
    var types: [LogicalType?]
  }

  private var basis: PlanBasis?
  private var known: [Key: PreparedStatement] = [:]

  /// The statement that was prepared of a text under the same definitions and settings.
  func statement(
    _ text: [UInt8],
    _ types: [LogicalType?],
    _ basis: PlanBasis
  ) -> PreparedStatement? {
    guard self.basis == basis, text.count <= Self.bytesMax else { return nil }
    return known[Key(text: text, types: types)]
  }

  /// Keeps a statement.
  mutating func keep(
    _ statement: PreparedStatement,
    _ text: [UInt8],
    _ types: [LogicalType?],
    _ basis: PlanBasis
  ) {
    guard text.count <= Self.bytesMax else { return }
    if self.basis != basis || known.count >= Self.textsMax { known.removeAll() }
    self.basis = basis
    known[Key(text: text, types: types)] = statement
  }
}
