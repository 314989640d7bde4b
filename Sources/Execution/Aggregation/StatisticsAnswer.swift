internal import ColumnEncoding
internal import Columnar
internal import Planning

/// Takes rows into a grouping by their statistics alone, where these say all that is asked.
///
/// Keys must be the same for all of the rows, which shows when the bounds of their columns agree; aggregates must be counts, sums and
/// extremes of plain columns.
struct StatisticsAnswer {
  private struct Key {
    var column: Int
    /// nil: the column itself.
    var truncation: Evaluator?
    let bounds = Vector(kind: .int64, capacity: 64)
  }

  private var keys: [Key] = []
  /// The column of each slot's argument, nil: count(*); slots that nobody reads are left out.
  private var arguments: [(slot: Int, column: Int?)] = []
  private let batch: Batch

  /// - Returns: nil where no statistics could say enough.
  init?(
    _ layout: AggregateLayout,
    keys expressions: [BoundExpression],
    columnCount: Int,
    _ context: EvaluationContext
  ) throws(ExecutionError) {
    let unread = Vector(kind: .bool, capacity: 64)
    batch = Batch(columns: Array(repeating: unread, count: columnCount), rowCount: 2)
    for (place, slot) in layout.slots.enumerated() where layout.isUsed(place) {
      guard slot.filter == nil, !layout.isDistinct(place), slot.arguments.count <= 1 else {
        return nil
      }
      switch slot.kind {
      case .count, .sum, .minimum, .maximum: break
      default: return nil
      }
      guard let argument = slot.arguments.first else {
        arguments.append((place, nil))
        continue
      }
      guard case .column(let column) = argument.node else { return nil }
      arguments.append((place, column))
    }
    for expression in expressions {
      guard expression.type.laneKind == .int64 else { return nil }
      switch expression.node {
      case .column(let column): keys.append(Key(column: column))
      case .call(.dateTruncate, let parts) where KeyStep(of: expression, context).unit > 1:
        guard case .column(let column) = parts[1].node else { return nil }
        keys.append(
          Key(column: column, truncation: try Evaluator(expression, context: context))
        )
      default: return nil
      }
    }
  }

  /// Takes the rows in; false: they must be looked at.
  func take(
    _ statistics: RowStatistics,
    rowCount: Int,
    into local: () throws(ExecutionError) -> LocalAggregation
  ) throws(ExecutionError) -> Bool {
    var vectors: [Vector] = []
    for key in keys {
      guard let vector = try constant(key, statistics) else { return false }
      vectors.append(vector)
    }
    var known: [(slot: Int, statistics: BlockStatistics?)] = []
    for (slot, column) in arguments {
      guard let column else {
        known.append((slot, nil))
        continue
      }
      guard let statistics = try statistics(column, true) else { return false }
      known.append((slot, statistics))
    }
    return try local().take(keys: vectors, known, rowCount: rowCount)
  }

  /// The one value of a key, in a vector of one row; nil: it may have several.
  private func constant(
    _ key: Key,
    _ statistics: RowStatistics
  ) throws(ExecutionError) -> Vector? {
    guard let known = try statistics(key.column, false), known.nullCount == 0,
      case .int64 = known.minimum, case .int64 = known.maximum
    else { return nil }
    setDatum(known.minimum, in: key.bounds, at: 0)
    setDatum(known.maximum, in: key.bounds, at: 1)
    guard let truncation = key.truncation else {
      return known.minimum == known.maximum ? key.bounds : nil
    }
    batch.columns[key.column] = key.bounds
    let ends = try truncation.evaluate(batch)
    return datum(ends, 0) == datum(ends, 1) ? ends : nil
  }
}
