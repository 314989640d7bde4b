import Server
import Testing

@Suite struct ServerOptionsTests {
  @Test(arguments: ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
  func `an address of this machine is loopback`(host: String) {
    var options = ServerOptions()
    options.host = host
    #expect(options.isLoopback)
  }

  @Test(arguments: ["0.0.0.0", "::", "10.0.0.1", "example.org", ""])
  func `any other address is not`(host: String) {
    var options = ServerOptions()
    options.host = host
    #expect(!options.isLoopback)
  }
}
