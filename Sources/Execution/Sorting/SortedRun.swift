internal import Columnar
internal import Planning

/// How rows are sorted: the place of each key among the kept columns, and its direction.
struct SortOrder: Sendable {
  struct Key: Sendable {
    var column: Int
    var isDescending: Bool
    var nullsFirst: Bool
  }
  var keys: [Key]

  func comparator(_ columns: [Vector]) -> RowComparator {
    RowComparator(
      keys.map { key in
        RowComparator.Key(
          column: columns[key.column],
          isDescending: key.isDescending,
          nullsFirst: key.nullsFirst
        )
      }
    )
  }
}

/// Whether ``sortWord(_:_:)`` says all of a value.
func isExact(_ kind: LaneKind) -> Bool {
  switch kind {
  case .bool, .int64, .float64: true
  case .int128, .decimal, .bytes, .uuid, .interval: false
  }
}

/// A word that never orders two values the wrong way round; a value that is not NULL.
func sortWord(_ vector: Vector, _ row: Int) -> UInt64 {
  let sign: UInt64 = 1 << 63
  switch vector.kind {
  case .bool: return UInt64(vector.bool[row])
  case .int64: return UInt64(bitPattern: vector.int64[row]) ^ sign
  case .float64: return UInt64(bitPattern: orderedWord(vector.float64[row])) ^ sign
  case .int128: return UInt64(truncatingIfNeeded: vector.int128[row] >> 64) ^ sign
  case .uuid: return UInt64(truncatingIfNeeded: vector.uuid[row] >> 64)
  case .interval:
    return UInt64(truncatingIfNeeded: linearMicroseconds(vector.interval[row]) >> 16) ^ sign
  case .decimal: return 0
  case .bytes:
    let view = bytesView(vector, row)
    var word: UInt64 = 0
    for place in 0..<min(8, view.count) {
      word |= unsafe UInt64(view.start[place]) &<< UInt64(56 - place * 8)
    }
    return word
  }
}

/// Rows in order, read once from the front: kept in memory or in a temporary file.
class SortedRun {
  /// The columns that the next rows lie in.
  var columns: [Vector] { [] }

  /// Goes to the first row; called once, before anything else.
  func start() throws(ExecutionError) {}

  /// Whether there are no more rows.
  var isAtEnd: Bool { true }

  /// Goes behind the next rows, at most `limit`: `body` gets their numbers in ``columns`` as these were before the call, which stay as they
  /// are until the next one.
  func takeRows(_ limit: Int, _ body: (Span<UInt32>) -> Void) throws(ExecutionError) {}
}

/// A run in memory.
final class MemoryRun: SortedRun {
  private let rows: RowStore
  private let order: [UInt32]
  private var place = 0

  init(_ rows: RowStore, _ order: [UInt32]) {
    self.rows = rows
    self.order = order
  }

  override var columns: [Vector] { rows.columns }
  override var isAtEnd: Bool { place >= order.count }

  override func takeRows(_ limit: Int, _ body: (Span<UInt32>) -> Void) throws(ExecutionError) {
    let order = order
    let count = min(limit, order.count - place)
    body(order.span.extracting(place..<place + count))
    place += count
  }
}
