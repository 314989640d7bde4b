import Catalog
import Columnar
import Execution
package import Storage
import SystemIO

/// An open data directory: the store, the workers, the sessions.
package final class Database: Sendable {
  /// The one database that clients can name.
  package static let name = "almanac"
  package static let version = "0.1.0"

  package let store: Store
  package let options: DatabaseOptions
  let pool: WorkerPool
  /// What nobody waits for: building rollups and keeping them up.
  let backgroundPool: WorkerPool
  let timeZones: TimeZoneDatabase
  let activity = ActivityRegistry()
  let rollups = RollupRegistry()
  let deadlines: DeadlineWatch
  let replications: ReplicationRegistry
  let clock = SystemClock()
  /// Microseconds since 2000-01-01 UTC.
  package let startedAt: Int64

  /// Opens a data directory, after recovery what was acknowledged before.
  ///
  /// - Throws: 55006 when another process has it, XX001 when it is damaged or of another format, 58030
  ///   for what the system refuses.
  package static func open(_ options: DatabaseOptions) throws(EngineError) -> Database {
    guard cpuIsSupported else {
      throw EngineError(
        "0A000",
        "this processor lacks AVX2, BMI2 or FMA, which this build of almanac needs (x86-64-v3)"
      )
    }
    return try stored { () throws(StorageError) in
      try world { () throws(IOError) in
        guard options.mustExist, try options.fileSystem.information(options.directory) == nil
        else { return }
        throw IOError(.open, path: options.directory, errno: 2)
      }
      let store = try Store.open(
        options.fileSystem,
        at: options.directory,
        options: options.store
      )
      return try world { () throws(IOError) in
        let threads = options.threads > 0 ? options.threads : processorCount
        let pool = try WorkerPool(threads: threads)
        let background = try WorkerPool(threads: threads, isBackground: true)
        let database = Database(options, store, pool, background, try DeadlineWatch())
        database.replications.start()
        try database.rollups.start(database)
        return database
      }
    }
  }

  private init(
    _ options: DatabaseOptions,
    _ store: Store,
    _ pool: WorkerPool,
    _ backgroundPool: WorkerPool,
    _ deadlines: DeadlineWatch
  ) {
    self.options = options
    self.store = store
    self.pool = pool
    self.backgroundPool = backgroundPool
    self.deadlines = deadlines
    replications = ReplicationRegistry(store, follows: options.followsSources)
    timeZones = TimeZoneFiles.database(options.timeZoneDirectory, options.fileSystem)
    startedAt = SystemClock().postgresMicroseconds
  }

  /// A session for a client.
  ///
  /// - Throws: 3D000 for another database than `almanac`, 22023 for a bad start-up parameter.
  package func makeSession(_ startup: SessionStartup) throws(EngineError) -> Session {
    guard startup.database == Self.name else {
      var error = EngineError("3D000", "database \"\(startup.database)\" does not exist")
      error.severity = .fatal
      throw error
    }
    guard startup.user == "almanac" else {
      var error = EngineError("28000", "role \"\(startup.user)\" does not exist")
      error.severity = .fatal
      throw error
    }
    return try Session(self, startup)
  }

  /// Cancels what a session runs, if the secret is right; says nothing either way.
  ///
  /// The comparison takes the same time wherever the secrets differ.
  package func cancel(processID: Int32, secret: [UInt8]) {
    guard let entry = activity.session(processID) else { return }
    var difference: UInt8 = secret.count == 4 || secret.count == entry.secret.count ? 0 : 1
    for (index, byte) in secret.enumerated() where index < entry.secret.count {
      difference |= byte ^ entry.secret[index]
    }
    if difference == 0, !secret.isEmpty { entry.cancel() }
  }

  /// Cancels what every session runs.
  package func cancelAll() {
    for session in activity.sessions { session.cancel() }
  }

  /// Ends the sessions, writes a checkpoint and releases the directory.
  package func close() throws(EngineError) {
    for session in activity.sessions { session.end() }
    replications.close()
    deadlines.close()
    defer {
      pool.close()
      backgroundPool.close()
    }
    rollups.close(self)
    try stored { () throws(StorageError) in try store.close() }
  }
}

/// The system's time zone files, read when a zone is first named.
enum TimeZoneFiles {
  static func database(
    _ directory: String,
    _ fileSystem: any FileSystem
  ) -> TimeZoneDatabase {
    let disk = PosixFileSystem()
    return TimeZoneDatabase(names: names(below: directory, disk)) { name in
      read(directory + "/" + name, disk)
    }
  }

  private static func names(below directory: String, _ disk: PosixFileSystem) -> [String] {
    var names: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      let path = folder.isEmpty ? directory : directory + "/" + folder
      guard let entries = try? disk.list(path) else { continue }
      for entry in entries where entry.name != "right" && entry.name != "posix" {
        let name = folder.isEmpty ? entry.name : folder + "/" + entry.name
        if entry.isDirectory { folders.append(name) } else { names.append(name) }
      }
    }
    return names
  }

  private static func read(_ path: String, _ disk: PosixFileSystem) -> [UInt8]? {
    try? disk.readFile(path, limitBytes: 1 << 20)
  }
}
