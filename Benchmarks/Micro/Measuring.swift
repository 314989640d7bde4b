/// Seconds that `body` takes.
func elapsed(_ body: () -> Void) -> Double {
  let clock = ContinuousClock()
  let duration = clock.measure(body)
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

/// Seconds of the fastest of seven runs.
func best(_ body: () -> Void) -> Double {
  (0..<7).map { _ in elapsed(body) }.min() ?? 0
}

extension Double {
  /// With so many digits behind the point.
  func shown(_ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let value = (self * scale).rounded() / scale
    return digits == 0 ? "\(Int(value))" : "\(value)"
  }
}

extension String {
  /// Filled with blanks on the right.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
