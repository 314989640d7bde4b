package import Storage
package import SystemIO

/// How a database is opened.
package struct DatabaseOptions: Sendable {
  /// The data directory; made when it is not there.
  package var directory: String
  package var fileSystem: any FileSystem = PosixFileSystem()
  package var store = StoreOptions()
  /// Worker threads; 0: one a core.
  package var threads = 0
  /// Memory of all statements together, in bytes.
  package var memoryBytes = 8 << 30
  /// Where the system's time zone files lie.
  package var timeZoneDirectory = "/usr/share/zoneinfo"
  /// Whether the directory must hold a database already.
  package var mustExist = false
  /// Whether the replications of the database run while it is open.
  package var followsSources = false

  package init(directory: String) { self.directory = directory }
}

/// What a client said when it connected.
package struct SessionStartup: Sendable {
  package var user = "almanac"
  package var database = "almanac"
  /// Run-time parameters by name, such as application_name, TimeZone, options already taken apart.
  package var settings: [(name: String, value: String)] = []

  package init() {}
}
