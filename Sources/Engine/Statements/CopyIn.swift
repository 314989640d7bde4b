import ReportSyntax

extension Session {
  func startCopyIn(
    _ copy: Copy,
    _ options: CopyOptions,
    _ request: StatementRequest
  ) throws(EngineError) -> StatementRun {
    throw .unsupported("COPY FROM STDIN")
  }
}
