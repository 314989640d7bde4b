internal import Catalog
internal import Synchronization

/// The segments of a table with the bounds of their keys, side by side: most lie beside a key that is looked up.
///
/// Made when one asks first, and shared by states until a segment comes or goes.
final class SegmentDirectory: Sendable {
  struct Entry: Sendable {
    /// Of the first key column; everything where it is no integer.
    var bounds: ClosedRange<Int64>
    var number: UInt32
    var handle: SegmentHandle
  }

  private let made = Mutex<[Entry]?>(nil)

  /// The segments of a table's partitions.
  func entries(_ partitions: [PartitionKey: PartitionState]) -> [Entry] {
    made.withLock { made in
      if let made { return made }
      var entries: [Entry] = []
      for partition in partitions.values {
        for segment in partition.segments {
          guard let handle = segment.handle else { continue }
          let bounds = handle.file.keyBounds ?? Int64.min...Int64.max
          entries.append(Entry(bounds: bounds, number: segment.reference.number, handle: handle))
        }
      }
      made = entries
      return entries
    }
  }
}
