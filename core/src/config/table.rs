//! The registry: one row per directive, which gives [`Config`] its field and [`DIRECTIVES`] its entry.
//!
//! A row reads `field: type = default => "name" | "alias" [flags] check = kind;`, where all after the name may be
//! missing. Values, ranges and flags are those of Valkey 9.1.2.

use super::checks::*;
use super::directive::NumberFormat::{MemoryOrPercent, Octal, SignedMemory};
use super::directive::{Directive, Flags, Kind, NumberFormat};
use super::setting::Setting;
use super::special::*;
use super::text::Text;
use super::words::*;

const INT: i128 = i32::MAX as i128;
const INT_MIN: i128 = i32::MIN as i128;
const UINT: i128 = u32::MAX as i128;
const LONG: i128 = i64::MAX as i128;
const ULONG: i128 = u64::MAX as i128;

const UNSET: Kind = Kind::Str { empty_is_unset: true, binary: false };
const BINARY: Kind = Kind::Str { empty_is_unset: false, binary: true };
const SECRET: Kind = Kind::Str { empty_is_unset: true, binary: true };

const fn int(min: i128, max: i128) -> Kind {
    number(NumberFormat::Plain, min, max)
}

const fn memory(min: i128, max: i128) -> Kind {
    number(NumberFormat::Memory, min, max)
}

const fn number(format: NumberFormat, min: i128, max: i128) -> Kind {
    Kind::Number { format, min, max }
}

macro_rules! directives {
    ($(
        $(#[$doc:meta])*
        $field:ident: $type:ty = $default:expr =>
            $name:literal $(| $alias:literal)? $([$($flag:ident)*])? $($check:ident)? $(= $kind:expr)?;
    )*) => {
        /// The whole configuration: a value that is cloned, changed and published anew.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Default for Config {
            fn default() -> Config {
                Config { $($field: $default,)* }
            }
        }

        /// All directives.
        pub static DIRECTIVES: &[Directive] = &[$({
            const KIND: Kind = directives!(@kind $type $(, $kind)?);
            Directive {
                name: $name,
                alias: directives!(@alias $($alias)?),
                kind: KIND,
                flags: Flags::empty()$($(.union(Flags::$flag))*)?,
                get: |config| Setting::get(&config.$field, &KIND),
                set: |config, args, source| {
                    Setting::set(&mut config.$field, &KIND, args, source)?;
                    $($check(config)?;)?
                    Ok(())
                },
                same: |a, b| a.$field == b.$field,
                rewrite: |config, default| Setting::rewrite(&config.$field, &default.$field, &KIND, $name),
            }
        },)*];
    };
    (@kind $type:ty) => { <$type as Setting>::KIND };
    (@kind $type:ty, $kind:expr) => { $kind };
    (@alias) => { None };
    (@alias $alias:literal) => { Some($alias) };
}

directives! {
    // Network.
    /// Addresses to listen on.
    bind: Addresses = Addresses::new(&["*", "-::*"]) => "bind" [MULTI_ARG VOLATILE];
    /// TCP port; 0 listens on none.
    port: i64 = 6379 => "port" = int(0, 65535);
    /// Connections that may wait to be accepted.
    tcp_backlog: i64 = 511 => "tcp-backlog" [IMMUTABLE] = int(0, INT);
    /// Seconds between TCP keepalive probes; 0 sends none.
    tcp_keepalive: i64 = 300 => "tcp-keepalive" = int(0, INT);
    /// Seconds a client may be idle; 0 is for ever.
    timeout: i64 = 0 => "timeout" = int(0, INT);
    /// Most clients at once.
    maxclients: i64 = 10000 => "maxclients" = int(1, UINT);
    /// Connections accepted in one loop turn.
    max_new_connections_per_cycle: i64 = 10 => "max-new-connections-per-cycle" = int(1, 1000);
    /// TLS connections accepted in one loop turn.
    max_new_tls_connections_per_cycle: i64 = 1 => "max-new-tls-connections-per-cycle" = int(1, 1000);
    /// Whether to refuse remote clients while nothing is bound and no password is set.
    protected_mode: bool = true => "protected-mode" [PROTECTED];
    /// Address that outgoing connections come from.
    bind_source_addr: Text = "".into() => "bind-source-addr" = UNSET;
    /// Path of the Unix socket to listen on.
    unixsocket: Text = "".into() => "unixsocket" [IMMUTABLE] = UNSET;
    /// Group that owns the Unix socket.
    unixsocketgroup: Text = "".into() => "unixsocketgroup" [IMMUTABLE] = UNSET;
    /// Permissions of the Unix socket; 0 leaves them.
    unixsocketperm: u64 = 0 => "unixsocketperm" [IMMUTABLE] = number(Octal, 0, 0o777);
    /// Mark of the listening sockets; 0 is none.
    socket_mark_id: u64 = 0 => "socket-mark-id" [IMMUTABLE] = int(0, UINT);
    /// Whether to listen with Multipath TCP.
    mptcp: bool = false => "mptcp" [IMMUTABLE];
    /// Addresses to listen on for RDMA.
    rdma_bind: Addresses = Addresses::new(&[]) => "rdma-bind" [MULTI_ARG VOLATILE];
    /// RDMA port; 0 listens on none.
    rdma_port: i64 = 0 => "rdma-port" = int(0, 65535);
    /// Bytes of an RDMA receive buffer.
    rdma_rx_size: i64 = 1048576 => "rdma-rx-size" [IMMUTABLE] = int(65536, 16777216);
    /// RDMA completion vector; -1 is any.
    rdma_completion_vector: i64 = -1 => "rdma-completion-vector" [IMMUTABLE] = int(-1, 1024);
    /// Most bytes in one argument.
    proto_max_bulk_len: i64 = 512 << 20 => "proto-max-bulk-len" = memory(1048576, LONG);
    /// Most bytes a client's query buffer may hold.
    client_query_buffer_limit: u64 = 1 << 30 => "client-query-buffer-limit" = memory(1048576, LONG);
    /// When a client that doesn't read its replies is closed.
    client_output_buffer_limit: OutputLimits = OutputLimits::stock() =>
        "client-output-buffer-limit" [MULTI_ARG VOLATILE];
    /// Memory that all clients may use: bytes, or per cent of `maxmemory` as a negative number; see
    /// [`Config::clients_memory_max`].
    maxmemory_clients: i64 = 0 => "maxmemory-clients" = number(MemoryOrPercent, -100, LONG);
    /// Most keys that client-side caching remembers; 0 is any number.
    tracking_table_max_keys: u64 = 1_000_000 => "tracking-table-max-keys" = int(0, LONG);

    // General.
    /// Whether to go into the background.
    daemonize: bool = false => "daemonize" [IMMUTABLE];
    /// Who supervises the process.
    supervised: Supervised = Supervised::No => "supervised" [IMMUTABLE];
    /// File for the process id.
    pidfile: Text = "".into() => "pidfile" [IMMUTABLE] = UNSET;
    /// Number of databases.
    databases: i64 = 16 => "databases" [IMMUTABLE] = int(1, INT);
    /// Whether to show the logo also when the log isn't a terminal.
    always_show_logo: bool = false => "always-show-logo" [IMMUTABLE];
    /// Whether to set the process title.
    set_proc_title: bool = true => "set-proc-title" [IMMUTABLE];
    /// What the process title says.
    proc_title_template: Text = "{title} {listen-addr} {server-mode}".into() => "proc-title-template" check_proc_title;
    /// Background turns per second.
    hz: i64 = 10 => "hz" clamp_hz = int(0, INT);
    /// Whether to spend time on rehashing while idle.
    activerehashing: bool = true => "activerehashing";
    /// Working directory.
    dir: WorkDir = <_>::default() => "dir" [PROTECTED DENY_LOADING VOLATILE];
    /// Stock's I/O threads; without effect, see `shards`.
    io_threads: i64 = 1 => "io-threads" = int(1, 256);
    /// Stock's I/O threads stay awake; without effect.
    io_threads_always_active: bool = false => "io-threads-always-active" [HIDDEN];
    /// Most commands whose keys are prefetched together.
    prefetch_batch_max_size: i64 = 16 => "prefetch-batch-max-size" = int(0, 128);
    /// I/O threads from which replies aren't copied; without effect.
    min_io_threads_avoid_copy_reply: i64 = 7 => "min-io-threads-avoid-copy-reply" [HIDDEN] = int(0, INT);
    /// Bytes from which a string reply isn't copied.
    min_string_size_avoid_copy_reply: i64 = 16384 => "min-string-size-avoid-copy-reply" [HIDDEN] = int(0, INT);
    /// The same with I/O threads; without effect.
    min_string_size_avoid_copy_reply_threaded: i64 = 65536 =>
        "min-string-size-avoid-copy-reply-threaded" [HIDDEN] = int(0, INT);
    /// Processors for the server's threads.
    server_cpulist: Text = "".into() => "server-cpulist" | "server_cpulist" [IMMUTABLE] = UNSET;
    /// Processors for background threads.
    bio_cpulist: Text = "".into() => "bio-cpulist" | "bio_cpulist" [IMMUTABLE] = UNSET;
    /// Processors for rewriting the append-only file.
    aof_rewrite_cpulist: Text = "".into() => "aof-rewrite-cpulist" | "aof_rewrite_cpulist" [IMMUTABLE] = UNSET;
    /// Processors for saving snapshots.
    bgsave_cpulist: Text = "".into() => "bgsave-cpulist" | "bgsave_cpulist" [IMMUTABLE] = UNSET;
    /// System warnings that don't stop the start.
    ignore_warnings: Text = "".into() => "ignore-warnings";
    /// Locale by which SORT ALPHA compares.
    locale_collate: Text = "".into() => "locale-collate";
    /// Whether to call itself Redis where old clients look.
    extended_redis_compatibility: bool = false => "extended-redis-compatibility";
    /// Zone that clients are told.
    availability_zone: Text = "".into() => "availability-zone" = BINARY;
    /// Whether to adjust the kernel's out-of-memory score.
    oom_score_adj: OomScoreAdj = OomScoreAdj::No => "oom-score-adj";
    /// The scores for `oom-score-adj`.
    oom_score_adj_values: OomScoreValues = OomScoreValues([0, 200, 800]) => "oom-score-adj-values" [MULTI_ARG];
    /// Whether to switch off transparent huge pages.
    disable_thp: bool = true => "disable-thp" [IMMUTABLE];
    /// Whether the allocator purges in the background.
    jemalloc_bg_thread: bool = true => "jemalloc-bg-thread";
    /// Seconds that a shutdown waits for replicas.
    shutdown_timeout: i64 = 10 => "shutdown-timeout" = int(0, INT);
    /// How to shut down on SIGINT.
    shutdown_on_sigint: ShutdownFlags = <_>::default() => "shutdown-on-sigint" [MULTI_ARG];
    /// How to shut down on SIGTERM.
    shutdown_on_sigterm: ShutdownFlags = <_>::default() => "shutdown-on-sigterm" [MULTI_ARG];
    /// Seed of the hash function, to make order repeatable; empty is random.
    hash_seed: Text = "".into() => "hash-seed" [IMMUTABLE] check_hash_seed = UNSET;
    /// Whether data is being imported, so that keys don't expire.
    import_mode: bool = false => "import-mode";

    // Log and diagnosis.
    /// Which messages are logged.
    loglevel: LogLevel = LogLevel::Notice => "loglevel";
    /// File for the log; empty is standard output.
    logfile: Text = "".into() => "logfile" [IMMUTABLE];
    /// How log lines are laid out.
    log_format: LogFormat = LogFormat::Legacy => "log-format";
    /// How log lines show the time.
    log_timestamp_format: LogTimestampFormat = LogTimestampFormat::Legacy => "log-timestamp-format";
    /// Whether to log to syslog too.
    syslog_enabled: bool = false => "syslog-enabled" [IMMUTABLE];
    /// Name in syslog.
    syslog_ident: Text = "valkey".into() => "syslog-ident" [IMMUTABLE];
    /// Facility in syslog.
    syslog_facility: SyslogFacility = SyslogFacility::Local0 => "syslog-facility" [IMMUTABLE];
    /// Whether to keep keys and values out of logs.
    hide_user_data_from_log: bool = true => "hide-user-data-from-log";
    /// Whether a crash writes a report.
    crash_log_enabled: bool = true => "crash-log-enabled";
    /// Whether a crash tests memory.
    crash_memcheck_enabled: bool = true => "crash-memcheck-enabled";
    /// Whether a panic exits without a core dump.
    use_exit_on_panic: bool = false => "use-exit-on-panic" [HIDDEN];
    /// Text that crash reports repeat.
    debug_context: Text = "".into() => "debug-context" [HIDDEN];
    /// Milliseconds after which a stuck server logs its stack; 0 is never.
    watchdog_period: i64 = 0 => "watchdog-period" [HIDDEN] = int(0, INT);
    /// Milliseconds from which an event is kept for LATENCY; 0 keeps none.
    latency_monitor_threshold: i64 = 0 => "latency-monitor-threshold" = int(0, LONG);
    /// Whether latencies are counted per command.
    latency_tracking: bool = true => "latency-tracking";
    /// Percentiles that INFO shows.
    latency_tracking_info_percentiles: Percentiles = Percentiles(vec![50.0, 99.0, 99.9]) =>
        "latency-tracking-info-percentiles" [MULTI_ARG VOLATILE];
    /// Microseconds from which a command is slow; -1 logs none.
    commandlog_execution_slower_than: i64 = 10000 =>
        "commandlog-execution-slower-than" | "slowlog-log-slower-than" = int(-1, LONG);
    /// Most entries in the log of slow commands.
    commandlog_slow_execution_max_len: u64 = 128 =>
        "commandlog-slow-execution-max-len" | "slowlog-max-len" = int(0, LONG);
    /// Bytes from which a request is large; -1 logs none.
    commandlog_request_larger_than: i64 = 1 << 20 => "commandlog-request-larger-than" = int(-1, LONG);
    /// Most entries in the log of large requests.
    commandlog_large_request_max_len: u64 = 128 => "commandlog-large-request-max-len" = int(0, LONG);
    /// Bytes from which a reply is large; -1 logs none.
    commandlog_reply_larger_than: i64 = 1 << 20 => "commandlog-reply-larger-than" = int(-1, LONG);
    /// Most entries in the log of large replies.
    commandlog_large_reply_max_len: u64 = 128 => "commandlog-large-reply-max-len" = int(0, LONG);
    /// Which keyspace events are published.
    notify_keyspace_events: NotifyFlags = <_>::default() => "notify-keyspace-events" [VOLATILE];

    // Security.
    /// Password of the default user; empty is none.
    requirepass: Text = "".into() => "requirepass" [SENSITIVE] = SECRET;
    /// File with ACL users.
    aclfile: Text = "".into() => "aclfile" [IMMUTABLE];
    /// Most entries in the ACL log.
    acllog_max_len: u64 = 128 => "acllog-max-len" = int(0, LONG);
    /// Channels that a new ACL user may use.
    acl_pubsub_default: AclPubsubDefault = AclPubsubDefault::Resetchannels => "acl-pubsub-default";
    /// Who may set protected directives.
    enable_protected_configs: Permission = Permission::No => "enable-protected-configs" [IMMUTABLE];
    /// Who may use DEBUG.
    enable_debug_command: Permission = Permission::No => "enable-debug-command" [IMMUTABLE];
    /// Who may use MODULE.
    enable_module_command: Permission = Permission::No => "enable-module-command" [IMMUTABLE];
    /// Whether costly checks are on.
    enable_debug_assert: bool = false => "enable-debug-assert" [IMMUTABLE HIDDEN];
    /// Whether scripts see what was removed for safety.
    lua_enable_insecure_api: bool = false => "lua-enable-insecure-api" | "lua-enable-deprecated-api" [PROTECTED HIDDEN];

    // Memory.
    /// Bytes of data from which keys are evicted; 0 is no limit.
    maxmemory: u64 = 0 => "maxmemory" = memory(0, ULONG);
    /// Which keys are evicted.
    maxmemory_policy: MaxmemoryPolicy = MaxmemoryPolicy::Noeviction => "maxmemory-policy";
    /// Keys looked at to find one to evict.
    maxmemory_samples: i64 = 5 => "maxmemory-samples" = int(1, 64);
    /// How long one eviction may take; 100 is any time.
    maxmemory_eviction_tenacity: i64 = 10 => "maxmemory-eviction-tenacity" = int(0, 100);
    /// How hard to look for expired keys.
    active_expire_effort: i64 = 1 => "active-expire-effort" = int(1, 10);
    /// How slowly the usage counter grows.
    lfu_log_factor: i64 = 10 => "lfu-log-factor" = int(0, INT);
    /// Minutes after which the usage counter shrinks.
    lfu_decay_time: i64 = 1 => "lfu-decay-time" = int(0, INT);
    /// Whether evicted values are freed in the background.
    lazyfree_lazy_eviction: bool = true => "lazyfree-lazy-eviction";
    /// Whether expired values are freed in the background.
    lazyfree_lazy_expire: bool = true => "lazyfree-lazy-expire";
    /// Whether replaced values are freed in the background.
    lazyfree_lazy_server_del: bool = true => "lazyfree-lazy-server-del";
    /// Whether DEL frees in the background.
    lazyfree_lazy_user_del: bool = true => "lazyfree-lazy-user-del";
    /// Whether FLUSHALL and its like free in the background.
    lazyfree_lazy_user_flush: bool = true => "lazyfree-lazy-user-flush";
    /// Whether memory is defragmented.
    activedefrag: bool = false => "activedefrag" check_defrag;
    /// Bytes lost below which nothing is defragmented.
    active_defrag_ignore_bytes: u64 = 100 << 20 => "active-defrag-ignore-bytes" = memory(1, LONG);
    /// Per cent lost from which to defragment.
    active_defrag_threshold_lower: i64 = 10 => "active-defrag-threshold-lower" = int(0, 1000);
    /// Per cent lost from which to defragment with full effort.
    active_defrag_threshold_upper: i64 = 100 => "active-defrag-threshold-upper" = int(0, 1000);
    /// Least effort of defragmentation, in per cent of a processor.
    active_defrag_cycle_min: i64 = 1 => "active-defrag-cycle-min" = int(1, 99);
    /// Greatest effort of defragmentation, in per cent of a processor.
    active_defrag_cycle_max: i64 = 25 => "active-defrag-cycle-max" = int(1, 99);
    /// Microseconds of one turn of defragmentation.
    active_defrag_cycle_us: i64 = 500 => "active-defrag-cycle-us" = int(0, 100000);
    /// Fields from which a value is defragmented in parts.
    active_defrag_max_scan_fields: u64 = 1000 => "active-defrag-max-scan-fields" = int(1, LONG);

    // Encodings.
    /// Most fields in a hash stored as listpack.
    hash_max_listpack_entries: u64 = 512 => "hash-max-listpack-entries" | "hash-max-ziplist-entries" = int(0, LONG);
    /// Longest field or value in a hash stored as listpack.
    hash_max_listpack_value: u64 = 64 => "hash-max-listpack-value" | "hash-max-ziplist-value" = memory(0, LONG);
    /// Size of a list's nodes: entries, or -1 to -5 for 4 to 64 kB.
    list_max_listpack_size: i64 = -2 => "list-max-listpack-size" | "list-max-ziplist-size" = int(INT_MIN, INT);
    /// Nodes at each end of a list that aren't compressed; 0 compresses none.
    list_compress_depth: i64 = 0 => "list-compress-depth" = int(0, INT);
    /// Most members in a set stored as integers.
    set_max_intset_entries: u64 = 512 => "set-max-intset-entries" = int(0, LONG);
    /// Most members in a set stored as listpack.
    set_max_listpack_entries: u64 = 128 => "set-max-listpack-entries" = int(0, LONG);
    /// Longest member in a set stored as listpack.
    set_max_listpack_value: u64 = 64 => "set-max-listpack-value" = int(0, LONG);
    /// Most members in a sorted set stored as listpack.
    zset_max_listpack_entries: u64 = 128 => "zset-max-listpack-entries" | "zset-max-ziplist-entries" = int(0, LONG);
    /// Longest member in a sorted set stored as listpack.
    zset_max_listpack_value: u64 = 64 => "zset-max-listpack-value" | "zset-max-ziplist-value" = memory(0, LONG);
    /// Most bytes in a stream's node; 0 is any number.
    stream_node_max_bytes: u64 = 4096 => "stream-node-max-bytes" = memory(0, LONG);
    /// Most entries in a stream's node; 0 is any number.
    stream_node_max_entries: i64 = 100 => "stream-node-max-entries" = int(0, LONG);
    /// Longest sparse HyperLogLog.
    hll_sparse_max_bytes: u64 = 3000 => "hll-sparse-max-bytes" = memory(0, LONG);

    // Scripts.
    /// Milliseconds from which a script is reported as busy.
    busy_reply_threshold: i64 = 5000 => "busy-reply-threshold" | "lua-time-limit" = int(0, LONG);

    // Snapshots and append-only file.
    /// When to save snapshots by itself.
    save: SavePoints = SavePoints::stock() => "save" [MULTI_ARG VOLATILE];
    /// Name of the snapshot file.
    dbfilename: Text = "dump.rdb".into() => "dbfilename" [PROTECTED] check_dbfilename;
    /// Whether snapshots compress strings.
    rdbcompression: bool = true => "rdbcompression";
    /// Whether snapshots end in a checksum.
    rdbchecksum: bool = true => "rdbchecksum" [IMMUTABLE];
    /// Whether snapshots made for replication are deleted.
    rdb_del_sync_files: bool = false => "rdb-del-sync-files";
    /// Whether saving syncs as it goes.
    rdb_save_incremental_fsync: bool = true => "rdb-save-incremental-fsync";
    /// Microseconds to wait after each saved key, for tests.
    rdb_key_save_delay: i64 = 0 => "rdb-key-save-delay" [HIDDEN] = int(INT_MIN, INT);
    /// Which snapshot versions are read.
    rdb_version_check: RdbVersionCheck = RdbVersionCheck::Strict => "rdb-version-check";
    /// Microseconds to wait after each loaded key, for tests.
    key_load_delay: i64 = 0 => "key-load-delay" [HIDDEN] = int(INT_MIN, INT);
    /// Bytes loaded between two looks at the clients.
    loading_process_events_interval_bytes: i64 = 2 << 20 =>
        "loading-process-events-interval-bytes" [HIDDEN] = int(1024, INT);
    /// Whether writes fail after a snapshot failed.
    stop_writes_on_bgsave_error: bool = true => "stop-writes-on-bgsave-error";
    /// Whether there is an append-only file.
    appendonly: bool = false => "appendonly" [DENY_LOADING];
    /// Name of the append-only file.
    appendfilename: Text = "appendonly.aof".into() => "appendfilename" [IMMUTABLE] check_appendfilename;
    /// Folder of the append-only file.
    appenddirname: Text = "appendonlydir".into() => "appenddirname" [IMMUTABLE] check_appenddirname;
    /// When the append-only file is synced.
    appendfsync: AppendFsync = AppendFsync::Everysec => "appendfsync";
    /// Whether syncing pauses while a child writes.
    no_appendfsync_on_rewrite: bool = false => "no-appendfsync-on-rewrite";
    /// Growth in per cent after which the append-only file is rewritten; 0 is never.
    auto_aof_rewrite_percentage: i64 = 100 => "auto-aof-rewrite-percentage" = int(0, INT);
    /// Least size of an append-only file that is rewritten by itself.
    auto_aof_rewrite_min_size: i64 = 64 << 20 => "auto-aof-rewrite-min-size" = memory(0, LONG);
    /// Whether a cut-off append-only file is loaded.
    aof_load_truncated: bool = true => "aof-load-truncated";
    /// Whether a rewritten append-only file starts with a snapshot.
    aof_use_rdb_preamble: bool = true => "aof-use-rdb-preamble";
    /// Whether the append-only file holds times.
    aof_timestamp_enabled: bool = false => "aof-timestamp-enabled";
    /// Whether rewriting syncs as it goes.
    aof_rewrite_incremental_fsync: bool = true => "aof-rewrite-incremental-fsync";
    /// Whether old append-only files stay.
    aof_disable_auto_gc: bool = false => "aof-disable-auto-gc" [HIDDEN];

    // Replication.
    /// Primary to follow.
    replicaof: ReplicaOf = <_>::default() => "replicaof" | "slaveof" [IMMUTABLE MULTI_ARG VOLATILE];
    /// Password for the primary.
    primaryauth: Text = "".into() => "primaryauth" | "masterauth" [SENSITIVE] = SECRET;
    /// User for the primary.
    primaryuser: Text = "".into() => "primaryuser" | "masteruser" [SENSITIVE] = UNSET;
    /// Whether a replica answers without its primary.
    replica_serve_stale_data: bool = true => "replica-serve-stale-data" | "slave-serve-stale-data";
    /// Whether a replica refuses writes.
    replica_read_only: bool = true => "replica-read-only" | "slave-read-only";
    /// Whether a replica drops its data in the background.
    replica_lazy_flush: bool = true => "replica-lazy-flush" | "slave-lazy-flush";
    /// Whether a replica leaves eviction to its primary.
    replica_ignore_maxmemory: bool = true => "replica-ignore-maxmemory" | "slave-ignore-maxmemory";
    /// Whether a replica goes on when its disk fails.
    replica_ignore_disk_write_errors: bool = false => "replica-ignore-disk-write-errors";
    /// Rank when a new primary is chosen; 0 is never.
    replica_priority: i64 = 100 => "replica-priority" | "slave-priority" = int(0, INT);
    /// Whether Sentinel is told of this replica.
    replica_announced: bool = true => "replica-announced";
    /// Address that a replica tells its primary.
    replica_announce_ip: Text = "".into() => "replica-announce-ip" | "slave-announce-ip" = UNSET;
    /// Port that a replica tells its primary; 0 is its own.
    replica_announce_port: i64 = 0 => "replica-announce-port" | "slave-announce-port" = int(0, 65535);
    /// Whether replicas are sent data without a file.
    repl_diskless_sync: bool = true => "repl-diskless-sync";
    /// Seconds to wait for more replicas before sending.
    repl_diskless_sync_delay: i64 = 5 => "repl-diskless-sync-delay" = int(0, INT);
    /// Replicas for which no more are waited for; 0 is any number.
    repl_diskless_sync_max_replicas: i64 = 0 => "repl-diskless-sync-max-replicas" = int(0, INT);
    /// How a replica loads data without a file.
    repl_diskless_load: ReplDisklessLoad = ReplDisklessLoad::Disabled => "repl-diskless-load" [DENY_LOADING];
    /// Whether data and stream take two connections.
    dual_channel_replication_enabled: bool = false => "dual-channel-replication-enabled";
    /// Seconds between pings to replicas.
    repl_ping_replica_period: i64 = 10 => "repl-ping-replica-period" | "repl-ping-slave-period" = int(1, INT);
    /// Seconds after which a link is dead.
    repl_timeout: i64 = 60 => "repl-timeout" = int(1, INT);
    /// Whether the stream is sent in fewer, larger packets.
    repl_disable_tcp_nodelay: bool = false => "repl-disable-tcp-nodelay";
    /// Whether replication uses Multipath TCP.
    repl_mptcp: bool = false => "repl-mptcp" [IMMUTABLE];
    /// Bytes kept for replicas that come back.
    repl_backlog_size: i64 = 10 << 20 => "repl-backlog-size" = memory(1, LONG);
    /// Seconds that those bytes are kept without replicas; 0 is for ever.
    repl_backlog_ttl: i64 = 3600 => "repl-backlog-ttl" = int(0, LONG);
    /// Replicas without which writes fail.
    min_replicas_to_write: i64 = 0 => "min-replicas-to-write" | "min-slaves-to-write" = int(0, INT);
    /// Seconds that such a replica may be behind.
    min_replicas_max_lag: i64 = 10 => "min-replicas-max-lag" | "min-slaves-max-lag" = int(0, INT);
    /// What a failing replicated command does.
    propagation_error_behavior: PropagationErrorBehavior = PropagationErrorBehavior::Ignore =>
        "propagation-error-behavior";

    // Cluster.
    /// Whether this is a cluster node.
    cluster_enabled: bool = false => "cluster-enabled" [IMMUTABLE];
    /// File for the node's own state.
    cluster_config_file: Text = "nodes.conf".into() => "cluster-config-file" [IMMUTABLE] check_cluster_config_file;
    /// When that file is saved.
    cluster_config_save_behavior: ClusterConfigSaveBehavior = ClusterConfigSaveBehavior::Sync =>
        "cluster-config-save-behavior";
    /// Number of databases of a cluster node.
    cluster_databases: i64 = 1 => "cluster-databases" [IMMUTABLE] = int(1, INT);
    /// Port of the cluster bus; 0 is the TCP port and 10000.
    cluster_port: i64 = 0 => "cluster-port" [IMMUTABLE] = int(0, 65535);
    /// Milliseconds after which a silent node is in doubt.
    cluster_node_timeout: i64 = 15000 => "cluster-node-timeout" = int(0, LONG);
    /// Milliseconds for a manual failover.
    cluster_manual_failover_timeout: i64 = 5000 => "cluster-manual-failover-timeout" = int(1, INT);
    /// How old a replica's data may be to fail over.
    cluster_replica_validity_factor: i64 = 10 =>
        "cluster-replica-validity-factor" | "cluster-slave-validity-factor" = int(0, INT);
    /// Whether this replica never fails over by itself.
    cluster_replica_no_failover: bool = false => "cluster-replica-no-failover" | "cluster-slave-no-failover";
    /// Replicas a primary keeps before one may leave it.
    cluster_migration_barrier: i64 = 1 => "cluster-migration-barrier" = int(0, INT);
    /// Whether replicas move to primaries without any.
    cluster_allow_replica_migration: bool = true => "cluster-allow-replica-migration";
    /// Whether the cluster stops when slots are missing.
    cluster_require_full_coverage: bool = true => "cluster-require-full-coverage";
    /// Whether a stopped cluster answers reads.
    cluster_allow_reads_when_down: bool = false => "cluster-allow-reads-when-down";
    /// Whether a stopped cluster passes on shard messages.
    cluster_allow_pubsubshard_when_down: bool = true => "cluster-allow-pubsubshard-when-down";
    /// Address that other nodes are told.
    cluster_announce_ip: Text = "".into() => "cluster-announce-ip" check_cluster_ip = UNSET;
    /// Port that other nodes are told; 0 is its own.
    cluster_announce_port: i64 = 0 => "cluster-announce-port" = int(0, 65535);
    /// TLS port that other nodes are told; 0 is its own.
    cluster_announce_tls_port: i64 = 0 => "cluster-announce-tls-port" = int(0, 65535);
    /// Bus port that other nodes are told; 0 is its own.
    cluster_announce_bus_port: i64 = 0 => "cluster-announce-bus-port" = int(0, 65535);
    /// IPv4 address that clients are told.
    cluster_announce_client_ipv4: Text = "".into() => "cluster-announce-client-ipv4" check_ipv4 = UNSET;
    /// IPv6 address that clients are told.
    cluster_announce_client_ipv6: Text = "".into() => "cluster-announce-client-ipv6" check_ipv6 = UNSET;
    /// Port that clients are told; 0 is the announced one.
    cluster_announce_client_port: i64 = 0 => "cluster-announce-client-port" = int(0, 65535);
    /// TLS port that clients are told; 0 is the announced one.
    cluster_announce_client_tls_port: i64 = 0 => "cluster-announce-client-tls-port" = int(0, 65535);
    /// Host name that others are told.
    cluster_announce_hostname: Text = "".into() => "cluster-announce-hostname" check_hostname = UNSET;
    /// Name of the node in logs.
    cluster_announce_human_nodename: Text = "".into() => "cluster-announce-human-nodename" check_nodename = UNSET;
    /// Which address clients are told.
    cluster_preferred_endpoint_type: ClusterEndpointType = ClusterEndpointType::Ip => "cluster-preferred-endpoint-type";
    /// Most bytes that wait on one bus link; 0 is any number.
    cluster_link_sendbuf_limit: u64 = 0 => "cluster-link-sendbuf-limit" = memory(0, ULONG);
    /// Seconds that a forgotten node stays forgotten.
    cluster_blacklist_ttl: u64 = 60 => "cluster-blacklist-ttl" = int(0, ULONG);
    /// Milliseconds between pings; 0 follows the timeout.
    cluster_ping_interval: i64 = 0 => "cluster-ping-interval" [HIDDEN] = int(0, LONG);
    /// Per cent of the nodes that a message tells of.
    cluster_message_gossip_perc: i64 = 10 => "cluster-message-gossip-perc" [HIDDEN] = int(1, 100);
    /// Whether statistics are kept per slot.
    cluster_slot_stats_enabled: bool = false => "cluster-slot-stats-enabled";
    /// Most entries in the log of slot migrations.
    cluster_slot_migration_log_max_len: u64 = 1000 => "cluster-slot-migration-log-max-len" = int(0, LONG);
    /// Bytes that may be unsent when a slot changes hands; -1 is any number.
    slot_migration_max_failover_repl_bytes: i64 = 0 =>
        "slot-migration-max-failover-repl-bytes" = number(SignedMemory, -1, LONG);

    // TLS.
    /// TLS port; 0 listens on none.
    tls_port: i64 = 0 => "tls-port" = int(0, 65535);
    /// Server certificate.
    tls_cert_file: Text = "".into() => "tls-cert-file" [VOLATILE] = UNSET;
    /// Its key.
    tls_key_file: Text = "".into() => "tls-key-file" [VOLATILE] = UNSET;
    /// Password of that key.
    tls_key_file_pass: Text = "".into() => "tls-key-file-pass" [SENSITIVE] = UNSET;
    /// Certificate for outgoing connections.
    tls_client_cert_file: Text = "".into() => "tls-client-cert-file" [VOLATILE] = UNSET;
    /// Its key.
    tls_client_key_file: Text = "".into() => "tls-client-key-file" [VOLATILE] = UNSET;
    /// Password of that key.
    tls_client_key_file_pass: Text = "".into() => "tls-client-key-file-pass" [SENSITIVE] = UNSET;
    /// Diffie-Hellman parameters.
    tls_dh_params_file: Text = "".into() => "tls-dh-params-file" [VOLATILE] = UNSET;
    /// Authorities that are trusted, as a file.
    tls_ca_cert_file: Text = "".into() => "tls-ca-cert-file" [VOLATILE] = UNSET;
    /// Authorities that are trusted, as a folder.
    tls_ca_cert_dir: Text = "".into() => "tls-ca-cert-dir" [VOLATILE] = UNSET;
    /// Whether clients need a certificate.
    tls_auth_clients: TlsAuthClients = TlsAuthClients::Yes => "tls-auth-clients";
    /// Which field of a client's certificate names the user.
    tls_auth_clients_user: TlsAuthClientsUser = TlsAuthClientsUser::Off => "tls-auth-clients-user";
    /// Whether replication uses TLS.
    tls_replication: bool = false => "tls-replication";
    /// Whether the cluster bus uses TLS.
    tls_cluster: bool = false => "tls-cluster";
    /// TLS versions.
    tls_protocols: Text = "".into() => "tls-protocols" = UNSET;
    /// Ciphers up to TLS 1.2.
    tls_ciphers: Text = "".into() => "tls-ciphers" = UNSET;
    /// Ciphers of TLS 1.3.
    tls_ciphersuites: Text = "".into() => "tls-ciphersuites" = UNSET;
    /// Whether the server's order of ciphers counts.
    tls_prefer_server_ciphers: bool = false => "tls-prefer-server-ciphers";
    /// Whether sessions can be resumed.
    tls_session_caching: bool = true => "tls-session-caching";
    /// Most sessions that can be resumed.
    tls_session_cache_size: i64 = 20480 => "tls-session-cache-size" = int(0, INT);
    /// Seconds that a session can be resumed.
    tls_session_cache_timeout: i64 = 300 => "tls-session-cache-timeout" = int(0, INT);
    /// Seconds between looks at changed certificates; 0 is never.
    tls_auto_reload_interval: i64 = 0 => "tls-auto-reload-interval" = int(0, INT);

    // Ours.
    /// Shards, that is cores to use; 0 is all that the process may use.
    shards: i64 = 0 => "shards" [IMMUTABLE] = int(0, 1024);
    /// Processors for the shards, as a list like `0-3,8`; empty chooses.
    shard_cpus: Text = "".into() => "shard-cpus" [IMMUTABLE] = UNSET;
    /// I/O backend of the shards.
    io_backend: IoBackend = IoBackend::Auto => "io-backend" [IMMUTABLE];
    /// In which order a client's pipelined commands take effect.
    pipeline_order: PipelineOrder = PipelineOrder::Strict => "pipeline-order";
    /// Who is told `-BUSY` while a script or module runs long.
    busy_scope: BusyScope = BusyScope::Held => "busy-scope";
    /// How the callbacks of each module may run.
    module_concurrency: ModuleModes = <_>::default() => "module-concurrency" [MULTI_ARG VOLATILE];
    /// Which thread modules see as the main thread.
    module_thread: ModuleThread = ModuleThread::Own => "module-thread" [IMMUTABLE];
    /// Test oracle: every callback of a module holds the world.
    module_world_lock: bool = false => "module-world-lock";
    /// Test oracle: every command runs at home.
    module_all_at_home: bool = false => "module-all-at-home";
    /// Milliseconds of waiting for the module lock or a lease before it is logged; 0 is never.
    module_watchdog_ms: i64 = 1000 => "module-watchdog-ms" = int(0, INT);
}
