import Catalog
import Columnar
import Planning

/// What arrivals gain and lose when few values change: ``BoundRollup/change(of:from:to:)`` without the stages of a plan, whose
/// set-up takes longer than the rows do.
struct FewArrivals {
  /// A value among the rows of an owner.
  private struct Place: Hashable {
    var owner: [Datum]
    var value: Datum
  }

  /// How often a value is in a bucket, as it was and as it is.
  private struct Weight {
    var before: Int64 = 0
    var after: Int64 = 0

    var hasChanged: Bool { (before > 0) != (after > 0) }
  }

  private struct Coming: Hashable {
    var owner: [Datum]
    var bucket: Datum
    var before: Datum
  }

  private let arrivals: Arrivals
  /// Where a value stands in rows of its table; how often it is there stands behind it.
  private let valuePlace: Int
  private var weights: [Place: [Datum: Weight]] = [:]
  /// How many rows were taken.
  private(set) var rowCount = 0

  /// - Parameters:
  ///   - arrivals: One of the rollup's.
  ///   - rollup: nil is returned where equal keys or values may look different.
  init?(_ arrivals: Arrivals, _ rollup: BoundRollup) {
    let table = rollup.values[arrivals.value].table
    valuePlace = rollup.keys.count
    let told = Array(0...arrivals.bucket) + [valuePlace]
    let areExact = told.allSatisfy { place in
      switch table.columns[place].type.laneKind {
      case .bool, .int64, .int128, .uuid, .bytes: true
      case .float64, .decimal, .interval: false
      }
    }
    guard areExact, table.columns[arrivals.bucket].type.laneKind == .int64 else { return nil }
    self.arrivals = arrivals
  }

  /// Takes rows of the values' table that are there now, whether or not they came.
  mutating func addPresent(_ batch: Batch) {
    add(batch) { weight, count in
      weight.before += count
      weight.after += count
    }
  }

  /// Takes those of them that came.
  mutating func addComing(_ batch: Batch) { add(batch) { $0.before -= $1 } }

  private mutating func add(_ batch: Batch, _ count: (inout Weight, Int64) -> Void) {
    rowCount += batch.rowCount
    for row in 0..<batch.rowCount where batch.columns[valuePlace].isValid(row) {
      guard case .int64(let times) = batch.columns[valuePlace + 1].datum(at: row) else { continue }
      let owner = (0..<arrivals.bucket).map { batch.columns[$0].datum(at: row) }
      let place = Place(owner: owner, value: batch.columns[valuePlace].datum(at: row))
      let bucket = batch.columns[arrivals.bucket].datum(at: row)
      count(&weights[place, default: [:]][bucket, default: Weight()], times)
    }
  }

  /// Rows of the arrivals' table, added up, without those that stay; nil: there is none.
  func changes() -> Batch? {
    var counts: [Coming: Int64] = [:]
    for (place, buckets) in weights where buckets.values.contains(where: \.hasChanged) {
      for coming in comings(place, buckets.filter { $0.value.before > 0 }) {
        counts[coming, default: 0] -= 1
      }
      for coming in comings(place, buckets.filter { $0.value.after > 0 }) {
        counts[coming, default: 0] += 1
      }
    }
    let changed = counts.filter { $0.value != 0 }
    guard !changed.isEmpty else { return nil }
    let kinds = arrivals.table.columns.map(\.type.laneKind)
    let batch = Batch(kinds: kinds, capacity: changed.count)
    for (row, (coming, count)) in changed.enumerated() {
      let datums = coming.owner + [coming.bucket, coming.before, .int64(count)]
      for (vector, datum) in zip(batch.columns, datums) { vector.set(row, to: datum) }
    }
    batch.rowCount = changed.count
    return batch
  }

  /// When a value comes: each of its buckets beside the one before.
  private func comings(_ place: Place, _ buckets: [Datum: Weight]) -> [Coming] {
    var comings: [Coming] = []
    var before = Datum.null
    for bucket in buckets.keys.sorted(by: Self.comesBefore) {
      comings.append(Coming(owner: place.owner, bucket: bucket, before: before))
      before = .int64(Self.moment(bucket))
    }
    return comings
  }

  /// Rows without a moment come before all others, those of -infinity too.
  private static func comesBefore(_ bucket: Datum, _ other: Datum) -> Bool {
    bucket.isNull || other.isNull
      ? bucket.isNull && !other.isNull : moment(bucket) < moment(other)
  }

  private static func moment(_ bucket: Datum) -> Int64 {
    if case .int64(let moment) = bucket { moment } else { Arrivals.noMoment }
  }
}
