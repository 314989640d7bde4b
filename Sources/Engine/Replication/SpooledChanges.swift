import Catalog
import Replication

/// The changes to a table that came while it was copied, to be put over the copy.
struct SpooledChanges {
  let spool: ChangeSpool
  /// How the copy's columns are laid out.
  let mapping: TableMapping
  let types: TypeDirectory
  /// The position of the copy's snapshot: transactions that commit before it are in the copy.
  let start: LSN

  /// Gives the changes since the snapshot in their order.
  ///
  /// - Parameters:
  ///   - source: The table, for errors.
  ///   - body: Takes each step.
  /// - Throws: ``ApplierStop``: the table is to be copied again when its columns changed since.
  func replay(
    _ source: RelationName,
    _ body: (ChangeStep) throws(ApplierStop) -> Void
  ) throws(ApplierStop) {
    let fit = Fit()
    let decoder = StreamDecoder { relation in
      if let layout = mapping.layout(relation, types, startLSN: start) { return layout }
      // What is described otherwise before the copy's moment is passed over.
      if let commit = fit.decoder?.commitLSN, commit >= start { fit.isLost = true }
      return nil
    }
    fit.decoder = decoder
    do throws(SpoolFailure<ApplierStop>) {
      try spool.replay(through: decoder) { group throws(ApplierStop) in
        guard !fit.isLost else {
          throw .table(source, .resyncing, reason: "its columns changed", problem: nil)
        }
        for step in group.steps { try body(step) }
      }
    } catch {
      switch error {
      case .stream(let error): throw .source(error)
      case .receiver(let stop): throw stop
      }
    }
  }

  /// Whether the descriptions of the relation fit the mapping.
  private final class Fit {
    weak var decoder: StreamDecoder?
    var isLost = false
  }
}
