/// The logical rules, in the order in which they help each other.
package enum PlanRules {
  /// An equal plan that is cheaper to run.
  ///
  /// - Complexity: O(size of the plan) a rule.
  package static func apply(_ plan: Plan) -> Plan {
    var plan = SetOperationRewriting.apply(plan)
    plan = FilterPushdown.apply(plan)
    plan = ImpliedRanges.apply(plan)
    plan = CountOfNotNull.apply(plan)
    plan = ColumnPruning.apply(plan)
    return ProjectionMerging.apply(plan)
  }
}
