package import Columnar
import SystemIO

extension Session {
  /// The zone and the clock by which texts of parameters are read.
  package var dateTimeContext: DateTimeContext {
    DateTimeContext(
      zone: timeZone,
      zones: database.timeZones,
      now: block.startedAt ?? database.clock.postgresMicroseconds
    )
  }
}
