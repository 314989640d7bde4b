import Columnar
extension OutputBuffer {
  mutating func appendBinary(of vector: Vector, row: Int, _ form: ValueForm) {}
}
