import Catalog
import ColumnEncoding
import Columnar
import Storage

/// Reads single rows by their locators.
struct RowFetch {
  private let definition: TableDefinition
  private let sources: [SourceSnapshot]

  init(_ table: TableSnapshot) {
    definition = table.definition
    sources = table.partitions.flatMap(\.sources).sorted { $0.locatorBase < $1.locatorBase }
  }

  /// The rows with all columns of the table, in the order of `locators`.
  ///
  /// Rows of one block are taken together, so that each block is looked up once. At most 65,536 rows.
  func rows(at locators: [UInt64]) throws(StorageError) -> Batch {
    let order = locators.indices.sorted { locators[$0] < locators[$1] }
    let scratch = Batch(
      kinds: definition.columns.map(\.type.laneKind),
      capacity: max(1, locators.count)
    )
    var start = 0
    while start < order.count {
      let source = try self.source(of: locators[order[start]])
      let rowsInBlock = UInt64(source.source.blockRowCount)
      let block = (locators[order[start]] - source.locatorBase) / rowsInBlock
      let blockStart = source.locatorBase + block * rowsInBlock
      var rows: [UInt16] = []
      var end = start
      while end < order.count, locators[order[end]] - blockStart < rowsInBlock,
        locators[order[end]] - source.locatorBase < UInt64(source.source.rowCount)
      {
        rows.append(UInt16(locators[order[end]] - blockStart))
        end += 1
      }
      try gather(source.source, Int(block), rows, into: scratch, at: start)
      start = end
    }
    scratch.rowCount = locators.count
    // Back into the order that was asked for.
    var places = [UInt16](repeating: 0, count: order.count)
    for (place, original) in order.enumerated() { places[original] = UInt16(place) }
    return scratch.gathered(places)
  }

  private func source(of locator: UInt64) throws(StorageError) -> SourceSnapshot {
    var low = 0
    var high = sources.count
    while low < high {
      let middle = (low + high) / 2
      if sources[middle].locatorBase <= locator { low = middle + 1 } else { high = middle }
    }
    guard low > 0, locator - sources[low - 1].locatorBase < UInt64(sources[low - 1].source.rowCount)
    else { throw .serialization(table: definition.name) }
    return sources[low - 1]
  }

  private func gather(
    _ source: any RowSource,
    _ block: Int,
    _ rows: [UInt16],
    into batch: Batch,
    at start: Int
  ) throws(StorageError) {
    for (index, column) in definition.columns.enumerated() {
      let encoded = try source.block(column.id, at: block)
      do throws(EncodingError) {
        try encoded.gather(rows.span, into: batch.columns[index], at: start)
      } catch {
        throw .corrupt(file: "a block of \(definition.name)", offset: 0, what: "\(error)")
      }
    }
  }
}
