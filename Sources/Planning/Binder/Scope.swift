package import Catalog
package import Columnar
package import ReportSyntax

/// The relations of a FROM clause: what column names mean, as positions in the rows of the joined input.
package struct Scope {
  /// One relation with its columns.
  package struct Relation {
    /// How columns are qualified; `nil` for an unnamed join.
    package var alias: String?
    package var schema: String?
    package var columns: [Column]
    /// The stored table, when the relation is one.
    package var table: TableDefinition?

    package init(
      alias: String?,
      schema: String? = nil,
      columns: [Column],
      table: TableDefinition? = nil
    ) {
      self.alias = alias
      self.schema = schema
      self.columns = columns
      self.table = table
    }
  }

  package struct Column {
    package var name: String
    package var type: LogicalType
    /// Position in the input's rows.
    package var index: Int
    /// Joined by USING under the same name on the other side: found by its qualified name only.
    package var isHidden = false
    package var origin: (table: TableID, column: ColumnID)?

    package init(
      name: String,
      type: LogicalType,
      index: Int,
      origin: (table: TableID, column: ColumnID)? = nil
    ) {
      self.name = name
      self.type = type
      self.index = index
      self.origin = origin
    }
  }

  package var relations: [Relation] = []
  /// Positions of the columns that USING merged: they stand first in `*`.
  package var mergedColumns: [Int] = []
  /// Columns of the input's rows.
  package var width = 0

  package init() {}

  /// A scope of one plan's output under a name.
  package init(_ plan: Plan, alias: String?, columnNames: [String]? = nil) {
    let columns = plan.output.enumerated().map { index, column in
      Column(
        name: columnNames?[index] ?? column.name,
        type: column.type,
        index: index,
        origin: column.origin
      )
    }
    relations = [Relation(alias: alias, columns: columns)]
    width = plan.output.count
  }

  /// This scope's rows followed by another's.
  package func joined(_ other: Scope) -> Scope {
    var scope = self
    for var relation in other.relations {
      for index in relation.columns.indices { relation.columns[index].index += width }
      scope.relations.append(relation)
    }
    scope.mergedColumns += other.mergedColumns.map { $0 + width }
    scope.width += other.width
    return scope
  }

  /// The column that a name of one, two or three parts means.
  ///
  /// - Throws: 42703 unknown (with the nearest name), 42702 ambiguous, 42P01 unknown qualifier.
  package func column(_ path: [Identifier], range: SourceRange) throws(PlanningError) -> Column {
    guard let name = path.last?.text else { throw PlanningError("42703", "no column", at: range) }
    let qualifiers = path.dropLast().map(\.text)
    let candidates = relations.filter { $0.matches(qualifiers) }
    if !qualifiers.isEmpty, candidates.isEmpty {
      throw unknownQualifier(qualifiers, range)
    }
    let found = candidates.flatMap(\.columns).filter {
      $0.name == name && (!qualifiers.isEmpty || !$0.isHidden)
    }
    if found.count > 1 {
      throw PlanningError("42702", "column reference \"\(name)\" is ambiguous", at: range)
    }
    if let column = found.first { return column }
    throw unknown(path, range)
  }

  /// Whether a name of one part is a column here, without an error.
  package func has(_ name: String) -> Bool {
    relations.contains { $0.columns.contains { $0.name == name && !$0.isHidden } }
  }

  private func unknown(_ path: [Identifier], _ range: SourceRange) -> PlanningError {
    let written = path.map(\.text).joined(separator: ".")
    let shown = path.count > 1 ? written : "\"\(written)\""
    return PlanningError(
      "42703",
      "column \(shown) does not exist",
      at: range,
      hint: nearest(to: path.last?.text ?? "").map {
        "Perhaps you meant to reference the column \"\($0)\"."
      }
    )
  }

  /// A qualifier that names no relation, or one that goes by an alias here.
  private func unknownQualifier(_ qualifiers: [String], _ range: SourceRange) -> PlanningError {
    let written = qualifiers.joined(separator: ".")
    let hidden = relations.first { $0.table?.name == qualifiers.last && $0.alias != $0.table?.name }
    guard let alias = hidden?.alias else {
      return PlanningError("42P01", "missing FROM-clause entry for table \"\(written)\"", at: range)
    }
    return PlanningError(
      "42P01",
      "invalid reference to FROM-clause entry for table \"\(written)\"",
      at: range,
      hint: "Perhaps you meant to reference the table alias \"\(alias)\"."
    )
  }

  private func nearest(to name: String) -> String? {
    var best: (name: String, distance: Int)?
    for relation in relations {
      for column in relation.columns {
        let distance = editDistance(name, column.name)
        guard distance <= min(3, name.count / 2), distance < best?.distance ?? .max else {
          continue
        }
        best = (relation.alias.map { "\($0).\(column.name)" } ?? column.name, distance)
      }
    }
    return best?.name
  }

  /// The visible columns that `*` or `t.*` means.
  package func columns(
    of qualifiers: [Identifier],
    range: SourceRange
  ) throws(PlanningError) -> [Column] {
    if qualifiers.isEmpty {
      let visible = relations.flatMap(\.columns).filter { !$0.isHidden }
      let first = mergedColumns.compactMap { index in visible.first { $0.index == index } }
      let all = first + visible.filter { !mergedColumns.contains($0.index) }
      guard !relations.isEmpty else {
        throw PlanningError("42601", "SELECT * with no tables specified is not valid", at: range)
      }
      return all
    }
    guard let relation = relations.first(where: { $0.matches(qualifiers.map(\.text)) }) else {
      throw unknownQualifier(qualifiers.map(\.text), range)
    }
    return relation.columns
  }

  /// Whether the key of the table that column `index` belongs to is among `keys`, so that the
  /// column has one value in each group.
  func isDetermined(_ index: Int, by keys: [BoundExpression]) -> Bool {
    guard
      let relation = relations.first(where: { $0.columns.contains { $0.index == index } }),
      let table = relation.table, !table.primaryKey.isEmpty
    else { return false }
    return table.primaryKey.allSatisfy { id in
      guard let place = relation.columns.first(where: { $0.origin?.column == id })?.index else {
        return false
      }
      return keys.contains { $0.node.isColumn(place) }
    }
  }

  /// Name and table of column `index`, for messages.
  func name(of index: Int) -> String {
    for relation in relations {
      if let column = relation.columns.first(where: { $0.index == index }) {
        return relation.alias.map { "\($0).\(column.name)" } ?? column.name
      }
    }
    return "?"
  }
}

extension Scope.Relation {
  /// Whether a column may be qualified so.
  func matches(_ qualifiers: [String]) -> Bool {
    switch qualifiers.count {
    case 0: true
    case 1: alias == qualifiers[0]
    default: table != nil && schema == qualifiers[qualifiers.count - 2] && alias == qualifiers.last
    }
  }
}

extension BoundNode {
  func isColumn(_ index: Int) -> Bool { if case .column(index) = self { true } else { false } }
}

/// Levenshtein's distance, for hints.
func editDistance(_ a: String, _ b: String) -> Int {
  let left = Array(a.unicodeScalars)
  let right = Array(b.unicodeScalars)
  guard left.count <= 64, right.count <= 64 else { return .max }
  var row = Array(0...right.count)
  for (i, x) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in right.enumerated() {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
      diagonal = above
    }
  }
  return row[right.count]
}
