import Replication
import Testing

@Test func `positions are read and written as PostgreSQL does`() {
  #expect(LSN("16/B374D848")?.rawValue == 0x16_b374_d848)
  #expect(LSN("0/0") == .zero)
  #expect(LSN("FFFFFFFF/ffffffff")?.rawValue == .max)
  #expect("\(LSN(0x16_b374_d848))" == "16/B374D848")
  #expect("\(LSN(0x1_0000_000a))" == "1/A")
  for bad in ["", "/", "1", "1/", "/1", "1/2/3", "g/1", "+1/2", "1/-2", "123456789/0", " 1/2"] {
    #expect(LSN(bad) == nil, "\(bad)")
  }
  #expect(LSN(5).bytes(since: LSN(3)) == 2)
  #expect(LSN(3).bytes(since: LSN(5)) == 0)
}
