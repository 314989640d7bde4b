import Foundation
import Glibc

/// A PostgreSQL 15 of the tests' own: the oracle that semantics are proved against.
///
/// It lives in a temporary folder, never syncs, listens on a socket in that folder and on a free
/// loopback port, and has the superuser `postgres` without a password. A shell script owns it and
/// waits at a pipe whose other end only this process holds: however this process ends, the pipe
/// closes, and the script stops the server and removes the folder.
package final class PostgresServer: Sendable {
  /// The folder of the Unix socket, which libpq takes as `host`.
  package let socketFolder: String
  /// The port on 127.0.0.1, also part of the socket's name.
  package let port: UInt16
  private let leash: Pipe

  /// The one server of this test process, started at the first call.
  package static func shared() throws -> PostgresServer {
    try started.get()
  }

  private static let started = Result { try PostgresServer() }

  /// What libpq needs to open a database of this server.
  package func connectionString(database: String = "postgres") -> String {
    "host=\(socketFolder) port=\(port) user=postgres dbname=\(database)"
  }

  /// Starts a server; throws `PostgresServerFailure` with what the tools said.
  ///
  /// `settings`: More lines of `postgresql.conf`, which win.
  package init(settings: [String] = []) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("almanac-postgres-\(getpid())-\(UInt32.random(in: 0 ... .max))").path
    self.port = try freeLoopbackPort()
    self.socketFolder = folder
    self.leash = Pipe()
    let output = Pipe()
    let owner = Process()
    owner.executableURL = URL(fileURLWithPath: "/bin/sh")
    owner.arguments = ["-c", Self.ownerScript, "postgres-owner", folder, String(port)]
    owner.arguments?.append(settings.joined(separator: "\n"))
    owner.standardInput = leash
    owner.standardOutput = output
    owner.standardError = output
    // A program that a test starts must not hold the leash after us.
    _ = fcntl(leash.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    try owner.run()
    var said = ""
    while let line = output.fileHandleForReading.readLine() {
      if line == "ready" { return }
      said += line + "\n"
    }
    throw PostgresServerFailure(description: said)
  }

  deinit {
    try? leash.fileHandleForWriting.close()
  }

  /// `initdb` refuses to run as root, so root hands the folder to the user `postgres`.
  private static let ownerScript = """
    set -eu
    folder=$1 port=$2
    bin=${POSTGRES_BIN:-$(pg_config --bindir)}
    mkdir -m 755 "$folder"
    cd "$folder"
    as() { "$@"; }
    if [ "$(id -u)" = 0 ]; then
      chown postgres "$folder"
      as() { runuser -u postgres -- "$@"; }
    fi
    remove() {
      as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
      cd /
      rm -rf "$folder"
    }
    trap remove EXIT
    trap '' INT HUP TERM
    as "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
      >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log"; exit 1; }
    cat >>"$folder/data/postgresql.conf" <<END
    listen_addresses = '127.0.0.1'
    port = $port
    unix_socket_directories = '$folder'
    fsync = off
    synchronous_commit = off
    full_page_writes = off
    shared_buffers = 64MB
    max_connections = 60
    timezone = 'UTC'
    log_timezone = 'UTC'
    datestyle = 'ISO, MDY'
    lc_messages = 'C'
    END
    printf '%s\n' "${3:-}" >>"$folder/data/postgresql.conf"
    as "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" -w start \
      >"$folder/start.log" 2>&1 || { cat "$folder/start.log" "$folder/data/server.log"; exit 1; }
    echo ready
    exec >/dev/null 2>&1
    read -r _ || true
    """
}

/// The oracle could not be started; `description` is what `initdb` or `pg_ctl` said.
package struct PostgresServerFailure: Error, CustomStringConvertible {
  package var description: String
}

/// A TCP port of 127.0.0.1 that nobody listens on now.
package func freeLoopbackPort() throws -> UInt16 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  // SAFETY: the kernel reads and writes at most `size` bytes of `address`, which outlives the calls.
  let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      unsafe bind(descriptor, generic, size) | getsockname(descriptor, generic, &size)
    }
  }
  guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  return UInt16(bigEndian: address.sin_port)
}

extension FileHandle {
  /// The next line without its line end, or nil at the end.
  fileprivate func readLine() -> String? {
    var bytes: [UInt8] = []
    while let byte = readData(ofLength: 1).first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
