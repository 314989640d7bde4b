package import Columnar

/// out's validity = the AND of the inputs' (a strict function: NULL in, NULL out).
package func intersectValidity(_ inputs: [Vector], _ rows: Int, into out: Vector) {
  out.hasNulls = false
  for input in inputs { addNulls(of: input, rows, to: out) }
}

/// As ``intersectValidity(_:_:into:)`` for one input, without an array around it.
package func copyValidity(_ input: Vector, _ rows: Int, into out: Vector) {
  out.hasNulls = false
  addNulls(of: input, rows, to: out)
}

/// Makes NULL in `out` what is NULL in `input`; what was NULL stays so.
package func addNulls(of input: Vector, _ rows: Int, to out: Vector) {
  guard input.hasNulls else { return }
  let words = (rows + 63) / 64
  let from = input.validity
  var to = out.mutableValidity
  precondition(words <= from.count && words <= to.count)
  if out.hasNulls {
    for word in 0..<words { to[word] &= from[word] }
  } else {
    for word in 0..<words { to[word] = from[word] }
    out.hasNulls = true
  }
}

/// Whether no row is NULL although the vector has a bitmap; cheap, to clear ``Vector/hasNulls``.
package func hasNoNull(_ vector: Vector, _ rows: Int) -> Bool {
  guard vector.hasNulls else { return true }
  let validity = vector.validity
  let whole = rows / 64
  for word in 0..<whole where validity[word] != ~0 { return false }
  guard rows % 64 != 0 else { return true }
  let mask: UInt64 = (1 &<< UInt64(rows % 64)) &- 1
  return validity[whole] & mask == mask
}
