import Foundation
import ReportSyntax
import Testing

@Suite struct RobustnessTests {
  /// Runs on a thread with the smallest stack that a session may have.
  private func onSmallStack(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      body()
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
  }

  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test func `nesting of any kind ends in an error, not in a stack overflow`() {
    let count = 10_000
    let texts = [
      "select " + Self.repeated("(", count) + "1" + Self.repeated(")", count),
      "select " + Self.repeated("(select ", count) + "1" + Self.repeated(")", count),
      Self.repeated("(", count) + "select 1" + Self.repeated(")", count),
      "select * from " + Self.repeated("(", count) + "select 1" + Self.repeated(")", count) + " x",
      "select * from " + Self.repeated("(select * from ", count) + "a",
      "select " + Self.repeated("not ", count) + "a",
      "select " + Self.repeated("- ", count) + "a",
      "select " + Self.repeated("f(", count) + "1" + Self.repeated(")", count),
      "select " + Self.repeated("case when ", count) + "1",
      "select " + Self.repeated("array[", count),
      "select array" + Self.repeated("[", count),
      "select a" + Self.repeated("::int", count),
      "select a" + Self.repeated("[1]", count),
      "select (a)" + Self.repeated(".b", count),
      "select 1" + Self.repeated(" + 1", 200_000),
      "select 1" + Self.repeated(" || 1", 200_000),
      "select a" + Self.repeated(" is null", count),
      "select 1" + Self.repeated(" union select 1", count),
      "select * from a" + Self.repeated(" cross join a", count),
      "select * from " + Self.repeated("a join ", count) + "a",
      "select 1 group by " + Self.repeated("grouping sets (", count),
      Self.repeated("explain ", count) + "select 1",
      Self.repeated("prepare a as ", count) + "select 1",
      "select a" + Self.repeated(" between 1", count),
      "select 1 where a in (" + Self.repeated("1 in (", count) + "1",
    ]
    onSmallStack {
      for text in texts {
        guard let error = failure(text) else {
          Issue.record("accepted: \(text.prefix(40))")
          continue
        }
        #expect(["54001", "42601"].contains(error.sqlState), "\(text.prefix(40))")
      }
    }
  }

  @Test func `a chain of 200,000 ORs is one flat node`() throws {
    let text = "a = 0" + Self.repeated(" or a = 1", 200_000)
    let expression = try Parser.parseExpression(Array(text.utf8))
    guard case .or(let operands) = expression.kind else {
      Issue.record("not an OR")
      return
    }
    #expect(operands.count == 200_001)
    #expect(expression.height == 3)
  }

  @Test func `the highest trees are read, printed and released on a small stack`() {
    let height = NestingLimit.height - 4
    let chain = "select 1" + Self.repeated(" + a", height)
    let nested = "select " + Self.repeated("f((", 8) + "1" + Self.repeated("))", 8)
    let joins = "select * from a" + Self.repeated(" join a on true", height / 2)
    let unions = "select 1" + Self.repeated(" union all select 1", height / 2)
    onSmallStack {
      for text in [chain, nested, joins, unions] {
        do {
          let statements = try parse(text)
          let printed = statements.map { Printer.text(of: $0.statement) }.joined()
          let again = try parse(printed)
          #expect(again.count == 1)
        } catch {
          Issue.record("\(text.prefix(30)): \(error)")
        }
      }
    }
  }

  @Test func `mutated statements never trap`() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SplitMix(state: seed)
    let texts = Corpus.accepted + Corpus.extensions + Corpus.refused.map(\.text)
    let bytes = texts.map { Array($0.utf8) }
    for _ in 0..<20_000 {
      var text = bytes[Int(random.next() % UInt64(bytes.count))]
      for _ in 0..<(1 + random.next() % 4) { mutate(&text, with: bytes, &random) }
      let options: ParseOptions = random.next() % 2 == 0 ? .standard : .report
      guard let statements = try? Parser.parseStatements(text, options: options) else { continue }
      for statement in statements {
        let printed = Array(Printer.text(of: statement.statement).utf8)
        if (try? Parser.parseStatements(printed, options: .report)) == nil {
          Issue.record(
            "seed \(seed): does not read again: \(String(decoding: printed, as: UTF8.self))"
          )
        }
      }
    }
  }

  private func mutate(_ text: inout [UInt8], with others: [[UInt8]], _ random: inout SplitMix) {
    guard !text.isEmpty else { return }
    let place = Int(random.next() % UInt64(text.count))
    switch random.next() % 5 {
    case 0: text.remove(at: place)
    case 1: text[place] = UInt8(truncatingIfNeeded: random.next())
    case 2: text.insert(UInt8(truncatingIfNeeded: random.next() % 128), at: place)
    case 3: text.removeSubrange(place..<min(text.count, place + 8))
    default:
      let other = others[Int(random.next() % UInt64(others.count))]
      text = Array(text[..<place]) + other.suffix(other.count / 2)
    }
  }
}

/// A small generator with a seed that can be printed.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
