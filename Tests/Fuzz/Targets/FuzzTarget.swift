/// Something that takes bytes of anybody: it must answer or throw, and never trap, read beyond, or run without end.
protocol FuzzTarget: Sendable {
  /// The name on the command line.
  static var name: String { get }

  /// Inputs that are right, for mutations to start from.
  static func seeds() throws -> [[UInt8]]

  /// Does with the bytes all that the engine would do.
  static func run(_ bytes: [UInt8])
}

/// Every target, by name.
let fuzzTargets: [any FuzzTarget.Type] = [
  ProtocolTarget.self, SyntaxTarget.self, CopyTarget.self, SegmentTarget.self, BlockTarget.self,
  StreamTarget.self,
]

/// Says what is wrong and ends the process, so that the fuzzer keeps the input.
func broken(_ what: String) -> Never { fatalError(what) }
