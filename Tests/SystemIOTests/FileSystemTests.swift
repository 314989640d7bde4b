import Glibc
import SystemIO
import TestSupport
import Testing

/// A fresh directory on the real disk, removed with its files at the end.
private func withScratchDirectory(_ body: (String) throws -> Void) throws {
  let name = try entropy(byteCount: 8).map { String($0, radix: 16) }.joined()
  let path = "/tmp/almanac-test-\(name)"
  let system = PosixFileSystem()
  try system.makeDirectory(path)
  defer {
    for entry in (try? system.list(path)) ?? [] { try? system.remove("\(path)/\(entry.name)") }
    try? system.removeDirectory(path)
  }
  try body(path)
}

/// Both file systems must keep the same promises.
private func onBoth(_ body: (any FileSystem, String) throws -> Void) throws {
  try withScratchDirectory { try body(PosixFileSystem(), $0) }
  let simulated = SimulatedFileSystem()
  try simulated.makeDirectory("/data")
  try body(simulated, "/data")
}

@Suite struct FileSystemTests {
  @Test func `what was written is read back, short only at the end`() throws {
    try onBoth { system, root in
      let file = try system.open("\(root)/a", .createNew)
      try file.write([1, 2, 3, 4, 5], at: 0)
      try file.write([9], at: 7)
      #expect(try file.size() == 8)
      #expect(try file.read(byteCount: 100, at: 0) == [1, 2, 3, 4, 5, 0, 0, 9])
      #expect(try file.read(byteCount: 2, at: 3) == [4, 5])
      #expect(try file.read(byteCount: 4, at: 8) == [])
      #expect(try file.read(byteCount: 4, at: 800) == [])
      try file.truncate(to: 2)
      try file.syncData()
      try file.close()
      try file.close()
      #expect(try system.readFile("\(root)/a", limitBytes: 10) == [1, 2])
      #expect(throws: IOError.self) { try system.readFile("\(root)/a", limitBytes: 1) }
    }
  }

  @Test func `several buffers are written one after another, more than one call can take`() throws {
    try onBoth { system, root in
      let file = try system.open("\(root)/a", .createNew)
      let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      try unsafe bytes.withUnsafeBytes { all in
        var parts: [UnsafeRawBufferPointer] = unsafe []
        for start in stride(from: 0, to: all.count, by: 2) {
          unsafe parts.append(UnsafeRawBufferPointer(rebasing: all[start..<(start + 2)]))
        }
        unsafe parts.insert(UnsafeRawBufferPointer(start: nil, count: 0), at: 3)
        try unsafe file.write(parts, at: 3)
      }
      #expect(try file.read(byteCount: 6000, at: 0) == [0, 0, 0] + bytes)
    }
  }

  @Test func `errors name the call, the path and the errno`() throws {
    try onBoth { system, root in
      let missing = #expect(throws: IOError.self) { try system.open("\(root)/no", .read) }
      #expect(missing?.isNotFound == true)
      #expect(missing?.path == "\(root)/no")
      #expect(missing?.operation == .open)
      _ = try system.open("\(root)/a", .createNew)
      let present = #expect(throws: IOError.self) { try system.open("\(root)/a", .createNew) }
      #expect(present?.isAlreadyThere == true)
      #expect(throws: IOError.self) { try system.rename("\(root)/no", to: "\(root)/b") }
      #expect(throws: IOError.self) { try system.remove("\(root)/no") }
      #expect(try system.information("\(root)/no") == nil)
    }
    let text = "\(IOError(.write, path: "x.wal", errno: ENOSPC, offset: 42))"
    #expect(text == "write of x.wal at offset 42: No space left on device")
    #expect(IOError(.write, path: "x", errno: ENOSPC).isDiskFull)
  }

  @Test func `names are listed in bytewise order, renamed and linked`() throws {
    try onBoth { system, root in
      for name in ["b", "a", "B"] { _ = try system.open("\(root)/\(name)", .createNew) }
      #expect(try system.list(root).map(\.name) == ["B", "a", "b"])
      try system.rename("\(root)/a", to: "\(root)/b")
      try system.link("\(root)/b", to: "\(root)/c")
      #expect(throws: IOError.self) { try system.link("\(root)/b", to: "\(root)/c") }
      #expect(try system.list(root).map(\.name) == ["B", "b", "c"])
      try system.replaceFile("\(root)/B", in: root, with: [7])
      #expect(try system.readFile("\(root)/B", limitBytes: 9) == [7])
      #expect(try system.information(root)?.isDirectory == true)
      #expect(try system.information("\(root)/B")?.sizeBytes == 1)
      try system.makeDirectory(root)
      try system.syncDirectory(root)
    }
  }

  @Test func `a lock is held once, until it is released`() throws {
    try onBoth { system, root in
      let lock = try system.lock("\(root)/LOCK")
      let refused = #expect(throws: IOError.self) { try system.lock("\(root)/LOCK") }
      #expect(refused?.wouldBlock == true)
      lock.release()
      let second = try system.lock("\(root)/LOCK")
      second.release()
    }
  }

  @Test func `a removed file stays readable for who has it open`() throws {
    try onBoth { system, root in
      let file = try system.open("\(root)/a", .createNew)
      try file.write([1, 2], at: 0)
      try system.remove("\(root)/a")
      try system.syncDirectory(root)
      #expect(try file.read(byteCount: 9, at: 0) == [1, 2])
      #expect(try system.list(root).isEmpty)
    }
  }

  @Test func `space can be reserved without changing the size`() throws {
    try onBoth { system, root in
      let file = try system.open("\(root)/a", .createNew)
      try file.preallocate(at: 0, byteCount: 1 << 20)
      file.startWriteback(at: 0, byteCount: 10)
      #expect(try file.size() == 0)
      #expect(try system.availableBytes(root) > 0)
    }
  }
}
