// Strings of a load as codes. Most columns of strings hold few different ones; a code of four bytes is
// cheaper to deal out, to gather in sort order and to encode than the string.

internal import ColumnEncoding
internal import Columnar
internal import Synchronization

/// The different strings of one column of a load, numbered once for all workers.
final class LoadDictionary: Sendable {
  /// Beyond these a look-up misses the cache, and strings are as good.
  static let entryCountMax = 16_384
  static let byteCountMax = 1 << 20

  private struct State {
    var builder = DictionaryBuilder()
    var entries: TextDictionary?
  }
  private let state = Mutex(State())
  private let over = Atomic<Bool>(false)

  /// Whether the column was found to be too varied; codes given before stay good.
  var isOver: Bool { over.load(ordering: .relaxed) }

  func giveUp() { over.store(true, ordering: .relaxed) }

  /// The number of a string; nil when there is no room.
  func code(of view: ByteView) -> UInt32? { state.withLock { $0.builder.code(of: view) } }

  /// The entries so far: those of all codes given out before.
  func entries() -> TextDictionary {
    state.withLock { state in
      if let known = state.entries, known.count == state.builder.count { return known }
      let fresh = state.builder.dictionary()
      state.entries = fresh
      return fresh
    }
  }
}

/// One worker's codes of one column of strings.
final class ColumnCoder {
  /// The code of NULL.
  static let null = UInt32.max
  /// As many different strings are coded whatever the rows.
  private static let entryCountMin = 1024

  private let shared: LoadDictionary
  private let own = DictionaryBuilder()
  /// The shared code of each own code.
  private var sharedCodes: [UInt32] = []
  private var seenRowCount = 0
  /// The codes of the rows of the last ``encode(_:rowCount:)``.
  private(set) var codes: [UInt32] = []

  init(_ shared: LoadDictionary) { self.shared = shared }

  /// Codes the first rows of a vector of strings.
  ///
  /// - Returns: False when the column is too varied: its strings are to be used.
  func encode(_ vector: Vector, rowCount: Int) -> Bool {
    guard !shared.isOver else { return false }
    // The array's only owner while it is written.
    var rowCodes = codes
    codes = []
    defer { codes = rowCodes }
    if rowCodes.count < rowCount {
      rowCodes = Array(repeating: 0, count: max(rowCount, rowCodes.count * 2))
    }
    seenRowCount += rowCount
    let views = vector.views.extracting(0..<rowCount)
    var output = rowCodes.mutableSpan
    guard own.codes(of: views, into: &output) == rowCount, isWorthwhile, shareNew() else {
      shared.giveUp()
      return false
    }
    translate(&output, vector, rowCount)
    return true
  }

  private var isWorthwhile: Bool {
    own.count <= max(Self.entryCountMin, min(seenRowCount / 4, LoadDictionary.entryCountMax))
      && own.byteCount <= LoadDictionary.byteCountMax
  }

  /// Numbers own entries that are new for all workers.
  private func shareNew() -> Bool {
    while sharedCodes.count < own.count {
      guard let code = shared.code(of: own.view(sharedCodes.count)) else { return false }
      sharedCodes.append(code)
    }
    return true
  }

  private func translate(_ output: inout MutableSpan<UInt32>, _ vector: Vector, _ rowCount: Int) {
    let known = sharedCodes
    let table = known.span
    for row in 0..<rowCount { output[row] = table[Int(output[row])] }
    guard vector.hasNulls else { return }
    for row in 0..<rowCount where !vector.isValid(row) { output[row] = Self.null }
  }
}

/// Rows of one chunk in the table's column order; strings of some columns are codes.
struct ParsedRows {
  var batch: Batch
  /// Column by column; nil where the batch has the values.
  var codes: [ColumnCoder?]
}
