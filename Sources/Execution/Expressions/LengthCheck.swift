import Columnar
import Kernels
import Planning

extension ExpressionCompiler {
  /// The text itself where it has at most so many characters; more blanks at its end are cut, as PostgreSQL does
  /// when a value is assigned to a column of varchar(n) or char(n).
  func checkLength(
    _ node: ExpressionNode,
    _ arguments: [BoundExpression],
    _ type: LogicalType
  ) -> ExpressionNode {
    guard case .constant(.int64(let limit)) = arguments[1].node else { return node }
    let name = type.base == .char(1) ? "character" : "character varying"
    return strict(.bytes, [node]) { (inputs, rows, output) throws(ExecutionError) in
      let text = inputs[0]
      output.retainOwners(of: text)
      let texts = text.views
      var out = output.mutableViews
      for row in 0..<rows {
        out[row] = .empty
        guard output.isValid(row) else { continue }
        let view = texts[row]
        guard view.count > Int(limit), view.characterCount > Int(limit) else {
          out[row] = view
          continue
        }
        let end = view.offset(ofCharacter: Int(limit))
        for index in end..<view.count where view.span[index] != UInt8(ascii: " ") {
          throw .sql("22001", "value too long for type \(name)(\(limit))")
        }
        out[row] = view.slice(0, end)
      }
    }
  }
}
