/// An option of a command: `--name VALUE` or a flag.
struct Option {
  var name: String
  /// The placeholder of the value in the help; `nil` for a flag.
  var value: String?
  var help: String
}

/// A command's name, arguments and options: parsing and help both come from it.
struct CommandSpecification {
  var name: String
  /// One line for the list of commands.
  var summary: String
  /// The arguments after the options, as the help shows them.
  var arguments: String
  var options: [Option]
  /// Text below the options.
  var notes = ""

  /// The page that `almanac NAME --help` prints.
  var help: String {
    let width = (options.map { Self.left(of: $0).count } + ["--help".count]).max() ?? 0
    let lines = (options + [Option(name: "help", value: nil, help: "Show this page.")]).map {
      option in
      let left = Self.left(of: option)
      return "  " + left + String(repeating: " ", count: width - left.count + 2) + option.help
    }
    var text =
      "Usage: almanac \(name) [options]\(arguments.isEmpty ? "" : " ")\(arguments)\n\n\(summary)\n"
    text += "\nOptions:\n" + lines.joined(separator: "\n") + "\n"
    return notes.isEmpty ? text : text + "\n" + notes + "\n"
  }

  private static func left(of option: Option) -> String {
    option.value.map { "--\(option.name) \($0)" } ?? "--\(option.name)"
  }
}

/// Wrong use of the command line: exit code 2.
struct UsageError: Error {
  var message: String
}

/// What was given on the command line.
struct Arguments {
  private(set) var values: [String: [String]] = [:]
  private(set) var positional: [String] = []

  /// Reads `words` by `specification`: `--name value`, `--name=value`, `--flag`, `--` ends options.
  init(_ words: [String], for specification: CommandSpecification) throws(UsageError) {
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" {
        positional += words[index...]
        return
      }
      guard word.hasPrefix("--") else {
        guard word == "-" || !word.hasPrefix("-") else { throw Self.unknown(word, specification) }
        positional.append(word)
        continue
      }
      let parts = word.dropFirst(2).split(
        separator: "=",
        maxSplits: 1,
        omittingEmptySubsequences: false
      )
      let name = String(parts[0])
      if name == "help" {
        values["help"] = [""]
        continue
      }
      guard let option = specification.options.first(where: { $0.name == name }) else {
        throw Self.unknown(word, specification)
      }
      if option.value == nil {
        guard parts.count == 1 else { throw UsageError(message: "--\(name) takes no value") }
        values[name, default: []].append("")
      } else if parts.count == 2 {
        values[name, default: []].append(String(parts[1]))
      } else {
        guard index < words.count else { throw UsageError(message: "--\(name) needs a value") }
        values[name, default: []].append(words[index])
        index += 1
      }
    }
  }

  private static func unknown(_ word: String, _ specification: CommandSpecification) -> UsageError {
    UsageError(
      message: "unknown option \(word); see almanac \(specification.name) --help"
    )
  }

  /// The last value given.
  subscript(name: String) -> String? { values[name]?.last }

  func has(_ flag: String) -> Bool { values[flag] != nil }

  /// A value that must be there.
  func required(_ name: String) throws(UsageError) -> String {
    guard let value = self[name] else { throw UsageError(message: "--\(name) is needed") }
    return value
  }

  /// A whole number in a range.
  func number(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text.filter { $0 != "_" }), range.contains(number) else {
      throw UsageError(
        message: "--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return number
  }

  /// A size in bytes: 512MB, 2GiB, 1000000.
  func byteCount(_ name: String) throws(UsageError) -> Int? {
    guard let text = self[name] else { return nil }
    let digits = text.prefix { $0.isNumber }
    let factors = [
      "": 1, "B": 1, "K": 1 << 10, "KB": 1 << 10, "KIB": 1 << 10, "M": 1 << 20, "MB": 1 << 20,
      "MIB": 1 << 20, "G": 1 << 30, "GB": 1 << 30, "GIB": 1 << 30,
    ]
    guard let number = Int(digits), number < 1 << 32,
      let factor = factors[text.dropFirst(digits.count).uppercased()]
    else { throw UsageError(message: "--\(name) takes a size such as 512MB or 2GiB") }
    return number * factor
  }
}
