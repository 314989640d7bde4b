import Catalog
import ReportSyntax

/// Which views read a relation: found by reading their texts, so nothing has to be kept in step.
struct ViewDependencies {
  private let catalog: CatalogSnapshot
  private let searchPath: [String]

  init(_ catalog: CatalogSnapshot, searchPath: [String]) {
    self.catalog = catalog
    self.searchPath = searchPath
  }

  /// The views that read one of `names`, directly or through other views.
  func views(reading names: Set<RelationName>) -> [RelationName] {
    var reached = names
    var found: [RelationName] = []
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for (name, view) in catalog.views.sorted(by: { $0.value.name < $1.value.name })
      where !reached.contains(name) && !relations(in: view).isDisjoint(with: reached) {
        reached.insert(name)
        found.append(name)
        isGrowing = true
      }
    }
    return found
  }

  /// Whatever a view's text may name; a name of no relation does no harm.
  private func relations(in view: ViewDefinition) -> Set<RelationName> {
    guard let query = try? Parser.parseQuery(Array(view.text.utf8)) else { return [] }
    var names: Set<RelationName> = []
    for written in query.relationNames {
      if let schema = written.schema {
        names.insert(RelationName(schema: schema.text, name: written.name.text))
      } else if let found = searchPath.lazy.map({
        RelationName(schema: $0, name: written.name.text)
      })
      .first(where: { catalog.table($0) != nil || catalog.views[$0] != nil }) {
        names.insert(found)
      }
    }
    return names
  }
}

extension Session {
  /// Refuses to drop what views read, or with CASCADE drops them too.
  func dropDependents(
    of names: Set<RelationName>,
    _ what: String,
    isCascading: Bool,
    _ change: (RelationName) throws(EngineError) -> Void,
    in catalog: CatalogSnapshot
  ) throws(EngineError) {
    let views = ViewDependencies(catalog, searchPath: settings.searchPath).views(reading: names)
    guard let first = views.first else { return }
    guard isCascading else {
      throw EngineError(
        "2BP01",
        "cannot drop \(what) because other objects depend on it",
        detail: "view \(first.name) depends on \(what)",
        hint: "Use DROP ... CASCADE to drop the dependent objects too."
      )
    }
    for view in views {
      note("drop cascades to view \(view.name)")
      try change(view)
    }
  }
}

extension Query {
  /// Every name that stands where a relation may stand.
  var relationNames: [QualifiedName] {
    var names: [QualifiedName] = with?.members.flatMap { $0.query.relationNames } ?? []
    names += body.relationNames
    return names
  }
}

extension Query.Body {
  fileprivate var relationNames: [QualifiedName] {
    switch self {
    case .select(let select):
      let items =
        select.items.map(\.value) + (select.filter.map { [$0] } ?? [])
        + (select.having.map { [$0] } ?? [])
      return select.from.flatMap(\.relationNames) + items.flatMap(\.relationNames)
    case .values: return []
    case .setOperation(let operation):
      return operation.left.relationNames + operation.right.relationNames
    case .nested(let query): return query.relationNames
    }
  }
}

extension FromItem {
  fileprivate var relationNames: [QualifiedName] {
    switch kind {
    case .table(let name): [name]
    case .function: []
    case .query(let query, _): query.relationNames
    case .join(let join): join.left.relationNames + join.right.relationNames
    }
  }
}

extension Expression {
  /// Of sub-queries inside the expression.
  fileprivate var relationNames: [QualifiedName] {
    let own: [QualifiedName] =
      switch kind {
      case .scalarQuery(let query), .exists(let query), .arrayQuery(let query),
        .inQuery(_, let query, _, _), .quantifiedQuery(_, _, _, let query):
        query.relationNames
      default: []
      }
    return own + children.flatMap(\.relationNames)
  }
}
