import Foundation
import SystemIO
import TestSupport
import Testing

/// `almanac load` as people run it: into a data directory and into a running server.
@Suite(.serialized) struct LoadProgramTests {
  @Test(arguments: LoadDoor.allCases) func `bad rows stop a load, or are left out and listed`(
    door: LoadDoor
  ) throws {
    let target = try LoadTarget(door)
    let file = try target.file("bad.csv", 1...1000) {
      [10: "x", 500: "1,2", 900: ""][$0] ?? "\($0)"
    }
    let stopped = try target.load([file])
    #expect(stopped.end == .exited(1))
    // The header is line 1.
    #expect(stopped.log.contains("line 11"), "\(stopped.log)")
    #expect(stopped.log.contains("amount") && stopped.log.contains("\"x\""), "\(stopped.log)")
    #expect(try target.rows("SELECT count(*) FROM t") == ["0"])
    let listed = target.path("rejects.csv")
    let skipped = try target.load(["--on-error", "skip", "--rejects", listed, file])
    #expect(skipped.end == .exited(0), "\(skipped.log)")
    #expect(skipped.log.contains("998"), "\(skipped.log)")
    #expect(try target.rows("SELECT count(*), sum(id) FROM t") == ["998,499990"])
    let lines = try String(contentsOfFile: listed, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == "file,line,column,reason,row")
    #expect(lines[1].contains("\"11\",\"amount\"") && lines[1].contains("10,2026-01-20,x"))
    #expect(lines[2].contains("\"501\"") && lines[2].contains("extra data"), "\(lines)")
    // Without the option that it belongs to it is refused.
    #expect(try target.load(["--rejects", listed, file]).end == .exited(2))
  }

  @Test(arguments: LoadDoor.allCases) func `a known key is an error, replaced or left out`(
    door: LoadDoor
  ) throws {
    let target = try LoadTarget(door)
    #expect(try target.load([try target.file("a.csv", 1...100) { _ in "1" }]).end == .exited(0))
    let file = try target.file("b.csv", 51...150) { _ in "2" }
    let sum = "SELECT count(*), sum(amount) FROM t"
    let refused = try target.load([file])
    #expect(refused.end == .exited(1) && refused.log.contains("already"), "\(refused.log)")
    #expect(try target.rows(sum) == ["100,100"])
    #expect(try target.load(["--on-conflict", "skip", file]).end == .exited(0))
    #expect(try target.rows(sum) == ["150,200"])
    let updated = try target.load(["--on-conflict", "update", "--again", file])
    #expect(updated.end == .exited(0), "\(updated.log)")
    #expect(try target.rows(sum) == ["150,250"])
  }

  @Test(arguments: LoadDoor.allCases) func `the same file is loaded once, unless asked for`(
    door: LoadDoor
  ) throws {
    let target = try LoadTarget(door)
    let file = try target.file("a.csv", 1...100)
    #expect(try target.load([file]).end == .exited(0))
    let copy = target.path("copy.csv")
    try FileManager.default.copyItem(atPath: file, toPath: copy)
    for name in [file, copy] {
      let again = try target.load(["--on-conflict", "skip", name])
      #expect(again.end == .exited(1), "\(again.log)")
      #expect(again.log.contains("was loaded into"), "\(again.log)")
    }
    #expect(try target.load(["--again", "--on-conflict", "skip", copy]).end == .exited(0))
    #expect(try target.rows("SELECT count(*) FROM t") == ["100"])
  }

  @Test(arguments: LoadDoor.allCases) func `packed files and standard input`(door: LoadDoor) throws
  {
    let target = try LoadTarget(door)
    var rows = 0
    for (tool, end) in [("gzip -c", "gz"), ("zstd -qc", "zst"), ("lz4 -qc", "lz4")] {
      let plain = try target.file("\(end).csv", rows + 1...rows + 5_000)
      let packed = plain + ".\(end)"
      #expect(try AlmanacProcess(shell: "\(tool) \(plain) > \(packed)").wait() == .exited(0))
      let load = try target.load([packed])
      #expect(load.end == .exited(0), "\(end): \(load.log)")
      rows += 5_000
    }
    let file = try target.file("input.csv", rows + 1...rows + 5_000)
    let piped = try target.shell("cat \(file) | $LOAD -")
    #expect(try piped.wait() == .exited(0), "\(piped.log)")
    let sum = "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM t"
    #expect(try target.rows(sum) == ["20000,20000,1,20000"])
    // Half of a packed file is not a file.
    try target.file("cut.csv", 30_001...35_000)
    let cut = target.path("cut.csv.gz")
    let make = "gzip -c \(target.path("cut.csv")) | head -c 9000 > \(cut)"
    #expect(try AlmanacProcess(shell: make).wait() == .exited(0))
    #expect(try target.load([cut]).end == .exited(1))
    #expect(try target.rows(sum) == ["20000,20000,1,20000"])
  }

  @Test(arguments: LoadDoor.allCases) func `Ctrl-C in the middle leaves nothing and ends with 130`(
    door: LoadDoor
  ) throws {
    let target = try LoadTarget(door)
    let file = try target.file("a.csv", 1...200_000)
    // The input never ends: the load is certainly in the middle.
    let pipe = target.path("pipe")
    #expect(try AlmanacProcess(shell: "mkfifo \(pipe)").wait() == .exited(0))
    let writer = try AlmanacProcess(
      shell: "exec >\(pipe); cat \(file); touch \(pipe).sent; sleep 60"
    )
    let load = try target.shell("exec $LOAD - <\(pipe)")
    for _ in 0..<30_000 where !FileManager.default.fileExists(atPath: pipe + ".sent") {
      SystemIO.sleep(nanoseconds: 1_000_000)
    }
    #expect(load.isRunning, "\(load.log)")
    _ = load.signal(SIGINT)
    #expect(try load.wait() == .exited(130), "\(load.log)")
    #expect(load.log.contains("stopped, nothing of it was loaded"), "\(load.log)")
    _ = writer.signal(SIGKILL)
    #expect(try target.rows("SELECT count(*) FROM t") == ["0"])
    #expect(try target.load([file]).end == .exited(0))
    #expect(try target.rows("SELECT count(*) FROM t") == ["200000"])
  }

  @Test(arguments: LoadDoor.allCases) func `a full disk is told and leaves nothing`(
    door: LoadDoor
  ) throws {
    guard let disk = MemoryDisk(megabytes: 16) else {
      print("skipped: no file system can be mounted here (no root, no user namespaces)")
      return
    }
    let target = try LoadTarget(door, on: disk)
    #expect(try target.load([try target.file("small.csv", 1...100)]).end == .exited(0))
    var random = SeededGenerator(5)
    let large = try target.file("large.csv", 101...1_500_000) { _ in "\(random.next() >> 1)" }
    let failed = try target.load([large])
    #expect(failed.end == .exited(1), "\(failed.log)")
    #expect(failed.log.contains("No space left on device"), "\(failed.log)")
    #expect(try target.rows("SELECT count(*), sum(id) FROM t") == ["100,5050"])
    if door == .server { #expect(try target.database.terminate() == .exited(0)) }
    #expect(try target.database.check().end == .exited(0))
  }

  @Test(arguments: LoadDoor.allCases) func `a terminal shows how far it is, a file does not`(
    door: LoadDoor
  ) throws {
    let target = try LoadTarget(door)
    let file = try target.file("a.csv", 1...1_500_000)
    let seen = try target.shell("script -qec '$LOAD \(file)' /dev/null </dev/null")
    #expect(try seen.wait() == .exited(0), "\(seen.log)")
    #expect(seen.log.contains("\r\u{1B}[K") && seen.log.contains(" %"), "\(seen.log)")
    #expect(seen.log.contains("/s"), "\(seen.log)")
    let quiet = try target.load(["--again", "--on-conflict", "skip", file])
    #expect(quiet.end == .exited(0) && !quiet.log.contains("\u{1B}"), "\(quiet.log)")
  }

  @Test func `--memory bounds what a large file takes`() throws {
    let target = try LoadTarget(.directory)
    let small = try target.file("small.csv", 1...20_000)
    let large = try target.file("large.csv", 20_001...5_000_000) { "\($0 &* 2_654_435_761)" }
    let words = ["--memory", "16MB", "--threads", "2"]
    let base = try peakBytes(target, words + [small])
    let peak = try peakBytes(target, words + [large])
    let size = try #require(
      FileManager.default.attributesOfItem(atPath: large)[.size] as? Int
    )
    print("a file of \(size >> 20) MB: \(peak >> 20) MB at most, of 20,000 rows \(base >> 20) MB")
    // Four times what is on its way (read, in work, in the month being written), and 8 bytes a key, twice while their list grows.
    #expect(peak < base + 4 * 16 << 20 + 2 * 8 * 5_000_000, "\(peak) bytes")
    #expect(try target.rows("SELECT count(*) FROM t") == ["5000000"])
  }

  /// The most memory that a load had, looked at every millisecond.
  private func peakBytes(_ target: LoadTarget, _ words: [String]) throws -> Int {
    let load = try target.shell("exec $LOAD \(words.joined(separator: " "))")
    var peak = 0
    while load.isRunning {
      let status =
        (try? String(contentsOfFile: "/proc/\(load.processID)/status", encoding: .utf8)) ?? ""
      for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
        peak = max(peak, (Int(line.filter(\.isNumber)) ?? 0) << 10)
      }
      SystemIO.sleep(nanoseconds: 1_000_000)
    }
    #expect(try load.wait() == .exited(0), "\(load.log)")
    return peak
  }
}
