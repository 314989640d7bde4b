internal import Catalog
internal import Columnar
internal import Storage

/// Parses chunks into rows in the table's column order.
///
/// One worker's.
final class ChunkParser {
  private let parser: RowParser
  private let batch: Batch
  private let coders: [ColumnCoder?]
  private let partitioner: Partitioner
  /// Columns that the file does not have, and what they hold.
  private let constants: [(place: Int, value: Datum)]
  private var constantRows = 0

  /// Resolves the columns of the file.
  init(_ target: LoadTarget, _ options: LoadOptions, header: [String]?) throws(LoadError) {
    let definition = target.definition
    let names = options.columns ?? header ?? definition.columns.map(\.name)
    var places: [Int] = []
    for name in names {
      guard let place = definition.index(named: name) else {
        throw .columns(what: "column \"\(name)\" of relation \"\(definition.name)\" does not exist")
      }
      guard !places.contains(place) else {
        throw .columns(what: "column \"\(name)\" specified more than once")
      }
      places.append(place)
    }
    parser = RowParser(
      columns: places.map { place in
        let column = definition.columns[place]
        let isKey = definition.primaryKey.contains(column.id)
        return CopyColumn(
          name: column.name,
          type: column.type,
          isNullable: column.isNullable && !isKey
        )
      },
      layout: options.layout,
      context: options.context,
      table: definition.name
    )
    if options.layout.header == .match, let header {
      do throws(RowError) { try parser.checkHeader(header) } catch { throw .row(error) }
    }
    var columns = definition.columns.map { Vector(kind: $0.type.laneKind, capacity: 64) }
    for (field, place) in places.enumerated() { columns[place] = parser.batch.columns[field] }
    batch = Batch(columns: columns)
    coders = target.dictionaries.map { $0.map(ColumnCoder.init) }
    partitioner = Partitioner(definition)
    var constants: [(place: Int, value: Datum)] = []
    for (place, column) in definition.columns.enumerated() where !places.contains(place) {
      guard !options.needed.contains(column.id) else {
        throw .columns(
          what:
            "column \"\(column.name)\" is not in the file, and its default differs from row to row"
        )
      }
      let value = options.defaults[column.id] ?? .null
      if value.isNull, !column.isNullable || definition.primaryKey.contains(column.id) {
        throw .columns(what: "column \"\(column.name)\" takes no NULL and is not in the file")
      }
      constants.append((place, value))
    }
    self.constants = constants
  }

  var isEnded: Bool { parser.isEnded }
  /// Rows parsed that are to be taken.
  var rowCount: Int { parser.batch.rowCount - parser.badRows.count }

  func parse(_ chunk: TextChunk) throws(LoadError) {
    parser.parse(chunk)
    batch.rowCount = parser.batch.rowCount
    fillConstants()
  }

  private func fillConstants() {
    guard batch.rowCount > constantRows else { return }
    for (place, value) in constants {
      let vector = batch.columns[place]
      vector.reserve(batch.rowCount)
      for row in constantRows..<batch.rowCount {
        vector.set(row, to: value)
      }
    }
    constantRows = batch.rowCount
  }

  func rejects(of chunk: TextChunk) -> [RejectedRow] {
    parser.badRows.isEmpty && parser.badLines.isEmpty ? [] : parser.rejects(of: chunk)
  }

  /// Deals the good rows out to partitions.
  func scatter(_ number: Int, into scatter: inout RowScatter) {
    let keys = partitioner.keys(of: batch)
    let bad = parser.badRows
    let rows = ParsedRows(
      batch: batch,
      codes: zip(coders, batch.columns).map { coder, column in
        coder.flatMap { $0.encode(column, rowCount: batch.rowCount) ? $0 : nil }
      }
    )
    scatter.add(rows, keys: keys, chunk: number, isTaken: bad.isEmpty ? nil : { bad[$0] == nil })
  }
}
