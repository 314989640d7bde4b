import Engine
import Foundation
import TestSupport
import Testing

/// What a rollup answers is what the rows say and what PostgreSQL says, after every change.
///
/// ALMANAC_ROLLUP_STEPS and ALMANAC_ROLLUP_SEED choose other rounds than the default.
@Suite struct RollupModelTests {
  private static let steps = Int(environment("ALMANAC_ROLLUP_STEPS") ?? "") ?? 2_000
  private static let seed = UInt64(environment("ALMANAC_ROLLUP_SEED") ?? "") ?? 20_261_128
  /// Steps on one table with its rollups.
  private static let life = 250

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name]
  }

  @Test func `every answer from a rollup equals the rows' and PostgreSQL's`() throws {
    var served = 0
    var compared = 0
    var step = 0
    while step < Self.steps {
      let seed = Self.seed &+ UInt64(step)
      print("rollups: seed \(seed)")
      var life = try RollupLife(seed: seed)
      try life.run(steps: min(Self.life, Self.steps - step))
      served += life.served
      compared += life.compared
      step += Self.life
    }
    print("rollups: \(served) of \(compared) answers came from a rollup")
    #expect(served * 10 >= compared * 7)
  }
}

/// One table from its creation on.
private struct RollupLife {
  let seed: UInt64
  let pair: RollupPair
  var generator: RollupGenerator
  var served = 0
  var compared = 0

  init(seed: UInt64) throws {
    self.seed = seed
    generator = RollupGenerator(seed: seed)
    pair = try RollupPair("rollups", seed: seed)
    let columns = generator.columns
    try pair.session.run("CREATE TABLE t (\(columns)) \(generator.options)")
    _ = try pair.expected("CREATE TABLE t (\(columns))")
    try pair.run("CREATE TABLE names (id integer PRIMARY KEY, name text)")
    try pair.run("INSERT INTO names VALUES (0, 'zero'), (1, 'one'), (2, 'two'), (3, 'one')")
    for _ in 0..<2 { try pair.session.run(generator.rollup().statement) }
    for _ in 0..<5 { try change() }
    try pair.waitForRollups()
  }

  mutating func run(steps: Int) throws {
    for step in 0..<steps {
      switch generator.number(0..<100) {
      case 0: try pair.crash(seed: generator.seed())
      case 1: try pair.restart()
      case 2: try pair.session.run("COMPACT TABLE t")
      case 3: try pair.session.run("CHECKPOINT")
      case 4: try pair.session.run(generator.rollup().statement)
      case 5: if let name = generator.dropRollup() { try pair.session.run("DROP ROLLUP \(name)") }
      case 6 where generator.chance(4): try pair.run("TRUNCATE t")
      case 7:
        let column = "extra\(seed)_\(step)"
        try pair.run("ALTER TABLE t ADD COLUMN \(column) integer DEFAULT 7")
        try pair.run("ALTER TABLE t DROP COLUMN \(column)")
      case 8...17: try insideTransaction(step)
      case 18...20: try besideOlderSnapshot(step)
      default: try change()
      }
      // What is built takes its time on a busy machine: every third step does not wait for it.
      if !step.isMultiple(of: 3) { try pair.waitForRollups() }
      try compare(step)
    }
    try pair.waitForRollups()
    for rollup in generator.rollups {
      let checked = try pair.session.run("CHECK ROLLUP \(rollup.name)")
      #expect(checked.first?.split(separator: "|")[2] == "0", "\(checked), seed \(seed)")
    }
  }

  private mutating func change() throws {
    let statements = generator.change()
    guard statements.count > 1 else { return try pair.run(statements[0]) }
    try pair.run("BEGIN; \(statements.joined(separator: "; ")); COMMIT")
  }

  /// Changes that only their transaction sees, which then commits or not.
  private mutating func insideTransaction(_ step: Int) throws {
    try pair.run("BEGIN")
    for _ in 0..<generator.number(1..<4) {
      for statement in generator.change() { try pair.run(statement) }
      try compare(step)
    }
    try pair.run(generator.chance(2) ? "COMMIT" : "ROLLBACK")
  }

  /// A transaction that began before some changes does not see them.
  private mutating func besideOlderSnapshot(_ step: Int) throws {
    let older = try RollupPair.session(of: pair.database)
    defer { older.close() }
    try older.run("BEGIN")
    let queries = (0..<3).map { _ in generator.query() }
    let before = try queries.map { try older.run($0.text).sorted() }
    for _ in 0..<4 { try change() }
    if generator.chance(2) { try pair.session.run("COMPACT TABLE t") }
    try compare(step)
    for (query, rows) in zip(queries, before) {
      #expect(
        try older.run(query.text).sorted() == rows,
        "\(query.text)\nstep \(step), seed \(seed)"
      )
    }
    try older.run("COMMIT")
  }

  private mutating func compare(_ step: Int) throws {
    for _ in 0..<2 {
      let query = generator.query()
      do { try compare(query, step) } catch let error as EngineError {
        Issue.record("\(error.message)\n\(query.text)\nstep \(step), seed \(seed)")
        throw error
      }
    }
  }

  private mutating func compare(_ query: RollupGenerator.Query, _ step: Int) throws {
    let text = query.text
    compared += 1
    if try !pair.session.rollups(for: text).isEmpty { served += 1 }
    let answer = try pair.session.run(text).sorted()
    try pair.session.run("SET rollups = off")
    let raw = try pair.session.run(text).sorted()
    try pair.session.run("SET rollups = on")
    // Approximate aggregates are the same from a rollup and from rows; PostgreSQL has none.
    let oracle = try query.oracle.map(pair.expected) ?? raw
    let isEqual = answer == raw && raw == oracle
    let place = "step \(step), seed \(seed)"
    let rollups = generator.rollups.map(\.statement).joined(separator: "\n")
    try #require(
      isEqual,
      "\(text)\n\(place)\nrollup \(answer)\nraw    \(raw)\noracle \(oracle)\n\(rollups)"
    )
  }
}
