import Catalog
import Columnar
import Planning
import ReportSyntax
import Storage

extension SystemTableContext {
  var objects: CatalogObjects { CatalogObjects(tables.catalog) }

  /// The columns of a relation with their types; none of a view that no longer fits its tables.
  func columns(of relation: CatalogObjects.Relation) -> [CatalogColumn] {
    if let table = relation.table {
      return table.columns.map {
        CatalogColumn(
          name: $0.name,
          type: $0.type,
          isNullable: $0.isNullable,
          defaultText: $0.defaultText
        )
      }
    }
    let output = relation.view.map { session.output(of: $0, in: tables.catalog) }
    return (output ?? relation.systemColumns).map {
      CatalogColumn(name: $0.name, type: $0.type, isNullable: true, defaultText: nil)
    }
  }
}

/// A column as the catalog describes it.
struct CatalogColumn {
  var name: String
  var type: LogicalType
  var isNullable: Bool
  var defaultText: String?
}

extension SystemTables {
  /// PostgreSQL 15's pg_catalog (chapter 53), as far as there is something to say.
  static let postgresCatalog: [SystemTable] = [
    namespaces, classes, attributes, defaults, indexes, constraints, types, procedures, databases,
    roles, users, tableList, viewList, indexList, accessMethods, settingList, tableActivity,
    languages, tablespaces,
  ]

  private static let namespaces = SystemTable(
    "pg_catalog.pg_namespace",
    "oid:o nspname:t nspowner:o=10 nspacl:t"
  ) { context in
    context.objects.schemas.map { ["oid": .int64($0.id), "nspname": .text($0.name)] }
  }

  private static let classes = SystemTable(
    "pg_catalog.pg_class",
    """
    oid:o relname:t relnamespace:o reltype:o reloftype:o relowner:o=10 relam:o relfilenode:o reltablespace:o relpages:i
    reltuples:f=-1 relallvisible:i reltoastrelid:o relhasindex:b relisshared:b relpersistence:t=p relkind:t=r relnatts:s
    relchecks:s relhasrules:b relhastriggers:b relhassubclass:b relrowsecurity:b relforcerowsecurity:b
    relispopulated:b=t relreplident:t=d relispartition:b relrewrite:o relfrozenxid:o relminmxid:o relacl:t reloptions:t
    relpartbound:t
    """
  ) { context in
    let objects = context.objects
    let keyed = Set(objects.keys.map(\.relation.id))
    let relations = objects.relations.map { relation -> [String: Datum] in
      let rows = relation.table.flatMap { context.tables.table($0.id)?.liveRowCount }
      return [
        "oid": .int64(relation.id), "relname": .text(relation.name),
        "relnamespace": .int64(CatalogObjects.id(ofSchema: relation.schema)),
        "relkind": .text(relation.kind.rawValue),
        "relam": .int64(relation.kind == .table ? CatalogObjects.columnarMethod : 0),
        "relnatts": .count(context.columns(of: relation).count),
        "relhasindex": .boolean(keyed.contains(relation.id)),
        "relhasrules": .boolean(relation.kind == .view),
        "reltuples": .double(rows.map { Double($0) } ?? -1),
      ]
    }
    let indexes = objects.keys.map { key -> [String: Datum] in
      [
        "oid": .int64(key.indexID), "relname": .text(key.name),
        "relnamespace": .int64(CatalogObjects.id(ofSchema: key.relation.schema)),
        "relkind": .text("i"), "relam": .int64(CatalogObjects.treeMethod),
        "relnatts": .count(key.columns.count),
      ]
    }
    return relations + indexes
  }

  private static let attributes = SystemTable(
    "pg_catalog.pg_attribute",
    """
    attrelid:o attname:t atttypid:o attstattarget:i=-1 attlen:s attnum:s attndims:i attcacheoff:i=-1 atttypmod:i=-1
    attbyval:b attalign:t=i attstorage:t=p attcompression:t= attnotnull:b atthasdef:b atthasmissing:b attidentity:t=
    attgenerated:t= attisdropped:b attislocal:b=t attinhcount:i attcollation:o attacl:t attoptions:t attfdwoptions:t
    attmissingval:t
    """
  ) { context in
    func described(_ column: CatalogColumn, _ number: Int, of id: Int64) -> [String: Datum] {
      [
        "attrelid": .int64(id), "attname": .text(column.name), "attnum": .count(number),
        "atttypid": .int64(Int64(column.type.id)), "atttypmod": .int64(Int64(column.type.modifier)),
        "attlen": .int64(Int64(column.type.byteCount)),
        "attbyval": .boolean((1...8).contains(column.type.byteCount)),
        "attstorage": .text(column.type.byteCount < 0 ? "x" : "p"),
        "attnotnull": .boolean(!column.isNullable),
        "atthasdef": .boolean(column.defaultText != nil),
      ]
    }
    let objects = context.objects
    return objects.relations.flatMap { relation in
      context.columns(of: relation).enumerated().map { described($1, $0 + 1, of: relation.id) }
    }
      + objects.keys.flatMap { key in
        key.columns.enumerated().map { place, part in
          let column = part.column
          return described(
            CatalogColumn(
              name: column.name,
              type: column.type,
              isNullable: false,
              defaultText: nil
            ),
            place + 1,
            of: key.indexID
          )
        }
      }
  }

  private static let defaults = SystemTable(
    "pg_catalog.pg_attrdef",
    "oid:o adrelid:o adnum:s adbin:t"
  ) { context in
    context.objects.relations.flatMap { relation in
      (relation.table?.columns ?? []).enumerated().compactMap { place, column in
        column.defaultText.map {
          [
            "oid": .int64(relation.id << 12 | Int64(place)), "adrelid": .int64(relation.id),
            "adnum": .count(place + 1), "adbin": .text($0),
          ]
        }
      }
    }
  }

  private static let indexes = SystemTable(
    "pg_catalog.pg_index",
    """
    indexrelid:o indrelid:o indnatts:s indnkeyatts:s indisunique:b=t indnullsnotdistinct:b indisprimary:b=t
    indisexclusion:b indimmediate:b=t indisclustered:b indisvalid:b=t indcheckxmin:b indisready:b=t indislive:b=t
    indisreplident:b indkey:t indcollation:t indclass:t indoption:t indexprs:t indpred:t
    """
  ) { context in
    context.objects.keys.map { key in
      let zeros = key.columns.map { _ in "0" }.joined(separator: " ")
      return [
        "indexrelid": .int64(key.indexID), "indrelid": .int64(key.relation.id),
        "indnatts": .count(key.columns.count), "indnkeyatts": .count(key.columns.count),
        "indkey": .text(key.columns.map { String($0.number) }.joined(separator: " ")),
        "indcollation": .text(zeros), "indclass": .text(zeros), "indoption": .text(zeros),
      ]
    }
  }

  private static let constraints = SystemTable(
    "pg_catalog.pg_constraint",
    """
    oid:o conname:t connamespace:o contype:t=p condeferrable:b condeferred:b convalidated:b=t conrelid:o contypid:o
    conindid:o conparentid:o confrelid:o confupdtype:t= confdeltype:t= confmatchtype:t= conislocal:b=t coninhcount:i
    connoinherit:b=t conkey:t confkey:t conpfeqop:t conppeqop:t conffeqop:t confdelsetcols:t conexclop:t conbin:t
    """
  ) { context in
    context.objects.keys.map { key in
      [
        "oid": .int64(key.constraintID), "conname": .text(key.name),
        "connamespace": .int64(CatalogObjects.id(ofSchema: key.relation.schema)),
        "conrelid": .int64(key.relation.id), "conindid": .int64(key.indexID),
        "conkey": .text("{\(key.columns.map { String($0.number) }.joined(separator: ","))}"),
      ]
    }
  }

  /// Reports are functions of the schema `report`.
  private static let procedures = SystemTable(
    "pg_catalog.pg_proc",
    """
    oid:o proname:t pronamespace:o=13002 proowner:o=10 prolang:o=14 procost:f=100 prorows:f=1000 provariadic:o
    prosupport:t prokind:t=f prosecdef:b proleakproof:b proisstrict:b proretset:b=t provolatile:t=s proparallel:t=u
    pronargs:s pronargdefaults:s prorettype:o=2249 proargtypes:t proallargtypes:t proargmodes:t proargnames:t
    proargdefaults:t protrftypes:t prosrc:t probin:t prosqlbody:t proconfig:t proacl:t
    """
  ) { context in
    context.objects.reports.map { report in
      [
        "oid": .int64(CatalogObjects.id(ofReport: report.name)), "proname": .text(report.name),
        "pronargs": .count(report.parameters.count),
        "pronargdefaults": .count(report.parameters.count { $0.defaultText != nil }),
        "proargtypes": .text(report.parameters.map { String($0.type.id) }.joined(separator: " ")),
        "proargnames": .text("{\(report.parameters.map(\.name).joined(separator: ","))}"),
        "prosrc": .text(report.text),
      ]
    }
  }

  private static let databases = SystemTable(
    "pg_catalog.pg_database",
    """
    oid:o=5 datname:t datdba:o=10 encoding:i=6 datlocprovider:t=c datistemplate:b datallowconn:b=t datconnlimit:i=-1
    datfrozenxid:o datminmxid:o dattablespace:o=1663 datcollate:t=C.UTF-8 datctype:t=C.UTF-8 daticulocale:t
    datcollversion:t datacl:t
    """
  ) { _ in [["datname": .text(Database.name)]] }

  private static let roles = SystemTable(
    "pg_catalog.pg_roles",
    """
    rolname:t rolsuper:b=t rolinherit:b=t rolcreaterole:b=t rolcreatedb:b=t rolcanlogin:b=t rolreplication:b
    rolconnlimit:i=-1 rolpassword:t=******** rolvaliduntil:z rolbypassrls:b=t rolconfig:t oid:o=10
    """
  ) { context in [["rolname": .text(context.session.entry.user)]] }

  private static let users = SystemTable(
    "pg_catalog.pg_user",
    "usename:t usesysid:o=10 usecreatedb:b=t usesuper:b=t userepl:b usebypassrls:b=t passwd:t=******** valuntil:z useconfig:t"
  ) { context in [["usename": .text(context.session.entry.user)]] }

  private static let tableList = SystemTable(
    "pg_catalog.pg_tables",
    """
    schemaname:t tablename:t tableowner:t tablespace:t hasindexes:b hasrules:b hastriggers:b rowsecurity:b
    """
  ) { context in
    let objects = context.objects
    let keyed = Set(objects.keys.map(\.relation.id))
    return objects.relations.filter { $0.kind == .table }.map {
      [
        "schemaname": .text($0.schema), "tablename": .text($0.name),
        "tableowner": .text(context.session.entry.user),
        "hasindexes": .boolean(keyed.contains($0.id)),
      ]
    }
  }

  private static let viewList = SystemTable(
    "pg_catalog.pg_views",
    "schemaname:t viewname:t viewowner:t definition:t"
  ) { context in
    context.objects.relations.filter { $0.kind == .view }.map {
      [
        "schemaname": .text($0.schema), "viewname": .text($0.name),
        "viewowner": .text(context.session.entry.user),
        "definition": .text($0.view.map { " \($0.text);" }),
      ]
    }
  }

  private static let indexList = SystemTable(
    "pg_catalog.pg_indexes",
    "schemaname:t tablename:t indexname:t tablespace:t indexdef:t"
  ) { context in
    context.objects.keys.map {
      [
        "schemaname": .text($0.relation.schema), "tablename": .text($0.relation.name),
        "indexname": .text($0.name), "indexdef": .text($0.indexText),
      ]
    }
  }

  private static let accessMethods = SystemTable(
    "pg_catalog.pg_am",
    "oid:o amname:t amhandler:t amtype:t=t"
  ) { _ in
    [
      ["oid": .int64(CatalogObjects.columnarMethod), "amname": .text("columnar")],
      [
        "oid": .int64(CatalogObjects.treeMethod), "amname": .text("btree"), "amtype": .text("i"),
      ],
    ]
  }

  private static let settingList = SystemTable(
    "pg_catalog.pg_settings",
    """
    name:t setting:t unit:t category:t=Almanac short_desc:t extra_desc:t context:t=user vartype:t=string source:t=default
    min_val:t max_val:t enumvals:t boot_val:t reset_val:t sourcefile:t sourceline:i=- pending_restart:b
    """
  ) { context in
    SettingCatalog.all.map { definition in
      let value = Datum.text(context.session.settings.text(definition.name))
      return [
        "name": .text(definition.name), "setting": value, "boot_val": .text(definition.initial),
        "reset_val": .text(definition.initial), "short_desc": .text(definition.description),
      ]
    }
  }

  private static let tableActivity = SystemTable(
    "pg_catalog.pg_stat_user_tables",
    """
    relid:o schemaname:t relname:t seq_scan:o seq_tup_read:o idx_scan:o idx_tup_fetch:o n_tup_ins:o n_tup_upd:o
    n_tup_del:o n_tup_hot_upd:o n_live_tup:o n_dead_tup:o n_mod_since_analyze:o n_ins_since_vacuum:o last_vacuum:z
    last_autovacuum:z last_analyze:z last_autoanalyze:z vacuum_count:o autovacuum_count:o analyze_count:o
    autoanalyze_count:o
    """
  ) { context in
    context.objects.relations.filter { $0.kind == .table }.map { relation in
      let rows = relation.table.flatMap { context.tables.table($0.id)?.liveRowCount } ?? 0
      return [
        "relid": .int64(relation.id), "schemaname": .text(relation.schema),
        "relname": .text(relation.name), "n_live_tup": .count(rows),
      ]
    }
  }

  private static let languages = SystemTable(
    "pg_catalog.pg_language",
    "oid:o=14 lanname:t=sql lanowner:o=10 lanispl:b lanpltrusted:b=t lanplcallfoid:o laninline:o lanvalidator:o lanacl:t"
  ) { _ in [[:]] }

  private static let tablespaces = SystemTable(
    "pg_catalog.pg_tablespace",
    "oid:o=1663 spcname:t=pg_default spcowner:o=10 spcacl:t spcoptions:t"
  ) { _ in [[:]] }
}

extension Session {
  /// The columns of a view's rows; none when it no longer fits its tables.
  func output(of view: ViewDefinition, in catalog: CatalogSnapshot) -> [OutputColumn] {
    let text = "SELECT * FROM \(quoteIdentifier(view.schema)).\(quoteIdentifier(view.name))"
    guard let query = try? Parser.parseQuery(Array(text.utf8), options: .report) else { return [] }
    return (try? describe(.query(query), in: Array(text.utf8), bindingContext(catalog: catalog)))
      .flatMap { $0 } ?? []
  }
}
