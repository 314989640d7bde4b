import Glibc
import SystemIO
import TestSupport
import Testing

/// A disk here that fails or is slow, while a source is followed.
@Suite(.serialized) struct ReplicationDiskFaultTests {
  private static let schema = """
    CREATE TABLE a (id integer PRIMARY KEY, n numeric(10,2), t text);
    INSERT INTO a SELECT i, i, 'a' FROM generate_series(1, 300) i
    """

  private func followed(_ disk: SimulatedFileSystem) throws -> ReplicaFixture {
    let fixture = try ReplicaFixture(PostgresServer.sharedLogical(), Self.schema, on: disk)
    try fixture.follow("a")
    try fixture.waitUntilReady()
    try fixture.catchUp()
    return fixture
  }

  private func change(_ fixture: ReplicaFixture, _ number: Int) throws {
    try fixture.source.execute(
      """
      INSERT INTO a SELECT i, i, 'new' FROM generate_series(\(number * 1000), \(number * 1000 + 99)) i;
      UPDATE a SET n = n + 1, t = t || 'x' WHERE id % 3 = \(number % 3); DELETE FROM a WHERE id % 97 = \(number)
      """
    )
  }

  @Test func `a device that fails stops the writing by name, and nothing is lost or doubled`()
    throws
  {
    let disk = SimulatedFileSystem()
    let fixture = try followed(disk)
    defer { fixture.remove() }
    var faults = FaultPlan()
    faults.refuse = { [.sync, .syncDirectory].contains($0.operation) ? EIO : nil }
    disk.setFaults(faults)
    try change(fixture, 1)
    try fixture.wait("SELECT state FROM almanac.replication", for: "disk_failed")
    #expect(try fixture.row("SELECT count(*), sum(n) FROM a") == "300|45150.00")
    try change(fixture, 2)
    disk.setFaults(FaultPlan())
    // Whether a store that failed closes well is not the question here.
    try? fixture.close()
    try fixture.open()
    try fixture.catchUp()
    try fixture.compare(["a": "id"])
    try fixture.expectExact()
  }

  @Test func `a slow disk costs time and nothing else`() throws {
    let disk = SimulatedFileSystem()
    let fixture = try followed(disk)
    defer { fixture.remove() }
    var faults = FaultPlan()
    faults.refuse = { operation in
      if operation.operation == .sync { SystemIO.sleep(nanoseconds: 60_000_000) }
      return nil
    }
    disk.setFaults(faults)
    for number in 1...12 { try change(fixture, number) }
    try fixture.catchUp()
    try fixture.compare(["a": "id"])
    try fixture.expectExact()
    #expect(try fixture.row("SELECT reconnects FROM almanac.replication") == "0")
  }
}
