// One column of a batch: lanes of one kind and a validity bitmap.
//
//   lanes      capacity × kind.strideBytes, 64-byte aligned
//   validity   one bit a row, 1 = not NULL, row i in bit i % 64 of word i / 64; meaningless unless
//              `hasNulls`. The lane of a NULL row holds some harmless value (never read as a result).
//
// A bytes vector has two forms: views (ByteView a lane) or codes into a dictionary (UInt32 a lane).
// Vectors are scratch memory of one thread: allocated once for a pipeline, filled again for each batch.
// A constant is a vector filled once, so kernels know no scalar forms.

/// Rows in the unit of execution: a group of a block decodes into one vector of this many rows.
///
/// Computed: of a stored constant other modules call the address, and divide by what they find there.
@inlinable package var groupRowCount: Int { 1024 }
/// Rows that a vector of a pipeline can hold; a scan collects up to this many.
@inlinable package var vectorRowsMax: Int { 4096 }

/// Lanes of one kind with a validity bitmap.
@safe
package final class Vector {
  package let kind: LaneKind
  /// Rows that fit.
  @usableFromInline package internal(set) var capacity: Int
  /// Whether some row may be NULL; when false the bitmap is not to be read.
  package var hasNulls = false
  /// Bytes vectors only: when set, lanes are codes into it and not views.
  package var dictionary: TextDictionary?
  /// Decimal vectors only: some lanes may be wide, their digits in the arena.
  package private(set) var hasWides = false
  /// Whatever keeps the views of this vector alive.
  private var owners: [AnyObject] = []
  @usableFromInline var lanes: UnsafeMutableRawPointer
  @usableFromInline var validityWords: UnsafeMutablePointer<UInt64>
  private var arena: ByteArena?

  /// An empty vector.
  ///
  /// - Parameters:
  ///   - kind: The lanes' kind.
  ///   - capacity: Rows, rounded up to a multiple of 64.
  ///   - isZeroed: Whether lanes begin as zeros; else whoever reads a lane has seen to it that it was written.
  package init(kind: LaneKind, capacity: Int = vectorRowsMax, isZeroed: Bool = true) {
    self.kind = kind
    self.capacity = (capacity + 63) / 64 * 64
    unsafe lanes = Self.allocateLanes(kind, self.capacity, isZeroed: isZeroed)
    unsafe validityWords = .allocate(capacity: self.capacity / 64)
    unsafe validityWords.initialize(repeating: ~0, count: self.capacity / 64)
  }

  deinit {
    unsafe AlignedMemory.deallocate(lanes)
    unsafe validityWords.deallocate()
  }

  /// Zeroed lanes with 128 spare bytes, so that unrolled decoders may write past the last row.
  private static func allocateLanes(
    _ kind: LaneKind,
    _ capacity: Int,
    isZeroed: Bool = true
  ) -> UnsafeMutableRawPointer {
    let byteCount = capacity * kind.strideBytes + 128
    let lanes = unsafe AlignedMemory.allocate(byteCount: byteCount)
    if isZeroed { unsafe lanes.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount) }
    return unsafe lanes
  }

  /// Makes room for `rows`, keeping what is there.
  package func reserve(_ rows: Int) {
    guard rows > capacity else { return }
    let larger = (max(rows, capacity * 2) + 63) / 64 * 64
    let newLanes = unsafe Self.allocateLanes(kind, larger)
    unsafe newLanes.copyMemory(from: lanes, byteCount: capacity * kind.strideBytes)
    unsafe AlignedMemory.deallocate(lanes)
    unsafe lanes = unsafe newLanes
    let newWords = UnsafeMutablePointer<UInt64>.allocate(capacity: larger / 64)
    unsafe newWords.initialize(repeating: ~0, count: larger / 64)
    unsafe newWords.update(from: validityWords, count: capacity / 64)
    unsafe validityWords.deallocate()
    unsafe validityWords = unsafe newWords
    capacity = larger
  }

  /// Forgets rows, owners and dictionary; keeps the memory.
  package func reset() {
    hasNulls = false
    dictionary = nil
    if hasWides { dropWides() }
    owners.removeAll(keepingCapacity: true)
    // Another vector may have kept the arena, because views of it were copied there.
    if isKnownUniquelyReferenced(&arena) { arena?.reset() } else { arena = nil }
  }

  /// Bytes that it holds for strings of its own.
  package var arenaByteCount: Int { arena?.byteCount ?? 0 }

  /// Notes that a lane is wide.
  package func markWide() { hasWides = true }

  /// No lane, not even of a NULL row, may lead to digits that are gone.
  private func dropWides() {
    var lanes = mutableDecimal
    for row in lanes.indices where lanes[row].isWide { lanes[row] = .zero }
    hasWides = false
  }

  /// Keeps `owner` alive until ``reset()``.
  package func retain(_ owner: AnyObject) {
    if let last = owners.last, last === owner { return }
    owners.append(owner)
  }

  /// Keeps alive whatever `other` keeps alive; for views copied from it.
  package func retainOwners(of other: Vector) {
    for owner in other.owners { retain(owner) }
    if let arena = other.arena { retain(arena) }
    if let dictionary = other.dictionary { retain(dictionary) }
  }

  /// Copies `bytes` into memory that lives until ``reset()`` and returns where they lie.
  package func store(_ bytes: Span<UInt8>) -> ByteView {
    let view = reserveBytes(bytes.count)
    unsafe bytes.withUnsafeBufferPointer { source in
      if let start = source.baseAddress {
        unsafe UnsafeMutablePointer(mutating: view.start).update(from: start, count: source.count)
      }
    }
    return view
  }

  /// `count` writable bytes that live until ``reset()``; the caller fills them before anybody reads.
  package func reserveBytes(_ count: Int) -> ByteView {
    if let arena { return arena.allocate(count) }
    let fresh = ByteArena()
    arena = fresh
    return fresh.allocate(count)
  }

  // MARK: Lanes

  /// Calls `body` with the first lane; there are ``capacity`` of them and 128 spare bytes.
  @unsafe
  package func withLanes<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    unsafe body(lanes)
  }

  @inlinable
  func span<T: BitwiseCopyable>(_ type: T.Type) -> UnsafeMutableBufferPointer<T> {
    unsafe UnsafeMutableBufferPointer(start: lanes.assumingMemoryBound(to: T.self), count: capacity)
  }

  // The kind is matched, not compared: == of an enum with raw values is a call into this module through a witness.

  /// Lanes of an int64 vector.
  @inlinable
  package var int64: Span<Int64> {
    @_lifetime(borrow self) get {
      guard case .int64 = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(Int64.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableInt64: MutableSpan<Int64> {
    @_lifetime(borrow self) get {
      guard case .int64 = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(Int64.self)),
        borrowing: self
      )
    }
  }

  /// Lanes of a bool vector, 0 or 1.
  @inlinable
  package var bool: Span<UInt8> {
    @_lifetime(borrow self) get {
      guard case .bool = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(UInt8.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableBool: MutableSpan<UInt8> {
    @_lifetime(borrow self) get {
      guard case .bool = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(UInt8.self)),
        borrowing: self
      )
    }
  }

  /// Lanes of a float64 vector.
  @inlinable
  package var float64: Span<Double> {
    @_lifetime(borrow self) get {
      guard case .float64 = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(Double.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableFloat64: MutableSpan<Double> {
    @_lifetime(borrow self) get {
      guard case .float64 = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(Double.self)),
        borrowing: self
      )
    }
  }

  /// Lanes of an int128 vector.
  @inlinable
  package var int128: Span<Int128> {
    @_lifetime(borrow self) get {
      guard case .int128 = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(Int128.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableInt128: MutableSpan<Int128> {
    @_lifetime(borrow self) get {
      guard case .int128 = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(Int128.self)),
        borrowing: self
      )
    }
  }

  /// Lanes of a decimal vector.
  @inlinable
  package var decimal: Span<Decimal> {
    @_lifetime(borrow self) get {
      guard case .decimal = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(Decimal.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableDecimal: MutableSpan<Decimal> {
    @_lifetime(borrow self) get {
      guard case .decimal = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(Decimal.self)),
        borrowing: self
      )
    }
  }

  /// Lanes of a uuid vector.
  @inlinable
  package var uuid: Span<UInt128> {
    @_lifetime(borrow self) get {
      guard case .uuid = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(UInt128.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableUUID: MutableSpan<UInt128> {
    @_lifetime(borrow self) get {
      guard case .uuid = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(UInt128.self)),
        borrowing: self
      )
    }
  }

  /// Lanes of an interval vector.
  @inlinable
  package var interval: Span<Interval> {
    @_lifetime(borrow self) get {
      guard case .interval = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(Interval.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableInterval: MutableSpan<Interval> {
    @_lifetime(borrow self) get {
      guard case .interval = kind else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(Interval.self)),
        borrowing: self
      )
    }
  }

  /// Views of a bytes vector without a dictionary.
  @inlinable
  package var views: Span<ByteView> {
    @_lifetime(borrow self) get {
      guard case .bytes = kind, dictionary == nil else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(ByteView.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableViews: MutableSpan<ByteView> {
    @_lifetime(borrow self) get {
      guard case .bytes = kind, dictionary == nil else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(ByteView.self)),
        borrowing: self
      )
    }
  }

  /// Codes of a bytes vector with a dictionary.
  @inlinable
  package var codes: Span<UInt32> {
    @_lifetime(borrow self) get {
      guard case .bytes = kind, dictionary != nil else { preconditionFailure() }
      return unsafe _overrideLifetime(Span(_unsafeElements: span(UInt32.self)), borrowing: self)
    }
  }
  @inlinable
  package var mutableCodes: MutableSpan<UInt32> {
    @_lifetime(borrow self) get {
      guard case .bytes = kind, dictionary != nil else { preconditionFailure() }
      return unsafe _overrideLifetime(
        MutableSpan(_unsafeElements: span(UInt32.self)),
        borrowing: self
      )
    }
  }

  // MARK: Validity

  /// The bitmap's words; to be read only when ``hasNulls``.
  @inlinable
  package var validity: Span<UInt64> {
    @_lifetime(borrow self) get {
      let span = unsafe Span(_unsafeStart: validityWords, count: capacity / 64)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
  /// The bitmap's words to write; the writer also sets ``hasNulls``.
  @inlinable
  package var mutableValidity: MutableSpan<UInt64> {
    @_lifetime(borrow self) get {
      let span = unsafe MutableSpan(_unsafeStart: validityWords, count: capacity / 64)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Whether row `row` is not NULL.
  @inlinable
  @inline(__always)
  package func isValid(_ row: Int) -> Bool {
    !hasNulls || validity[row >> 6] &>> UInt64(row & 63) & 1 != 0
  }

  /// The NULL rows among 64.
  ///
  /// - Parameters:
  ///   - word: Which 64 rows: those from word × 64 on.
  ///   - rows: How many rows there are.
  /// - Returns: Bit i says whether row word × 64 + i is NULL; 0 for rows from `rows` on.
  @inlinable
  @inline(__always)
  package func nulls(inWord word: Int, of rows: Int) -> UInt64 {
    guard hasNulls else { return 0 }
    let left = rows - word * 64
    let nulls = ~validity[word]
    return left >= 64 ? nulls : nulls & ((1 &<< UInt64(max(0, left))) &- 1)
  }

  /// Calls `body` with each NULL row of the first rows, ascending.
  ///
  /// - Parameters:
  ///   - rows: How many rows are looked at.
  ///   - body: Gets the row.
  /// - Complexity: O(words of the bitmap + NULL rows).
  @inlinable
  @inline(__always)
  package func forEachNull(among rows: Int, _ body: (Int) -> Void) {
    for word in 0..<(rows + 63) / 64 {
      var nulls = nulls(inWord: word, of: rows)
      while nulls != 0 {
        body(word &* 64 &+ nulls.trailingZeroBitCount)
        nulls &= nulls &- 1
      }
    }
  }

  /// Whether one of the first rows is NULL; ``hasNulls`` may only say that some row was once.
  ///
  /// - Parameter rows: How many rows are looked at.
  /// - Returns: False when none of them is NULL.
  package func hasNull(among rows: Int) -> Bool {
    guard hasNulls, rows > 0 else { return false }
    let words = validity
    let whole = rows >> 6
    for word in 0..<whole where words[word] != .max { return true }
    let rest = UInt64(rows & 63)
    return rest > 0 && ~words[whole] & ((1 &<< rest) &- 1) != 0
  }

  /// Sets all rows valid and ``hasNulls`` true, so that single rows can be made NULL.
  @inlinable
  package func beginNulls() {
    var words = mutableValidity
    for word in words.indices { words[word] = ~0 }
    hasNulls = true
  }

  /// Makes a row NULL, beginning the bitmap where there was none.
  @inlinable
  package func setNull(_ row: Int) {
    if !hasNulls { beginNulls() }
    var words = mutableValidity
    words[row >> 6] &= ~(1 &<< UInt64(row & 63))
  }

  /// Sets which of the rows `at..<at + count` are not NULL; there is a bitmap already.
  ///
  /// - Parameters:
  ///   - bits: A bit a row; those behind the last row are of no meaning.
  ///   - count: How many rows.
  ///   - at: The first row; no row behind these has a bit of its own yet.
  package func setValidity(_ bits: Span<UInt64>, count: Int, at: Int) {
    precondition(hasNulls && count <= bits.count * 64 && at >= 0 && at + count <= capacity)
    var words = mutableValidity
    let shift = UInt64(at & 63)
    for word in 0..<(count + 63) / 64 {
      let target = (at >> 6) + word
      let known = words[target] & ((1 &<< shift) &- 1)
      words[target] = known | bits[word] &<< shift
      // In Swift a shift by 64 gives 0.
      if target + 1 < words.count { words[target + 1] = bits[word] >> (64 - shift) }
    }
  }

  /// Marks a row as not NULL.
  @inlinable
  @inline(__always)
  package func setValid(_ row: Int) {
    guard hasNulls else { return }
    var words = mutableValidity
    words[row >> 6] |= 1 &<< UInt64(row & 63)
  }
}

/// Memory handed out in pieces and given back all at once.
@safe
package final class ByteArena {
  private var chunks: [ByteBuffer] = []
  private var used = 0

  package init() {}

  package func allocate(_ count: Int) -> ByteView {
    if let last = chunks.last, last.byteCount - used >= count {
      defer { used += count }
      return last.view(offset: used, count: count)
    }
    let size = max(count, min(1 << 20, (chunks.last?.byteCount ?? 4096) * 2))
    let chunk = ByteBuffer(byteCount: size)
    chunks.append(chunk)
    used = count
    return chunk.view(offset: 0, count: count)
  }

  /// Bytes of all chunks.
  package var byteCount: Int { chunks.reduce(0) { $0 + $1.byteCount } }

  /// Keeps the largest chunk for what comes next.
  ///
  /// Views handed out before are invalid.
  package func reset() {
    if chunks.count > 1, let last = chunks.last { chunks = [last] }
    used = 0
  }
}
