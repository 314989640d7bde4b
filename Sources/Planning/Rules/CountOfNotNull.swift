/// `count(x)` of what is never NULL counts rows, which needs no column.
enum CountOfNotNull {
  static func apply(_ plan: Plan) -> Plan {
    let plan = plan.mapInputs(apply)
    guard case .aggregate(let input, let keys, let aggregates) = plan.node else { return plan }
    let changed = aggregates.map { aggregate -> BoundAggregate in
      guard aggregate.function == .count, !aggregate.isDistinct,
        aggregate.arguments.allSatisfy({ input.isNeverNull($0) })
      else { return aggregate }
      return BoundAggregate(
        function: .countRows,
        arguments: [],
        filter: aggregate.filter,
        type: aggregate.type
      )
    }
    return Plan(.aggregate(input, keys: keys, aggregates: changed), output: plan.output)
  }
}
