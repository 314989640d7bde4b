// Which delta rows may hold a key: sorted runs of (hash, locator), merged as they grow, so that a
// look-up meets a handful of runs. Immutable parts: every state has its own list of shared runs.
//
// An entry may be stale: its row was deleted or sealed since. Look-ups check the row; merging drops
// what is stale, so a row that is updated a million times leaves no million entries.

internal import CKernels

/// A row and the hash of its key.
struct KeyHashEntry: Sendable {
  var hash: UInt64
  var locator: UInt64
}

/// Sorted key hashes and the rows that have them.
package final class KeyHashRun: Sendable {
  /// Ascending; equal hashes stand side by side.
  let hashes: [UInt64]
  let locators: [UInt64]

  package init(hashes: [UInt64], locators: [UInt64]) {
    self.hashes = hashes
    self.locators = locators
  }

  /// A run of rows in any order.
  convenience init(unsorted entries: [KeyHashEntry]) {
    let sorted = entries.sorted { $0.hash < $1.hash }
    self.init(hashes: sorted.map(\.hash), locators: sorted.map(\.locator))
  }

  var count: Int { hashes.count }

  /// The place of the first hash that is not below `hash`.
  ///
  /// - Complexity: O(log log n): hashes are uniform, so the first look goes to where the hash should be, the
  ///   next ones double their distance until it is enclosed.
  package func lowerBound(_ hash: UInt64) -> Int {
    let count = hashes.count
    guard count > 16 else { return lowerBound(hash, in: 0..<count) }
    let guess = Int(hash.multipliedFullWidth(by: UInt64(count)).high)
    // Places of uniform hashes are off by about half the root of their number.
    var step = Int(1) &<< ((64 &- count.leadingZeroBitCount) / 2)
    if hashes[guess] < hash {
      var low = guess
      while true {
        let next = low &+ step
        guard next < count else { return lowerBound(hash, in: (low &+ 1)..<count) }
        if hashes[next] >= hash { return lowerBound(hash, in: (low &+ 1)..<next) }
        (low, step) = (next, step &* 2)
      }
    }
    var high = guess
    while true {
      let next = high &- step
      guard next >= 0 else { return lowerBound(hash, in: 0..<high) }
      if hashes[next] < hash { return lowerBound(hash, in: (next &+ 1)..<high) }
      (high, step) = (next, step &* 2)
    }
  }

  /// Asks for the memory where ``lowerBound(_:)`` begins.
  func prefetch(_ hash: UInt64) {
    let guess = Int(hash.multipliedFullWidth(by: UInt64(hashes.count)).high)
    unsafe hashes.withUnsafeBufferPointer { hashes in
      // SAFETY: a prefetch reads nothing and never faults.
      if let start = hashes.baseAddress { unsafe ck_prefetch(start + guess) }
    }
  }

  private func lowerBound(_ hash: UInt64, in range: Range<Int>) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low &+ high) &>> 1
      if hashes[middle] < hash { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  /// The run without the rows in a range of locators.
  func removing(_ gone: Range<UInt64>) -> KeyHashRun {
    guard locators.contains(where: gone.contains) else { return self }
    var hashes: [UInt64] = []
    var locators: [UInt64] = []
    hashes.reserveCapacity(count)
    locators.reserveCapacity(count)
    for index in self.locators.indices where !gone.contains(self.locators[index]) {
      hashes.append(self.hashes[index])
      locators.append(self.locators[index])
    }
    return KeyHashRun(hashes: hashes, locators: locators)
  }

  /// Both runs as one, without stale rows.
  @inline(__always)
  func merging(_ other: KeyHashRun, isStale: (UInt64) -> Bool) -> KeyHashRun {
    var hashes: [UInt64] = []
    var locators: [UInt64] = []
    hashes.reserveCapacity(count + other.count)
    locators.reserveCapacity(count + other.count)
    var left = 0
    var right = 0
    while left < count || right < other.count {
      let takesLeft =
        right == other.count || (left < count && self.hashes[left] <= other.hashes[right])
      let hash = takesLeft ? self.hashes[left] : other.hashes[right]
      let locator = takesLeft ? self.locators[left] : other.locators[right]
      if takesLeft { left += 1 } else { right += 1 }
      guard !isStale(locator) else { continue }
      hashes.append(hash)
      locators.append(locator)
    }
    return KeyHashRun(hashes: hashes, locators: locators)
  }
}

/// The key hashes of all delta rows of a table.
struct DeltaKeyIndex: Sendable {
  /// Oldest and largest first.
  private(set) var runs: [KeyHashRun] = []

  /// Merges of fewer entries keep what is stale: looking costs more than carrying it along.
  private static let staleFrom = 1 << 16

  /// Adds rows, merging runs of like size.
  ///
  /// - Parameters:
  ///   - run: The rows.
  ///   - liveness: Gives what says whether a row is there; asked when runs are large enough to drop the others.
  /// - Complexity: O(log n) amortised a row.
  mutating func append(_ run: KeyHashRun, _ liveness: () -> (UInt64) -> Bool) {
    guard run.count > 0 else { return }
    runs.append(run)
    var known: ((UInt64) -> Bool)?
    while runs.count >= 2 {
      let last = runs[runs.count - 1]
      let before = runs[runs.count - 2]
      guard before.count < last.count * 4 else { return }
      runs.removeLast(2)
      let merged: KeyHashRun
      if before.count + last.count >= Self.staleFrom {
        let isLive = known ?? liveness()
        known = isLive
        merged = before.merging(last) { !isLive($0) }
      } else {
        merged = before.merging(last) { _ in false }
      }
      if merged.count > 0 { runs.append(merged) }
    }
  }

  /// Drops the rows of a partition's delta below a row number: they were sealed or dropped.
  ///
  /// - Complexity: One pass over all entries, without a look at the rows.
  mutating func removeRows(of slot: UInt32, before end: UInt64) {
    let base = Locator.base(slot: slot)
    runs = runs.map { $0.removing(base..<base + end) }.filter { $0.count > 0 }
  }

  /// Asks for the memory where ``first(ofHash:_:)`` will begin to look.
  func prefetch(_ hash: UInt64) {
    for run in runs { run.prefetch(hash) }
  }

  /// Calls `body` with each row that may hold a key, newest run first, until it answers.
  func first<Result, Failure: Error>(
    ofHash hash: UInt64,
    _ body: (UInt64) throws(Failure) -> Result?
  ) throws(Failure) -> Result? {
    for run in runs.reversed() {
      var place = run.lowerBound(hash)
      while place < run.count, run.hashes[place] == hash {
        if let result = try body(run.locators[place]) { return result }
        place += 1
      }
    }
    return nil
  }
}

extension KeyHashRun {
  /// No rows.
  static let empty = KeyHashRun(hashes: [], locators: [])
}
