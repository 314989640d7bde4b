import Glibc
import SystemIO

ignoreBrokenPipes()
exit(Program().run(Array(CommandLine.arguments.dropFirst())))
