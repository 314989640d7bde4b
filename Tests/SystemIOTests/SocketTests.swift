import SystemIO
import Testing

private func send(_ bytes: [UInt8], to socket: Socket, within milliseconds: Int = 5000) throws {
  try unsafe bytes.withUnsafeBytes {
    try unsafe socket.write($0, timeoutMilliseconds: milliseconds)
  }
}

private func receive(
  _ limit: Int,
  from socket: Socket,
  within milliseconds: Int = 5000
) throws -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: limit)
  let count = try unsafe bytes.withUnsafeMutableBytes {
    try unsafe socket.read(into: $0, timeoutMilliseconds: milliseconds)
  }
  return Array(bytes.prefix(count))
}

@Suite struct SocketTests {
  @Test func `a TCP connection carries bytes both ways and ends`() throws {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let port = try #require(listener.port)
    let client = try Socket.connect(host: "127.0.0.1", port: port, timeoutMilliseconds: 5000)
    #expect(try waitFor(.readable, of: listener.pollDescriptor, timeoutMilliseconds: 5000))
    let server = try listener.accept()
    try server.setNoDelay()
    try server.setKeepAlive(idleSeconds: 60)
    try send([1, 2, 3], to: client)
    #expect(try receive(10, from: server) == [1, 2, 3])
    try send([4], to: server)
    #expect(try receive(10, from: client) == [4])
    client.shutdownWriting()
    #expect(try receive(10, from: server) == [])
  }

  @Test func `a silent peer is a timeout, a refused connection an error`() throws {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let port = try #require(listener.port)
    let client = try Socket.connect(host: "127.0.0.1", port: port, timeoutMilliseconds: 5000)
    let failure = #expect(throws: IOError.self) { try receive(1, from: client, within: 5) }
    #expect(failure?.isTimeout == true)
    listener.close()
    #expect(throws: IOError.self) {
      try Socket.connect(host: "127.0.0.1", port: port, timeoutMilliseconds: 1000)
    }
  }

  @Test func `a peer that does not read stops a writer only until its deadline`() throws {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let port = try #require(listener.port)
    let client = try Socket.connect(host: "127.0.0.1", port: port, timeoutMilliseconds: 5000)
    let block = [UInt8](repeating: 0, count: 1 << 20)
    let failure = #expect(throws: IOError.self) {
      for _ in 0..<100 { try send(block, to: client, within: 20) }
    }
    #expect(failure?.isTimeout == true)
    // A busy kernel may have been slow to fill the peer's buffers.
    var isFull = false
    for _ in 0..<100 where !isFull {
      isFull = try unsafe block.withUnsafeBytes { try unsafe client.writeAvailable($0) } < 1 << 20
    }
    #expect(isFull)
  }

  @Test func `a socket file connects, and its absence is named`() throws {
    let path = "/tmp/almanac-socket-\(try entropy(byteCount: 6).map { String($0) }.joined())"
    defer { try? PosixFileSystem().remove(path) }
    let listener = try Listener(unixPath: path)
    let client = try Socket.connect(unixPath: path)
    let server = try listener.accept()
    var place = [UInt8](repeating: 0, count: 4)
    #expect(
      try unsafe place.withUnsafeMutableBytes { try unsafe server.readAvailable(into: $0) } == nil
    )
    try send([9], to: client)
    #expect(try receive(4, from: server) == [9])
    let failure = #expect(throws: IOError.self) { try Socket.connect(unixPath: path + "x") }
    #expect(failure?.isNotFound == true)
  }

  @Test func `a wake-up makes a poll return`() throws {
    let wakeUp = try WakeUp()
    #expect(try !waitFor(.readable, of: wakeUp.pollDescriptor, timeoutMilliseconds: 0))
    wakeUp.signal()
    wakeUp.signal()
    #expect(try waitFor(.readable, of: wakeUp.pollDescriptor, timeoutMilliseconds: 1000))
    #expect(wakeUp.drain())
    #expect(!wakeUp.drain())
  }
}
