import Columnar
import Kernels
import Planning

/// A part of a CASE or COALESCE that yields values for some of the rows.
struct Branch {
  var node: ExpressionNode
  var subset: RowSubset
  /// A column, a constant or something as cheap that cannot fail: evaluated on all rows and blended,
  /// nothing is copied first.
  var isDirect: Bool
}

/// CASE: each branch is evaluated on the rows that chose it, and on no others.
final class CaseNode: ExpressionNode {
  struct Condition {
    var node: ExpressionNode
    var subset: RowSubset
    var canRaise: Bool
  }

  private let conditions: [Condition]
  private let branches: [Branch]
  private let otherwise: Branch
  /// All conditions on all rows, then branches blended lane by lane.
  private let isFlat: Bool
  private let dictionary: TextDictionary?
  private let output: Vector
  private var masks: [Vector]
  private let chosen = RowList()
  private var remaining = RowList()
  private var rest = RowList()

  /// `dictionary` is what all branches' codes point into, if they are constant strings.
  init(
    kind: LaneKind,
    _ conditions: [Condition],
    _ branches: [Branch],
    otherwise: Branch,
    dictionary: TextDictionary?
  ) {
    self.conditions = conditions
    self.branches = branches
    self.otherwise = otherwise
    self.dictionary = dictionary
    isFlat =
      conditions.allSatisfy { !$0.canRaise } && branches.allSatisfy(\.isDirect)
      && otherwise.isDirect
    output = Vector(kind: kind, capacity: 64)
    masks = isFlat ? conditions.map { _ in Vector(kind: .bool, capacity: 64) } : []
    super.init(kind: kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    output.reset()
    output.reserve(batch.rowCount)
    if isFlat {
      try evaluateFlat(batch)
    } else {
      output.dictionary = dictionary
      makeLanesHarmless(output, rows: batch.rowCount)
      try evaluateByRows(batch)
    }
    return output
  }

  /// The last branch first, so that earlier ones win.
  private func evaluateFlat(_ batch: Batch) throws(ExecutionError) {
    let rows = batch.rowCount
    let output = output
    copyRows(try otherwise.node.evaluate(batch), from: 0, count: rows, into: output, at: 0)
    for index in conditions.indices.reversed() {
      let mask = masks[index]
      mask.reserve(rows)
      var lanes = mask.mutableBool
      isKnown(try conditions[index].node.evaluate(batch), value: true, rows, into: &lanes)
      blend(try branches[index].node.evaluate(batch), where: mask.bool, rows, into: output)
    }
  }

  private func evaluateByRows(_ batch: Batch) throws(ExecutionError) {
    remaining.fill(batch.rowCount)
    for (condition, branch) in zip(conditions, branches) {
      if remaining.count == 0 { return }
      let (from, to) = (remaining, rest)
      let truth =
        from.count == batch.rowCount
        ? try condition.node.evaluate(batch)
        : try condition.node.evaluate(condition.subset.load(batch, rows: from.rows))
      chosen.reserve(batch.rowCount)
      to.reserve(batch.rowCount)
      let chosen = chosen
      var yes = chosen.places
      var no = to.places
      let count = partitionRows(from.rows, by: truth, passed: &yes, rest: &no)
      chosen.count = count
      to.count = from.count - count
      if from.count < batch.rowCount { condition.subset.unload() }
      try evaluate(branch, batch, chosen)
      swap(&remaining, &rest)
    }
    try evaluate(otherwise, batch, remaining)
  }

  /// Puts the branch's values into the rows that chose it.
  private func evaluate(
    _ branch: Branch,
    _ batch: Batch,
    _ list: RowList
  ) throws(ExecutionError) {
    guard list.count > 0 else { return }
    let output = output
    if list.count == batch.rowCount || branch.isDirect {
      scatterSame(try branch.node.evaluate(batch), rows: list.rows, to: output)
    } else {
      scatter(
        try branch.node.evaluate(branch.subset.load(batch, rows: list.rows)),
        to: list.rows,
        of: output
      )
    }
  }
}

/// COALESCE: the first value that is not NULL; later arguments only on rows that are still NULL.
final class CoalesceNode: ExpressionNode {
  private let branches: [Branch]
  private let output: Vector
  private let mask = Vector(kind: .bool, capacity: 64)
  private let missing = RowList()

  init(kind: LaneKind, _ branches: [Branch]) {
    self.branches = branches
    output = Vector(kind: kind, capacity: 64)
    super.init(kind: kind)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let rows = batch.rowCount
    output.reset()
    let first = try branches[0].node.evaluate(batch)
    if hasNoNull(first, rows) { return first }
    let (output, mask, missing) = (output, mask, missing)
    copyRows(first, from: 0, count: rows, into: output, at: 0)
    for branch in branches.dropFirst() {
      mask.reserve(rows)
      var lanes = mask.mutableBool
      isNullLanes(output, negated: false, rows, into: &lanes)
      if branch.isDirect {
        blend(try branch.node.evaluate(batch), where: mask.bool, rows, into: output)
      } else {
        missing.reserve(rows)
        var places = missing.places
        missing.count = selectTrue(mask, rows, into: &places)
        if missing.count == 0 { break }
        let value = try branch.node.evaluate(branch.subset.load(batch, rows: missing.rows))
        spellOut(output, rows: rows)
        scatter(value, to: missing.rows, of: output)
      }
      if hasNoNull(output, rows) {
        output.hasNulls = false
        break
      }
    }
    return output
  }
}

extension ExpressionCompiler {
  /// CASE WHEN … THEN … ELSE … END.
  func caseWhen(
    _ branches: [(when: BoundExpression, then: BoundExpression)],
    _ otherwise: BoundExpression,
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    var conditions: [CaseNode.Condition] = []
    var values: [Branch] = []
    for (when, then) in branches {
      let traits = ExpressionTraits(when)
      conditions.append(
        .init(
          node: try compile(when),
          subset: RowSubset(columns: traits.columns),
          canRaise: traits.canRaise
        )
      )
      values.append(try branch(then, as: type))
    }
    var last = try branch(otherwise, as: type)
    let dictionary = sharedDictionary(&values, &last)
    return CaseNode(
      kind: type.laneKind,
      conditions,
      values,
      otherwise: last,
      dictionary: dictionary
    )
  }

  /// COALESCE(…).
  func coalesce(
    _ arguments: [BoundExpression],
    _ type: LogicalType
  ) throws(ExecutionError) -> ExpressionNode {
    var branches: [Branch] = []
    for argument in arguments { branches.append(try branch(argument, as: type)) }
    return CoalesceNode(kind: type.laneKind, branches)
  }

  private func branch(
    _ expression: BoundExpression,
    as type: LogicalType
  ) throws(ExecutionError) -> Branch {
    let node = try compile(expression, as: type)
    let traits = ExpressionTraits(expression)
    // So cheap that picking rows first costs more than computing all of them.
    let isCheap = !traits.canRaise && !traits.isVolatile && traits.cost < 10
    return Branch(
      node: node,
      subset: RowSubset(columns: traits.columns),
      isDirect: node is ColumnNode || node is ConstantNode || isCheap
    )
  }

  /// Where all branches are constant strings, codes of one dictionary take their place, so that whoever
  /// groups by the result works on codes.
  private func sharedDictionary(
    _ branches: inout [Branch],
    _ otherwise: inout Branch
  )
    -> TextDictionary?
  {
    var words: [[UInt8]] = []
    for branch in branches + [otherwise] {
      guard branch.node.kind == .bytes, let constant = branch.node as? ConstantNode else {
        return nil
      }
      if case .bytes(let word) = constant.value, !words.contains(word) { words.append(word) }
    }
    let dictionary = makeDictionary(words)
    func coded(_ branch: Branch) -> Branch {
      guard let constant = branch.node as? ConstantNode else { return branch }
      var code: UInt32?
      if case .bytes(let word) = constant.value {
        code = words.firstIndex(of: word).map { UInt32($0) }
      }
      var result = branch
      result.node = CodeNode(code, of: dictionary)
      return result
    }
    branches = branches.map(coded)
    otherwise = coded(otherwise)
    return dictionary
  }
}

/// A dictionary of `words`, which are distinct.
func makeDictionary(_ words: [[UInt8]]) -> TextDictionary {
  var bytes: [UInt8] = []
  var ends: [Int] = []
  for word in words {
    bytes += word
    ends.append(bytes.count)
  }
  return TextDictionary(buffer: ByteBuffer(copying: unsafe bytes.span.bytes), ends: ends)
}

/// A constant string (or NULL) as a code of a dictionary.
final class CodeNode: ExpressionNode {
  private let code: UInt32?
  private let dictionary: TextDictionary
  private let vector = Vector(kind: .bytes, capacity: 64)
  private var filled = 0

  override var isConstant: Bool { true }

  init(_ code: UInt32?, of dictionary: TextDictionary) {
    self.code = code
    self.dictionary = dictionary
    super.init(kind: .bytes)
  }

  override func evaluate(_ batch: Batch) throws(ExecutionError) -> Vector {
    let vector = vector
    if batch.rowCount > filled {
      filled = max(batch.rowCount, vectorRowsMax)
      vector.reset()
      vector.reserve(filled)
      vector.dictionary = dictionary
      var codes = vector.mutableCodes
      for row in 0..<filled { codes[row] = code ?? 0 }
      if code == nil {
        vector.beginNulls()
        setValidity(vector, from: 0, count: filled, valid: false)
      }
    }
    return vector
  }
}
