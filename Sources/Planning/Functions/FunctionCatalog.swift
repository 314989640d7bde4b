import Columnar

/// All scalar functions by name; each family stands in a file of its own.
enum FunctionCatalog {
  static let overloads: [String: [FunctionOverload]] = {
    var all: [String: [FunctionOverload]] = [:]
    for family in [mathematical, moreMathematical, textual, temporal, session, catalog] {
      all.merge(family) { $0 + $1 }
    }
    return all
  }()

  /// Number types with `function` over each, the result as the argument.
  static func perNumber(_ function: ScalarFunction) -> [FunctionOverload] {
    [.smallint, .integer, .bigint, .numeric(nil), .real, .double].map {
      FunctionOverload([$0], sameAs: 0, function)
    }
  }

  /// numeric gives a whole numeric with room for one more digit; double gives double.
  private static func toWhole(_ function: ScalarFunction) -> [FunctionOverload] {
    [
      FunctionOverload([.numeric(nil)], function) { wholeShape(of: $0[0], scale: 0) },
      FunctionOverload([.double], .double, function),
    ]
  }

  /// round(x, n) and trunc(x, n): n behind the point where it is a constant.
  private static func toScale(_ function: ScalarFunction) -> [FunctionOverload] {
    [
      FunctionOverload([.numeric(nil), .integer], function) { arguments in
        guard case .constant(.int64(let digits)) = arguments[1].node, digits >= 0, digits <= 38
        else {
          return .numeric(nil)
        }
        return wholeShape(of: arguments[0], scale: Int(digits))
      }
    ]
  }

  private static func wholeShape(of argument: BoundExpression, scale: Int) -> LogicalType {
    guard let shape = argument.numericShape else { return .numeric(nil) }
    let precision = shape.precision - shape.scale + 1 + scale
    return precision <= shapeDigitsMax
      ? .numeric(NumericShape(precision: precision, scale: scale)) : .numeric(nil)
  }

  /// PostgreSQL 9.3.
  private static let mathematical: [String: [FunctionOverload]] = [
    "abs": perNumber(.abs),
    "sign": [
      FunctionOverload([.numeric(nil)], .sign) {
        .numeric($0[0].numericShape == nil ? nil : NumericShape(precision: 1, scale: 0))
      },
      FunctionOverload([.double], .double, .sign),
    ],
    "round": toWhole(.round) + toScale(.round),
    "trunc": toWhole(.truncate) + toScale(.truncate),
    "ceil": toWhole(.ceiling), "ceiling": toWhole(.ceiling), "floor": toWhole(.floor),
    "sqrt": real(.squareRoot), "exp": real(.exponential), "ln": real(.naturalLogarithm),
    "log": real(.logarithm) + [
      FunctionOverload([.numeric(nil), .numeric(nil)], .numeric(nil), .logarithm)
    ],
    "log10": real(.logarithm),
    "power": twoReals(.power), "pow": twoReals(.power),
    "mod": [.smallint, .integer, .bigint].map { FunctionOverload([$0, $0], sameAs: 0, .modulo) }
      + [FunctionOverload([.numeric(nil), .numeric(nil)], .numeric(nil), .modulo)],
    "random": [FunctionOverload([], .double, .random)],
  ]

  private static func real(_ function: ScalarFunction) -> [FunctionOverload] {
    [
      FunctionOverload([.numeric(nil)], .numeric(nil), function),
      FunctionOverload([.double], .double, function),
    ]
  }

  private static func twoReals(_ function: ScalarFunction) -> [FunctionOverload] {
    [
      FunctionOverload([.numeric(nil), .numeric(nil)], .numeric(nil), function),
      FunctionOverload([.double, .double], .double, function),
    ]
  }

  /// What the session and the server tell; PostgreSQL 9.26.
  private static let session: [String: [FunctionOverload]] = [
    "current_database": [FunctionOverload([], .text, .currentDatabase)],
    "current_schema": [FunctionOverload([], .text, .currentSchema)],
    "version": [FunctionOverload([], .text, .version)],
    "pg_backend_pid": [FunctionOverload([], .integer, .backendPID)],
    "current_setting": [
      FunctionOverload([.text], .text, .currentSetting),
      FunctionOverload([.text, .boolean], .text, .currentSetting),
    ],
    "set_config": [FunctionOverload([.text, .text, .boolean], .text, .setConfig)],
    "pg_cancel_backend": [FunctionOverload([.integer], .boolean, .cancelBackend)],
    "pg_terminate_backend": [FunctionOverload([.integer], .boolean, .terminateBackend)],
    // Positions of replicated databases; times in milliseconds, the replication's name where there are several.
    "replicated_lsn": [
      FunctionOverload([], .text, .replicatedPosition),
      FunctionOverload([.text], .text, .replicatedPosition),
    ],
    "wait_for_lsn": [
      FunctionOverload([.text], .boolean, .waitForPosition),
      FunctionOverload([.text, .bigint], .boolean, .waitForPosition),
      FunctionOverload([.text, .bigint, .text], .boolean, .waitForPosition),
    ],
    // Pools call it between two clients; there are no advisory locks to be released.
    "pg_advisory_unlock_all": [FunctionOverload([], .text, .unlockAll)],
    "gen_random_uuid": [FunctionOverload([], .uuid, .generateUUID)],
  ]
}
