import Catalog
import ColumnEncoding
import Columnar
import Storage

/// A row of a test table, in column order.
typealias Row = [Datum]

/// Encoded blocks of some rows, in memory.
final class MemorySource: RowSource {
  let rowCount: Int
  let blockRowCount: Int
  private let chunks: [ColumnID: (blocks: [EncodedBlock], statistics: [BlockStatistics])]
  /// Of integer columns.
  private let bounds: [ColumnID: BlockBounds]
  /// The dictionaries of columns that have nothing else.
  private let coded: [ColumnID: TextDictionary]
  /// The different strings of columns that have no dictionary, where the source tells them.
  private let texts: [ColumnID: TextDictionary]

  init(
    _ rows: [Row],
    _ columns: [ColumnDefinition],
    blockRowCount: Int,
    tellsTexts: Bool = false
  ) throws {
    rowCount = rows.count
    self.blockRowCount = blockRowCount
    var chunks: [ColumnID: (blocks: [EncodedBlock], statistics: [BlockStatistics])] = [:]
    var coded: [ColumnID: TextDictionary] = [:]
    for (place, column) in columns.enumerated() {
      let (blocks, statistics, dictionary) = try Self.encode(
        rows.map { $0[place] },
        column.type.laneKind,
        blockRowCount
      )
      chunks[column.id] = (blocks, statistics)
      coded[column.id] = dictionary
    }
    self.chunks = chunks
    let integers = columns.filter { $0.type.laneKind == .int64 }
    bounds = Dictionary(
      uniqueKeysWithValues: integers.map { ($0.id, BlockBounds(chunks[$0.id]?.statistics ?? [])) }
    )
    self.coded = coded
    texts = tellsTexts ? Self.texts(rows, columns.filter { coded[$0.id] == nil }) : [:]
  }

  private static func texts(
    _ rows: [Row],
    _ columns: [ColumnDefinition]
  ) -> [ColumnID: TextDictionary] {
    var texts: [ColumnID: TextDictionary] = [:]
    for column in columns where column.type.laneKind == .bytes {
      let place = Int(column.id.rawValue)
      let bytes = Set(
        rows.compactMap { row in if case .bytes(let bytes) = row[place] { bytes } else { nil } }
      )
      let vector = Vector(kind: .bytes, capacity: 64)
      let builder = DictionaryBuilder()
      for text in bytes { _ = builder.code(of: vector.store(text.span)) }
      texts[column.id] = builder.dictionary()
    }
    return texts
  }

  private static func encode(
    _ values: [Datum],
    _ kind: LaneKind,
    _ blockRowCount: Int
  ) throws -> (
    blocks: [EncodedBlock], statistics: [BlockStatistics], coded: TextDictionary?
  ) {
    let encoder = ChunkEncoder(kind: kind, blockRowCount: blockRowCount)
    var pages: [ByteBuffer] = []
    var statistics: [BlockStatistics] = []
    for first in stride(from: 0, to: values.count, by: blockRowCount) {
      let part = values[first..<min(values.count, first + blockRowCount)]
      let vector = Vector(kind: kind, capacity: part.count)
      for (row, value) in part.enumerated() { precondition(vector.set(value, at: row)) }
      encoder.append(vector, rows: 0..<part.count)
      let block = encoder.finishBlock()
      pages.append(block.bytes)
      statistics.append(block.statistics)
    }
    let end = encoder.finish()
    let dictionary = try end.dictionaryPage.map { try TextDictionary(page: $0) }
    let blocks = try pages.map {
      try EncodedBlock(bytes: $0, kind: kind, dictionary: dictionary, symbols: end.symbolTable)
    }
    return (blocks, statistics, end.isCoded ? dictionary : nil)
  }

  func isCoded(_ column: ColumnID) -> Bool { coded[column] != nil }
  func dictionary(_ column: ColumnID) throws(StorageError) -> TextDictionary? { coded[column] }

  func fewTexts(_ column: ColumnID) throws(StorageError) -> TextDictionary? { texts[column] }

  func bounds(_ column: ColumnID) -> BlockBounds? { bounds[column] }

  func statistics(_ column: ColumnID, block: Int?) -> BlockStatistics? {
    guard let all = chunks[column]?.statistics else { return nil }
    if let block { return all[block] }
    guard var whole = all.first else { return nil }
    for next in all.dropFirst() { whole.append(next) }
    return whole
  }

  func block(_ column: ColumnID, at index: Int) throws(StorageError) -> EncodedBlock {
    guard let blocks = chunks[column]?.blocks, index < blocks.count else {
      throw .corrupt(file: "memory", offset: 0, what: "no such block")
    }
    return blocks[index]
  }
}
