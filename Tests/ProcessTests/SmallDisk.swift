import Foundation
import SystemIO

/// Room for a data directory that can run out.
protocol SmallDisk {
  /// Where the directory may lie, as the programs behind ``prefix`` see it.
  var directory: String { get }
  /// Words before `almanac`.
  var prefix: [String] { get }
  /// Gives more room to the running server.
  func giveRoom(to server: ServedDatabase) throws
}

/// A file system of some megabytes in memory, mounted where only `almanac` sees it; it goes with its process.
///
/// Half of it is filled at first; giving room is removing that.
final class MemoryDisk: SmallDisk {
  let directory: String
  private let folder: String
  private let holder = Process()
  private let leash = Pipe()

  /// - Returns: nil where the tests may not mount anything.
  init?(megabytes: Int) {
    folder = NSTemporaryDirectory() + "almanac-disk-\(UInt64.random(in: 0 ... .max))"
    directory = folder + "/data"
    holder.executableURL = URL(fileURLWithPath: "/bin/sh")
    let asRoot = getuid() == 0 ? "" : "--map-root-user"
    holder.arguments = [
      "-c",
      """
      mkdir "$1" && exec unshare \(asRoot) --mount sh -c '
        mount -t tmpfs -o size=\(megabytes)m tmpfs "$1" &&
        dd if=/dev/zero of="$1/ballast" bs=1M count=\(megabytes / 2) 2>/dev/null && touch "$1/ready"
        read -r _' holder "$1"
      """,
      "holder", folder,
    ]
    holder.standardInput = leash
    holder.standardError = FileHandle.nullDevice
    _ = fcntl(leash.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    guard (try? holder.run()) != nil else { return nil }
    for _ in 0..<500 {
      if FileManager.default.fileExists(atPath: inside + "/ready") { return }
      SystemIO.sleep(nanoseconds: 10_000_000)
    }
    return nil
  }

  deinit {
    try? leash.fileHandleForWriting.close()
    holder.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// The mounted folder, seen from outside.
  private var inside: String { "/proc/\(holder.processIdentifier)/root\(folder)" }

  var prefix: [String] {
    let user = getuid() == 0 ? [] : ["--user", "--preserve-credentials"]
    return ["/usr/bin/nsenter", "--target", "\(holder.processIdentifier)", "--mount"] + user
  }

  func giveRoom(to server: ServedDatabase) throws {
    try FileManager.default.removeItem(atPath: inside + "/ballast")
  }
}

/// A limit on the size of every file, which the system answers like a full disk (EFBIG, SIGXFSZ).
final class FileSizeLimit: SmallDisk {
  let directory = NSTemporaryDirectory() + "almanac-limit-\(UInt64.random(in: 0 ... .max))"
  private(set) var prefix: [String]

  init(bytes: Int) { prefix = ["/usr/bin/prlimit", "--fsize=\(bytes):"] }

  func giveRoom(to server: ServedDatabase) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
    process.arguments = ["--pid", "\(server.process?.processID ?? 0)", "--fsize=unlimited:"]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ProcessFailure("prlimit failed") }
    prefix = []
  }
}
