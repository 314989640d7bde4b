import Execution
import Testing

struct SchedulingTests {
  @Test func `a slot that is unblocked before its turn ends is not parked`() {
    var slots = StageSlots(count: 1)
    var began = slots.begin()
    // The sink was full when the slot looked; then it is emptied, and nobody will say so again.
    var unblocked = slots.unblock()
    var goesOn = slots.end(0, .blocked)
    #expect(began == 0 && unblocked == 0 && goesOn, "it would wait for what has happened already")

    began = slots.begin()
    goesOn = slots.end(0, .blocked)
    #expect(began == 0 && !goesOn, "the call was for the turn before")

    began = slots.begin()
    unblocked = slots.unblock()
    #expect(began == nil && unblocked == 1)
  }

  @Test func `slots end one by one`() {
    var slots = StageSlots(count: 2)
    var began = [slots.begin(), slots.begin(), slots.begin()]
    #expect(began == [0, 1, nil] && slots.running == 2)

    let ended = [slots.end(1, .more), slots.end(0, .done)]
    #expect(ended == [true, false] && slots.running == 0 && !slots.areDone)

    let unblocked = slots.unblock()
    began = [slots.begin(), slots.begin()]
    #expect(unblocked == 0 && began == [1, nil], "ready and done slots are not blocked")

    let goesOn = slots.end(1, .done)
    began = [slots.begin()]
    #expect(!goesOn && slots.areDone && began == [nil])
  }
}
