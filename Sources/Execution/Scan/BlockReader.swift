internal import Catalog
internal import ColumnEncoding
internal import Columnar
internal import Storage

/// The blocks of one run of rows, one a column, fetched when first needed; and their decoded groups.
final class BlockReader {
  private let columns: [ColumnID]
  private var blocks: [EncodedBlock?]
  /// Whole decoded groups, kept for a filter and the output behind it.
  private var decoded: [Vector]
  private var decodedGroup: [Int]
  private let blockRows = SelectionBuffer(capacity: groupRowCount)
  private var source: (any RowSource)?
  private var index = 0
  private var rowCount = 0
  private(set) var blocksRead = 0
  private(set) var bytesRead = 0

  init(_ columns: [ColumnID], kinds: [LaneKind]) {
    self.columns = columns
    blocks = columns.map { _ in nil }
    decoded = kinds.map { Vector(kind: $0, capacity: groupRowCount) }
    decodedGroup = columns.map { _ in -1 }
  }

  /// Goes to another block; fetches nothing.
  func open(_ source: any RowSource, block index: Int, rowCount: Int) {
    self.source = source
    self.index = index
    self.rowCount = rowCount
    for column in columns.indices {
      blocks[column] = nil
      decodedGroup[column] = -1
    }
  }

  func rowCount(ofGroup group: Int) -> Int { min(groupRowCount, rowCount - group * groupRowCount) }

  /// The current block of a column.
  func block(_ column: Int) throws(ExecutionError) -> EncodedBlock {
    if let block = blocks[column] { return block }
    guard let source else { throw .sql("XX000", "no block is open") }
    do throws(StorageError) {
      let block = try source.block(columns[column], at: index)
      guard block.rowCount == rowCount else {
        throw .corrupt(
          file: "",
          offset: 0,
          what: "block \(index) of a column has another row count"
        )
      }
      blocks[column] = block
      blocksRead += 1
      bytesRead += block.residentBytes
      return block
    } catch {
      throw ExecutionError(error)
    }
  }

  /// All rows of a group, kept until another group of the column is asked for.
  func group(_ column: Int, _ group: Int) throws(ExecutionError) -> Vector {
    let vector = decoded[column]
    if decodedGroup[column] != group {
      try decode(column, group: group, into: vector)
      decodedGroup[column] = group
    }
    return vector
  }

  /// All rows of a group.
  func decode(_ column: Int, group: Int, into vector: Vector) throws(ExecutionError) {
    let block = try block(column)
    do throws(EncodingError) {
      _ = try block.decode(group: group, into: vector)
    } catch {
      throw ExecutionError(error)
    }
  }

  /// Appends rows of a group to `vector`, which holds `at` rows (0 resets it).
  func append(
    _ column: Int,
    _ kept: KeptRows,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) {
    let isDecoded = decodedGroup[column] == kept.group
    if !isDecoded {
      guard kept.isDense else {
        return try gather(column, group: kept.group, rows: kept.rows, into: vector, at: at)
      }
      if try appendLanes(column, kept, into: vector, at: at) { return }
      if kept.isWhole, at == 0 { return try decode(column, group: kept.group, into: vector) }
    }
    let source = try group(column, kept.group)
    if at == 0 { vector.reset() }
    if let dictionary = source.dictionary {
      if at == 0 { vector.dictionary = dictionary }
      vector.reserve(at + kept.count)
      copyCodes(source, kept.rows, to: vector, at: at)
    } else {
      if kept.isWhole {
        copyRows(source, first: 0, count: kept.count, to: vector, at: at, bytes: .share)
      } else {
        copyRows(source, rows: kept.rows, to: vector, at: at, bytes: .share)
      }
      if vector.kind == .bytes { vector.retainOwners(of: source) }
    }
  }

  private func appendLanes(
    _ column: Int,
    _ kept: KeptRows,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) -> Bool {
    let block = try block(column)
    do throws(EncodingError) {
      return try block.append(
        group: kept.group,
        keeping: kept.mask.words.span,
        count: kept.count,
        into: vector,
        at: at
      )
    } catch {
      throw ExecutionError(error)
    }
  }

  /// Appends single rows without decoding their group.
  func gather(
    _ column: Int,
    group: Int,
    rows: Span<UInt16>,
    into vector: Vector,
    at: Int
  ) throws(ExecutionError) {
    let block = try block(column)
    let first = group * groupRowCount
    let blockRows = blockRows
    blockRows.reserve(rows.count)
    var numbers = blockRows.places
    for place in rows.indices {
      numbers[place] = UInt16(truncatingIfNeeded: first &+ Int(rows[place]))
    }
    do throws(EncodingError) {
      try block.gather(blockRows.span(rows.count), into: vector, at: at)
    } catch {
      throw ExecutionError(error)
    }
  }
}
