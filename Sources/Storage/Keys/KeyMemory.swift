package import Catalog

extension Snapshot {
  /// Bytes that look-ups by primary key of a table hold in memory, all filters read: what cannot be
  /// thrown away, unlike the pages of key runs, which go through the block cache.
  package func residentKeyBytes(of id: TableID) -> Int {
    guard let table = state.tables[id] else { return 0 }
    var total = table.deltaKeys.residentBytes
    for partition in table.partitions.values {
      for entry in partition.segments { total += entry.handle?.file.residentKeyBytes ?? 0 }
    }
    return total
  }
}

extension SegmentFile {
  /// What the footer and the filter take.
  fileprivate var residentKeyBytes: Int {
    guard let keys = footer.keys else { return 0 }
    let pages = keys.pages.count * MemoryLayout<PageReference>.stride
    switch keys.form {
    case .dense: return pages
    case .hashed(let firstTops, let filter):
      return pages + firstTops.count * MemoryLayout<UInt32>.stride + Int(filter.byteCount)
    }
  }
}

extension DeltaKeyIndex {
  fileprivate var residentBytes: Int {
    runs.reduce(0) { $0 + $1.count * MemoryLayout<KeyHashEntry>.stride }
  }
}
