internal import Columnar

// The order of two values of a column, PostgreSQL's; for comparisons of single rows.

/// The string of a row, whichever form the vector has.
@inline(__always)
func bytesView(_ vector: Vector, _ row: Int) -> ByteView {
  if let dictionary = vector.dictionary {
    let code = Int(vector.codes[row])
    return code < dictionary.count ? dictionary[code] : emptyView
  }
  return vector.views[row]
}

@inline(__always)
private func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }

/// Below, at or above 0 as row `i` of `a` is before, equal to or after row `j` of `b`; neither is NULL.
func compareValues(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int) -> Int {
  switch a.kind {
  case .bool: return order(a.bool[i], b.bool[j])
  case .int64: return order(a.int64[i], b.int64[j])
  case .int128: return order(a.int128[i], b.int128[j])
  case .float64: return compareDoubles(a.float64[i], b.float64[j])
  case .decimal: return a.decimal[i].compare(b.decimal[j])
  case .bytes: return bytesView(a, i).order(bytesView(b, j))
  case .uuid: return order(a.uuid[i], b.uuid[j])
  case .interval: return order(linearMicroseconds(a.interval[i]), linearMicroseconds(b.interval[j]))
  }
}

/// NaN equals NaN and comes after everything else.
@inline(__always)
func compareDoubles(_ a: Double, _ b: Double) -> Int {
  if a < b { return -1 }
  if a > b { return 1 }
  if a == b { return 0 }
  return a.isNaN ? (b.isNaN ? 0 : 1) : -1
}

/// Copies one value that is not NULL; strings are shared.
func copyValue(_ source: Vector, _ row: Int, to target: Vector, _ place: Int) {
  switch source.kind {
  case .bool:
    var out = target.mutableBool
    out[place] = source.bool[row]
  case .int64:
    var out = target.mutableInt64
    out[place] = source.int64[row]
  case .int128:
    var out = target.mutableInt128
    out[place] = source.int128[row]
  case .float64:
    var out = target.mutableFloat64
    out[place] = source.float64[row]
  case .decimal:
    target.setDecimal(source.decimal[row], at: place)
  case .bytes:
    let view = bytesView(source, row)
    var out = target.mutableViews
    out[place] = view
  case .uuid:
    var out = target.mutableUUID
    out[place] = source.uuid[row]
  case .interval:
    var out = target.mutableInterval
    out[place] = source.interval[row]
  }
  target.setValid(place)
}
