package import Catalog
package import Columnar

/// A relational plan: what to compute, operator over operator; Execution makes pipelines of it.
///
/// Every operator yields rows whose columns are its `output`, in order.
package final class Plan: Sendable {
  package let node: PlanNode
  package let output: [OutputColumn]

  package init(_ node: PlanNode, output: [OutputColumn]) {
    self.node = node
    self.output = output
  }
}

/// Name and type of a result column.
package struct OutputColumn: Sendable {
  package var name: String
  package var type: LogicalType
  /// The stored column it comes from unchanged, for RowDescription.
  package var origin: (table: TableID, column: ColumnID)?

  package init(name: String, type: LogicalType, origin: (table: TableID, column: ColumnID)? = nil) {
    self.name = name
    self.type = type
    self.origin = origin
  }
}

package enum PlanNode: Sendable {
  case scan(TableScan)
  /// Rows of constants and parameters; no columns and one row: `SELECT 1`.
  case values(rows: [[BoundExpression]])
  /// generate_series and the like.
  case tableFunction(TableFunction, arguments: [BoundExpression])
  /// A relation that the engine fills from its own state, e.g. `almanac.tables`, `pg_catalog.pg_class`.
  case systemTable(RelationName)
  case filter(Plan, BoundExpression)
  case project(Plan, [BoundExpression])
  /// Output: the keys, then the aggregates. No keys: exactly one row.
  case aggregate(Plan, keys: [BoundExpression], aggregates: [BoundAggregate])
  /// Output: the columns of the left, then of the right (semi and anti: only the left's).
  case join(
    Plan,
    Plan,
    JoinKind,
    keys: [(left: BoundExpression, right: BoundExpression)],
    residual: BoundExpression?
  )
  case sort(Plan, [SortKey])
  /// A sort of which only rows offset..<offset+limit are wanted is found here as limit over sort.
  case limit(Plan, limit: BoundExpression?, offset: BoundExpression?)
  case distinct(Plan)
  /// DISTINCT ON: the first row of each key in the order of the input.
  case distinctOn(Plan, [BoundExpression])
  /// Columns one by one; types already equal.
  case setOperation(SetOperation, Plan, Plan, isAll: Bool)
  case window(Plan, [BoundWindow])
}

package enum SetOperation: Sendable { case union, intersect, except }
package enum JoinKind: Sendable { case inner, left, right, full, semi, anti, cross }
package enum TableFunction: Hashable, Sendable { case generateSeries, unnest }

/// A window call; output of the operator: the input's columns, then one a call.
package struct BoundWindow: Sendable {
  package var function: WindowFunction
  package var arguments: [BoundExpression]
  package var partition: [BoundExpression]
  package var order: [SortKey]
  package var type: LogicalType

  package init(
    function: WindowFunction,
    arguments: [BoundExpression],
    partition: [BoundExpression],
    order: [SortKey],
    type: LogicalType
  ) {
    self.function = function
    self.arguments = arguments
    self.partition = partition
    self.order = order
    self.type = type
  }
}

package enum WindowFunction: Sendable {
  case rowNumber, rank, denseRank, aggregate(AggregateFunction)
  /// lag: the argument of the row before; NULL in the first row of a partition.
  case previous
}

/// A scan of a stored table.
package struct TableScan: Sendable {
  package var table: TableDefinition
  /// The columns that the output needs, in output order.
  package var columns: [ColumnID]
  /// Conjuncts over the output columns that a row must pass; the scan orders and pushes them down itself
  /// (partitions, zone maps, encoded data).
  ///
  /// Columns that only the filters need are in `columns` too;
  /// `outputCount` of them are handed on.
  package var filters: [BoundExpression]
  /// How many leading columns of `columns` are handed on.
  package var outputCount: Int
  /// Adds a last output column, bigint, with each row's locator (UPDATE and DELETE).
  package var emitsLocator: Bool

  package init(
    table: TableDefinition,
    columns: [ColumnID],
    filters: [BoundExpression] = [],
    outputCount: Int? = nil,
    emitsLocator: Bool = false
  ) {
    self.table = table
    self.columns = columns
    self.filters = filters
    self.outputCount = outputCount ?? columns.count
    self.emitsLocator = emitsLocator
  }
}

/// A statement ready to run.
package enum BoundStatement: Sendable {
  case query(Plan)
  case insert(InsertPlan)
  case update(UpdatePlan)
  case delete(DeletePlan)
}

/// INSERT: `source` yields one column for each column of the table, in definition order, defaults filled in.
package struct InsertPlan: Sendable {
  package var table: TableDefinition
  package var source: Plan
  package var conflict: ConflictAction
  /// RETURNING over the table's columns.
  package var returning: Projection?
  package init(
    table: TableDefinition,
    source: Plan,
    conflict: ConflictAction,
    returning: Projection?
  ) {
    self.table = table
    self.source = source
    self.conflict = conflict
    self.returning = returning
  }
}

package enum ConflictAction: Sendable {
  case error
  case doNothing
  /// Over the old row's columns followed by the proposed (EXCLUDED) row's columns: a new value for every
  /// column of the table, and the optional WHERE.
  case doUpdate(values: [BoundExpression], predicate: BoundExpression?)
}

/// UPDATE: `source` yields the table's columns, then (with FROM) others, last the locator.
package struct UpdatePlan: Sendable {
  package var table: TableDefinition
  package var source: Plan
  /// A new value for every column of the table, over the source's columns.
  package var values: [BoundExpression]
  package var returning: Projection?
  package init(
    table: TableDefinition,
    source: Plan,
    values: [BoundExpression],
    returning: Projection?
  ) {
    self.table = table
    self.source = source
    self.values = values
    self.returning = returning
  }
}

/// DELETE: `source` yields the table's columns (those RETURNING needs), last the locator.
package struct DeletePlan: Sendable {
  package var table: TableDefinition
  package var source: Plan
  /// RETURNING over the source's columns.
  package var returning: Projection?
  package init(table: TableDefinition, source: Plan, returning: Projection?) {
    self.table = table
    self.source = source
    self.returning = returning
  }
}

/// Expressions with the columns they make.
package struct Projection: Sendable {
  package var expressions: [BoundExpression]
  package var output: [OutputColumn]
  package init(expressions: [BoundExpression], output: [OutputColumn]) {
    self.expressions = expressions
    self.output = output
  }
}
