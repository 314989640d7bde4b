internal import Columnar
internal import SystemIO

/// A growing array of plain values, one a group or a row; its memory is raw, so that it can be counted.
@safe
final class GroupArray<Element: BitwiseCopyable> {
  private var base: UnsafeMutablePointer<Element>
  private(set) var capacity: Int
  private let initial: Element

  /// An array whose fresh places hold `initial`.
  init(_ initial: Element, capacity: Int = 16) {
    self.initial = initial
    self.capacity = capacity
    unsafe base = Self.allocate(capacity)
    unsafe base.initialize(repeating: initial, count: capacity)
  }

  /// An array whose places hold anything until they are written; whoever reads one has seen to it.
  init(unfilled capacity: Int, _ initial: Element) {
    self.initial = initial
    self.capacity = capacity
    unsafe base = Self.allocate(capacity)
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    let base: UnsafeMutablePointer<Element> = unsafe AlignedMemory.allocate(capacity: capacity)
    let byteCount = capacity * MemoryLayout<Element>.stride
    if byteCount >= 4 << 20 { unsafe Machine.adviseLargePages(base, byteCount: byteCount) }
    return unsafe base
  }

  deinit { unsafe AlignedMemory.deallocate(base) }

  var byteCount: Int { capacity * MemoryLayout<Element>.stride }

  /// Makes at least `count` places, at least doubling when it grows.
  func reserve(_ count: Int) {
    guard count > capacity else { return }
    let larger = max(count, capacity * 2)
    let fresh = unsafe Self.allocate(larger)
    unsafe fresh.update(from: base, count: capacity)
    unsafe (fresh + capacity).initialize(repeating: initial, count: larger - capacity)
    unsafe AlignedMemory.deallocate(base)
    unsafe base = unsafe fresh
    capacity = larger
  }

  /// All places; not to be used behind a growth or the end of the array.
  var span: Span<Element> {
    @_lifetime(immortal) get {
      // SAFETY: the allocation holds `capacity` initialised elements. That the array lives and does not grow
      // meanwhile is the caller's word: a borrow of a class would not prove it either.
      let span = unsafe Span(_unsafeStart: base, count: capacity)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// All places, to be written.
  var mutableSpan: MutableSpan<Element> {
    @_lifetime(immortal) get {
      // SAFETY: as `span`.
      let span = unsafe MutableSpan(_unsafeStart: base, count: capacity)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  subscript(place: Int) -> Element {
    @inline(__always) get {
      precondition(place >= 0 && place < capacity)
      return unsafe base[place]
    }
    @inline(__always) set {
      precondition(place >= 0 && place < capacity)
      unsafe base[place] = newValue
    }
  }

  /// Sets every place to the initial value.
  func clear() { unsafe base.update(repeating: initial, count: capacity) }
}
