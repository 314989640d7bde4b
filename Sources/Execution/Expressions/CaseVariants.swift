internal import Columnar

/// The characters that lower case makes into one character.
enum CaseVariants {
  /// For each lower-case character the others that fold to it.
  ///
  /// Found once a process by folding every character that has a case: 3 ms.
  private static let others: [Unicode.Scalar: [Unicode.Scalar]] = {
    var others: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    for value in UInt32(0x41)..<0x1EA00 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenLowercased else {
        continue
      }
      let lower = lowerScalar(scalar)
      if lower != scalar { others[lower, default: []].append(scalar) }
    }
    return others
  }()

  /// The UTF-8 of every character that folds to `scalar`, which is folded itself.
  static func of(_ scalar: Unicode.Scalar) -> [[UInt8]] {
    var variants = others[scalar, default: []]
    if lowerScalar(scalar) == scalar { variants.append(scalar) }
    return variants.map { Array(String(Character($0)).utf8) }
  }
}
