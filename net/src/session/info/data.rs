//! INFO: Persistence, Replication, Cluster, Scripting Engines, Keyspace.

use super::page::{Facts, Page};

pub(super) fn persistence(page: &mut Page, f: &Facts<'_>) {
    page.lines(0, &["loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"]);
    page.line("current_fork_perc", "0.00");
    page.lines(0, &["current_save_keys_processed", "current_save_keys_total"]);
    page.line("rdb_changes_since_last_save", f.sum(|s| &s.dirty));
    page.line("rdb_bgsave_in_progress", 0);
    page.line("rdb_last_save_time", f.node.started.unix_us / 1_000_000);
    page.line("rdb_last_bgsave_status", "ok");
    page.lines(-1, &["rdb_last_bgsave_time_sec", "rdb_current_bgsave_time_sec"]);
    page.lines(0, &["rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded"]);
    page.lines(0, &["aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"]);
    page.lines(-1, &["aof_last_rewrite_time_sec", "aof_current_rewrite_time_sec"]);
    page.line("aof_last_bgrewrite_status", "ok");
    page.lines(0, &["aof_rewrites", "aof_rewrites_consecutive_failures"]);
    page.line("aof_last_write_status", "ok");
    page.lines(0, &["aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"]);
    page.line("slot_migration_fork_in_progress", 0);
}

pub(super) fn replication(page: &mut Page, f: &Facts<'_>) {
    page.line("role", "master");
    page.lines(0, &["connected_slaves", "replicas_waiting_psync"]);
    page.line("master_failover_state", "no-failover");
    page.line("master_replid", &f.node.replication_id);
    page.line("master_replid2", "0".repeat(40));
    page.line("master_repl_offset", 0);
    page.line("second_repl_offset", -1);
    page.line("repl_backlog_active", 0);
    page.line("repl_backlog_size", f.config.repl_backlog_size);
    page.lines(0, &["repl_backlog_first_byte_offset", "repl_backlog_histlen"]);
}

pub(super) fn cluster(page: &mut Page, f: &Facts<'_>) {
    page.line("cluster_enabled", u8::from(f.config.cluster_enabled));
}

pub(super) fn scripting_engines(page: &mut Page, _: &Facts<'_>) {
    page.lines(0, &["engines_count", "engines_total_used_memory", "engines_total_memory_overhead"]);
}

pub(super) fn keyspace(page: &mut Page, f: &Facts<'_>) {
    for db in 0..f.config.databases as usize {
        let keys = f.sum_data(|s| &s.keys[db]);
        let expires = f.sum_data(|s| &s.expires[db]);
        if keys + expires > 0 {
            let ttl = average_ttl(f, db, expires);
            let text = format_args!("keys={keys},expires={expires},avg_ttl={ttl},keys_with_volatile_items=0");
            page.line(format_args!("db{db}"), text);
        }
    }
}

/// The average time to live in a database: the shards' own averages, by how many keys each is about.
fn average_ttl(f: &Facts<'_>, db: usize, expires: u64) -> u64 {
    let of = |s: &valkore_shard::node::ShardInfo| {
        u128::from(s.data.avg_ttl[db].get()) * u128::from(s.data.expires[db].get())
    };
    let sum: u128 = f.node.shards.iter().map(of).sum();
    (sum / u128::from(expires.max(1))) as u64
}
