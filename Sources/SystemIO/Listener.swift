// A socket that waits for connections.

internal import CSystemShims
internal import Glibc

/// Accepts connections on a TCP port or a socket file.
package final class Listener: Sendable {
  private let descriptor: Descriptor
  /// What it listens on, for texts: `127.0.0.1:5433` or a path.
  package let address: String
  /// The TCP port; nil for a socket file.
  package let port: UInt16?

  /// Listens on a TCP address.
  ///
  /// - Parameters:
  ///   - host: Numeric address or name.
  ///   - port: 0 lets the system choose; ``port`` tells which.
  ///   - backlog: Connections that may wait for ``accept()``.
  /// - Throws: ``IOError`` when the address is taken or not ours.
  package init(host: String, port: UInt16, backlog: Int = 1024) throws(IOError) {
    let wanted = "\(host):\(port)"
    let descriptor = Descriptor(
      try check(.listen, wanted) { unsafe sys_tcp_listen(host, port, Int32(backlog)) }
    )
    let chosen = try check(.listen, wanted) { sys_local_port(descriptor.number) }
    self.descriptor = descriptor
    self.port = UInt16(truncatingIfNeeded: chosen)
    address = "\(host):\(chosen)"
  }

  /// Listens on a socket file, which must not exist yet.
  package init(unixPath: String, backlog: Int = 1024) throws(IOError) {
    descriptor = Descriptor(
      try check(.listen, unixPath) { unsafe sys_unix_listen(unixPath, Int32(backlog)) }
    )
    address = unixPath
    port = nil
  }

  /// The descriptor, readable when a connection waits.
  package var pollDescriptor: Int32 { descriptor.number }

  /// Waits for the next connection; the caller stops it by polling with a ``WakeUp`` first.
  package func accept() throws(IOError) -> Socket {
    let number = try check(.accept, address) { sys_accept(descriptor.number) }
    return Socket(descriptor: number, peer: "client of \(address)")
  }

  /// Stops listening.
  package func close() { descriptor.close() }
}
