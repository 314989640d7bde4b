// Patterns over text as automata over bytes. The same automaton runs over strings as they are and, with the
// steps of each symbol composed, over the codes of a symbol table (`TextMatcher`).

/// A deterministic automaton over bytes that accepts the strings of a pattern.
///
/// State 0 is dead, state 1 accepts whatever follows.
package final class TextAutomaton: Sendable {
  /// A piece of a pattern.
  package enum Element: Sendable {
    /// Any bytes, also none: `%`.
    case anything
    /// One character of UTF-8: `_`.
    case anyCharacter
    /// One of some strings, none of them empty.
    case oneOf([[UInt8]])
  }

  static let dead: UInt8 = 0
  static let acceptsAll: UInt8 = 1
  private static let stateCountMax = 250
  private static let nodeCountMax = 2000

  let stateCount: Int
  let start: UInt8
  /// The state behind state s and byte b, at s × 256 + b.
  let next: [UInt8]
  /// 1 for states in which a string may end.
  let accepting: [UInt8]

  /// The automaton of a pattern; nil when it would have too many states.
  ///
  /// - Complexity: About 0.1 ms for a word; exponential patterns are refused early.
  package init?(_ elements: [Element]) {
    guard let nodes = PatternNodes(elements, limit: Self.nodeCountMax) else { return nil }
    let classes = nodes.byteClasses
    var states = StateSets(final: nodes.final, finalLoops: nodes.list[nodes.final].loops)
    guard let start = states.number(of: [0]) else { return nil }
    self.start = start
    var next = [UInt8](repeating: Self.dead, count: 512)
    for byte in 0..<256 { next[256 + byte] = Self.acceptsAll }
    var state = 2
    while state < states.sets.count {
      var targets: [UInt8] = []
      for byte in classes.representatives {
        guard let target = states.number(of: nodes.step(states.sets[state], byte)),
          states.sets.count <= Self.stateCountMax
        else { return nil }
        targets.append(target)
      }
      for byte in 0..<256 { next.append(targets[classes.number[byte]]) }
      state += 1
    }
    stateCount = states.sets.count
    self.next = next
    accepting = states.sets.indices.map { state in
      state == 1 || states.sets[state].contains(nodes.final) ? 1 : 0
    }
  }

  /// Whether the automaton accepts a string.
  package func accepts(_ text: some Sequence<UInt8>) -> Bool {
    var state = Int(start)
    for byte in text { state = Int(next[state * 256 + Int(byte)]) }
    return accepting[state] != 0
  }
}

/// Sets of nodes and their numbers; 0 is the empty set, 1 all sets from which everything is accepted.
private struct StateSets {
  var sets: [[Int]] = [[], []]
  private var numbers: [[Int]: UInt8] = [[]: TextAutomaton.dead]
  private let final: Int
  private let finalLoops: Bool

  init(final: Int, finalLoops: Bool) {
    self.final = final
    self.finalLoops = finalLoops
  }

  mutating func number(of set: [Int]) -> UInt8? {
    if finalLoops && set.contains(final) { return TextAutomaton.acceptsAll }
    if let known = numbers[set] { return known }
    guard sets.count < 256 else { return nil }
    let fresh = UInt8(sets.count)
    sets.append(set)
    numbers[set] = fresh
    return fresh
  }
}

/// The pattern as nodes with edges of byte ranges; a node that loops stays for any byte.
private struct PatternNodes {
  struct Node {
    var loops = false
    var edges: [(bytes: ClosedRange<UInt8>, target: Int)] = []
  }

  private(set) var list = [Node()]
  private(set) var final = 0

  init?(_ elements: [TextAutomaton.Element], limit: Int) {
    for element in elements {
      switch element {
      case .anything: list[final].loops = true
      case .anyCharacter: appendCharacter()
      case .oneOf(let strings):
        guard !strings.isEmpty, strings.allSatisfy({ !$0.isEmpty }) else { return nil }
        append(strings)
      }
      guard list.count <= limit else { return nil }
    }
  }

  private mutating func addNode() -> Int {
    list.append(Node())
    return list.count - 1
  }

  private mutating func append(_ strings: [[UInt8]]) {
    let end = addNode()
    for string in strings {
      var place = final
      for byte in string.dropLast() {
        let following = addNode()
        list[place].edges.append((byte...byte, following))
        place = following
      }
      if let byte = string.last { list[place].edges.append((byte...byte, end)) }
    }
    final = end
  }

  private mutating func appendCharacter() {
    let end = addNode()
    var following = end
    list[final].edges.append((0...0x7f, end))
    for leads in [0xc0...0xdf, 0xe0...0xef, 0xf0...0xff] as [ClosedRange<UInt8>] {
      let continuation = addNode()
      list[continuation].edges.append((0x80...0xbf, following))
      list[final].edges.append((leads, continuation))
      following = continuation
    }
    final = end
  }

  /// The nodes behind `set` and a byte, ascending.
  func step(_ set: [Int], _ byte: UInt8) -> [Int] {
    var result: Set<Int> = []
    for node in set {
      if list[node].loops { result.insert(node) }
      for edge in list[node].edges where edge.bytes.contains(byte) { result.insert(edge.target) }
    }
    return result.sorted()
  }

  /// Bytes that no edge tells apart.
  var byteClasses: (number: [Int], representatives: [UInt8]) {
    var isFirst = [Bool](repeating: false, count: 257)
    isFirst[0] = true
    for node in list {
      for edge in node.edges {
        isFirst[Int(edge.bytes.lowerBound)] = true
        isFirst[Int(edge.bytes.upperBound) + 1] = true
      }
    }
    var number: [Int] = []
    var representatives: [UInt8] = []
    for byte in 0..<256 {
      if isFirst[byte] { representatives.append(UInt8(byte)) }
      number.append(representatives.count - 1)
    }
    return (number, representatives)
  }
}
