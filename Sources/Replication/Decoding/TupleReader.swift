// Tuples: a count of columns, then of each its kind and, where there is one, size and value.
//
//   'n' NULL   'u' unchanged TOAST   't' int32 size, text   'b' int32 size, binary

internal import Columnar

/// Notes where the fields of a change lie.
struct TupleReader {
  let state: RelationState

  /// Each returns false for bytes that are no tuple; a tuple of another width than the relation's is only noted.

  func readInsert(_ message: inout ByteCursor) -> Bool {
    guard message.next(UInt8.self) == UInt8(ascii: "N"), hasWidth(&message) else {
      return passOrFail(&message)
    }
    let row = unsafe state.fields.nextRow()
    guard unsafe read(&message, row) else { return false }
    for place in 0..<state.fields.width where unsafe row[place].isUnchanged {
      state.mismatch = ValueError("XX000", "an INSERT came with an unsent value")
      return true
    }
    state.keep(.insert)
    return true
  }

  func readDelete(_ message: inout ByteCursor) -> Bool {
    guard let kind = message.next(UInt8.self), Self.isOld(kind), hasWidth(&message) else {
      return passOrFail(&message)
    }
    guard unsafe read(&message, state.fields.nextRow()) else { return false }
    state.keep(.delete)
    return true
  }

  func readUpdate(_ message: inout ByteCursor) -> Bool {
    guard let kind = message.next(UInt8.self) else { return false }
    guard Self.isOld(kind) else {
      guard kind == UInt8(ascii: "N"), hasWidth(&message) else { return passOrFail(&message) }
      guard unsafe read(&message, state.fields.nextRow()) else { return false }
      state.keep(.update)
      return true
    }
    guard hasWidth(&message) else { return passOrFail(&message) }
    let old = unsafe state.oldFields.nextRow()
    guard unsafe read(&message, old) else { return false }
    guard message.next(UInt8.self) == UInt8(ascii: "N"), hasWidth(&message) else {
      return passOrFail(&message)
    }
    let new = unsafe state.fields.nextRow()
    guard unsafe read(&message, new) else { return false }
    if kind == UInt8(ascii: "O") {
      // The whole old row is here: it holds what the new one does not repeat.
      for place in 0..<state.fields.width where unsafe new[place].isUnchanged {
        unsafe new[place] = old[place]
      }
    }
    if unsafe keyDiffers(old, new, message) {
      state.oldKeyRows.append(Int32(state.kinds.count))
      state.oldFields.keepRow()
    }
    state.keep(.update)
    return true
  }

  private static func isOld(_ kind: UInt8) -> Bool {
    kind == UInt8(ascii: "K") || kind == UInt8(ascii: "O")
  }

  /// Whether the tuple has the relation's columns.
  @inline(__always)
  private func hasWidth(_ message: inout ByteCursor) -> Bool {
    guard let count = message.next(Int16.self) else { return false }
    guard Int(count) == state.fields.width else {
      state.mismatch = ValueError(
        "XX000",
        "the source sent a row of \(count) columns, its definition has \(state.fields.width)"
      )
      return false
    }
    return true
  }

  /// After a refusal: a mismatch ends this relation's rows, anything else is malformed.
  @inline(never)
  private func passOrFail(_ message: inout ByteCursor) -> Bool {
    guard state.mismatch != nil else { return false }
    message.skip(message.remaining)
    return true
  }

  /// Reads as many fields as the relation has columns.
  @inline(__always)
  private func read(
    _ message: inout ByteCursor,
    _ row: UnsafeMutablePointer<FieldRef>
  ) -> Bool {
    for place in 0..<state.fields.width {
      guard let kind = message.next(UInt8.self) else { return false }
      switch kind {
      case UInt8(ascii: "t"), UInt8(ascii: "b"):
        guard let size = message.next(Int32.self), size >= 0, Int(size) <= message.remaining,
          Int(size) <= FieldRef.valueBytesMax
        else { return false }
        // SAFETY: a row has room for `width` fields.
        unsafe row[place] = FieldRef(
          offset: message.offset,
          count: Int(size),
          isBinary: kind == UInt8(ascii: "b")
        )
        message.skip(Int(size))
      case UInt8(ascii: "n"): unsafe row[place] = .null
      case UInt8(ascii: "u"): unsafe row[place] = .unchanged
      default: return false
      }
    }
    return true
  }

  /// Whether the key's bytes are others than before; a key that was not sent again is the same.
  private func keyDiffers(
    _ old: UnsafeMutablePointer<FieldRef>,
    _ new: UnsafeMutablePointer<FieldRef>,
    _ message: ByteCursor
  ) -> Bool {
    guard let layout = state.layout else { return false }
    for place in layout.key {
      guard let source = layout.columns[place].source else { continue }
      let (a, b) = unsafe (old[source], new[source])
      if b.isUnchanged { continue }
      guard a.isValue, b.isValue, a.count == b.count else { return true }
      // SAFETY: both fields lie in the message's bytes.
      let isSame = unsafe equalBytes(message.base + a.place, message.base + b.place, a.count)
      if !isSame { return true }
    }
    return false
  }
}
