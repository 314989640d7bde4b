import Columnar
import Kernels

/// Some rows of a batch as a batch of their own, for parts of an expression that must not, or need not,
/// see the others.
final class RowSubset {
  private let columns: [Int]
  private var vectors: [Vector?] = []
  private let batch = Batch(columns: [])

  /// - Parameter columns: The columns that will be read; the others are not copied.
  init(columns: Set<Int>) {
    self.columns = columns.sorted()
  }

  /// Rows `rows` of `source`; valid until the next call.
  func load(_ source: Batch, rows: Span<UInt16>) -> Batch {
    if vectors.count != source.columns.count {
      vectors = source.columns.map { _ in nil }
      batch.columns = source.columns
    }
    for index in columns {
      let vector = source.columns[index]
      let scratch: Vector
      if let own = vectors[index], own.kind == vector.kind {
        scratch = own
      } else {
        scratch = Vector(kind: vector.kind, capacity: max(64, rows.count))
        vectors[index] = scratch
        batch.columns[index] = scratch
      }
      gather(vector, rows, into: scratch, at: 0)
    }
    batch.rowCount = rows.count
    return batch
  }

  /// Lets go of the strings' owners, so that whoever made them can use their memory again.
  func unload() {
    for index in columns { vectors[index]?.reset() }
  }
}

/// Row numbers of a batch: memory that grows with the batches.
@safe
final class RowList {
  private var storage: UnsafeMutablePointer<UInt16>
  private var capacity: Int
  /// How many of the places are filled.
  var count = 0

  init() {
    capacity = 64
    unsafe storage = AlignedMemory.allocate(capacity: capacity)
    unsafe storage.initialize(repeating: 0, count: capacity)
  }

  deinit { unsafe AlignedMemory.deallocate(storage) }

  /// The filled places.
  var rows: Span<UInt16> {
    @_lifetime(borrow self) get {
      precondition(count <= capacity)
      // SAFETY: the memory holds `capacity` row numbers and lives as long as self; nobody reserves
      // while a span is in use.
      let span = unsafe Span(_unsafeStart: storage, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// All places, to write to; the writer sets ``count``.
  var places: MutableSpan<UInt16> {
    @_lifetime(borrow self) get {
      // SAFETY: as `rows`.
      let span = unsafe MutableSpan(_unsafeStart: storage, count: capacity)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Makes room for `rows` rows; forgets what is there.
  func reserve(_ rows: Int) {
    guard rows > capacity else { return }
    unsafe AlignedMemory.deallocate(storage)
    capacity = max(rows, capacity * 2)
    count = 0
    unsafe storage = AlignedMemory.allocate(capacity: capacity)
    unsafe storage.initialize(repeating: 0, count: capacity)
  }

  /// All rows of a batch.
  func fill(_ rows: Int) {
    reserve(rows)
    var places = places
    for row in 0..<rows { places[row] = UInt16(truncatingIfNeeded: row) }
    count = rows
  }
}
