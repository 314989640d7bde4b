internal import Columnar
internal import Synchronization

/// The symbol table that the segments of one column share.
///
/// A chunk asks for a table with a sample of its rows: it gets the newest one unless a fresh one would be
/// clearly better. So a column's segments mostly have one table, and equal strings equal codes, while a
/// column whose strings change gets a new table.
package final class SharedSymbols: Sendable {
  private struct State {
    var table: SymbolTable?
    /// Code bytes for a byte of text, on the sample the table was chosen for; nil: not measured yet.
    var ratio: Double?
  }

  /// How much better a fresh table must be.
  private static let gain = 1.1
  private let state: Mutex<State>

  /// - Parameter newest: The table of the newest segment.
  package init(newest: SymbolTable? = nil) {
    state = Mutex(State(table: newest, ratio: nil))
  }

  /// The table for rows like those of `sample`; nil when no table helps.
  ///
  /// - Complexity: 0.1 ms where the newest table serves, else 15 ms; one caller at a time.
  func table(for sample: borrowing TextSample) -> SymbolTable? {
    state.withLock { state in
      var known: (table: SymbolTable, ratio: Double)?
      if let table = state.table { known = (table, sample.ratio(with: table)) }
      if let (table, ratio) = known, let before = state.ratio, ratio <= before * Self.gain {
        return table
      }
      let fresh = SymbolTable.trained(on: sample)
      var freshRatio: Double?
      if let fresh { freshRatio = sample.ratio(with: fresh) }
      if let (table, ratio) = known, ratio <= (freshRatio ?? 1) * Self.gain {
        state.ratio = ratio
        return table
      }
      guard let fresh, let freshRatio, freshRatio < 0.9 else { return nil }
      state = State(table: fresh, ratio: freshRatio)
      return fresh
    }
  }
}

/// Some rows of a column, one after the other: at most 32 KB, to choose symbols by.
@safe
struct TextSample: ~Copyable {
  static let byteCountMax = 32 << 10
  static let rowCountMax = 4096

  let bytes: UnsafeMutablePointer<UInt8>
  let lengths: UnsafeMutablePointer<UInt32>
  private(set) var byteCount = 0
  private(set) var rowCount = 0

  /// Takes rows from all over the block being filled.
  init(_ stage: RowStage) {
    unsafe bytes = .allocate(capacity: Self.byteCountMax)
    unsafe lengths = .allocate(capacity: Self.rowCountMax)
    let rows = stage.rows
    let views = rows.views
    var total = 0
    for row in 0..<stage.rowCount { total += views[row].count }
    let step = max(1, total / Self.byteCountMax, stage.rowCount / Self.rowCountMax)
    for row in stride(from: 0, to: stage.rowCount, by: step) {
      // Of a long string its beginning.
      let count = min(views[row].count, 512, Self.byteCountMax - byteCount)
      guard rowCount < Self.rowCountMax, count > 0 else { continue }
      unsafe (bytes + byteCount).update(from: views[row].start, count: count)
      unsafe lengths[rowCount] = UInt32(count)
      byteCount += count
      rowCount += 1
    }
  }

  deinit {
    unsafe bytes.deallocate()
    unsafe lengths.deallocate()
  }

  /// Code bytes for a byte of text.
  func ratio(with table: SymbolTable) -> Double {
    guard byteCount > 0 else { return 1 }
    let encoder = table.encoder
    let codeBytes = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { codes in
      var total = 0
      var place = 0
      for row in 0..<rowCount {
        // SAFETY: a row has at most 512 bytes.
        let count = unsafe Int(lengths[row])
        let text = unsafe ByteView(start: bytes + place, count: count)
        unsafe total += encoder.encode(text, into: codes.baseAddress.unsafelyUnwrapped)
        place += count
      }
      return total
    }
    return Double(codeBytes) / Double(byteCount)
  }
}
