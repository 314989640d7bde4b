/// `count(*)` beside the sum or average of what is never NULL counts the sum's values: one state then serves both.
///
/// The opposite of ``CountOfNotNull``, so it comes behind all rules that look for counts of rows.
enum CountsBesideSums {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    guard case .aggregate(let input, let keys, let aggregates) = plan.node else { return plan }
    let changed = aggregates.map { aggregate -> BoundAggregate in
      guard aggregate.function == .countRows,
        let sum = aggregates.first(where: { sum in
          (sum.function == .sum || sum.function == .average) && !sum.isDistinct
            && sum.filter == aggregate.filter && sum.order.isEmpty
            && sum.arguments.allSatisfy { input.isNeverNull($0) }
        })
      else { return aggregate }
      return BoundAggregate(
        function: .count,
        arguments: sum.arguments,
        filter: aggregate.filter,
        type: aggregate.type
      )
    }
    return Plan(.aggregate(input, keys: keys, aggregates: changed), output: plan.output)
  }
}
