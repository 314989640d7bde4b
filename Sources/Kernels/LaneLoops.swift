// The private generic cores of the kernels: one loop each, specialised inside this target.
//
// A loop over spans with the counts checked once before it becomes vector code; the functions that
// other targets call are concrete, see prototypes.md §A.4.

/// out[i] = f(a[i]).
@inline(__always)
func mapLanes<A: BitwiseCopyable, R: BitwiseCopyable>(
  _ a: Span<A>,
  _ rows: Int,
  _ out: inout MutableSpan<R>,
  _ f: (A) -> R
) {
  precondition(rows >= 0 && rows <= a.count && rows <= out.count)
  // SAFETY: i < rows, which is within both spans.
  for i in 0..<rows { unsafe out[unchecked: i] = unsafe f(a[unchecked: i]) }
}

/// out[i] = f(a[i], b[i]).
@inline(__always)
func zipLanes<A: BitwiseCopyable, B: BitwiseCopyable, R: BitwiseCopyable>(
  _ a: Span<A>,
  _ b: Span<B>,
  _ rows: Int,
  _ out: inout MutableSpan<R>,
  _ f: (A, B) -> R
) {
  precondition(rows >= 0 && rows <= a.count && rows <= b.count && rows <= out.count)
  // SAFETY: i < rows, which is within all three spans.
  for i in 0..<rows { unsafe out[unchecked: i] = unsafe f(a[unchecked: i], b[unchecked: i]) }
}
