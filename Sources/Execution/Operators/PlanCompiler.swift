internal import Catalog
internal import Columnar
internal import Planning
internal import Storage

/// Makes producers and stages of a plan.
///
/// Stages stand in the order in which they run: what a node waits for comes before it, the build side of a join
/// before all of its probe side.
final class PlanCompiler {
  private let tables: any TableProvider
  private let shared: ExecutionShared
  private(set) var stages: [Stage] = []
  private(set) var counters: [OperatorCounters] = []
  private var depth = 0
  /// Set between a limit and the sort below it.
  private var wantedRows: Int?
  /// Set above a scan of which some text columns are wanted for their lengths only, or may come as numbers.
  private var derived = DerivedColumns()

  init(_ tables: any TableProvider, _ shared: ExecutionShared) {
    self.tables = tables
    self.shared = shared
  }

  /// Compiles a plan, inputs first.
  func compile(_ plan: Plan) throws(ExecutionError) -> Producer {
    let counters = OperatorCounters(name: Self.name(of: plan.node), depth: depth)
    self.counters.append(counters)
    depth += 1
    defer { depth -= 1 }
    let producer = try make(plan, counters)
    return MeasuredProducer(producer, counters, measuresTime: shared.options.measuresTime)
  }

  /// What a node takes in place of some columns of the scan below it.
  private struct DerivedColumns {
    var lengths: Set<Int> = []
    var numbers: Set<Int> = []
    var coarse = CoarseColumns()
  }

  /// Compiles the scan below a node that takes something else in place of some of its columns; any other plan without such.
  private func compile(
    _ plan: Plan,
    _ derived: DerivedColumns
  ) throws(ExecutionError) -> Producer {
    self.derived = derived
    return try compile(plan)
  }

  private func make(
    _ plan: Plan,
    _ counters: OperatorCounters
  ) throws(ExecutionError) -> Producer {
    let types = plan.output.map(\.type)
    let sortLimit = wantedRows
    if case .project = plan.node {} else { wantedRows = nil }
    switch plan.node {
    case .scan(let scan): return try makeScan(scan, types, counters)
    case .values(let rows): return ValuesProducer(rows: rows, types: types, shared)
    case .systemTable(let name):
      return BatchListProducer(try tables.systemTable(name), types: types)
    case .filter(let input, let condition):
      return FilterProducer(try compile(input), condition, shared)
    case .project(let input, let expressions):
      let wanted = LengthColumns.wanted(of: input, by: expressions)
      let producer = try compile(input, DerivedColumns(lengths: wanted.columns))
      return ProjectProducer(producer, expressions.map(wanted.rewritten), shared)
    case .limit(let input, let limit, let offset):
      if Self.isOverSort(input) || Self.isOverGroups(input) {
        wantedRows = try LimitBounds(limit: limit, offset: offset, shared).rowsToRead
      }
      return LimitProducer(try compile(input), limit: limit, offset: offset, shared)
    case .setOperation(.union, let left, let right, isAll: true):
      return ConcatenateProducer(try compile(left), try compile(right), types: types)
    case .aggregate(let input, let keys, let calls):
      return try makeAggregate(of: input, keys, calls, limit: sortLimit, types, counters)
    case .join(let left, let right, let kind, let keys, let residual):
      return try makeJoin(left, right, kind, keys, residual, counters)
    case .sort(let input, let keys):
      let producer = try compile(input)
      let stage = SortStage(producer, keys: keys, limit: sortLimit, shared, counters)
      stages.append(stage)
      return SortedProducer(stage, types: types, shared)
    case .distinctOn(let input, let keys):
      return DistinctOnProducer(try compile(input), keys, shared)
    case .tableFunction(.generateSeries, let arguments):
      return SeriesProducer(arguments, types: types, shared)
    case .window(let input, let calls):
      var producer = try compile(input)
      for call in calls { producer = makeWindow(producer, call, counters) }
      return producer
    case .tableFunction(.unnest, let arguments):
      return try makeUnnest(arguments, types)
    case .setOperation(let operation, let left, let right, let isAll):
      return try makeSetOperation(operation, left, right, isAll: isAll, types, counters)
    case .distinct(let input):
      let producer = try compile(input)
      let keys = producer.types.enumerated().map { BoundExpression(.column($0.offset), $0.element) }
      return try makeAggregate(producer, keys, [], types, counters)
    }
  }

  /// Sorts by the call's partition and order, then adds its column.
  private func makeWindow(
    _ input: Producer,
    _ call: BoundWindow,
    _ counters: OperatorCounters
  ) -> Producer {
    let columns = input.types.enumerated().map {
      BoundExpression(.column($0.offset), $0.element)
    }
    let extras = call.partition + call.order.map(\.expression) + call.arguments
    let widened = ProjectProducer(input, columns + extras, shared)
    let width = columns.count
    var keys: [SortKey] = []
    for (place, key) in (call.partition + call.order.map(\.expression)).enumerated() {
      let order = place < call.partition.count ? nil : call.order[place - call.partition.count]
      keys.append(
        SortKey(
          expression: BoundExpression(.column(width + place), key.type),
          isDescending: order?.isDescending ?? false,
          nullsFirst: order?.nullsFirst ?? false
        )
      )
    }
    let sort = SortStage(widened, keys: keys, limit: nil, shared, counters)
    stages.append(sort)
    let sorted = SortedProducer(sort, types: widened.types, shared)
    let window = WindowStage(sorted, call, width: width, shared)
    stages.append(window)
    return WindowProducer(window, types: input.types + [call.type], shared)
  }

  /// The members of a constant array as rows.
  private func makeUnnest(
    _ arguments: [BoundExpression],
    _ types: [LogicalType]
  ) throws(ExecutionError) -> Producer {
    var value = Datum.null
    if let argument = arguments.first {
      if case .parameter(let place) = argument.node, place < shared.context.parameters.count {
        value = shared.context.parameters[place]
      } else {
        value = try evaluateConstant(argument, shared)
      }
    }
    let members: [Datum]
    switch value {
    case .null: members = []
    case .array(let list): members = list
    default: throw .sql("0A000", "unnest of an array that is not constant is not supported")
    }
    let batches = stride(from: 0, to: members.count, by: vectorRowsMax).map { first in
      let part = members[first..<min(members.count, first + vectorRowsMax)]
      let vector = Vector(kind: types[0].laneKind, capacity: max(64, part.count))
      for (row, member) in part.enumerated() { setDatum(member, in: vector, at: row) }
      return Batch(columns: [vector], rowCount: part.count)
    }
    return BatchListProducer(batches, types: types)
  }

  /// Whether a plan is a sort whose order and row count nothing above it changes.
  private static func isOverSort(_ plan: Plan) -> Bool {
    switch plan.node {
    case .sort: true
    case .project(let input, _): isOverSort(input)
    default: false
    }
  }

  private static func isOverGroups(_ plan: Plan) -> Bool {
    switch plan.node {
    case .aggregate: true
    case .project(let input, _): isOverGroups(input)
    default: false
    }
  }

  private func makeSetOperation(
    _ operation: SetOperation,
    _ left: Plan,
    _ right: Plan,
    isAll: Bool,
    _ types: [LogicalType],
    _ counters: OperatorCounters
  ) throws(ExecutionError) -> Producer {
    let leftSide = try compile(left)
    let rightSide = try compile(right)
    if operation == .union, isAll { return ConcatenateProducer(leftSide, rightSide, types: types) }
    // Rows with a mark of their side, grouped by all columns: how often a row comes on each side.
    let marked = ConcatenateProducer(
      MarkProducer(leftSide, mark: 0),
      MarkProducer(rightSide, mark: 1),
      types: types + [.bigint]
    )
    let mark = BoundExpression(.column(types.count), .bigint)
    let keys = types.enumerated().map { BoundExpression(.column($0.offset), $0.element) }
    let calls = [
      BoundAggregate(function: .countRows, arguments: [], type: .bigint),
      BoundAggregate(function: .sum, arguments: [mark], type: .bigint),
    ]
    let groups = try makeAggregate(
      marked,
      keys,
      calls,
      types + [.bigint, .bigint],
      counters
    )
    return RepeatProducer(groups, operation, isAll: isAll, types: types)
  }

  private func makeJoin(
    _ left: Plan,
    _ right: Plan,
    _ kind: JoinKind,
    _ keys: [(left: BoundExpression, right: BoundExpression)],
    _ residual: BoundExpression?,
    _ counters: OperatorCounters
  ) throws(ExecutionError) -> Producer {
    let rightSide = try compile(right)
    let build = JoinBuildStage(
      rightSide,
      keys: keys.map(\.right),
      probeKinds: left.output.map(\.type.laneKind),
      shared,
      counters
    )
    stages.append(build)
    let leftSide = try compile(left)
    // A left row without a partner is not in the result of these.
    if kind == .inner || kind == .semi || kind == .right {
      for (place, key) in keys.enumerated() {
        guard case .column(let column) = key.left.node,
          let target = leftSide.dynamicTarget(column)
        else { continue }
        let bounds = DynamicBounds(column: target.column, keepsNulls: false)
        target.scan.dynamicBounds.append(bounds)
        build.targets.append((place, bounds))
      }
    }
    var probe: JoinProbeStage?
    if !keys.isEmpty {
      let stage = JoinProbeStage(leftSide, build, keys: keys.map(\.left), shared, counters)
      stages.append(stage)
      probe = stage
    }
    return JoinProducer(
      leftSide,
      build,
      probe,
      kind,
      leftKeys: keys.map(\.left),
      residual: residual,
      rightTypes: rightSide.types,
      shared
    )
  }

  private func makeAggregate(
    of input: Plan,
    _ keys: [BoundExpression],
    _ calls: [BoundAggregate],
    limit: Int?,
    _ types: [LogicalType],
    _ counters: OperatorCounters
  ) throws(ExecutionError) -> Producer {
    let expressions = keys + calls.flatMap(\.expressions)
    let lengths = LengthColumns.wanted(of: input, by: expressions)
    let numbered = NumberedColumns.wanted(of: input, keys: keys, calls: calls)
    let coarse = CoarseColumns.wanted(of: input, by: expressions, shared.context)
    let producer = try compile(
      input,
      DerivedColumns(lengths: lengths.columns, numbers: numbered.columns, coarse: coarse)
    )
    // A column that comes as numbers is used as it is, and so in a plain reference to it.
    let rewritten = { (expression: BoundExpression) -> BoundExpression in
      if case .column(let column) = expression.node, producer.numbers(ofColumn: column) != nil {
        return BoundExpression(.column(column), .bigint)
      }
      return lengths.rewritten(expression)
    }
    var numbers: [Int: ColumnNumbers] = [:]
    var groupTypes = types
    for (place, key) in keys.enumerated() {
      guard case .column(let column) = key.node,
        let known = producer.numbers(ofColumn: column)
      else { continue }
      numbers[place] = known
      groupTypes[place] = .bigint
    }
    let groups = try makeAggregate(
      producer,
      keys.map(rewritten),
      calls.map { $0.mapExpressions(rewritten) },
      limit: limit,
      groupTypes,
      counters
    )
    return numbers.isEmpty ? groups : NumberedKeysProducer(groups, numbers, types: types)
  }

  private func makeAggregate(
    _ input: Producer,
    _ keys: [BoundExpression],
    _ calls: [BoundAggregate],
    limit: Int? = nil,
    _ types: [LogicalType],
    _ counters: OperatorCounters
  ) throws(ExecutionError) -> Producer {
    guard keys.count <= 64 else { throw .sql("54001", "more than 64 grouping keys") }
    let stage = try AggregateStage(input, keys: keys, calls: calls, limit: limit, shared, counters)
    stages.append(stage)
    let finish = AggregateFinishStage(stage, shared)
    stages.append(finish)
    return AggregateProducer(finish, types: types, shared)
  }

  private func makeScan(
    _ scan: TableScan,
    _ types: [LogicalType],
    _ counters: OperatorCounters
  ) throws(ExecutionError) -> Producer {
    let wanted = derived
    derived = DerivedColumns()
    var types = types
    var derivations: [Int: TextDerivation] = [:]
    let known: TableSnapshot?
    if let keys = try KeyPin.keys(of: scan, shared) {
      known = try tables.table(scan.table.id, holding: keys)
    } else {
      known = tables.table(scan.table.id)
    }
    guard let snapshot = known else {
      throw .sql("42P01", "relation \"\(scan.table.name)\" does not exist")
    }
    for column in wanted.lengths {
      types[column] = .integer
      derivations[column] = .length
    }
    for column in wanted.numbers where ColumnNumbers.serves(snapshot, scan.columns[column]) {
      types[column] = .bigint
      derivations[column] = .number(ColumnNumbers(scan.columns[column]))
    }
    // Rows to change are read by keys that a join finds, too. A cursor must not: its snapshot is older than its
    // first row.
    let late = scan.emitsLocator ? tables : nil
    return ScanProducer(
      scan,
      snapshot,
      types: types,
      derivations: derivations,
      coarse: wanted.coarse,
      late: late,
      shared,
      counters
    )
  }

  private static func name(of node: PlanNode) -> String {
    switch node {
    case .scan(let scan): "Scan \(scan.table.name)"
    case .values: "Values"
    case .tableFunction: "Function"
    case .systemTable(let name): "System table \(name.name)"
    case .filter: "Filter"
    case .project: "Project"
    case .aggregate(_, let keys, _): keys.isEmpty ? "Aggregate" : "Group"
    case .join(_, _, let kind, _, _): name(of: kind)
    case .sort: "Sort"
    case .limit: "Limit"
    case .distinct: "Distinct"
    case .distinctOn: "Distinct on"
    case .setOperation(let operation, _, _, let isAll): "\(operation)\(isAll ? " all" : "")"
    case .window: "Window"
    }
  }

  /// Written out: an enum's own words are looked up in tables of the runtime, for each join of each statement.
  private static func name(of kind: JoinKind) -> String {
    switch kind {
    case .inner: "inner join"
    case .left: "left join"
    case .right: "right join"
    case .full: "full join"
    case .semi: "semi join"
    case .anti: "anti join"
    case .cross: "cross join"
    }
  }
}
