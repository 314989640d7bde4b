package import Columnar
import Kernels

extension Batch {
  /// The rows numbered `rows`, in vectors of their own that share the strings' bytes.
  package func gathered(_ rows: [UInt16]) -> Batch {
    let result = Batch(kinds: columns.map(\.kind), capacity: max(64, rows.count))
    for (source, target) in zip(columns, result.columns) {
      gather(source, rows.span, into: target, at: 0)
      target.retainOwners(of: source)
    }
    result.rowCount = rows.count
    return result
  }

  /// A copy that outlives whoever made the batch: strings are copied too.
  package func ownedCopy() -> Batch {
    let result = gathered((0..<rowCount).map { UInt16($0) })
    for (source, column) in zip(columns, result.columns) where column.kind == .bytes {
      column.copyStrings(of: source, rowCount: rowCount)
    }
    return result
  }
}

extension Vector {
  /// Makes rows 0..<rowCount those of `source`, with bytes of their own.
  fileprivate func copyStrings(of source: Vector, rowCount: Int) {
    reset()
    reserve(rowCount)
    for row in 0..<rowCount {
      guard source.isValid(row) else {
        set(row, to: .null)
        continue
      }
      let copy = store(source.byteView(at: row).span)
      var lanes = mutableViews
      lanes[row] = copy
    }
  }
}
