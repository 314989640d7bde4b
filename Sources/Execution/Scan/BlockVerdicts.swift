internal import Catalog
internal import ColumnEncoding
internal import Storage

/// What statistics say of the blocks of a source: which may hold rows that pass, and with which conditions these must be tested.
///
/// Conditions are asked one after the other, of all blocks that are left; of integers that is a comparison a block.
struct BlockVerdicts {
  private let source: any RowSource
  private let columns: [ColumnID]
  /// By block: bit c for condition c (the first 64).
  private(set) var open: [UInt64]
  /// By block: whether no row passes.
  private(set) var isOut: [Bool]

  /// - Parameters:
  ///   - source: Whose blocks.
  ///   - columns: The scan's, whose places conditions name.
  ///   - open: What the statistics of all of the source's rows leave open.
  init(_ source: any RowSource, _ columns: [ColumnID], open: UInt64) {
    self.source = source
    self.columns = columns
    let count = source.blockCount
    self.open = Array(repeating: open, count: count)
    isOut = Array(repeating: false, count: count)
  }

  /// Asks a condition of all blocks; the ones that it holds for wholly need it no more.
  ///
  /// - Parameters:
  ///   - zone: The condition.
  ///   - bit: Of ``open``; 0: it stays open.
  mutating func ask(_ zone: ZonePredicate, bit: UInt64) {
    switch zone {
    case .unknown: return
    case .integers(let column, let range):
      guard let bounds = source.bounds(columns[column]) else { break }
      return ask(bounds, bit) { low, high in ZoneAnswer(low, high, within: range) }
    case .integersExcept(let column, let value):
      guard let bounds = source.bounds(columns[column]) else { break }
      return ask(bounds, bit) { low, high in ZoneAnswer(low, high, otherThan: value) }
    default: break
    }
    for block in open.indices where !isOut[block] {
      switch zone.answer({ source.statistics(columns[$0], block: block) }) {
      case .none: isOut[block] = true
      case .some: break
      case .all: open[block] &= ~bit
      }
    }
  }

  @inline(__always)
  private mutating func ask(
    _ bounds: BlockBounds,
    _ bit: UInt64,
    _ answer: (_ low: Int64, _ high: Int64) -> ZoneAnswer
  ) {
    let (lows, highs, knowledge) = (bounds.lows, bounds.highs, bounds.knowledge)
    precondition(lows.count == open.count, "bounds are of all blocks")
    for block in open.indices {
      let known = knowledge[block]
      if known == .onlyNulls { isOut[block] = true }
      if known == .onlyNulls || known == .nothing { continue }
      switch answer(lows[block], highs[block]) {
      case .none: isOut[block] = true
      case .some: break
      case .all: if known == .bounds { open[block] &= ~bit }
      }
    }
  }
}
