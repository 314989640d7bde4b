import Columnar

extension FunctionCatalog {
  /// PostgreSQL 9.4.
  static let textual: [String: [FunctionOverload]] = [
    "lower": [FunctionOverload([.text], .text, .lower)],
    "upper": [FunctionOverload([.text], .text, .upper)],
    "initcap": [FunctionOverload([.text], .text, .initialCapitals)],
    "length": [
      FunctionOverload([.text], .integer, .length),
      FunctionOverload([.bytea], .integer, .octetLength),
    ],
    "char_length": [FunctionOverload([.text], .integer, .length)],
    "character_length": [FunctionOverload([.text], .integer, .length)],
    "octet_length": [
      FunctionOverload([.text], .integer, .octetLength),
      FunctionOverload([.bytea], .integer, .octetLength),
    ],
    "substring": substring + [FunctionOverload([.text, .text], .text, .substringMatching)],
    "substr": substring,
    "regexp_replace": regularExpression(
      .text,
      .regularExpressionReplace,
      [
        [.text], [.text, .text], [.text, .integer], [.text, .integer, .integer],
        [.text, .integer, .integer, .text],
      ]
    ),
    "regexp_like": regularExpression(.boolean, .regularExpressionLike, [[], [.text]]),
    "regexp_count": regularExpression(
      .integer,
      .regularExpressionCount,
      [[], [.integer], [.integer, .text]]
    ),
    "regexp_instr": regularExpression(
      .integer,
      .regularExpressionPosition,
      [
        [], [.integer], [.integer, .integer], [.integer, .integer, .integer],
        [.integer, .integer, .integer, .text], [.integer, .integer, .integer, .text, .integer],
      ]
    ),
    "regexp_substr": regularExpression(
      .text,
      .regularExpressionPart,
      [
        [], [.integer], [.integer, .integer], [.integer, .integer, .text],
        [.integer, .integer, .text, .integer],
      ]
    ),
    "strpos": [FunctionOverload([.text, .text], .integer, .position)],
    "position": [FunctionOverload([.text, .text], .integer, .position)],
    "translate": [FunctionOverload([.text, .text, .text], .text, .translate)],
    "overlay": [
      FunctionOverload([.text, .text, .integer], .text, .overlay),
      FunctionOverload([.text, .text, .integer, .integer], .text, .overlay),
    ],
    "to_hex": [
      FunctionOverload([.integer], .text, .toHexadecimal),
      FunctionOverload([.bigint], .text, .toHexadecimal),
    ],
    "encode": [FunctionOverload([.bytea, .text], .text, .encode)],
    "decode": [FunctionOverload([.text, .text], .bytea, .decode)],
    "replace": [FunctionOverload([.text, .text, .text], .text, .replace)],
    "ltrim": trim(.trimLeading), "rtrim": trim(.trimTrailing), "btrim": trim(.trimBoth),
    "lpad": pad(.padLeft), "rpad": pad(.padRight),
    "split_part": [FunctionOverload([.text, .text, .integer], .text, .splitPart)],
    "left": [FunctionOverload([.text, .integer], .text, .left)],
    "right": [FunctionOverload([.text, .integer], .text, .right)],
    "reverse": [FunctionOverload([.text], .text, .reverse)],
    "repeat": [FunctionOverload([.text, .integer], .text, .repeated)],
    "starts_with": [FunctionOverload([.text, .text], .boolean, .startsWith)],
    "ascii": [FunctionOverload([.text], .integer, .ascii)],
    "chr": [FunctionOverload([.integer], .text, .character)],
    "md5": [FunctionOverload([.text], .text, .md5)],
    "quote_ident": [FunctionOverload([.text], .text, .quoteIdentifier)],
    "quote_literal": [FunctionOverload([.text], .text, .quoteLiteral)],
  ]

  private static let substring = [
    FunctionOverload([.text, .integer], .text, .substring),
    FunctionOverload([.text, .integer, .integer], .text, .substring),
  ]

  /// A function of a text, a pattern and each of the lists of further parameters.
  private static func regularExpression(
    _ result: LogicalType,
    _ function: ScalarFunction,
    _ rest: [[LogicalType]]
  ) -> [FunctionOverload] {
    rest.map { FunctionOverload([.text, .text] + $0, result, function) }
  }

  private static func trim(_ function: ScalarFunction) -> [FunctionOverload] {
    [
      FunctionOverload([.text], .text, function),
      FunctionOverload([.text, .text], .text, function),
    ]
  }

  private static func pad(_ function: ScalarFunction) -> [FunctionOverload] {
    [
      FunctionOverload([.text, .integer], .text, function),
      FunctionOverload([.text, .integer, .text], .text, function),
    ]
  }
}
