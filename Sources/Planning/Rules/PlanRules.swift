/// The logical rules, in the order in which they help each other.
package enum PlanRules {
  /// An equal plan that is cheaper to run.
  ///
  /// Without statistics, joins stay in the order in which they are written; without a context nothing is answered from rollups.
  ///
  /// - Complexity: O(size of the plan) a rule.
  package static func apply(
    _ plan: Plan,
    statistics: (any TableStatistics)? = nil,
    rollupsOf context: BindingContext? = nil
  ) -> Plan {
    var plan = SetOperationRewriting.apply(plan)
    plan = FilterPushdown.apply(FilteredAggregates.apply(plan))
    plan = DependentKeys.apply(plan)
    plan = SumOfShifted.apply(plan)
    plan = CountOfNotNull.apply(plan)
    if let context, let choice = context.rollups {
      let routed = RollupRouting(choice, context).apply(plan)
      // Conditions on groups and projections that came in go down too.
      plan = choice.usesAny ? FilterPushdown.apply(routed) : routed
    }
    plan = ImpliedRanges.apply(plan)
    plan = CountsBesideSums.apply(plan)
    if let statistics { plan = JoinOrder(statistics).apply(plan) }
    plan = ColumnPruning.apply(plan)
    return ProjectionMerging.apply(plan)
  }
}
