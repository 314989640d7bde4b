internal import ColumnEncoding
internal import Columnar
internal import Synchronization

/// What a page of a segment file became in memory.
enum CachedPage: Sendable {
  case block(EncodedBlock)
  case dictionary(TextDictionary)
  case bytes(ByteBuffer)

  /// Where a block is; 0 for other pages.
  var address: Int {
    if case .block(let block) = self { block.address } else { 0 }
  }

  var residentBytes: Int {
    switch self {
    case .block(let block): block.residentBytes
    // Views, and what a numbering keeps for each of the entries.
    case .dictionary(let dictionary): dictionary.buffer.byteCount * 2 + dictionary.count * 64 + 64
    case .bytes(let buffer): buffer.byteCount + 128
    }
  }
}

/// Names a page among all open files.
package struct PageKey: Equatable, Sendable {
  /// Unique for every opened file of the process.
  package var file: UInt64
  /// Column, or one of the constants below.
  package var slot: UInt32
  package var index: UInt32

  package init(file: UInt64, slot: UInt32, index: UInt32) {
    self.file = file
    self.slot = slot
    self.index = index
  }

  /// A well mixed word that all columns of a block have in common.
  var group: UInt64 { stableHash(file &* 0x9E37_79B9 &+ UInt64(index)) }

  static let keySlot = UInt32.max
  static let dictionaryIndex = UInt32.max
}

/// Pages of segment files in memory, at most so many bytes.
///
/// Shared by all threads; 16 shards with a lock and a CLOCK hand each, so a reader waits for
/// nobody's I/O.
package final class BlockCache: Sendable {
  private static let shardCount = 16
  private let shards: [CacheShard]

  ///
  /// - Parameter capacityBytes: Bytes of pages that stay; pages in use by readers count on top.
  package init(capacityBytes: Int) {
    shards = (0..<Self.shardCount).map { _ in
      CacheShard(capacityBytes: capacityBytes / Self.shardCount)
    }
  }

  /// Look-ups that found their page, since the start.
  package var hitCount: Int { shards.reduce(0) { $0 + $1.counts.hits } }
  /// Look-ups that went to the disk, since the start.
  package var missCount: Int { shards.reduce(0) { $0 + $1.counts.misses } }
  /// Bytes held now.
  package var residentBytes: Int { shards.reduce(0) { $0 + $1.residentBytes } }

  private func shard(of key: PageKey) -> CacheShard {
    shards[Int(truncatingIfNeeded: key.group) & (Self.shardCount - 1)]
  }

  func page(_ key: PageKey) -> CachedPage? { shard(of: key).page(key) }

  /// The blocks of several columns at one index, looked up together.
  ///
  /// - Parameters:
  ///   - slots: The columns' places in the file.
  ///   - first: The key of the file's first column at the index.
  ///   - blocks: One a column is appended; none when not all are here.
  /// - Returns: Whether all are here.
  func appendBlocks(
    _ slots: Span<UInt32>,
    _ first: PageKey,
    to blocks: inout [EncodedBlock]
  ) -> Bool {
    shard(of: first).appendBlocks(slots, first, to: &blocks)
  }

  /// Asks for the memory where the pages of an index are looked up, of `count` columns at least.
  func prefetchPlaces(_ first: PageKey, count: Int) {
    shard(of: first).prefetchPlaces(first, count)
  }

  /// Asks for the blocks that ``appendBlocks(_:_:to:)`` is to give; false when not all are here.
  func prefetchBlocks(_ slots: Span<UInt32>, _ first: PageKey) -> Bool {
    shard(of: first).prefetchBlocks(slots, first)
  }

  func insert(_ page: CachedPage, as key: PageKey) { shard(of: key).insert(page, as: key) }

  /// Forgets all pages.
  package func removeAll() { for shard in shards { shard.removeAll() } }
}

/// One part of the cache.
private final class CacheShard: Sendable {
  private struct State {
    var pages = PageTable<CachedPage>()
    var residentBytes = 0
    var hits = 0
    var misses = 0
  }

  private let capacityBytes: Int
  private let state = Mutex(State())

  init(capacityBytes: Int) { self.capacityBytes = capacityBytes }

  var residentBytes: Int { state.withLock { $0.residentBytes } }
  var counts: (hits: Int, misses: Int) { state.withLock { ($0.hits, $0.misses) } }

  func page(_ key: PageKey) -> CachedPage? {
    state.withLock { state in
      guard let slot = state.pages.slot(of: key) else {
        state.misses &+= 1
        return nil
      }
      state.hits &+= 1
      return state.pages.use(slot)
    }
  }

  func prefetchPlaces(_ first: PageKey, _ count: Int) {
    state.withLock { $0.pages.prefetch(first, count) }
  }

  func prefetchBlocks(_ slots: Span<UInt32>, _ first: PageKey) -> Bool {
    state.withLock { state in
      var key = first
      for index in slots.indices {
        key.slot = slots[index]
        guard let slot = state.pages.slot(of: key) else { return false }
        EncodedBlock.prefetchObject(at: state.pages.note(at: slot))
      }
      return true
    }
  }

  func appendBlocks(
    _ slots: Span<UInt32>,
    _ first: PageKey,
    to blocks: inout [EncodedBlock]
  ) -> Bool {
    let count = blocks.count
    let areAll = state.withLock { state in
      var key = first
      for index in slots.indices {
        key.slot = slots[index]
        guard let slot = state.pages.slot(of: key),
          case .block(let block)? = state.pages.use(slot)
        else { return false }
        blocks.append(block)
      }
      state.hits &+= slots.count
      return true
    }
    if !areAll { blocks.removeSubrange(count...) }
    return areAll
  }

  func insert(_ page: CachedPage, as key: PageKey) {
    let byteCount = page.residentBytes
    guard byteCount <= capacityBytes else { return }
    state.withLock { state in
      guard state.pages.slot(of: key) == nil else { return }
      while state.residentBytes + byteCount > capacityBytes, let old = state.pages.evict() {
        state.residentBytes -= old.residentBytes
      }
      state.pages.insert(page, note: page.address, as: key)
      state.residentBytes += byteCount
    }
  }

  func removeAll() {
    state.withLock { state in
      let (hits, misses) = (state.hits, state.misses)
      state = State()
      (state.hits, state.misses) = (hits, misses)
    }
  }
}
