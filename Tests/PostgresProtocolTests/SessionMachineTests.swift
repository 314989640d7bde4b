import PostgresProtocol
import Testing

@Suite struct SessionMachineTests {
  @Test func `after an error in an extended message all is ignored up to Sync`() {
    var machine = SessionMachine()
    #expect(machine.receive(.execute(portal: "", maxRows: 0)) == .execute(portal: "", maxRows: 0))
    machine.failed()
    #expect(machine.receive(.execute(portal: "", maxRows: 0)) == .ignore)
    #expect(machine.receive(.query([1])) == .ignore)
    #expect(machine.receive(.flush) == .ignore)
    #expect(machine.receive(.sync) == .sync)
    #expect(machine.receive(.query([1])) == .query([1]))
  }

  @Test func `after an error in a simple query the next message is answered`() {
    var machine = SessionMachine()
    #expect(machine.receive(.query([1])) == .query([1]))
    machine.failed()
    #expect(machine.receive(.query([2])) == .query([2]))
  }

  @Test func `an error in Sync does not wait for another Sync`() {
    var machine = SessionMachine()
    #expect(machine.receive(.execute(portal: "", maxRows: 0)) == .execute(portal: "", maxRows: 0))
    #expect(machine.receive(.sync) == .sync)
    machine.failed()
    #expect(machine.receive(.flush) == .flush)
  }

  @Test func `COPY passes over Flush and Sync and ends with CopyDone`() {
    var machine = SessionMachine()
    _ = machine.receive(.query([1]))
    machine.copyInBegan()
    #expect(machine.receive(.copyData([1])) == .copyData([1]))
    #expect(machine.receive(.sync) == .ignore)
    #expect(machine.receive(.flush) == .ignore)
    #expect(machine.receive(.copyDone) == .copyDone)
    #expect(!machine.isCopying)
    #expect(machine.receive(.sync) == .sync)
  }

  @Test func `the rest of a failed COPY is passed over`() {
    var machine = SessionMachine()
    _ = machine.receive(.query([1]))
    machine.copyInBegan()
    #expect(machine.receive(.copyData([1])) == .copyData([1]))
    machine.failed()
    #expect(machine.receive(.copyData([2])) == .ignore)
    #expect(machine.receive(.copyDone) == .ignore)
    #expect(machine.receive(.query([2])) == .query([2]))
  }

  @Test func `a query in the middle of a COPY ends it with an error`() {
    var machine = SessionMachine()
    _ = machine.receive(.query([1]))
    machine.copyInBegan()
    guard case .fail(let error, _) = machine.receive(.query([2])) else {
      Issue.record("accepted")
      return
    }
    #expect(error.sqlState == "08P01" && error.message.contains("0x51"))
    #expect(!machine.isCopying)
  }

  @Test func `a malformed extended message skips and a malformed query does not`() {
    let error = ProtocolError("08P01", "x")
    var machine = SessionMachine()
    #expect(
      machine.receive(.malformed(kind: UInt8(ascii: "B"), error)) == .fail(error, thenReady: false)
    )
    #expect(machine.receive(.flush) == .ignore)
    #expect(machine.receive(.sync) == .sync)
    #expect(
      machine.receive(.malformed(kind: UInt8(ascii: "Q"), error)) == .fail(error, thenReady: true)
    )
    #expect(machine.receive(.query([1])) == .query([1]))
  }

  @Test func `Terminate is heard in every state`() {
    var machine = SessionMachine()
    _ = machine.receive(.flush)
    machine.failed()
    #expect(machine.receive(.terminate) == .terminate)
  }

  @Test func `names are free or taken and the empty one is taken over`() throws {
    var statements = NameTable<Int>(.statement)
    try statements.add(1, named: "")
    try statements.add(2, named: "")
    try statements.add(3, named: "a")
    #expect(try statements.object(named: "") == 2)
    #expect(throws: ProtocolError("42P05", "prepared statement \"a\" already exists")) {
      try statements.add(4, named: "a")
    }
    statements.remove("a")
    statements.remove("never there")
    #expect(throws: ProtocolError("26000", "prepared statement \"a\" does not exist")) {
      try statements.object(named: "a")
    }
  }

  @Test func `a client cannot name things without end`() throws {
    var portals = NameTable<Int>(.portal)
    for index in 0..<NameTable<Int>.countMax { try portals.add(index, named: "p\(index)") }
    #expect(throws: ProtocolError.self) { try portals.add(0, named: "one more") }
  }
}
