import Planning

extension SystemTables {
  /// Relations for what PostgreSQL has and Almanac has not: clients ask them all the same.
  static let emptyCatalog: [SystemTable] = [
    .empty(
      "pg_catalog.pg_policy",
      "oid:o polname:t polrelid:o polcmd:t polpermissive:b polroles:t polqual:t polwithcheck:t"
    ),
    .empty(
      "pg_catalog.pg_statistic_ext",
      "oid:o stxrelid:o stxname:t stxnamespace:o stxowner:o stxstattarget:i stxkeys:t stxkind:t stxexprs:t"
    ),
    .empty(
      "pg_catalog.pg_publication",
      "oid:o pubname:t pubowner:o puballtables:b pubinsert:b pubupdate:b pubdelete:b pubtruncate:b pubviaroot:b"
    ),
    .empty(
      "pg_catalog.pg_publication_rel",
      "oid:o prpubid:o prrelid:o prqual:t prattrs:t"
    ),
    .empty("pg_catalog.pg_publication_namespace", "oid:o pnpubid:o pnnspid:o"),
    .empty("pg_catalog.pg_publication_tables", "pubname:t schemaname:t tablename:t"),
    .empty(
      "pg_catalog.pg_subscription",
      "oid:o subdbid:o subname:t subowner:o subenabled:b subbinary:b substream:b subconninfo:t subslotname:t"
    ),
    .empty("pg_catalog.pg_inherits", "inhrelid:o inhparent:o inhseqno:i inhdetachpending:b"),
    .empty(
      "pg_catalog.pg_partitioned_table",
      "partrelid:o partstrat:t partnatts:s partdefid:o partattrs:t partclass:t partcollation:t partexprs:t"
    ),
    .empty(
      "pg_catalog.pg_trigger",
      """
      oid:o tgrelid:o tgparentid:o tgname:t tgfoid:o tgtype:s tgenabled:t tgisinternal:b tgconstrrelid:o
      tgconstrindid:o tgconstraint:o tgdeferrable:b tginitdeferred:b tgnargs:s tgattr:t tgargs:t tgqual:t
      tgoldtable:t tgnewtable:t
      """
    ),
    .empty(
      "pg_catalog.pg_rewrite",
      "oid:o rulename:t ev_class:o ev_type:t ev_enabled:t is_instead:b ev_qual:t ev_action:t"
    ),
    .empty("pg_catalog.pg_rules", "schemaname:t tablename:t rulename:t definition:t"),
    .empty("pg_catalog.pg_description", "objoid:o classoid:o objsubid:i description:t"),
    .empty("pg_catalog.pg_shdescription", "objoid:o classoid:o description:t"),
    .empty(
      "pg_catalog.pg_depend",
      "classid:o objid:o objsubid:i refclassid:o refobjid:o refobjsubid:i deptype:t"
    ),
    .empty("pg_catalog.pg_enum", "oid:o enumtypid:o enumsortorder:f enumlabel:t"),
    .empty(
      "pg_catalog.pg_range",
      "rngtypid:o rngsubtype:o rngmultitypid:o rngcollation:o rngsubopc:o rngcanonical:t rngsubdiff:t"
    ),
    .empty(
      "pg_catalog.pg_collation",
      """
      oid:o collname:t collnamespace:o collowner:o collprovider:t collisdeterministic:b collencoding:i collcollate:t
      collctype:t colliculocale:t collversion:t
      """
    ),
    .empty(
      "pg_catalog.pg_extension",
      "oid:o extname:t extowner:o extnamespace:o extrelocatable:b extversion:t extconfig:t extcondition:t"
    ),
    .empty(
      "pg_catalog.pg_available_extensions",
      "name:t default_version:t installed_version:t comment:t"
    ),
    .empty(
      "pg_catalog.pg_foreign_table",
      "ftrelid:o ftserver:o ftoptions:t"
    ),
    .empty(
      "pg_catalog.pg_foreign_server",
      "oid:o srvname:t srvowner:o srvfdw:o srvtype:t srvversion:t srvacl:t srvoptions:t"
    ),
    .empty(
      "pg_catalog.pg_foreign_data_wrapper",
      "oid:o fdwname:t fdwowner:o fdwhandler:o fdwvalidator:o fdwacl:t fdwoptions:t"
    ),
    .empty(
      "pg_catalog.pg_sequence",
      "seqrelid:o seqtypid:o seqstart:o seqincrement:o seqmax:o seqmin:o seqcache:o seqcycle:b"
    ),
    .empty(
      "pg_catalog.pg_sequences",
      "schemaname:t sequencename:t sequenceowner:t data_type:t start_value:o min_value:o max_value:o last_value:o"
    ),
    .empty(
      "pg_catalog.pg_matviews",
      "schemaname:t matviewname:t matviewowner:t tablespace:t hasindexes:b ispopulated:b definition:t"
    ),
    .empty(
      "pg_catalog.pg_auth_members",
      "roleid:o member:o grantor:o admin_option:b"
    ),
    .empty("pg_catalog.pg_db_role_setting", "setdatabase:o setrole:o setconfig:t"),
    .empty(
      "pg_catalog.pg_default_acl",
      "oid:o defaclrole:o defaclnamespace:o defaclobjtype:t defaclacl:t"
    ),
    .empty(
      "pg_catalog.pg_aggregate",
      "aggfnoid:o aggkind:t aggnumdirectargs:s aggtransfn:t aggfinalfn:t aggsortop:o aggtranstype:o agginitval:t"
    ),
    .empty(
      "pg_catalog.pg_operator",
      """
      oid:o oprname:t oprnamespace:o oprowner:o oprkind:t oprcanmerge:b oprcanhash:b oprleft:o oprright:o oprresult:o
      oprcom:o oprnegate:o oprcode:t oprrest:t oprjoin:t
      """
    ),
    .empty(
      "pg_catalog.pg_cast",
      "oid:o castsource:o casttarget:o castfunc:o castcontext:t castmethod:t"
    ),
    .empty(
      "pg_catalog.pg_opclass",
      "oid:o opcmethod:o opcname:t opcnamespace:o opcowner:o opcfamily:o opcintype:o opcdefault:b"
    ),
    .empty(
      "pg_catalog.pg_event_trigger",
      "oid:o evtname:t evtevent:t evtowner:o evtfoid:o evtenabled:t evttags:t"
    ),
    .empty("pg_catalog.pg_largeobject_metadata", "oid:o lomowner:o lomacl:t"),
    .empty("pg_catalog.pg_locks", "locktype:t database:o relation:o pid:i mode:t granted:b"),
    .empty("pg_catalog.pg_prepared_xacts", "transaction:o gid:t prepared:z owner:t database:t"),
    .empty(
      "pg_catalog.pg_stat_replication",
      "pid:i usename:t application_name:t client_addr:t state:t sent_lsn:t replay_lsn:t"
    ),
    .empty(
      "pg_catalog.pg_replication_slots",
      "slot_name:t plugin:t slot_type:t database:t active:b"
    ),
    .empty(
      "pg_catalog.pg_timezone_names",
      "name:t abbrev:t utc_offset:t is_dst:b"
    ),
  ]
}
