import Engine
import Storage
import SystemIO
import TestSupport

/// A database on a simulated disk, with a shorthand for running texts.
struct TestDatabase {
  let fileSystem: SimulatedFileSystem
  let database: Database

  init(on fileSystem: SimulatedFileSystem = SimulatedFileSystem()) throws {
    self.fileSystem = fileSystem
    var options = DatabaseOptions(directory: "data")
    options.fileSystem = fileSystem
    options.threads = 2
    options.store.blockRowCount = 64
    options.store.sealRowCount = 100
    database = try Database.open(options)
  }

  func session(_ settings: [(name: String, value: String)] = []) throws -> Session {
    var startup = SessionStartup()
    startup.settings = settings
    return try database.makeSession(startup)
  }
}
