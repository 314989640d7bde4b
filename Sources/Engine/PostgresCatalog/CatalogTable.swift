import Catalog
import Columnar
import Planning

extension SystemTable {
  /// A relation of pg_catalog or information_schema.
  ///
  /// - Parameters:
  ///   - name: Its schema and name, `pg_catalog.pg_class`.
  ///   - columns: Names with a letter for the type and, behind `=`, what rows that do not say have there:
  ///     `oid:o relkind:t=r`. o: oid, i: integer, s: smallint, b: boolean, f: real, z: timestamptz, t: text, also for
  ///     arrays and vectors in text form. Numbers are 0 and booleans false unless said otherwise, `=-`: NULL.
  ///   - rows: What differs from that, by column.
  init(
    _ name: String,
    _ columns: String,
    rows: @escaping @Sendable (SystemTableContext) -> [[String: Datum]]
  ) {
    let parts = name.split(separator: ".").map(String.init)
    let fields = columns.split(whereSeparator: \.isWhitespace).map { CatalogField(String($0)) }
    let places = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    let blank = fields.map(\.value)
    self.init(
      schema: parts[0],
      name: parts[1],
      columns: fields.map { OutputColumn(name: $0.name, type: $0.type) }
    ) { context in
      rows(context).map { given in
        var row = blank
        for (column, value) in given {
          guard let place = places[column] else {
            preconditionFailure("\(name) has no column \(column)")
          }
          row[place] = value
        }
        return row
      }
    }
  }

  /// A relation for what does not exist here.
  static func empty(_ name: String, _ columns: String) -> SystemTable {
    var table = SystemTable(name, columns) { _ in [] }
    table.isAlwaysEmpty = true
    return table
  }
}

/// One column of a relation's description.
private struct CatalogField {
  var name: String
  var type: LogicalType
  var value: Datum

  init(_ text: String) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let head = sides[0].split(separator: ":")
    name = String(head[0])
    let given = sides.count > 1 ? String(sides[1]) : nil
    let number: Datum = given == "-" ? .null : .int64(given.flatMap { Int64($0) } ?? 0)
    switch head[1] {
    case "o": (type, value) = (.bigint, number)
    case "i": (type, value) = (.integer, number)
    case "s": (type, value) = (.smallint, number)
    case "f": (type, value) = (.real, .double(given.flatMap { Double($0) } ?? 0))
    case "b": (type, value) = (.boolean, given == "-" ? .null : .boolean(given == "t"))
    case "z": (type, value) = (.timestamptz, .null)
    default: (type, value) = (.text, .text(given))
    }
  }
}
