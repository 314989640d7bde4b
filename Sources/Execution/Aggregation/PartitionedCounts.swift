internal import Synchronization

/// Distinct counts of groups whose values lie in partitions, their own and those of other states; a piece of work is a part of one group.
final class PartitionedCounts {
  private struct Source {
    var partitions: DistinctPartitions
    /// The group of each of its ordinals; nil: not taken in.
    var groups: [Int?]
  }

  /// A group, and where its values are.
  private struct Entry {
    var places: [(source: Int, ordinal: Int)] = []
  }

  private let bits: Int
  private let budget: MemoryBudget
  private var sources: [Source] = []
  private var entries: [Entry] = []
  /// Of each group the place among `entries`.
  private var entryOf: [Int: Int] = [:]
  /// By piece.
  private let counts = GroupArray<Int64>(0)
  /// Sets that no thread uses, to be filled again.
  private var idleSets: [WordSet] = []
  private let lock = Mutex(())

  /// - Parameter partitions: Finished.
  init(_ partitions: DistinctPartitions) {
    bits = partitions.partitioning.bits
    budget = partitions.partitioning.shared.budget
    sources = [Source(partitions: partitions, groups: partitions.groups.map { $0 })]
  }

  /// Takes in what another state has, whose groups `map` renumbers.
  func take(_ other: PartitionedCounts, _ map: GroupArray<UInt32>) {
    sources += other.sources.map { source in
      let groups = source.groups.map { group in
        group.flatMap { map[$0] == absentRow ? nil : Int(map[$0]) }
      }
      return Source(partitions: source.partitions, groups: groups)
    }
  }

  /// Ends the taking in.
  func begin() {
    for (number, source) in sources.enumerated() {
      for (ordinal, group) in source.groups.enumerated() {
        guard let group else { continue }
        let place = entryOf[group] ?? entries.count
        if place == entries.count {
          entryOf[group] = place
          entries.append(Entry())
        }
        entries[place].places.append((number, ordinal))
      }
    }
    counts.reserve(pieces)
  }

  var pieces: Int { entries.count << bits }

  /// Counts the words of a piece, once; other threads may be at others.
  func count(piece: Int) throws(ExecutionError) {
    var idle: WordSet?
    lock.withLock { _ in idle = idleSets.popLast() }
    let set = idle ?? WordSet(budget)
    for (source, ordinal) in entries[piece >> bits].places {
      try sources[source].partitions.read(ordinal, part: piece & (1 << bits - 1), into: set)
    }
    counts[piece] = Int64(set.count)
    set.removeAll()
    lock.withLock { _ in idleSets.append(set) }
  }

  /// A group's different words, when all pieces were counted.
  func count(ofGroup group: Int) -> Int64 {
    guard let entry = entryOf[group] else { return 0 }
    return (entry << bits..<(entry + 1) << bits).reduce(0) { $0 + counts[$1] }
  }
}
