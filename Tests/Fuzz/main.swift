// The fuzzer: `fuzz TARGET [options]`; tools/fuzz builds and runs it.
//
// Built with -D LIBFUZZER and -sanitize=fuzzer it is libFuzzer's loop over the target, with libFuzzer's options. Built plainly it
// mutates the seeds by itself: `fuzz TARGET [--seconds N] [--seed N]`, or runs single inputs: `fuzz TARGET FILE…`.

import Foundation

#if LIBFUZZER
  internal import CLibFuzzer
#endif

let words = CommandLine.arguments
guard words.count > 1, let target = fuzzTargets.first(where: { $0.name == words[1] }) else {
  print(
    "Usage: fuzz TARGET [options]; targets: \(fuzzTargets.map { $0.name }.joined(separator: " "))"
  )
  exit(2)
}
if words.count == 4, words[2] == "--write-seeds" {
  try SeedFiles.write(try target.seeds(), to: words[3])
  exit(0)
}
#if LIBFUZZER
  LibFuzzerLoop.run(target, Array(words.dropFirst(2)))
#else
  try PlainLoop.run(target, Array(words.dropFirst(2)))
#endif
