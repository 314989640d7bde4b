import SystemIO

/// What one client's rows must be: it alone writes them, and knows what was acknowledged.
struct ClientModel: Equatable {
  struct Deal: Equatable {
    var month: Int
    var amount: Int
  }
  /// Rows of `deals`, which has a key and a partition a month.
  var deals: [Int: Deal] = [:]
  /// Rows of `archive`, where transactions move deals to.
  var archive: [Int: Int] = [:]
  /// How often each entry is in `journal`, which has no key.
  var journal: [Int: Int] = [:]
}

/// A change: the texts a client sends one after the other, and what they make of its rows.
struct Operation {
  enum Kind: CaseIterable {
    case insert, upsert, update, delete, move, rollback, script, copy, compact, checkpoint
  }
  var kind: Kind
  var texts: [String]
  /// Rows for a COPY that comes after the texts.
  var copied: [UInt8]?
  var after: ClientModel
}

/// Chooses a client's operations.
struct OperationSource {
  let client: Int
  private var random: SeededRandom
  private var lastID = 0
  private var lastEntry = 0

  init(client: Int, seed: UInt64) {
    self.client = client
    random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(client))
  }

  /// The next operation on rows as `model` says.
  mutating func next(_ model: ClientModel) -> Operation {
    let kinds = Operation.Kind.allCases
    var kind = kinds[random.below(kinds.count)]
    if model.deals.count > 3_000 { kind = .delete }
    if kind == .compact || kind == .checkpoint, random.below(4) != 0 { kind = .insert }
    var operation = Operation(kind: kind, texts: [], copied: nil, after: model)
    switch kind {
    case .insert: insert(1 + random.below(30), &operation)
    case .upsert: upsert(&operation)
    case .update: update(&operation)
    case .delete: delete(&operation)
    case .move: move(&operation, ends: "COMMIT")
    case .rollback:
      move(&operation, ends: "ROLLBACK")
      operation.after = model
    case .script: script(&operation)
    case .copy: copy(50 + random.below(500), &operation)
    case .compact: operation.texts = ["COMPACT TABLE deals"]
    case .checkpoint: operation.texts = ["CHECKPOINT"]
    }
    return operation
  }

  private static func date(_ month: Int) -> String {
    "2026-\(month < 10 ? "0" : "")\(month)-15"
  }

  private mutating func newDeal() -> (id: Int, deal: ClientModel.Deal) {
    lastID += 1
    return (
      client * 1_000_000 + lastID,
      ClientModel.Deal(month: 1 + random.below(6), amount: random.below(1_000))
    )
  }

  private func values(_ id: Int, _ deal: ClientModel.Deal) -> String {
    "(\(id), \(client), '\(Self.date(deal.month))', \(deal.amount))"
  }

  private mutating func insert(_ count: Int, _ operation: inout Operation) {
    var rows: [String] = []
    for _ in 0..<count {
      let (id, deal) = newDeal()
      operation.after.deals[id] = deal
      rows.append(values(id, deal))
    }
    operation.texts.append("INSERT INTO deals VALUES " + rows.joined(separator: ", "))
  }

  private mutating func someIDs(_ model: ClientModel, _ count: Int) -> [Int] {
    let ids = model.deals.keys.sorted()
    guard !ids.isEmpty else { return [] }
    return Set((0..<count).map { _ in ids[random.below(ids.count)] }).sorted()
  }

  private mutating func upsert(_ operation: inout Operation) {
    var rows: [String] = []
    let known = someIDs(operation.after, 6)
    for id in known + [newDeal().id] {
      let deal = newDeal().deal
      operation.after.deals[id] = deal
      rows.append(values(id, deal))
    }
    operation.texts.append(
      "INSERT INTO deals VALUES " + rows.joined(separator: ", ")
        + " ON CONFLICT (id) DO UPDATE SET at = excluded.at, amount = excluded.amount"
    )
  }

  /// Changes a fifth of the client's rows, which moves them to another month too.
  private mutating func update(_ operation: inout Operation) {
    let (rest, month) = (random.below(5), 1 + random.below(6))
    operation.texts.append(
      "UPDATE deals SET amount = amount + 1, at = '\(Self.date(month))' "
        + "WHERE client = \(client) AND id % 5 = \(rest)"
    )
    for (id, deal) in operation.after.deals where id % 5 == rest {
      operation.after.deals[id] = ClientModel.Deal(month: month, amount: deal.amount + 1)
    }
  }

  private mutating func delete(_ operation: inout Operation) {
    let rest = random.below(4)
    operation.texts.append("DELETE FROM deals WHERE client = \(client) AND id % 4 = \(rest)")
    operation.after.deals = operation.after.deals.filter { $0.key % 4 != rest }
  }

  private mutating func addEntry(_ operation: inout Operation) {
    lastEntry += 1
    operation.after.journal[lastEntry, default: 0] += 1
    operation.texts.append("INSERT INTO journal VALUES (\(client), \(lastEntry))")
  }

  /// A transaction over three tables, sent statement by statement.
  private mutating func move(_ operation: inout Operation, ends: String) {
    let ids = someIDs(operation.after, 40)
    operation.texts = ["BEGIN"]
    addEntry(&operation)
    if !ids.isEmpty {
      let list = ids.map { "\($0)" }.joined(separator: ", ")
      operation.texts.append(
        "INSERT INTO archive SELECT id, client, amount FROM deals WHERE id IN (\(list))"
      )
      operation.texts.append("SAVEPOINT before")
      operation.texts.append("DELETE FROM deals WHERE client = \(client)")
      operation.texts.append("ROLLBACK TO before")
      operation.texts.append("DELETE FROM deals WHERE id IN (\(list))")
      for id in ids {
        operation.after.archive[id] = operation.after.deals.removeValue(forKey: id)?.amount
      }
    }
    insert(3, &operation)
    operation.texts.append(ends)
  }

  /// Several statements in one text are one transaction.
  private mutating func script(_ operation: inout Operation) {
    addEntry(&operation)
    insert(8, &operation)
    update(&operation)
    operation.texts = [operation.texts.joined(separator: "; ")]
  }

  private mutating func copy(_ count: Int, _ operation: inout Operation) {
    var text = ""
    for _ in 0..<count {
      let (id, deal) = newDeal()
      operation.after.deals[id] = deal
      text += "\(id)\t\(client)\t\(Self.date(deal.month))\t\(deal.amount)\n"
    }
    operation.copied = Array(text.utf8)
  }
}
