// The frame of a segment file, format version 2; `schema/format/segment-v2.md` draws it.
//
//   head     16 bytes   magic "ALMNSEG1", u32 version, u32 CRC-32C of the 12 bytes before
//   pages    blocks, dictionaries, symbol tables, key pages, filter: back to back, in the order they were written
//   footer   tagged sections
//   trailer  32 bytes   i64 footer offset, u32 footer bytes, u32 CRC-32C of the footer, u32 version,
//                       u32 CRC-32C of the 20 bytes before, magic

package import Catalog
internal import ColumnEncoding
internal import Columnar

enum SegmentFormat {
  static let magic: [UInt8] = Array("ALMNSEG1".utf8)
  static let version: UInt32 = 2
  static let headBytes = 16
  static let trailerBytes = 32
  /// A footer beyond this is not one that we write.
  static let footerBytesMax = 512 << 20
  static let pageBytesMax: UInt32 = 1 << 30
}

/// Sections of the footer; a reader skips those it does not know unless they are marked as essential.
enum FooterTag: UInt16 {
  case general = 1
  case columns = 2
  case statistics = 3
  case keys = 4
  case sketches = 5
  case codedColumns = 6
}

/// Bytes of a segment file under one checksum.
struct PageReference: Equatable, Sendable {
  var offset: Int64
  var byteCount: UInt32
  var checksum: UInt32
}

/// How a segment is written.
package struct SegmentOptions: Sendable {
  /// Rows of every block but the last of a column: 8,192, or 64 in small-block tests.
  package var blockRowCount = 8192
  /// Compression over encoded blocks, for old months.
  package var compression: BlockCompression = .none

  package init() {}
}

/// What a finished segment file is, for the log and the manifest.
package struct SegmentSummary: Equatable, Sendable {
  package var rowCount: Int
  package var sizeBytes: Int64
  /// 16 bytes over the footer, which holds the checksums of everything else.
  package var contentHash: [UInt8]

  package init(rowCount: Int, sizeBytes: Int64, contentHash: [UInt8]) {
    self.rowCount = rowCount
    self.sizeBytes = sizeBytes
    self.contentHash = contentHash
  }
}

/// Something that `check` found wrong.
package struct CheckFinding: Equatable, Sendable {
  package var file: String
  package var offset: Int64
  package var what: String

  package init(file: String, offset: Int64, what: String) {
    self.file = file
    self.offset = offset
    self.what = what
  }
}

extension BlockCompression {
  var codec: BlockCodec {
    switch self {
    case .none: .none
    case .lz4: .lz4
    case .zstd: .zstd
    }
  }
}
