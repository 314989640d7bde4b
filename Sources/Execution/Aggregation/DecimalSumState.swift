internal import Columnar
internal import Planning

/// Sum and count of numerics with a scale a value.
///
/// Sums of at most 38 digits are narrow numerics; what does not fit is put aside and the sum begun anew.
final class DecimalSumState: AggregateState {
  /// Narrow, NaN or an infinity.
  private let sums = GroupArray<Decimal>(.zero)
  private let counts = GroupArray<Int64>(0)
  /// What was put aside, by group; few groups ever have any.
  private var aside: [Int: WideDecimal] = [:]

  override func reserve(groups: Int) {
    sums.reserve(groups)
    counts.reserve(groups)
  }
  override var byteCount: Int { sums.byteCount + counts.byteCount }

  override func update(_ arguments: [Vector], _ rows: GroupRows) throws(ExecutionError) {
    let vector = arguments[0]
    let lanes = vector.decimal
    forEachRow(rows) { row, group in
      add(lanes[row], to: group)
      counts[group] &+= 1
    }
  }

  @inline(__always)
  private func add(_ value: Decimal, to group: Int) {
    if let sum = sums[group].narrowSum(value) { sums[group] = sum } else { putAside(value, group) }
  }

  @inline(never)
  private func putAside(_ value: Decimal, _ group: Int) {
    let sum = sums[group]
    guard sum.isFinite, value.isFinite else {
      // NaN and infinities: their sums are never wide. A finite sum set aside no longer matters.
      sums[group] = (try? sum.adding(value)) ?? .notANumber
      return
    }
    let both = WideDecimal(sum).adding(WideDecimal(value))
    aside[group] = aside[group].map { $0.adding(both) } ?? both
    sums[group] = .zero
  }

  override func merge(
    _ other: AggregateState,
    _ map: GroupArray<UInt32>,
    groups: Int
  ) throws(ExecutionError) {
    guard let other = other as? DecimalSumState else { return }
    forEachMerged(map, groups) { group, target in
      add(other.sums[group], to: target)
      counts[target] += other.counts[group]
      guard let sum = other.aside[group] else { return }
      aside[target] = aside[target].map { $0.adding(sum) } ?? sum
    }
  }

  /// Boxed when it is wide.
  private func total(_ group: Int) throws(ValueError) -> Decimal {
    let sum = sums[group]
    guard let aside = aside[group], sum.isFinite else { return sum }
    return try Decimal(aside.adding(WideDecimal(sum)))
  }

  override func write(
    _ call: BoundAggregate,
    first: Int,
    count: Int,
    into vector: Vector
  ) throws(ExecutionError) {
    for row in 0..<count {
      let rows = counts[first + row]
      if call.function == .count {
        var out = vector.mutableInt64
        out[row] = rows
        continue
      }
      if rows == 0 {
        vector.setNull(row)
        continue
      }
      do throws(ValueError) {
        let sum = try total(first + row)
        if call.function == .average {
          let average = try sum.dividing(by: Decimal(rows))
          if sum.isWide { _ = sum.taken() }
          vector.setDecimal(average, at: row)
        } else {
          vector.setDecimal(sum, at: row)
        }
      } catch {
        throw ExecutionError(error)
      }
    }
  }
}
