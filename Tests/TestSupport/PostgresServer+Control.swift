import Foundation
import Glibc

extension PostgresServer {
  /// A server whose changes can be followed; it waits for its disk where `isDurable`.
  package static func logical(
    isDurable: Bool = false,
    _ settings: [String] = []
  ) throws -> PostgresServer {
    // A commit is in the log when it is told, or nobody could say what a follower must have seen.
    let durability = ["synchronous_commit = on", isDurable ? "fsync = on" : "fsync = off"]
    return try PostgresServer(
      settings: [
        "wal_level = logical", "max_wal_senders = 40", "max_replication_slots = 40",
        "max_connections = 120",
      ]
        + durability + settings
    )
  }

  /// The one server of this test process whose changes can be followed.
  package static func sharedLogical() throws -> PostgresServer { try startedLogical.get() }

  private static let startedLogical = Result { try logical() }

  /// Stops and starts the server, as `pg_ctl restart -m MODE` does: `immediate` is a crash of it.
  package func restart(mode: String = "immediate") throws {
    try control("-m", mode, "-w", "restart")
  }

  package func stop(mode: String = "immediate") throws { try control("-m", mode, "-w", "stop") }

  package func start() throws { try control("-w", "start") }

  /// Keeps a copy of the stopped server's data.
  package func saveData() throws { try bash("rm -rf saved; cp -a data saved") }

  /// Puts the copy in the place of the stopped server's data.
  package func restoreData() throws { try bash("rm -rf data; cp -a saved data") }

  /// Starts the stopped server on a new timeline, as a standby that is promoted does.
  package func startNewTimeline() throws {
    try bash(
      """
      touch data/recovery.signal; chmod 666 data/recovery.signal
      grep -q restore_command data/postgresql.auto.conf ||
        echo "restore_command = 'false'" >> data/postgresql.auto.conf
      """
    )
    try start()
  }

  /// Runs a script in the folder of the server.
  private func bash(_ script: String) throws {
    try run(["-c", "cd \"$1\" && { \(script); }", "postgres-files", socketFolder], script)
  }

  private func control(_ words: String...) throws {
    try run(
      ["-c", Self.controlScript, "postgres-control", socketFolder] + words,
      "pg_ctl \(words.joined(separator: " "))"
    )
  }

  private func run(_ words: [String], _ what: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = words
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw PostgresServerFailure(description: "\(what) failed")
    }
  }

  private static let controlScript = """
    folder=$1; shift
    # The server outlives us, and whoever waits for our end must not wait for it: it gets no file of ours.
    for file in /proc/$$/fd/*; do
      number=${file##*/}
      [ "$number" -le 2 ] || eval "exec $number>&-"
    done
    bin=${POSTGRES_BIN:-$(pg_config --bindir)}
    cd "$folder"
    if [ "$(id -u)" = 0 ]; then
      exec runuser -u postgres -- "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" "$@"
    fi
    exec "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" "$@"
    """
}
