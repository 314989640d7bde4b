#if LIBFUZZER
  internal import CLibFuzzer
  import Foundation

  /// libFuzzer over a target.
  enum LibFuzzerLoop {
    /// Set once, before the loop starts; a C function takes no context.
    nonisolated(unsafe) fileprivate static var target: (any FuzzTarget.Type)?

    static func run(_ target: any FuzzTarget.Type, _ options: [String]) -> Never {
      unsafe self.target = target
      // SAFETY: the words live until the process ends.
      let words = unsafe (["fuzz"] + options).map { unsafe strdup($0) }
      let arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
        capacity: options.count + 2
      )
      for place in unsafe words.indices { unsafe arguments[place] = words[place] }
      unsafe arguments[options.count + 1] = nil
      var count = Int32(options.count + 1)
      var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe arguments
      exit(unsafe LLVMFuzzerRunDriver(&count, &pointer) { unsafe fuzzOneInput($0, $1) })
    }
  }

  /// What libFuzzer's own main would call; the library wants it to be there.
  @_cdecl("LLVMFuzzerTestOneInput")
  func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer gives `count` bytes at `start`.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    unsafe LibFuzzerLoop.target?.run(bytes)
    return 0
  }
#endif
