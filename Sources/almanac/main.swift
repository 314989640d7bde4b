import Glibc
import SystemIO

ignoreWriteSignals()
exit(Program().run(Array(CommandLine.arguments.dropFirst())))
