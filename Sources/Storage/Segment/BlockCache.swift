internal import ColumnEncoding
internal import Columnar
internal import Synchronization

/// What a page of a segment file became in memory.
enum CachedPage: Sendable {
  case block(EncodedBlock)
  case dictionary(TextDictionary)
  case bytes(ByteBuffer)

  var residentBytes: Int {
    switch self {
    case .block(let block): block.residentBytes
    case .dictionary(let dictionary): dictionary.buffer.byteCount + dictionary.count * 16 + 64
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

  /// All three as one well mixed word.
  var mixed: UInt64 {
    stableHash(file &* 0x9E37_79B9 &+ UInt64(slot) &* 0x85EB_CA6B &+ UInt64(index))
  }

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
    shards[Int(truncatingIfNeeded: key.mixed) & (Self.shardCount - 1)]
  }

  func page(_ key: PageKey) -> CachedPage? { shard(of: key).page(key) }

  func insert(_ page: CachedPage, as key: PageKey) { shard(of: key).insert(page, as: key) }

  /// Forgets all pages.
  package func removeAll() { for shard in shards { shard.removeAll() } }
}

/// One part of the cache.
private final class CacheShard: Sendable {
  private struct Entry {
    var key: PageKey
    var page: CachedPage
    var byteCount: Int
    var wasUsed: Bool
  }

  private struct State {
    var places = PageTable()
    var entries: [Entry] = []
    var hand = 0
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
      guard let place = state.places.place(of: key) else {
        state.misses &+= 1
        return nil
      }
      state.hits &+= 1
      state.entries[place].wasUsed = true
      return state.entries[place].page
    }
  }

  func insert(_ page: CachedPage, as key: PageKey) {
    let byteCount = page.residentBytes
    guard byteCount <= capacityBytes else { return }
    state.withLock { state in
      guard state.places.place(of: key) == nil else { return }
      while state.residentBytes + byteCount > capacityBytes { Self.evictOne(&state) }
      state.places.set(key, to: state.entries.count)
      state.entries.append(Entry(key: key, page: page, byteCount: byteCount, wasUsed: false))
      state.residentBytes += byteCount
    }
  }

  /// Lets the hand pass over entries that were used since it came by last, and takes the next one.
  private static func evictOne(_ state: inout State) {
    while true {
      if state.hand >= state.entries.count { state.hand = 0 }
      guard state.entries[state.hand].wasUsed else { break }
      state.entries[state.hand].wasUsed = false
      state.hand += 1
    }
    let entry = state.entries[state.hand]
    state.places.remove(entry.key)
    state.residentBytes -= entry.byteCount
    let last = state.entries.removeLast()
    if state.hand < state.entries.count {
      state.entries[state.hand] = last
      state.places.set(last.key, to: state.hand)
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
