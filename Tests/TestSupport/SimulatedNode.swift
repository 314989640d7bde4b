// One file of the simulated disk: what processes see, what the disk holds, and what is between.

import SystemIO

/// A change of a file that a crash may undo.
enum PendingChange: Sendable {
  case write(offset: Int, bytes: [UInt8])
  case resize(Int)
}

/// One file's content.
struct SimulatedNode: Sendable {
  private(set) var content: [UInt8] = []
  private var durable: [UInt8] = []
  private var pending: [PendingChange] = []

  init() {}

  private init(survivor: [UInt8]) {
    content = survivor
    durable = survivor
  }

  mutating func change(_ change: PendingChange) {
    Self.apply(change, to: &content)
    pending.append(change)
  }

  mutating func sync() {
    for change in pending { Self.apply(change, to: &durable) }
    pending = []
  }

  /// A sync that failed: each change may have reached the disk, and none will be tried again.
  mutating func failToSync(random: inout SeededRandom) {
    for change in pending where random.oneIn(2) { Self.apply(change, to: &durable) }
    pending = []
  }

  mutating func flipBit(_ bit: Int, ofByte offset: Int) {
    if content.indices.contains(offset) { content[offset] ^= 1 << UInt8(bit) }
    if durable.indices.contains(offset) { durable[offset] ^= 1 << UInt8(bit) }
  }

  /// The file after a power loss.
  ///
  /// Half the time the disk worked in order up to some moment, with one torn write at the edge; half
  /// the time each change was kept, torn or dropped for itself.
  func crashed(random: inout SeededRandom) -> SimulatedNode {
    var survivor = durable
    let isInOrder = random.oneIn(2)
    let keptCount = random.below(pending.count + 1)
    for (index, change) in pending.enumerated() {
      if isInOrder ? index < keptCount : random.oneIn(2) {
        Self.apply(change, to: &survivor)
      } else if isInOrder ? index == keptCount : random.oneIn(2) {
        Self.tear(change, over: &survivor, random: &random)
      }
    }
    return SimulatedNode(survivor: survivor)
  }

  /// The file after a kill of the process.
  func copied() -> SimulatedNode { SimulatedNode(survivor: content) }

  private static func apply(_ change: PendingChange, to content: inout [UInt8]) {
    switch change {
    case .resize(let count) where count < content.count:
      content.removeLast(content.count - count)
    case .resize(let count):
      content.append(contentsOf: repeatElement(0, count: count - content.count))
    case .write(let offset, let bytes):
      extend(&content, to: offset + bytes.count)
      content.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
  }

  private static func extend(_ content: inout [UInt8], to count: Int) {
    if content.count < count { apply(.resize(count), to: &content) }
  }

  /// Applies a part: a prefix, some sectors, or the size without the bytes.
  private static func tear(
    _ change: PendingChange,
    over content: inout [UInt8],
    random: inout SeededRandom
  ) {
    guard case .write(let offset, let bytes) = change, !bytes.isEmpty else { return }
    let manner = random.below(3)
    if manner == 0 {
      let prefix = Array(bytes.prefix(random.below(bytes.count)))
      apply(.write(offset: offset, bytes: prefix), to: &content)
      return
    }
    extend(&content, to: offset + bytes.count)
    guard manner == 1 else { return }
    let sectorBytes = 512
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, ((offset + start) / sectorBytes + 1) * sectorBytes - offset)
      if random.oneIn(2) {
        apply(.write(offset: offset + start, bytes: Array(bytes[start..<end])), to: &content)
      }
      start = end
    }
  }
}
