internal import Columnar
internal import Planning

/// Which text columns of a scan a grouping above it needs only to tell whether strings are equal: as keys, and in counts of
/// different values.
///
/// The scan may hand on numbers (``ColumnNumbers``) in these columns' places; the groups get their strings back at the end.
struct NumberedColumns {
  private(set) var columns: Set<Int> = []

  /// What a grouping of `input` could take as numbers; nothing where it is no scan.
  static func wanted(
    of input: Plan,
    keys: [BoundExpression],
    calls: [BoundAggregate]
  ) -> NumberedColumns {
    guard case .scan(let scan) = input.node else { return NumberedColumns() }
    var asNumbers: Set<Int> = []
    var asTexts: Set<Int> = []
    for key in keys {
      if let column = text(key) { asNumbers.insert(column) } else { collect(key, &asTexts) }
    }
    for call in calls {
      if call.isDistinct, call.function == .count, call.arguments.count == 1,
        let column = text(call.arguments[0])
      {
        asNumbers.insert(column)
        for expression in call.expressions.dropFirst() { collect(expression, &asTexts) }
      } else {
        for expression in call.expressions { collect(expression, &asTexts) }
      }
    }
    return NumberedColumns(
      columns: asNumbers.subtracting(asTexts).filter { $0 < scan.outputCount }
    )
  }

  /// The text column that an expression is.
  private static func text(_ expression: BoundExpression) -> Int? {
    guard case .column(let column) = expression.node, expression.type.laneKind == .bytes else {
      return nil
    }
    return column
  }

  private static func collect(_ expression: BoundExpression, _ columns: inout Set<Int>) {
    if case .column(let column) = expression.node { columns.insert(column) }
    for child in expression.children { collect(child, &columns) }
  }
}

/// Gives the groups of a grouping by numbers their strings back.
final class NumberedKeysProducer: Producer {
  private let input: Producer
  private let numbers: [Int: ColumnNumbers]

  /// - Parameters:
  ///   - input: Groups whose keys at the places of `numbers` are numbers.
  ///   - numbers: Of which columns.
  ///   - types: Of the columns with strings.
  init(_ input: Producer, _ numbers: [Int: ColumnNumbers], types: [LogicalType]) {
    self.input = input
    self.numbers = numbers
    super.init(types: types)
  }

  override func prepare(maximumStreams: Int) throws(ExecutionError) -> Int {
    try input.prepare(maximumStreams: maximumStreams)
  }
  override var expectedRows: Int { input.expectedRows }
  override var isSmall: Bool { input.isSmall }
  override func makeStream(slot: Int) throws(ExecutionError) -> BatchStream {
    NumberedKeysStream(try input.makeStream(slot: slot), numbers)
  }
}

private final class NumberedKeysStream: BatchStream {
  private let input: BatchStream
  private let numbers: [(place: Int, numbers: ColumnNumbers, texts: Vector)]
  /// The input's batch and ours, and the columns of ours that are made, as long as others may be wanted.
  private var waiting: (groups: Batch, batch: Batch, made: [Int])?

  init(_ input: BatchStream, _ numbers: [Int: ColumnNumbers]) {
    self.input = input
    self.numbers = numbers.map { ($0.key, $0.value, Vector(kind: .bytes, capacity: 64)) }
  }

  override func next() throws(ExecutionError) -> Batch? {
    guard let groups = try input.next() else { return nil }
    let batch = Batch(columns: groups.columns, rowCount: groups.rowCount)
    write(of: groups, to: batch) { _ in true }
    return batch
  }

  override func next(only columns: [Int]) throws(ExecutionError) -> Batch? {
    guard let groups = try input.next(only: columns) else { return nil }
    let batch = Batch(columns: groups.columns, rowCount: groups.rowCount)
    write(of: groups, to: batch) { columns.contains($0) }
    waiting = (groups, batch, columns)
    return batch
  }

  override func fill(_ columns: [Int]?) throws(ExecutionError) {
    guard let (groups, batch, made) = waiting else { return }
    let wanted = (columns ?? Array(batch.columns.indices)).filter { !made.contains($0) }
    waiting = columns == nil ? nil : (groups, batch, made + wanted)
    try input.fill(columns)
    for place in wanted { batch.columns[place] = groups.columns[place] }
    write(of: groups, to: batch) { wanted.contains($0) }
  }

  private func write(of groups: Batch, to batch: Batch, _ isWanted: (Int) -> Bool) {
    for (place, numbers, texts) in numbers where isWanted(place) {
      numbers.write(groups.columns[place], rows: groups.rowCount, to: texts)
      batch.columns[place] = texts
    }
  }
}
