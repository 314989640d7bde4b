// Stand-ins until the branch `syntax` lands PlanRules and Binder+Modify: delete this file with them.
import ReportSyntax
enum PlanRules { static func apply(_ p: Plan) -> Plan { p } }
extension Binder {
  func bindInsert(_ i: Insert) throws(PlanningError) -> InsertPlan {
    throw .unsupported("x", at: nil)
  }
  func bindUpdate(_ i: Update) throws(PlanningError) -> UpdatePlan {
    throw .unsupported("x", at: nil)
  }
  func bindDelete(_ i: Delete) throws(PlanningError) -> DeletePlan {
    throw .unsupported("x", at: nil)
  }
}
