internal import Columnar

/// Indices into a table, one a row: memory allocated once.
@safe
final class IndexList {
  private var storage: UnsafeMutablePointer<UInt32>
  private var capacity: Int

  init(capacity: Int = 2048) {
    self.capacity = capacity
    unsafe storage = AlignedMemory.allocate(capacity: capacity)
    unsafe storage.initialize(repeating: 0, count: capacity)
  }

  deinit { unsafe AlignedMemory.deallocate(storage) }

  /// All places, to read.
  var all: Span<UInt32> {
    @_lifetime(borrow self) get {
      // SAFETY: the memory holds `capacity` indices and lives as long as self; nobody reserves while a
      // span is in use.
      let span = unsafe Span(_unsafeStart: storage, count: capacity)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// All places, to write.
  var places: MutableSpan<UInt32> {
    @_lifetime(borrow self) get {
      // SAFETY: as `all`.
      let span = unsafe MutableSpan(_unsafeStart: storage, count: capacity)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Makes room for `rows` indices; forgets what is there.
  func reserve(_ rows: Int) {
    guard rows > capacity else { return }
    unsafe AlignedMemory.deallocate(storage)
    capacity = rows
    unsafe storage = AlignedMemory.allocate(capacity: rows)
    unsafe storage.initialize(repeating: 0, count: rows)
  }
}

/// Hashes, one a row: memory allocated once.
@safe
final class HashList {
  private var storage: UnsafeMutablePointer<UInt64>
  private var capacity: Int

  init(capacity: Int = 2048) {
    self.capacity = capacity
    unsafe storage = AlignedMemory.allocate(capacity: capacity)
    unsafe storage.initialize(repeating: 0, count: capacity)
  }

  deinit { unsafe AlignedMemory.deallocate(storage) }

  /// All places.
  var places: MutableSpan<UInt64> {
    @_lifetime(borrow self) get {
      // SAFETY: the memory holds `capacity` hashes and lives as long as self; nobody reserves while a
      // span is in use.
      let span = unsafe MutableSpan(_unsafeStart: storage, count: capacity)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Makes room for `rows` hashes; forgets what is there.
  func reserve(_ rows: Int) {
    guard rows > capacity else { return }
    unsafe AlignedMemory.deallocate(storage)
    capacity = rows
    unsafe storage = AlignedMemory.allocate(capacity: rows)
    unsafe storage.initialize(repeating: 0, count: rows)
  }
}
