internal import Columnar

/// Aggregates runs of rows with equal keys: of each a row of keys and states, in the form that partitions take groups in.
///
/// One thread's. Runs are not looked up, so the same keys may come again. There is no object where keys are not compared so, or states do
/// not fit vectors.
final class RunPartials {
  let runs: KeyRuns
  /// Keys, then states, of the last batch's runs.
  let vectors: [Vector]
  private let layout: AggregateLayout
  private let shared: ExecutionShared
  private var states: LocalAggregation?
  private let stateVectors: [Vector]

  /// States of so many runs, or of so many bytes, are begun anew: they are written and never read again, and nobody counts them.
  private static let statesMax = 1 << 14
  private static let stateBytesMax = 1 << 20

  /// - Parameters:
  ///   - layout: Which states there are.
  ///   - kinds: Of the keys.
  ///   - shared: Where the memory is counted.
  /// - Throws: 0A000 for an aggregate that there is no state for.
  init?(
    _ layout: AggregateLayout,
    kinds: [LaneKind],
    _ shared: ExecutionShared
  ) throws(ExecutionError) {
    guard let runs = KeyRuns(kinds: kinds) else { return nil }
    let states = try LocalAggregation(layout, index: nil, shared)
    guard let stateKinds = states.partialKinds else { return nil }
    self.runs = runs
    self.layout = layout
    self.shared = shared
    stateVectors = stateKinds.map { Vector(kind: $0, capacity: groupRowCount) }
    vectors = runs.keys + stateVectors
  }

  /// Lane kinds of ``vectors``.
  var kinds: [LaneKind] { vectors.map(\.kind) }

  /// Makes ``vectors`` of a batch's runs.
  ///
  /// - Parameters:
  ///   - keys: A vector a key.
  ///   - inputs: A vector for each of the layout's inputs.
  ///   - rows: How many rows.
  /// - Returns: How many runs; nil: there are too many, and nothing was done.
  /// - Throws: An overflow.
  func take(
    keys: ArraySlice<Vector>,
    inputs: ArraySlice<Vector>,
    rows: Int
  ) throws(ExecutionError) -> Int? {
    guard runs.find(keys, rows: rows) else { return nil }
    runs.takeKeys(keys)
    let states = try openStates()
    let first = try states.take(runs, inputs: inputs, rowCount: rows)
    states.writePartial(first: first, rows: runs.count, into: stateVectors)
    if states.groupCount >= Self.statesMax || states.stateBytes > Self.stateBytesMax {
      self.states = nil
    }
    return runs.count
  }

  private func openStates() throws(ExecutionError) -> LocalAggregation {
    if let states { return states }
    let fresh = try LocalAggregation(layout, index: nil, shared)
    states = fresh
    return fresh
  }
}
