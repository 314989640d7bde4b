// A disk in memory that keeps only what it promised.
//
// A file has the content that processes see and the content that the disk holds for sure; writes in
// between are pending until a sync. A directory likewise: names bound and unbound since its last
// sync are pending. `crashClone` throws a coin for each pending thing: kept, dropped, torn.
// Every call counts as one operation; a test can cut the power before the n-th, or refuse it.

import Synchronization
package import SystemIO

/// What a call would do, for fault rules.
package struct SimulatedOperation: Sendable {
  /// 1 for the first call on this file system.
  package var number: Int
  package var operation: IOError.Operation
  package var path: String
  /// Bytes to read or write; 0 for other calls.
  package var byteCount: Int
}

/// How a simulated file system misbehaves.
package struct FaultPlan: Sendable {
  /// Bytes that all files together may hold; a write beyond it is cut short with `ENOSPC`.
  package var capacityBytes: Int64 = .max
  /// The power is cut before this operation: it and all later ones fail with `EIO` and do nothing.
  package var powerOffBefore: Int = .max
  /// Answers an errno to refuse an operation.
  ///
  /// A refused sync loses pending writes at random, as the
  /// kernel does; a refused write has written a random part.
  package var refuse: (@Sendable (SimulatedOperation) -> Int32?)?
  /// Reads give the first bit of what they read back wrong.
  package var damagesReads = false

  package init() {}
}

/// A file system in memory that can lose what was not synced.
package final class SimulatedFileSystem: FileSystem {
  private let disk: Mutex<SimulatedDisk>

  /// An empty disk with the root directory `/`.
  package convenience init(seed: UInt64 = 1) { self.init(disk: SimulatedDisk(seed: seed)) }

  private init(disk: SimulatedDisk) { self.disk = Mutex(disk) }

  /// Calls so far.
  package var operationCount: Int { disk.withLock { $0.operationCount } }

  /// Bytes in all files.
  package var usedBytes: Int64 { disk.withLock { $0.usedBytes } }

  /// Changes how the disk misbehaves from now on.
  package func setFaults(_ plan: FaultPlan) { disk.withLock { $0.faults = plan } }

  /// The disk after a power loss at this moment: a new file system without faults or locks.
  ///
  /// - Parameter seed: Decides which pending writes and names survive, and how they are torn.
  /// - Returns: The new file system.
  package func crashClone(seed: UInt64) -> SimulatedFileSystem {
    SimulatedFileSystem(disk: disk.withLock { $0.crashed(seed: seed) })
  }

  /// The disk after an orderly end or a kill of the process: all that was written is there.
  package func cleanClone() -> SimulatedFileSystem {
    SimulatedFileSystem(disk: disk.withLock { $0.copied() })
  }

  /// Paths of all files, in bytewise order.
  package var filePaths: [String] {
    disk.withLock { $0.names.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
  }

  /// Flips one bit of a file, as failing hardware does.
  package func flipBit(_ bit: Int, ofByte offset: Int, in path: String) {
    disk.withLock { disk in
      guard let node = disk.names[path] else { return }
      disk.nodes[node]?.flipBit(bit, ofByte: offset)
    }
  }

  /// Bytes of a file as processes see it; nil when there is none.
  package func content(of path: String) -> [UInt8]? {
    disk.withLock { disk in disk.names[path].flatMap { disk.nodes[$0]?.content } }
  }

  /// Runs one operation; `refusal` is the errno that the fault plan wants.
  fileprivate func perform<Result: Sendable>(
    _ operation: IOError.Operation,
    _ path: String,
    byteCount: Int = 0,
    _ body: (inout SimulatedDisk, _ refusal: Int32?) throws(IOError) -> Result
  ) throws(IOError) -> Result {
    try disk.withLock { (disk) throws(IOError) -> Result in
      let refusal = try disk.begin(operation, path, byteCount: byteCount)
      return try body(&disk, refusal)
    }
  }

  /// Runs one operation that does nothing at all when it is refused.
  fileprivate func attempt<Result: Sendable>(
    _ operation: IOError.Operation,
    _ path: String,
    byteCount: Int = 0,
    _ body: (inout SimulatedDisk) throws(IOError) -> Result
  ) throws(IOError) -> Result {
    try perform(operation, path, byteCount: byteCount) { (disk, refusal) throws(IOError) in
      if let refusal { throw IOError(operation, path: path, errno: refusal) }
      return try body(&disk)
    }
  }

  package func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any File {
    let node = try attempt(.open, path) { (disk) throws(IOError) in try disk.open(path, mode) }
    return SimulatedFile(system: self, node: node, path: path)
  }

  package func rename(_ source: String, to target: String) throws(IOError) {
    try attempt(.rename, target) { (disk) throws(IOError) in
      guard let node = disk.names[source] else { throw .missing(.rename, source) }
      disk.bind(target, to: node, unbinding: source)
    }
  }

  package func link(_ source: String, to target: String) throws(IOError) {
    try attempt(.link, target) { (disk) throws(IOError) in
      guard let node = disk.names[source] else { throw .missing(.link, source) }
      guard disk.names[target] == nil else { throw .present(.link, target) }
      disk.bind(target, to: node, unbinding: nil)
    }
  }

  package func remove(_ path: String) throws(IOError) {
    try attempt(.remove, path) { (disk) throws(IOError) in
      guard disk.names[path] != nil else { throw .missing(.remove, path) }
      disk.unbind(path)
    }
  }

  package func makeDirectory(_ path: String) throws(IOError) {
    try attempt(.makeDirectory, path) { (disk) throws(IOError) in
      try disk.requireDirectory(of: path, .makeDirectory)
      disk.directories.insert(path)
    }
  }

  package func removeDirectory(_ path: String) throws(IOError) {
    try attempt(.remove, path) { (disk) throws(IOError) in
      guard disk.directories.contains(path) else { throw .missing(.remove, path) }
      guard disk.entries(of: path).isEmpty else { throw .notEmpty(path) }
      disk.directories.remove(path)
    }
  }

  package func list(_ directory: String) throws(IOError) -> [DirectoryEntry] {
    try attempt(.list, directory) { (disk) throws(IOError) in
      guard disk.directories.contains(directory) else { throw .missing(.list, directory) }
      return disk.entries(of: directory)
    }
  }

  package func syncDirectory(_ directory: String) throws(IOError) {
    try attempt(.syncDirectory, directory) { (disk) throws(IOError) in
      guard disk.directories.contains(directory) else { throw .missing(.syncDirectory, directory) }
      disk.syncDirectory(directory)
    }
  }

  package func information(_ path: String) throws(IOError) -> FileInformation? {
    try attempt(.information, path) { (disk) throws(IOError) in
      let node = disk.names[path].flatMap { disk.nodes[$0] }
      let isDirectory = disk.directories.contains(path)
      guard node != nil || isDirectory else { return nil }
      return FileInformation(
        sizeBytes: Int64(node?.content.count ?? 0),
        isDirectory: isDirectory,
        modifiedUnixMicroseconds: 0
      )
    }
  }

  package func lock(_ path: String) throws(IOError) -> any FileLock {
    try attempt(.lock, path) { (disk) throws(IOError) in
      guard disk.locks.insert(path).inserted else { throw .locked(path) }
      if disk.names[path] == nil { _ = try disk.open(path, .createNew) }
    }
    return SimulatedLock(system: self, path: path)
  }

  package func availableBytes(_ path: String) throws(IOError) -> Int64 {
    try attempt(.availableBytes, path) { (disk) throws(IOError) in
      max(0, disk.faults.capacityBytes - disk.usedBytes)
    }
  }

  fileprivate func unlock(_ path: String) {
    disk.withLock { _ = $0.locks.remove(path) }
  }
}

/// An open file of the simulated disk; it outlives its name.
private final class SimulatedFile: File {
  let system: SimulatedFileSystem
  let node: Int
  let path: String

  init(system: SimulatedFileSystem, node: Int, path: String) {
    self.system = system
    self.node = node
    self.path = path
  }

  func size() throws(IOError) -> Int64 {
    try system.attempt(.size, path) { (disk) throws(IOError) in
      Int64(disk.nodes[node]?.content.count ?? 0)
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(IOError) -> Int {
    let wanted = buffer.count
    let bytes = try system.attempt(.read, path, byteCount: wanted) { (disk) throws(IOError) in
      let content = disk.nodes[node]?.content ?? []
      let start = Int(min(offset, Int64(content.count)))
      var found = content[start..<min(content.count, start + wanted)]
      if disk.faults.damagesReads, !found.isEmpty { found[start] ^= 1 }
      return found
    }
    unsafe buffer.copyBytes(from: bytes)
    return bytes.count
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(IOError) {
    let copy = unsafe [UInt8](bytes)
    try system.perform(.write, path, byteCount: copy.count) { (disk, refusal) throws(IOError) in
      try disk.write(copy, at: Int(offset), to: node, refusal: refusal, path: path)
    }
  }

  func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(IOError) {
    let copy = unsafe buffers.flatMap { unsafe [UInt8]($0) }
    try system.perform(.write, path, byteCount: copy.count) { (disk, refusal) throws(IOError) in
      try disk.write(copy, at: Int(offset), to: node, refusal: refusal, path: path)
    }
  }

  func sync() throws(IOError) {
    try system.perform(.sync, path) { (disk, refusal) throws(IOError) in
      try disk.sync(node, refusal: refusal, path: path)
    }
  }

  func syncData() throws(IOError) { try sync() }

  func startWriteback(at offset: Int64, byteCount: Int64) {}

  func truncate(to sizeBytes: Int64) throws(IOError) {
    try system.attempt(.truncate, path) { (disk) throws(IOError) in
      disk.nodes[node]?.change(.resize(Int(sizeBytes)))
    }
  }

  func preallocate(at offset: Int64, byteCount: Int64) throws(IOError) {
    try system.attempt(.preallocate, path) { (disk) throws(IOError) in
      guard byteCount <= disk.faults.capacityBytes - disk.usedBytes else {
        throw IOError.full(.preallocate, path)
      }
    }
  }

  func close() throws(IOError) {}
}

private final class SimulatedLock: FileLock {
  private let system: SimulatedFileSystem
  private let path: String
  private let isReleased = Atomic(false)

  init(system: SimulatedFileSystem, path: String) {
    self.system = system
    self.path = path
  }

  deinit { release() }

  func release() {
    guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
    system.unlock(path)
  }
}
