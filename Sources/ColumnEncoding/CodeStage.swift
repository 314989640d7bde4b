internal import Columnar

/// The rows of a block of strings as codes.
@safe
final class CodeStage {
  private let builder: DictionaryBuilder
  /// Room for whole groups; lanes of NULL rows are 0.
  private let codes: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  private let validity: Vector
  private(set) var rowCount = 0
  private var nullCount = 0
  /// The dictionary of the vectors that came last, and its codes in ours.
  private var known: TextDictionary?
  private var knownCodes: [UInt32] = []

  init(_ builder: DictionaryBuilder, capacity: Int) {
    self.builder = builder
    self.capacity = (capacity + groupRowCount - 1) / groupRowCount * groupRowCount
    unsafe codes = .allocate(capacity: self.capacity)
    unsafe codes.initialize(repeating: 0, count: self.capacity)
    validity = Vector(kind: .bool, capacity: capacity)
  }

  deinit { unsafe codes.deallocate() }

  /// More than a quarter of the rows so far differ, so codes would save little.
  func isTooVaried(after valuesBefore: Int) -> Bool {
    builder.count > max(16, (valuesBefore + rowCount - nullCount) / 4)
  }

  /// Appends rows until the dictionary is full; returns how many it took.
  func append(_ vector: Vector, rows range: Range<Int>) -> Int {
    precondition(rowCount + range.count <= capacity)
    let taken: Int
    if let dictionary = vector.dictionary {
      taken = appendCodes(vector, dictionary, range)
    } else {
      taken = appendViews(vector, range)
    }
    nullCount += validity.copyValidity(
      of: vector,
      rows: range.lowerBound..<range.lowerBound + taken,
      at: rowCount
    )
    rowCount += taken
    return taken
  }

  private func appendViews(_ vector: Vector, _ range: Range<Int>) -> Int {
    let views = vector.views
    let mayBeNull = vector.hasNulls
    precondition(range.upperBound <= views.count)
    // SAFETY: rows are inside the views by the check above, and places inside the codes by that of
    // `append`.
    let place = unsafe codes + (rowCount - range.lowerBound)
    for row in range {
      if mayBeNull && !vector.isValid(row) {
        unsafe place[row] = 0
      } else if let code = unsafe builder.code(of: views[unchecked: row]) {
        unsafe place[row] = code
      } else {
        return row - range.lowerBound
      }
    }
    return range.count
  }

  private func appendCodes(
    _ vector: Vector,
    _ dictionary: TextDictionary,
    _ range: Range<Int>
  ) -> Int {
    if known !== dictionary {
      known = dictionary
      knownCodes = Array(repeating: .max, count: dictionary.count)
    }
    let theirs = vector.codes
    for row in range {
      let place = rowCount + row - range.lowerBound
      if vector.hasNulls && !vector.isValid(row) {
        unsafe codes[place] = 0
        continue
      }
      let code = Int(theirs[row])
      if knownCodes[code] == .max {
        guard let ours = builder.code(of: dictionary[code]) else { return row - range.lowerBound }
        knownCodes[code] = ours
      }
      unsafe codes[place] = knownCodes[code]
    }
    return range.count
  }

  /// The staged rows as views into the dictionary's bytes.
  func views() -> Vector {
    let vector = Vector(kind: .bytes, capacity: rowCount)
    let empty = vector.reserveBytes(0)
    _ = vector.copyValidity(of: validity, rows: 0..<rowCount, at: 0)
    var lanes = vector.mutableViews
    for row in 0..<rowCount {
      lanes[row] = validity.isValid(row) ? unsafe builder.view(Int(codes[row])) : empty
    }
    vector.retain(builder)
    return vector
  }

  /// Packs the codes and begins the next block.
  func finishBlock() -> (bytes: ByteBuffer, statistics: BlockStatistics) {
    let stage = RowStage(validityOf: validity, rowCount: rowCount, nullCount: nullCount)
    defer {
      rowCount = 0
      nullCount = 0
      validity.hasNulls = false
    }
    guard nullCount < rowCount else {
      let known = statistics(stage, .null, .null, sum: nil, isSorted: false)
      return (nullBlock(stage, kind: .bytes), known)
    }
    var header = BlockHeader(
      encoding: .dictionary,
      kind: .bytes,
      rowCount: rowCount,
      nullCount: nullCount
    )
    let known = summary(stage)
    unsafe (codes + rowCount).update(repeating: 0, count: capacity - rowCount)
    var largest: UInt32 = 0
    for row in 0..<rowCount { largest = unsafe max(largest, codes[row]) }
    header.width = bitWidth(UInt64(largest))
    header.laneBits = header.width <= 8 ? 8 : 32
    let draft = BlockDraft(
      header,
      payloadBytes: header.groupCount * header.groupBytes,
      stage: stage
    )
    for group in 0..<header.groupCount {
      unsafe packCodes(
        codes + group * groupRowCount,
        width: header.width,
        laneBits: header.laneBits,
        into: draft.payload + group * header.groupBytes
      )
    }
    return (draft.buffer, known)
  }

  /// Bounds and order, from the entries that occur and not from the rows.
  private func summary(_ stage: RowStage) -> BlockStatistics {
    var isUsed = [Bool](repeating: false, count: builder.count)
    unsafe isUsed.withUnsafeMutableBufferPointer { isUsed in
      // SAFETY: codes are below the builder's count.
      if nullCount == 0 {
        for row in 0..<rowCount { unsafe isUsed[Int(codes[row])] = true }
      } else {
        for row in 0..<rowCount where validity.isValid(row) {
          unsafe isUsed[Int(codes[row])] = true
        }
      }
    }
    var bounds: TextBounds?
    for code in isUsed.indices where isUsed[code] {
      let view = builder.view(code)
      if bounds?.insert(view) == nil { bounds = TextBounds(view) }
    }
    var known = statistics(stage, .null, .null, sum: nil, isSorted: nullCount == 0 && isAscending)
    bounds?.store(in: &known)
    return known
  }

  private var isAscending: Bool {
    for row in 1..<max(1, rowCount) {
      let (before, code) = unsafe (codes[row - 1], codes[row])
      if before != code, builder.view(Int(code)) < builder.view(Int(before)) { return false }
    }
    return true
  }
}
