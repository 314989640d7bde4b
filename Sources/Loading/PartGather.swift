internal import Catalog
internal import Columnar
internal import Storage

/// Gathers the rows of many parts in sort order, column by column.
///
/// A column of a partition's rows mostly fits into the second cache, which the rows do not.
@safe
final class PartGather {
  private let parts: [RowPart]
  private let order: [RowReference]
  private let dictionaries: [LoadDictionary?]
  private let vectors: [Vector]
  /// The column whose lanes are at hand.
  private var place = -1
  private var lanes: [UnsafeRawPointer] = unsafe []
  /// Validity of the parts' rows, nil where no row is NULL; empty when that holds for all parts.
  private var validity: [UnsafePointer<UInt64>?] = unsafe []
  private var entries: TextDictionary?
  private var isCoded: [Bool] = []

  /// - Parameters:
  ///   - parts: All rows; nobody changes them any more.
  ///   - order: References to rows of the parts.
  ///   - definition: The table.
  ///   - dictionaries: What the codes of each column mean.
  init(
    _ parts: [RowPart],
    _ order: [RowReference],
    _ definition: TableDefinition,
    _ dictionaries: [LoadDictionary?]
  ) {
    self.parts = parts
    self.order = order
    self.dictionaries = dictionaries
    vectors = definition.columns.map { Vector(kind: $0.type.laneKind, capacity: 64) }
  }

  /// Rows of a column; valid until the next call for it.
  ///
  /// Strings are views into the parts, or codes.
  func rows(_ column: Int, _ range: Range<Int>) -> Vector {
    if column != place { prepare(column) }
    let target = vectors[column]
    target.reset()
    target.reserve(range.count)
    let order = order
    let references = order.span.extracting(range)
    switch target.kind {
    case .int64:
      var output = target.mutableInt64
      copy(references, &output)
    case .float64:
      var output = target.mutableFloat64
      copy(references, &output)
    case .bool:
      var output = target.mutableBool
      copy(references, &output)
    case .int128:
      var output = target.mutableInt128
      copy(references, &output)
    case .decimal:
      var output = target.mutableDecimal
      copy(references, &output)
      if parts.contains(where: { $0.batch.columns[column].hasWides }) {
        target.settleWides(0..<references.count)
      }
    case .uuid:
      var output = target.mutableUUID
      copy(references, &output)
    case .interval:
      var output = target.mutableInterval
      copy(references, &output)
    case .bytes: gatherText(references, into: target)
    }
    gatherValidity(references, into: target)
    return target
  }

  private func prepare(_ column: Int) {
    place = column
    let sources = parts.map { $0.batch.columns[column] }
    unsafe lanes = unsafe parts.map { unsafe $0.lanes(column) }
    unsafe validity = []
    if sources.contains(where: \.hasNulls) {
      // SAFETY: the parts own the vectors, and nobody changes them any more.
      unsafe validity = unsafe sources.map { source in
        unsafe source.hasNulls
          ? source.validity.withUnsafeBufferPointer { $0.baseAddress } : nil
      }
    }
    isCoded = parts.map { $0.isCoded[column] }
    entries = isCoded.contains(true) ? dictionaries[column]?.entries() : nil
  }

  @inline(__always)
  private func copy<T: BitwiseCopyable>(
    _ references: Span<RowReference>,
    _ output: inout MutableSpan<T>
  ) {
    precondition(references.count <= output.count)
    // SAFETY: `parts` keeps the lanes alive and nobody writes to them any more; references are rows
    // of the parts, as the sorting of these very parts gave them.
    unsafe lanes.withUnsafeBufferPointer { lanes in
      for index in references.indices {
        let reference = unsafe references[unchecked: index]
        unsafe output[unchecked: index] =
          unsafe lanes[Int(reference.part)].assumingMemoryBound(to: T.self)[Int(reference.row)]
      }
    }
  }

  private func gatherText(_ references: Span<RowReference>, into target: Vector) {
    guard let entries else {
      var output = target.mutableViews
      copy(references, &output)
      return
    }
    guard !isCoded.contains(false) else {
      gatherMixed(references, entries, into: target)
      return
    }
    target.dictionary = entries
    var output = target.mutableCodes
    copy(references, &output)
    for index in references.indices where output[index] == ColumnCoder.null {
      output[index] = 0
      target.setNull(index)
    }
  }

  /// Some parts have codes, others strings.
  private func gatherMixed(
    _ references: Span<RowReference>,
    _ entries: TextDictionary,
    into target: Vector
  ) {
    target.retain(entries)
    let empty = target.reserveBytes(0)
    var output = target.mutableViews
    for index in references.indices {
      let (part, row) = (Int(references[index].part), Int(references[index].row))
      guard isCoded[part] else {
        // SAFETY: as in `copy`.
        output[index] = unsafe lanes[part].assumingMemoryBound(to: ByteView.self)[row]
        continue
      }
      let code = unsafe lanes[part].assumingMemoryBound(to: UInt32.self)[row]
      if code == ColumnCoder.null {
        output[index] = empty
        target.setNull(index)
      } else {
        output[index] = entries[Int(code)]
      }
    }
  }

  private func gatherValidity(_ references: Span<RowReference>, into target: Vector) {
    guard unsafe !validity.isEmpty else { return }
    if !target.hasNulls { target.beginNulls() }
    var words = target.mutableValidity
    unsafe validity.withUnsafeBufferPointer { validity in
      var word: UInt64 = 0
      for index in references.indices {
        let reference = unsafe references[unchecked: index]
        let row = Int(reference.row)
        var bit: UInt64 = 1
        // SAFETY: as in `copy`.
        if let known = unsafe validity[Int(reference.part)] {
          bit = unsafe known[row &>> 6] &>> UInt64(row & 63) & 1
        }
        word |= bit &<< UInt64(index & 63)
        if index & 63 == 63 {
          words[index &>> 6] &= word
          word = 0
        }
      }
      let rest = references.count & 63
      if rest > 0 { words[references.count &>> 6] &= word | (~0 &<< UInt64(rest)) }
    }
  }
}

extension RowPart {
  /// The first lane of a column: a code, or a lane of its kind.
  fileprivate func lanes(_ column: Int) -> UnsafeRawPointer {
    if isCoded[column], let codes = unsafe codes(column) { return UnsafeRawPointer(codes) }
    let vector = batch.columns[column]
    // SAFETY: the vector's lanes stay where they are while nobody appends.
    switch vector.kind {
    case .int64: return unsafe Self.start(vector.int64)
    case .float64: return unsafe Self.start(vector.float64)
    case .bool: return unsafe Self.start(vector.bool)
    case .int128: return unsafe Self.start(vector.int128)
    case .decimal: return unsafe Self.start(vector.decimal)
    case .uuid: return unsafe Self.start(vector.uuid)
    case .interval: return unsafe Self.start(vector.interval)
    case .bytes: return unsafe Self.start(vector.views)
    }
  }

  private static func start<T: BitwiseCopyable>(_ lanes: Span<T>) -> UnsafeRawPointer {
    unsafe lanes.withUnsafeBufferPointer { lanes in
      guard let start = lanes.baseAddress else { preconditionFailure("a vector has lanes") }
      return unsafe UnsafeRawPointer(start)
    }
  }
}
