package import Columnar

/// How the tuples of one relation become columns: chosen by whoever applies them.
package struct RelationLayout: Sendable {
  /// One column of the batches.
  package struct Column: Sendable {
    /// Place in ``SourceRelation/columns``; nil: the source has no such column, every row is NULL.
    package var source: Int?
    /// How binary values are read: ``TypeDirectory/codecID(_:)``.
    package var typeID: UInt32
    package var type: LogicalType

    package init(source: Int?, typeID: UInt32, type: LogicalType) {
      self.source = source
      self.typeID = typeID
      self.type = type
    }
  }

  /// In the order of the batches' vectors.
  package var columns: [Column]
  /// Places in ``columns`` of the key, in key order; their `source` is not nil.
  package var key: [Int]
  /// Transactions whose commit record is before this are passed over: the table's copy holds them.
  package var startLSN: LSN

  package init(columns: [Column], key: [Int], startLSN: LSN = .zero) {
    self.columns = columns
    self.key = key
    self.startLSN = startLSN
  }

  /// All columns in the source's order with the types of the directory.
  ///
  /// - Parameters:
  ///   - relation: As the stream describes it.
  ///   - types: Of the source.
  ///   - key: Names of the primary key's columns; nil takes the replica identity's, which under
  ///     ``ReplicaIdentity/full`` are all.
  ///   - startLSN: See ``startLSN``.
  package init(
    _ relation: SourceRelation,
    _ types: TypeDirectory,
    key: [String]? = nil,
    startLSN: LSN = .zero
  ) {
    columns = relation.columns.enumerated().map { place, column in
      Column(
        source: place,
        typeID: types.codecID(column.typeID),
        type: types.logicalType(column.typeID, column.modifier)
      )
    }
    if let key {
      self.key = key.compactMap { name in relation.columns.firstIndex { $0.name == name } }
    } else {
      self.key = relation.columns.indices.filter { relation.columns[$0].isKey }
    }
    self.startLSN = startLSN
  }
}
