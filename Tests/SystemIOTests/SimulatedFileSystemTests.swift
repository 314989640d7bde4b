import Glibc
import SystemIO
import TestSupport
import Testing

/// A disk with one synced file `/a` of ten ones.
private func diskWithFile() throws -> (SimulatedFileSystem, any File) {
  let system = SimulatedFileSystem()
  let file = try system.open("/a", .createNew)
  try file.write([UInt8](repeating: 1, count: 10), at: 0)
  try file.sync()
  try system.syncDirectory("/")
  return (system, file)
}

@Suite struct SimulatedFileSystemTests {
  @Test func `synced bytes and names survive every crash`() throws {
    let (system, file) = try diskWithFile()
    try file.write([UInt8](repeating: 2, count: 3000), at: 10)
    var sizes: Set<Int> = []
    for seed in 0..<200 as Range<UInt64> {
      let content = try #require(system.crashClone(seed: seed).content(of: "/a"))
      #expect(content.prefix(10).allSatisfy { $0 == 1 })
      #expect(content.dropFirst(10).allSatisfy { $0 == 2 || $0 == 0 })
      sizes.insert(content.count)
    }
    #expect(sizes.contains(10), "some crash drops the write")
    #expect(sizes.contains(3010), "some crash keeps the write")
    #expect(sizes.count > 5, "some crash tears the write")
  }

  @Test func `a name that was not synced may be lost, a rename is whole`() throws {
    let (system, _) = try diskWithFile()
    let fresh = try system.open("/b", .createNew)
    try fresh.write([5], at: 0)
    try fresh.sync()
    try system.rename("/b", to: "/a")
    var outcomes: Set<[UInt8]> = []
    for seed in 0..<50 as Range<UInt64> {
      outcomes.insert(try #require(system.crashClone(seed: seed).content(of: "/a")))
    }
    #expect(outcomes == [[UInt8](repeating: 1, count: 10), [5]])
    try system.syncDirectory("/")
    for seed in 0..<50 as Range<UInt64> {
      let crashed = system.crashClone(seed: seed)
      #expect(crashed.content(of: "/a") == [5])
      #expect(crashed.filePaths == ["/a"])
    }
  }

  @Test func `a removed name may come back until the directory is synced`() throws {
    let (system, _) = try diskWithFile()
    try system.remove("/a")
    let outcomes = Set((0..<50).map { system.crashClone(seed: $0).filePaths })
    #expect(outcomes == [[], ["/a"]])
    try system.syncDirectory("/")
    #expect((0..<50).allSatisfy { system.crashClone(seed: $0).filePaths.isEmpty })
  }

  @Test func `a full disk cuts a write short and takes small ones later`() throws {
    let (system, file) = try diskWithFile()
    var plan = FaultPlan()
    plan.capacityBytes = 15
    system.setFaults(plan)
    let full = #expect(throws: IOError.self) {
      try file.write([UInt8](repeating: 3, count: 100), at: 10)
    }
    #expect(full?.isDiskFull == true)
    #expect(try file.size() <= 15)
    try file.write([4], at: 0)
    #expect(try system.availableBytes("/") >= 0)
  }

  @Test func `after a failed sync the next success proves nothing`() throws {
    let (system, file) = try diskWithFile()
    var plan = FaultPlan()
    plan.refuse = { $0.operation == .sync ? EIO : nil }
    system.setFaults(plan)
    for round in 0..<40 {
      try file.write([UInt8(round + 2)], at: 20 + Int64(round))
      #expect(throws: IOError.self) { try file.sync() }
    }
    system.setFaults(FaultPlan())
    try file.sync()
    #expect(try file.size() == 60)
    let survivor = try #require(system.crashClone(seed: 1).content(of: "/a"))
    let lost = (0..<40).count { round in
      20 + round >= survivor.count || survivor[20 + round] != UInt8(round + 2)
    }
    #expect(lost > 5 && lost < 35, "\(lost) of 40 lost")
  }

  @Test func `after the power is cut nothing changes`() throws {
    let (system, file) = try diskWithFile()
    var plan = FaultPlan()
    plan.powerOffBefore = system.operationCount + 2
    system.setFaults(plan)
    try file.write([7], at: 0)
    let failure = #expect(throws: IOError.self) { try file.write([8], at: 1) }
    #expect(failure?.isDeviceFailure == true)
    #expect(throws: IOError.self) { try system.remove("/a") }
    #expect(system.cleanClone().content(of: "/a")?.prefix(2) == [7, 1])
  }

  @Test func `a flipped bit is seen by readers and survives`() throws {
    let (system, file) = try diskWithFile()
    system.flipBit(6, ofByte: 3, in: "/a")
    #expect(try file.read(byteCount: 1, at: 3) == [65])
    #expect(system.crashClone(seed: 3).content(of: "/a")?[3] == 65)
  }
}
