// swift-tools-version: 6.3
import PackageDescription

/// C libraries of Debian, a module map each, and header-only C kernels.
let foundations = ["CLibpq", "CZstd", "CLZ4", "CZlib", "CPcre2", "CKernels", "CSystemShims"]

/// The engine's floors, lowest first; a target uses only targets of lower floors.
let floors: [[(name: String, uses: [String])]] = [
  [
    ("SystemIO", ["CSystemShims"]),
    ("Columnar", []),
    ("ReportSyntax", []),
  ],
  [
    ("ColumnEncoding", ["Columnar", "CKernels", "CZstd", "CLZ4"]),
    ("Kernels", ["Columnar", "CKernels"]),
    ("Catalog", ["Columnar"]),
    ("PostgresProtocol", ["Columnar"]),
  ],
  [
    ("Storage", ["SystemIO", "Columnar", "ColumnEncoding", "Catalog", "CKernels"]),
    ("Planning", ["ReportSyntax", "Catalog", "Columnar"]),
  ],
  [
    (
      "Execution",
      [
        "Planning", "Storage", "ColumnEncoding", "Kernels", "Catalog", "Columnar", "SystemIO",
        "CPcre2",
      ]
    ),
    (
      "Loading",
      [
        "Storage", "ColumnEncoding", "Catalog", "Columnar", "SystemIO", "CKernels", "CZstd", "CLZ4",
        "CZlib",
      ]
    ),
    (
      "Replication",
      ["PostgresProtocol", "Catalog", "ColumnEncoding", "Columnar", "SystemIO", "CLibpq"]
    ),
    ("SampleData", ["Columnar", "SystemIO"]),
  ],
  [
    (
      "Engine",
      [
        "Execution", "Loading", "Replication", "Planning", "ReportSyntax", "Storage", "Catalog",
        "Columnar", "PostgresProtocol", "SystemIO",
      ]
    )
  ],
  [
    (
      "Server",
      ["Engine", "Planning", "PostgresProtocol", "Catalog", "Columnar", "SystemIO"]
    )
  ],
]

var below = Set(foundations)
for floor in floors {
  for target in floor {
    for name in target.uses where !below.contains(name) {
      fatalError("\(target.name) uses \(name), which is not on a floor below it")
    }
  }
  below.formUnion(floor.map(\.name))
}

/// x86-64-v3 (AVX2, BMI2, FMA) is the minimal CPU; other architectures build with their baseline.
#if arch(x86_64)
  let machine = ["-Xcc", "-march=x86-64-v3"]
#else
  let machine: [String] = []
#endif

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  .unsafeFlags(machine),
]

/// Run-time checks of exclusive access took a fifth of a scan's time (vectors are classes); debug builds keep them.
let unchecked: [SwiftSetting] = [
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

let engine = floors.joined().map { target in
  Target.target(
    name: target.name,
    dependencies: target.uses.map { .target(name: $0) },
    exclude: ["README.md"],
    swiftSettings: settings + unchecked
  )
}

let unitTests = floors.joined().map { target in
  Target.testTarget(
    name: "\(target.name)Tests",
    dependencies: [.target(name: target.name), "TestSupport"]
      + target.uses.map { .target(name: $0) },
    swiftSettings: settings
  )
}

func program(_ name: String, at path: String, uses: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: uses, path: path, swiftSettings: settings)
}

let package = Package(
  name: "almanac",
  targets: [
    .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CPcre2",
      pkgConfig: "libpcre2-8",
      providers: [.apt(["libpcre2-dev"])]
    ),
    .target(name: "CKernels"),
    .target(name: "CSystemShims"),
  ] + engine + unitTests + [
    .target(
      name: "TestSupport",
      dependencies: ["SystemIO", "Columnar", "Replication", "Planning", "Engine", "CLibpq"],
      path: "Tests/TestSupport",
      swiftSettings: settings
    ),
    .testTarget(
      name: "LogicTests",
      dependencies: ["Engine", "Planning", "Storage", "Columnar", "Server", "TestSupport"],
      exclude: ["cases"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ClientTests",
      dependencies: ["Engine", "Server", "SystemIO", "TestSupport", "CLibpq"],
      exclude: ["clients"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Engine", "Planning", "Storage", "Catalog", "Columnar", "SystemIO", "TestSupport",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "RollupTests",
      dependencies: [
        "Engine", "Execution", "Planning", "Storage", "Catalog", "Columnar", "SystemIO",
        "TestSupport",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ProcessTests",
      dependencies: ["SystemIO", "TestSupport", "almanac"],
      swiftSettings: settings
    ),
    program(
      "almanac",
      at: "Sources/almanac",
      uses: [
        "Server", "Engine", "Loading", "SampleData", "Storage", "Catalog", "Columnar", "SystemIO",
        "CLibpq",
      ]
    ),
    .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "PostgresProtocol", "ReportSyntax", "Loading", "Replication", "Storage", "Catalog",
        "ColumnEncoding", "Columnar", "SystemIO", "TestSupport", "CLibFuzzer",
      ],
      path: "Tests/Fuzz",
      exclude: ["CLibFuzzer"],
      swiftSettings: settings
    ),
    program(
      "microbench",
      at: "Benchmarks/Micro",
      uses: [
        "Execution", "Loading", "Planning", "Replication", "Storage", "Catalog", "Kernels",
        "ColumnEncoding", "Columnar", "SystemIO", "TestSupport",
      ]
    ),
  ]
)
