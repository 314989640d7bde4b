import Columnar
import Storage

/// The primary keys that a list of changes touched: an open-addressing table from key to entry.
///
/// A key is not copied: an entry says in which batch and row it stands.
struct KeyEntries {
  /// Where a key stands.
  struct Place {
    var part: Int32
    var row: Int32
  }

  /// Key columns in key order.
  private(set) var parts: [Batch] = []
  private(set) var places: [Place] = []
  private var hashes: [UInt64] = []
  /// Entry number + 1; 0: free.
  ///
  /// A power of two, at least twice as many as there are entries.
  private var slots: [Int32] = []

  var count: Int { places.count }

  /// Keeps key columns, for ``entry(_:_:part:)`` and ``add(_:part:row:)``.
  mutating func addPart(_ keys: Batch) -> Int {
    parts.append(keys)
    reserve(count + keys.rowCount)
    return parts.count - 1
  }

  /// The entry of a key of `part`.
  @inline(__always)
  func find(_ hash: UInt64, part: Int, row: Int) -> Int? {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let entry = Int(slots[slot]) - 1
      if entry < 0 { return nil }
      if hashes[entry] == hash, isSame(entry, part, row) { return entry }
      slot = (slot &+ 1) & mask
    }
  }

  /// Adds a key of `part` that has no entry.
  @inline(__always)
  mutating func add(_ hash: UInt64, part: Int, row: Int) -> Int {
    let entry = places.count
    places.append(Place(part: Int32(truncatingIfNeeded: part), row: Int32(truncatingIfNeeded: row)))
    hashes.append(hash)
    insert(entry)
    return entry
  }

  mutating func removeAll() { self = KeyEntries() }

  /// The keys of some entries.
  func keys(of entries: [Int32]) -> Batch {
    guard let first = parts.first else { return Batch(columns: []) }
    let result = Batch(kinds: first.columns.map(\.kind), capacity: max(64, entries.count))
    var start = 0
    while start < entries.count {
      // Runs of one part are copied at once.
      let part = places[Int(entries[start])].part
      var rows: [Int32] = []
      while start + rows.count < entries.count {
        let place = places[Int(entries[start + rows.count])]
        guard place.part == part else { break }
        rows.append(place.row)
      }
      result.append(from: parts[Int(part)], rows: rows)
      start += rows.count
    }
    return result
  }

  private func isSame(_ entry: Int, _ part: Int, _ row: Int) -> Bool {
    let place = places[entry]
    let (mine, other) = (parts[Int(place.part)].columns, parts[part].columns)
    for index in mine.indices
    where !mine[index].isSameKey(Int(place.row), as: other[index], row) { return false }
    return true
  }

  private mutating func insert(_ entry: Int) {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hashes[entry]) & mask
    while slots[slot] != 0 { slot = (slot &+ 1) & mask }
    slots[slot] = Int32(truncatingIfNeeded: entry + 1)
  }

  private mutating func reserve(_ entries: Int) {
    guard slots.count < entries * 2 else { return }
    var size = max(64, slots.count)
    while size < entries * 2 { size *= 2 }
    slots = [Int32](repeating: 0, count: size)
    for entry in places.indices { insert(entry) }
  }
}
