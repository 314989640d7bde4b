// The state behind SimulatedFileSystem: files, names, and which names are only pending.

import Glibc
import SystemIO

/// A change of a directory that a crash may undo.
///
/// A rename is one change, whole or not at all.
struct PendingName: Sendable {
  var bound: (path: String, node: Int)?
  var unbound: String?

  func concerns(_ directory: String) -> Bool {
    [bound?.path, unbound].contains { $0.map(SimulatedDisk.parent) == directory }
  }

  func apply(to names: inout [String: Int]) {
    if let unbound { names[unbound] = nil }
    if let bound { names[bound.path] = bound.node }
  }
}

/// A whole disk.
struct SimulatedDisk: Sendable {
  var nodes: [Int: SimulatedNode] = [:]
  var names: [String: Int] = [:]
  var directories: Set<String> = ["/"]
  var locks: Set<String> = []
  var faults = FaultPlan()
  private(set) var operationCount = 0
  private var durableNames: [String: Int] = [:]
  private var pendingNames: [PendingName] = []
  private var nextNode = 1
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  var usedBytes: Int64 { nodes.values.reduce(0) { $0 + Int64($1.content.count) } }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// Counts an operation; answers the errno of an injected refusal.
  mutating func begin(
    _ operation: IOError.Operation,
    _ path: String,
    byteCount: Int
  ) throws(IOError) -> Int32? {
    operationCount += 1
    guard operationCount < faults.powerOffBefore else {
      throw IOError(operation, path: path, errno: EIO)
    }
    return faults.refuse?(
      SimulatedOperation(
        number: operationCount,
        operation: operation,
        path: path,
        byteCount: byteCount
      )
    )
  }

  mutating func open(_ path: String, _ mode: OpenMode) throws(IOError) -> Int {
    if directories.contains(path) { throw IOError(.open, path: path, errno: EISDIR) }
    if let node = names[path] {
      if case .createNew = mode { throw .present(.open, path) }
      return node
    }
    if case .read = mode { throw .missing(.open, path) }
    try requireDirectory(of: path, .open)
    let node = nextNode
    nextNode += 1
    nodes[node] = SimulatedNode()
    bind(path, to: node, unbinding: nil)
    return node
  }

  func requireDirectory(of path: String, _ operation: IOError.Operation) throws(IOError) {
    guard directories.contains(Self.parent(of: path)) else { throw .missing(operation, path) }
  }

  func entries(of directory: String) -> [DirectoryEntry] {
    let paths = names.keys.map { ($0, false) } + directories.map { ($0, true) }
    let prefixCount = directory == "/" ? 1 : directory.count + 1
    return paths.filter { $0.0 != "/" && Self.parent(of: $0.0) == directory }
      .map { DirectoryEntry(name: String($0.0.dropFirst(prefixCount)), isDirectory: $0.1) }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  mutating func bind(_ path: String, to node: Int, unbinding old: String?) {
    note(PendingName(bound: (path, node), unbound: old))
  }

  mutating func unbind(_ path: String) { note(PendingName(bound: nil, unbound: path)) }

  private mutating func note(_ change: PendingName) {
    change.apply(to: &names)
    pendingNames.append(change)
  }

  mutating func syncDirectory(_ directory: String) {
    for change in pendingNames where change.concerns(directory) { change.apply(to: &durableNames) }
    pendingNames.removeAll { $0.concerns(directory) }
    forgetNamelessFiles()
  }

  /// Nodes that no name can reach again still serve open files; with no name pending or durable,
  /// and none of them growing, they would only eat memory: keep the newest hundred.
  private mutating func forgetNamelessFiles() {
    guard nodes.count > names.count + pendingNames.count + 100 else { return }
    let named = Set(names.values).union(durableNames.values)
      .union(pendingNames.compactMap { $0.bound?.node })
    for node in nodes.keys.sorted().dropLast(100) where !named.contains(node) {
      nodes[node] = nil
    }
  }

  mutating func write(
    _ bytes: [UInt8],
    at offset: Int,
    to node: Int,
    refusal: Int32?,
    path: String
  ) throws(IOError) {
    let size = nodes[node]?.content.count ?? 0
    let growth = Int64(max(0, offset + bytes.count - size))
    let room = faults.capacityBytes - usedBytes
    guard let error = refusal ?? (growth > room ? ENOSPC : nil) else {
      nodes[node]?.change(.write(offset: offset, bytes: bytes))
      return
    }
    let limit = refusal == nil ? max(0, bytes.count - Int(growth - room)) : bytes.count
    let written = random.below(limit + 1)
    if written > 0 {
      nodes[node]?.change(.write(offset: offset, bytes: Array(bytes.prefix(written))))
    }
    throw IOError(.write, path: path, errno: error, offset: Int64(offset))
  }

  mutating func sync(_ node: Int, refusal: Int32?, path: String) throws(IOError) {
    guard let refusal else {
      nodes[node]?.sync()
      return
    }
    nodes[node]?.failToSync(random: &random)
    throw IOError(.sync, path: path, errno: refusal)
  }

  /// The disk after a power loss.
  ///
  /// Directories are few and made at the start: they survive.
  func crashed(seed: UInt64) -> SimulatedDisk {
    var random = SeededRandom(seed: seed)
    var disk = SimulatedDisk(seed: random.next())
    disk.names = durableNames
    let isInOrder = random.oneIn(2)
    let keptCount = random.below(pendingNames.count + 1)
    for (index, change) in pendingNames.enumerated()
    where isInOrder ? index < keptCount : random.oneIn(2) {
      change.apply(to: &disk.names)
    }
    for node in nodes.keys.sorted() { disk.nodes[node] = nodes[node]?.crashed(random: &random) }
    disk.adopt(directories, nextNode)
    return disk
  }

  /// The disk after a kill of the process.
  func copied() -> SimulatedDisk {
    var disk = SimulatedDisk(seed: 1)
    disk.names = names
    disk.nodes = nodes.mapValues { $0.copied() }
    disk.adopt(directories, nextNode)
    return disk
  }

  private mutating func adopt(_ directories: Set<String>, _ nextNode: Int) {
    self.directories = directories
    self.nextNode = nextNode
    durableNames = names
    let named = Set(names.values)
    nodes = nodes.filter { named.contains($0.key) }
  }
}

extension IOError {
  static func missing(_ operation: Operation, _ path: String) -> IOError {
    IOError(operation, path: path, errno: ENOENT)
  }
  static func present(_ operation: Operation, _ path: String) -> IOError {
    IOError(operation, path: path, errno: EEXIST)
  }
  static func notEmpty(_ path: String) -> IOError {
    IOError(.remove, path: path, errno: ENOTEMPTY)
  }
  static func locked(_ path: String) -> IOError {
    IOError(.lock, path: path, errno: EWOULDBLOCK)
  }
  static func full(_ operation: Operation, _ path: String) -> IOError {
    IOError(operation, path: path, errno: ENOSPC)
  }
}
