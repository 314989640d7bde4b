import Catalog
import Columnar

/// Answers groupings from rollups, where a rollup is provably equal.
///
/// A grouping reads its rows through filters, projections and joins from one scan; a rollup's groups take the place of
/// the scan's rows, each standing for `n` of them. What was computed of a row must then follow from the keys, and each
/// aggregate from the states (``RollupFit``).
struct RollupRouting {
  private let choice: RollupChoice
  private let context: BindingContext

  init(_ choice: RollupChoice, _ context: BindingContext) {
    self.choice = choice
    self.context = context
  }

  func apply(_ plan: Plan) -> Plan {
    if case .aggregate(let input, _, _) = plan.node, let routed = route(plan, input) {
      return routed
    }
    return plan.mapInputs(apply)
  }

  /// A way that fits.
  private struct Candidate {
    var fit: RollupFit
    /// The grouping that it rewrites.
    var plan: Plan
    var cost: Int
  }

  private func route(_ plan: Plan, _ input: Plan) -> Plan? {
    var best: Candidate?
    func consider(_ candidate: Candidate?) {
      guard let candidate, best.map({ candidate.cost < $0.cost }) ?? true else { return }
      best = candidate
    }
    for path in RollupPath.paths(in: input) {
      let offers = choice.offers(path.table).sorted { $0.rowCount < $1.rowCount }
      for offer in offers {
        // Reasons are wanted of those, too, that would cost more for sure.
        if let best, !choice.givesReasons, leastCost(of: offer, like: best.fit) >= best.cost {
          continue
        }
        if let best, offer.refusal == nil, offer.rowCount >= best.cost {
          choice.noteRefusal(offer.rollup.name, "\(best.fit.rollup.name) has fewer groups")
        } else if let refusal = offer.refusal {
          choice.noteRefusal(offer.rollup.name, refusal)
        } else if let joined = JoinedScan(offer.rollup) {
          consider(candidate(plan, joined, offer))
        } else {
          consider(candidate(plan, path, offer))
        }
      }
    }
    guard var best, choice.take(best.fit.rollup) else { return nil }
    best.fit.keepOnlyWhatIsUsed()
    guard let routed = best.fit.rewrite(best.plan) else { return nil }
    choice.noteUse(best.fit.rollup.name, mixesRows: best.fit.mixesRows)
    return JoinedScan(best.fit.rollup)?.expanded(routed) ?? routed
  }

  /// What an offer costs at least where another one's fit is known.
  ///
  /// What that reads of values must be read here, too, unless the keys tell it.
  private func leastCost(of offer: RollupChoice.Offer, like fit: RollupFit) -> Int {
    let rollup = offer.rollup
    guard rollup.table.id == fit.rollup.table.id else { return offer.rowCount }
    let keyColumns = rollup.keys.reduce(into: Set<Int>()) {
      $0.formUnion($1.expression.columnIndexes)
    }
    let used = fit.usedValues.union(fit.usedArrivals.map { fit.rollup.arrivals[$0].value })
    let isOfValues = used.contains { number in
      let columns = fit.rollup.values[number].arguments.flatMap(\.columnIndexes)
      return !columns.isEmpty && keyColumns.isDisjoint(with: columns)
    }
    guard isOfValues else { return offer.rowCount }
    func rows(_ table: TableDefinition) -> Int { offer.rowCounts[table.id] ?? 0 }
    let values = rollup.values.map { rows($0.table) * 4 }
    let arrivals = rollup.arrivals.map { rows($0.table) / 4 }
    return offer.rowCount + ((values + arrivals).min() ?? 0)
  }

  private func candidate(
    _ plan: Plan,
    _ path: RollupPath,
    _ offer: RollupChoice.Offer
  ) -> Candidate? {
    var fit = RollupFit(
      offer.rollup,
      path,
      context,
      keptFrom: offer.keptFrom,
      givesReasons: choice.givesReasons,
      other: apply
    )
    guard fit.rewrite(plan) != nil else {
      choice.noteRefusal(offer.rollup.name, fit.reason ?? "the query has another shape")
      return nil
    }
    guard savesRows(fit, offer) else {
      choice.noteRefusal(offer.rollup.name, "its values are nearly as many as the table's rows")
      return nil
    }
    return Candidate(fit: fit, plan: plan, cost: cost(of: fit, offer))
  }

  /// Of a rollup over two tables: the query must look the second up as it does.
  private func candidate(
    _ plan: Plan,
    _ joined: JoinedScan,
    _ offer: RollupChoice.Offer
  ) -> Candidate? {
    guard case .aggregate(let input, let keys, let calls) = plan.node,
      let changed = joined.applied(to: input),
      let path = RollupPath.paths(in: changed).first(where: { $0.table == joined.table.id })
    else {
      let name = joined.lookup.table.name
      choice.noteRefusal(offer.rollup.name, "the query does not look \(name) up as it does")
      return nil
    }
    let grouping = Plan(.aggregate(changed, keys: keys, aggregates: calls), output: plan.output)
    return candidate(grouping, path, offer)
  }

  /// Whether reading values is worth while: reading one costs about as much as reading three rows.
  private func savesRows(_ fit: RollupFit, _ offer: RollupChoice.Offer) -> Bool {
    guard !fit.usedValues.isEmpty,
      let rows = context.statistics?.rowCount(of: fit.rollup.table.id), rows > 100_000
    else { return true }
    let values = fit.usedValues.reduce(0) {
      $0 + (offer.rowCounts[fit.rollup.values[$1].table.id] ?? 0)
    }
    return values * 3 < rows
  }

  private func cost(of fit: RollupFit, _ offer: RollupChoice.Offer) -> Int {
    var rows = offer.rowCounts[fit.rollup.id] ?? 0
    for place in fit.usedValues {
      rows += (offer.rowCounts[fit.rollup.values[place].table.id] ?? 0) * 4
    }
    for number in fit.usedArrivals {
      rows += (offer.rowCounts[fit.rollup.arrivals[number].table.id] ?? 0) / 4
    }
    return rows
      + (fit.mixesRows ? (context.statistics?.rowCount(of: fit.rollup.table.id) ?? 0) / 20 : 0)
  }
}

/// The way from a grouping down to a scan whose every row it counts as often as the joins on the way say.
struct RollupPath {
  enum Step { case input, left, right }
  var steps: [Step]
  var table: TableID

  /// All such ways.
  static func paths(in plan: Plan) -> [RollupPath] {
    switch plan.node {
    case .scan(let scan):
      return scan.emitsLocator ? [] : [RollupPath(steps: [], table: scan.table.id)]
    case .filter(let input, _), .project(let input, _): return paths(in: input).behind(.input)
    case .join(let left, let right, let kind, _, _):
      switch kind {
      case .inner, .cross: return paths(in: left).behind(.left) + paths(in: right).behind(.right)
      case .left, .semi, .anti: return paths(in: left).behind(.left)
      case .right: return paths(in: right).behind(.right)
      case .full: return []
      }
    default: return []
    }
  }
}

extension [RollupPath] {
  fileprivate func behind(_ step: RollupPath.Step) -> [RollupPath] {
    map { RollupPath(steps: [step] + $0.steps, table: $0.table) }
  }
}
