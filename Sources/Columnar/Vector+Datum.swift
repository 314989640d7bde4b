extension Vector {
  /// One value, dictionary codes resolved.
  ///
  /// For single values, not for loops over rows.
  package func datum(at row: Int) -> Datum {
    guard isValid(row) else { return .null }
    switch kind {
    case .bool: return .boolean(bool[row] != 0)
    case .int64: return .int64(int64[row])
    case .int128: return .int128(int128[row])
    case .float64: return .double(float64[row])
    case .decimal: return Datum(numeric: decimal[row])
    case .bytes:
      if let dictionary { return .bytes(dictionary[Int(codes[row])].bytes) }
      return .bytes(views[row].bytes)
    case .uuid: return .uuid(uuid[row])
    case .interval: return .interval(interval[row])
    }
  }

  /// Sets one row; the vector has no dictionary.
  ///
  /// A datum of another kind than the lanes' makes the row NULL.
  package func set(_ row: Int, to value: Datum) {
    reserve(row + 1)
    setValid(row)
    switch (kind, value) {
    case (.bool, .boolean(let value)):
      var lanes = mutableBool
      lanes[row] = value ? 1 : 0
    case (.int64, .int64(let value)):
      var lanes = mutableInt64
      lanes[row] = value
    case (.int128, .int128(let value)):
      var lanes = mutableInt128
      lanes[row] = value
    case (.float64, .double(let value)):
      var lanes = mutableFloat64
      lanes[row] = value
    case (.decimal, .decimal), (.decimal, .wide):
      setDecimal(value.numeric ?? .zero, at: row)
    case (.uuid, .uuid(let value)):
      var lanes = mutableUUID
      lanes[row] = value
    case (.interval, .interval(let value)):
      var lanes = mutableInterval
      lanes[row] = value
    case (.bytes, .bytes(let value)):
      let view = store(value.span)
      var lanes = mutableViews
      lanes[row] = view
    default:
      if kind == .bytes {
        let empty = reserveBytes(0)
        var lanes = mutableViews
        lanes[row] = empty
      }
      setNull(row)
    }
  }
}
