import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// What the session, the statement and chance give; `nil` for any other function.
  func sessionFunction(
    _ function: ScalarFunction,
    _ arguments: [BoundExpression]
  ) throws(ExecutionError) -> ExpressionNode? {
    let session = context.session
    switch function {
    case .now, .statementTimestamp:
      return ConstantNode(.int64(context.statementStart), kind: .int64)
    case .localTimestamp:
      let (zone, start) = (context.timeZone, context.statementStart)
      let local = try raising { () throws(ValueError) in try zone.local(fromUTC: start) }
      return ConstantNode(.int64(local), kind: .int64)
    case .currentDate: return ConstantNode(.int64(try Self.today(context)), kind: .int64)
    case .clockTimestamp:
      let clock = context.clock
      return everyRow(.int64) { rows, output in
        var out = output.mutableInt64
        let now = clock()
        for row in 0..<rows { out[row] = now }
      }
    case .random:
      return everyRow(.float64) { rows, output in
        var out = output.mutableFloat64
        for row in 0..<rows { out[row] = Double.random(in: 0..<1) }
      }
    case .generateUUID:
      return everyRow(.uuid) { rows, output in
        var out = output.mutableUUID
        for row in 0..<rows { out[row] = randomUUID() }
      }
    case .currentUser: return text(session.user)
    case .currentDatabase: return text(session.database)
    case .currentSchema: return text(session.schema)
    case .version: return text(session.version)
    case .backendPID: return ConstantNode(.int64(session.backendPID), kind: .int64)
    case .unlockAll: return text("")
    case .currentSetting: return currentSetting(try compile(arguments))
    case .setConfig: return setConfig(try compile(arguments))
    case .cancelBackend, .terminateBackend:
      let terminates = function == .terminateBackend
      return map(try compile(arguments[0])) { (pid: Int64) -> UInt8 in
        session.signalBackend(pid, terminates) ? 1 : 0
      }
    case .replicatedPosition: return replicatedPosition(try compile(arguments))
    case .waitForPosition: return waitForPosition(try compile(arguments))
    case .catalog(let question):
      return StrictNode(kind: question.laneKind, try compile(arguments)) {
        (inputs, rows, output) throws(ExecutionError) in
        let valid = ValidRows(output)
        var answers: [Datum] = []
        for row in 0..<rows {
          answers.append(
            valid[row]
              ? try session.catalog(question, inputs.map { $0.datum(at: row) }) : .null
          )
        }
        for row in 0..<rows { output.set(row, to: answers[row]) }
      }
    default: return nil
    }
  }

  private func replicatedPosition(_ nodes: [ExpressionNode]) -> ExpressionNode {
    let session = context.session
    return StrictNode(kind: .bytes, nodes) { (inputs, rows, output) throws(ExecutionError) in
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let name = inputs.first?.datum(at: row).word
        let bytes = Array(try session.replicatedPosition(name).utf8)
        out[row] = output.store(bytes.span)
      }
    }
  }

  private func waitForPosition(_ nodes: [ExpressionNode]) -> ExpressionNode {
    let session = context.session
    return StrictNode(kind: .bool, nodes) { (inputs, rows, output) throws(ExecutionError) in
      var out = output.mutableBool
      let valid = ValidRows(output)
      let positions = inputs[0]
      let times = inputs.count > 1 ? inputs[1] : nil
      let names = inputs.count > 2 ? inputs[2] : nil
      for row in 0..<rows {
        out[row] = 0
        guard valid[row] else { continue }
        let milliseconds = times.map { $0.int64[row] } ?? -1
        let isThere = try session.waitForPosition(
          positions.datum(at: row).word,
          milliseconds,
          names?.datum(at: row).word
        )
        out[row] = isThere ? 1 : 0
      }
    }
  }

  private func text(_ value: String?) -> ExpressionNode {
    ConstantNode(value.map { .bytes(Array($0.utf8)) } ?? .null, kind: .bytes)
  }

  /// A function without arguments whose rows differ.
  private func everyRow(
    _ kind: LaneKind,
    _ body: @escaping (Int, Vector) -> Void
  ) -> ExpressionNode {
    StrictNode(kind: kind, []) { (_, rows, output) in body(rows, output) }
  }

  private func currentSetting(_ nodes: [ExpressionNode]) -> ExpressionNode {
    let session = context.session
    return strict(.bytes, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let name = inputs[0]
      func isMissingAllowed(_ row: Int) -> Bool {
        guard let flag = inputs.dropFirst().first else { return false }
        return flag.bool[row] != 0
      }
      let valid = ValidRows(output)
      for row in 0..<rows {
        var out = output.mutableViews
        out[row] = .empty
        guard valid[row] else { continue }
        let word = String(decoding: name.views[row].bytes, as: UTF8.self)
        if let value = session.setting(word) {
          let bytes = Array(value.utf8)
          out[row] = output.store(bytes.span)
        } else if isMissingAllowed(row) {
          output.setNull(row)
        } else {
          throw .sql("42704", "unrecognized configuration parameter \"\(word)\"")
        }
      }
    }
  }

  private func setConfig(_ nodes: [ExpressionNode]) -> ExpressionNode {
    let session = context.session
    return StrictNode(kind: .bytes, nodes) { (inputs, rows, output) throws(ExecutionError) in
      let (name, value, isLocal) = (inputs[0], inputs[1], inputs[2])
      var out = output.mutableViews
      let valid = ValidRows(output)
      for row in 0..<rows {
        out[row] = .empty
        guard valid[row] else { continue }
        let result = try session.setSetting(
          String(decoding: name.views[row].bytes, as: UTF8.self),
          String(decoding: value.views[row].bytes, as: UTF8.self),
          isLocal.bool[row] != 0
        )
        let bytes = Array(result.utf8)
        out[row] = output.store(bytes.span)
      }
    }
  }
}

extension Datum {
  /// A text as a string.
  fileprivate var word: String {
    if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { "" }
  }
}

/// A random uuid, version 4.
private func randomUUID() -> UInt128 {
  var value = UInt128.random(in: .min ... .max)
  value = value & ~(0xf << 76) | 0x4 << 76
  return value & ~(0x3 << 62) | 0x2 << 62
}
