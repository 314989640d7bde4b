internal import Catalog
internal import Columnar

/// The rows of many parts in sort order, column by column.
///
/// A column is dealt out: read in the order of the parts, each lane put down at its row's place. Rows come in nearly the order of
/// time, and their sort order begins with a tenant or the like: so both sides are a few streams, where fetching by the sort
/// order reads each cache line once a tenant.
final class PartGather {
  private let parts: [RowPart]
  private let dictionaries: [LoadDictionary?]
  private let ranks: RowRanks
  private let vectors: [Vector]
  /// Columns that are asked for by turns: those of a key of several.
  private let keyPlaces: [Int]
  private var keyColumns: [Int: DealtColumn] = [:]
  private var latest: (place: Int, column: DealtColumn)?

  /// - Parameters:
  ///   - parts: All rows; nobody changes them any more.
  ///   - order: Rows of the parts, numbered through.
  ///   - target: Says what the columns are, and what their codes mean.
  init(_ parts: [RowPart], _ order: [Int32], _ target: LoadTarget) {
    self.parts = parts
    dictionaries = target.dictionaries
    keyPlaces = target.keyPlaces.count > 1 ? target.keyPlaces : []
    ranks = RowRanks(order, rowCount: parts.reduce(0) { $0 + $1.batch.rowCount })
    vectors = target.definition.columns.map { Vector(kind: $0.type.laneKind, capacity: 64) }
  }

  /// Rows of a column; valid until the next call for it.
  ///
  /// Strings are views into the parts, or codes.
  ///
  /// - Parameters:
  ///   - column: Its place in the table.
  ///   - range: Begins at a multiple of 64, as blocks do.
  /// - Returns: A vector of `range.count` rows.
  func rows(_ column: Int, _ range: Range<Int>) -> Vector {
    let target = vectors[column]
    target.reset()
    target.reserve(range.count)
    dealt(column).copy(range, to: target)
    return target
  }

  private func dealt(_ place: Int) -> DealtColumn {
    if let latest, latest.place == place { return latest.column }
    if let known = keyColumns[place] { return known }
    latest = nil
    let column = DealtColumn(parts, place, ranks, dictionaries[place])
    if keyPlaces.contains(place) { keyColumns[place] = column } else { latest = (place, column) }
    return column
  }
}

/// The place in sort order of each row.
struct RowRanks {
  /// Of all rows, in the order of the parts; ``count`` for a row that is left out.
  let places: [Int32]
  /// Rows in sort order.
  let count: Int

  init(_ order: [Int32], rowCount: Int) {
    var places = [Int32](repeating: Int32(order.count), count: rowCount)
    for (place, row) in order.enumerated() { places[Int(row)] = Int32(truncatingIfNeeded: place) }
    self.places = places
    count = order.count
  }
}

/// One column of all parts, in sort order.
@safe
private final class DealtColumn {
  private let rowCount: Int
  private let stride: Int
  /// `rowCount` lanes, and one for rows that are left out.
  private let lanes: UnsafeMutableRawPointer
  /// A bit a row, 1: not NULL; empty when no row is NULL, or codes say so.
  private var validity: [UInt64] = []
  private var hasWides = false
  /// What lanes that are codes mean.
  private var entries: TextDictionary?
  /// Keeps alive what some views lead to.
  private var owner: TextDictionary?

  init(_ parts: [RowPart], _ place: Int, _ ranks: RowRanks, _ dictionary: LoadDictionary?) {
    let kind = parts[0].batch.columns[place].kind
    let codedCount = parts.count { $0.isCoded[place] }
    let isCoded = codedCount == parts.count
    rowCount = ranks.count
    stride = isCoded ? MemoryLayout<UInt32>.stride : kind.strideBytes
    unsafe lanes = AlignedMemory.allocate(byteCount: (rowCount + 1) * stride)
    let known = codedCount > 0 ? dictionary?.entries() : nil
    if isCoded { entries = known }
    var first = 0
    for part in parts {
      let places = ranks.places.span.extracting(first..<first + part.batch.rowCount)
      if let known, !isCoded, part.isCoded[place] {
        dealEntries(part, place, known, places)
      } else {
        deal(part, place, places)
      }
      first += part.batch.rowCount
    }
  }

  deinit { unsafe AlignedMemory.deallocate(lanes) }

  private func deal(_ part: RowPart, _ place: Int, _ places: Span<Int32>) {
    let source = part.batch.columns[place]
    if part.isCoded[place] {
      if let codes = unsafe part.codes(place) { unsafe deal(UInt32.self, codes, places) }
      return
    }
    // SAFETY: a vector has a lane for each of its part's rows.
    unsafe source.withLanes { lanes in
      switch stride {
      case 1: unsafe deal(UInt8.self, lanes, places)
      case 8: unsafe deal(UInt64.self, lanes, places)
      case 16: unsafe deal(UInt128.self, lanes, places)
      default: unsafe deal(Decimal.self, lanes, places)
      }
    }
    hasWides = hasWides || source.hasWides
    source.forEachNull(among: places.count) { setNull(at: Int(places[$0])) }
  }

  @inline(__always)
  private func deal<T: BitwiseCopyable>(
    _ type: T.Type,
    _ source: UnsafeMutableRawPointer,
    _ places: Span<Int32>
  ) {
    precondition(MemoryLayout<T>.stride == stride)
    let from = unsafe source.assumingMemoryBound(to: T.self)
    let to = unsafe lanes.assumingMemoryBound(to: T.self)
    // SAFETY: places are at most `rowCount`; the caller's source has a lane for each of them.
    for row in places.indices { unsafe to[Int(places[unchecked: row])] = from[row] }
  }

  /// Strings for the codes of a part, while other parts have strings.
  private func dealEntries(
    _ part: RowPart,
    _ place: Int,
    _ known: TextDictionary,
    _ places: Span<Int32>
  ) {
    guard let codes = unsafe part.codes(place) else { return }
    let to = unsafe lanes.assumingMemoryBound(to: ByteView.self)
    for row in places.indices {
      let rank = Int(places[row])
      // SAFETY: as in `deal`.
      let code = unsafe codes[row]
      if code == ColumnCoder.null {
        unsafe to[rank] = ByteView(start: lanes.assumingMemoryBound(to: UInt8.self), count: 0)
        setNull(at: rank)
      } else {
        unsafe to[rank] = known[Int(code)]
      }
    }
    owner = known
  }

  private func setNull(at rank: Int) {
    if validity.isEmpty { validity = Array(repeating: ~0, count: rowCount / 64 + 1) }
    validity[rank >> 6] &= ~(1 &<< UInt64(rank & 63))
  }

  /// Copies rows to the beginning of a vector, which has room.
  func copy(_ range: Range<Int>, to target: Vector) {
    precondition(range.lowerBound % 64 == 0 && range.upperBound <= rowCount)
    if let owner { target.retain(owner) }
    if let entries { target.dictionary = entries }
    unsafe target.withLanes { room in
      // SAFETY: the range is inside, and the target has room for it.
      unsafe room.copyMemory(
        from: lanes + range.lowerBound * stride,
        byteCount: range.count * stride
      )
    }
    if hasWides { target.settleWides(0..<range.count) }
    if entries != nil { settleCodes(range.count, of: target) }
    guard !validity.isEmpty else { return }
    target.beginNulls()
    var words = target.mutableValidity
    let first = range.lowerBound / 64
    for word in 0..<(range.count + 63) / 64 { words[word] = validity[first + word] }
  }

  private func settleCodes(_ count: Int, of target: Vector) {
    var codes = target.mutableCodes
    for row in 0..<count where codes[row] == ColumnCoder.null {
      codes[row] = 0
      target.setNull(row)
    }
  }
}
