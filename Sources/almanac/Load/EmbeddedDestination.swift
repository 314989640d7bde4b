import Catalog
import Columnar
import Engine
import Loading
import Storage
import SystemIO

/// A data directory that this process has open.
final class EmbeddedDestination: LoadDestination, @unchecked Sendable {
  // SAFETY: used by the command's thread; `interrupt` touches nothing.
  private let database: Database
  private let session: Session
  private let request: LoadRequest

  init(_ directory: String, _ request: LoadRequest) throws(CommandFailure) {
    self.request = request
    keepFreedMemory()
    var options = DatabaseOptions(directory: directory)
    options.mustExist = true
    database = try opened { () throws(EngineError) in try Database.open(options) }
    let database = database
    session = try opened { () throws(EngineError) in
      try database.makeSession(SessionStartup())
    }
  }

  func load(_ run: FileRun) throws(CommandFailure) -> String {
    let name = request.table.name
    let catalog = database.store.published.catalog
    guard let table = catalog.table(RelationName(schema: request.schema, name: name)) else {
      throw CommandFailure("relation \"\(name)\" does not exist")
    }
    var options = request.options
    options.layout = request.layout(of: run.file)
    do throws(EngineError) {
      (options.defaults, options.needed) = try session.loadDefaults(of: table)
    } catch {
      throw CommandFailure(error.inOneLine)
    }
    options.context = session.dateTimeContext
    let source = try run.bytes()
    let loader = BulkLoader(database.store, table: table.id, options: options)
    do throws(LoadError) {
      let report = try loader.load(
        source,
        name: run.file,
        rejects: { row in
          run.reject(
            line: row.reason.line,
            column: row.reason.column,
            reason: row.reason.error.message,
            text: String(decoding: row.text, as: UTF8.self)
          )
        },
        progress: { progress in
          run.bar.show(progress)
          return !run.stop.isSet
        }
      )
      return report.summary
    } catch {
      throw CommandFailure(EngineError(error, table: name).inOneLine)
    }
  }

  /// The load looks at the stop flag with every chunk.
  func interrupt() {}

  func close() {
    session.close()
    do throws(EngineError) { try database.close() } catch { /* What was loaded is durable. */  }
  }
}
