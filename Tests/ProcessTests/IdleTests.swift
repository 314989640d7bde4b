import Foundation
import TestSupport
import Testing

/// What connections cost a real server.
@Suite(.serialized) struct IdleTests {
  /// Resident memory of a process in KiB.
  private func residentKilobytes(_ processID: Int32) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  /// Processor time of a process in ticks of 10 ms.
  private func ticks(_ processID: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
  }

  @Test func `three hundred idle connections cost little memory and no time`() throws {
    let server = ServedDatabase()
    try server.start()
    let process = try #require(server.process?.processID)
    try server.connect().execute("SELECT 1")
    let before = try residentKilobytes(process)
    let clients = try (0..<300).map { _ in try server.connect() }
    for client in clients { try client.execute("SELECT 1") }
    let each = (try residentKilobytes(process) - before) / clients.count
    print("idle: \(each) KiB a connection")
    #expect(each < 128)
    let start = try ticks(process)
    Foundation.Thread.sleep(forTimeInterval: 1)
    #expect(try ticks(process) - start < 20)
    for client in clients.reversed() { #expect(try client.execute("SELECT 2")[0].texts == [["2"]]) }
  }
}
