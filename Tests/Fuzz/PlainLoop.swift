#if !LIBFUZZER
  import Foundation
  import SystemIO

  /// Mutations of the seeds without knowing what they reach: what every machine can run.
  enum PlainLoop {
    static func run(_ target: any FuzzTarget.Type, _ words: [String]) throws {
      var seconds = 5.0
      var seed = UInt64.random(in: 1..<1 << 40)
      var files: [String] = []
      var index = 0
      while index < words.count {
        switch words[index] {
        case "--seconds":
          index += 1
          seconds = index < words.count ? Double(words[index]) ?? seconds : seconds
        case "--seed":
          index += 1
          seed = index < words.count ? UInt64(words[index]) ?? seed : seed
        default: files.append(words[index])
        }
        index += 1
      }
      if files.isEmpty {
        mutate(target, try target.seeds(), seed: seed, seconds: seconds)
      } else {
        for file in files {
          guard let bytes = FileManager.default.contents(atPath: file) else {
            broken("no file \(file)")
          }
          target.run(Array(bytes))
        }
      }
    }

    private static func mutate(
      _ target: any FuzzTarget.Type,
      _ seeds: [[UInt8]],
      seed: UInt64,
      seconds: Double
    ) {
      print("fuzz \(target.name): \(seeds.count) seeds, --seed \(seed)")
      for bytes in seeds { target.run(bytes) }
      var random = SeededRandom(seed: seed)
      var count = 0
      let start = Date()
      while Date().timeIntervalSince(start) < seconds {
        var bytes = seeds[random.below(seeds.count)]
        for _ in 0..<(1 + random.below(4)) { change(&bytes, seeds, &random) }
        target.run(bytes)
        count += 1
      }
      print("fuzz \(target.name): \(count) inputs")
    }

    private static func change(
      _ bytes: inout [UInt8],
      _ seeds: [[UInt8]],
      _ random: inout SeededRandom
    ) {
      guard !bytes.isEmpty else { return }
      let place = random.below(bytes.count)
      switch random.below(6) {
      case 0: bytes[place] ^= 1 << UInt8(random.below(8))
      case 1: bytes[place] = UInt8(random.below(256))
      case 2: bytes[place] = [0, 0x7f, 0x80, 0xff][random.below(4)]
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(8)))
      case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 8)], at: place)
      default:
        let other = seeds[random.below(seeds.count)]
        guard !other.isEmpty else { return }
        bytes = Array(bytes[..<place] + other[random.below(other.count)...])
      }
    }
  }
#endif
