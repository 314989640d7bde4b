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
struct PageKey: Hashable, Sendable {
  /// Unique for every opened file of the process.
  var file: UInt64
  /// Column, or one of the constants below.
  var slot: UInt32
  var index: UInt32

  /// One word in place of three: hashing is most of a look-up.
  func hash(into hasher: inout Hasher) {
    hasher.combine(file &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(slot) << 32 ^ UInt64(index))
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
  private let hits = Atomic<Int>(0)
  private let misses = Atomic<Int>(0)

  ///
  /// - Parameter capacityBytes: Bytes of pages that stay; pages in use by readers count on top.
  package init(capacityBytes: Int) {
    shards = (0..<Self.shardCount).map { _ in
      CacheShard(capacityBytes: capacityBytes / Self.shardCount)
    }
  }

  /// Look-ups that found their page, since the start.
  package var hitCount: Int { hits.load(ordering: .relaxed) }
  /// Look-ups that went to the disk, since the start.
  package var missCount: Int { misses.load(ordering: .relaxed) }
  /// Bytes held now.
  package var residentBytes: Int { shards.reduce(0) { $0 + $1.residentBytes } }

  private func shard(of key: PageKey) -> CacheShard {
    let mixed = key.file &* 0x9E37_79B9 &+ UInt64(key.slot) &* 0x85EB_CA6B &+ UInt64(key.index)
    return shards[Int(truncatingIfNeeded: stableHash(mixed)) & (Self.shardCount - 1)]
  }

  func page(_ key: PageKey) -> CachedPage? {
    let page = shard(of: key).page(key)
    if page == nil {
      misses.add(1, ordering: .relaxed)
    } else {
      hits.add(1, ordering: .relaxed)
    }
    return page
  }

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
    var places: [PageKey: Int] = [:]
    var entries: [Entry] = []
    var hand = 0
    var residentBytes = 0
  }

  private let capacityBytes: Int
  private let state = Mutex(State())

  init(capacityBytes: Int) { self.capacityBytes = capacityBytes }

  var residentBytes: Int { state.withLock { $0.residentBytes } }

  func page(_ key: PageKey) -> CachedPage? {
    state.withLock { state in
      guard let place = state.places[key] else { return nil }
      state.entries[place].wasUsed = true
      return state.entries[place].page
    }
  }

  func insert(_ page: CachedPage, as key: PageKey) {
    let byteCount = page.residentBytes
    guard byteCount <= capacityBytes else { return }
    state.withLock { state in
      guard state.places[key] == nil else { return }
      while state.residentBytes + byteCount > capacityBytes { Self.evictOne(&state) }
      state.places[key] = state.entries.count
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
    state.places[entry.key] = nil
    state.residentBytes -= entry.byteCount
    let last = state.entries.removeLast()
    if state.hand < state.entries.count {
      state.entries[state.hand] = last
      state.places[last.key] = state.hand
    }
  }

  func removeAll() { state.withLock { $0 = State() } }
}
