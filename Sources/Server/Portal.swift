import Columnar
import Engine
import PostgresProtocol

/// A prepared statement under a name, with the types as its client named them.
final class NamedStatement {
  let prepared: PreparedStatement
  /// One a parameter: what the client declared, or what was inferred.
  let parameterTypeIDs: [UInt32]

  init(_ prepared: PreparedStatement, declared: [UInt32]) {
    self.prepared = prepared
    parameterTypeIDs = prepared.parameterTypes.enumerated().map { index, type in
      let known = index < declared.count ? declared[index] : 0
      return known == 0 || known == 705 ? type.id : known
    }
  }
}

/// A statement with its parameters, started by the first Execute.
final class Portal {
  let statement: NamedStatement
  let parameters: [Datum]
  let formats: [ValueFormat]
  /// Between two Executes with a row limit.
  var rows: RowSender?
  var state = State.new

  enum State {
    case new, suspended
    /// Its rows have all been sent.
    case drained
    /// It was no query, and has been carried out.
    case done
  }

  init(_ statement: NamedStatement, _ parameters: [Datum], _ formats: [ValueFormat]) {
    self.statement = statement
    self.parameters = parameters
    self.formats = formats
  }
}
