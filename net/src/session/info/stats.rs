//! INFO: Clients, Stats, Debug.

use valkore_shard::clock::ns_per_tick;
use valkore_shard::pause::Paused;

use super::page::{Facts, Page, percent, sampled};

pub(super) fn clients(page: &mut Page, f: &Facts<'_>) {
    page.line("connected_clients", f.node.connections());
    page.line("cluster_connections", 0);
    page.line("maxclients", f.config.maxclients);
    page.line("client_recent_max_input_buffer", f.max(|s| &s.query_bytes_max));
    page.line("client_recent_max_output_buffer", f.max(|s| &s.output_bytes_max));
    page.line("blocked_clients", f.sum(|s| &s.postponed));
    page.lines(0, &["tracking_clients", "pubsub_clients"]);
    page.line("watching_clients", f.sum(|s| &s.watching));
    page.line("clients_in_timeout_table", 0);
    page.line("total_watched_keys", f.sum(|s| &s.watched_keys));
    page.lines(0, &["total_blocking_keys", "total_blocking_keys_on_nokey"]);
    let now = f.clock.unix_ms();
    let (reason, actions, left) = match f.node.pause.now(now) {
        None => ("none", "none", 0),
        Some(Paused::Write) => ("client_pause", "write", f.node.pause.left_ms(now)),
        Some(Paused::All) => ("client_pause", "all", f.node.pause.left_ms(now)),
    };
    page.line("paused_reason", reason);
    page.line("paused_actions", actions);
    page.line("paused_timeout_milliseconds", left);
}

pub(super) fn stats(page: &mut Page, f: &Facts<'_>) {
    let rates = &f.node.rates;
    let kilobytes = |bytes: u64| format!("{:.2}", bytes as f64 / 1024.0);
    page.line("total_connections_received", f.sum(|s| &s.accepted));
    page.line("total_commands_processed", f.sum(|s| &s.commands));
    page.line("instantaneous_ops_per_sec", sampled(&rates.commands));
    page.line("total_net_input_bytes", f.sum(|s| &s.net_in));
    page.line("total_net_output_bytes", f.sum(|s| &s.net_out));
    page.lines(0, &["total_net_repl_input_bytes", "total_net_repl_output_bytes"]);
    page.lines(0, &["total_net_cluster_slot_import_bytes", "total_net_cluster_slot_export_bytes"]);
    page.line("instantaneous_input_kbps", kilobytes(sampled(&rates.net_in)));
    page.line("instantaneous_output_kbps", kilobytes(sampled(&rates.net_out)));
    page.lines("0.00", &["instantaneous_input_repl_kbps", "instantaneous_output_repl_kbps"]);
    page.line("rejected_connections", f.sum(|s| &s.rejected));
    page.lines(0, &["sync_full", "sync_partial_ok", "sync_partial_err"]);
    expiry(page, f);
    page.line("keyspace_hits", f.sum_data(|s| &s.hits));
    page.line("keyspace_misses", f.sum_data(|s| &s.misses));
    page.lines(0, &["pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "latest_fork_usec", "total_forks"]);
    page.lines(0, &["migrate_cached_sockets", "slave_expires_tracked_keys"]);
    page.lines(0, &["active_defrag_hits", "active_defrag_misses"]);
    page.lines(0, &["active_defrag_key_hits", "active_defrag_key_misses"]);
    page.lines(0, &["total_active_defrag_time", "current_active_defrag_time"]);
    page.lines(0, &["tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"]);
    page.line("unexpected_error_replies", 0);
    page.line("total_error_replies", f.sum(|s| &s.errors));
    page.line("dump_payload_sanitizations", 0);
    page.line("total_reads_processed", f.sum(|s| &s.reads));
    page.line("total_writes_processed", f.sum(|s| &s.writes));
    for what in ["reads_processed", "writes_processed", "freed_objects", "accept_processed", "poll_processed"] {
        page.line(format_args!("io_threaded_{what}"), 0);
    }
    page.lines(0, &["io_threaded_total_prefetch_batches", "io_threaded_total_prefetch_entries"]);
    page.line("client_query_buffer_limit_disconnections", f.sum(|s| &s.query_limit_kills));
    page.line("client_output_buffer_limit_disconnections", f.sum(|s| &s.output_limit_kills));
    page.lines(0, &["reply_buffer_shrinks", "reply_buffer_expands"]);
    page.line("eventloop_cycles", f.sum(|s| &s.turns));
    let commands_us = command_us(f);
    page.lines(commands_us, &["eventloop_duration_sum", "eventloop_duration_cmd_sum"]);
    page.line("instantaneous_eventloop_cycles_per_sec", sampled(&rates.turns));
    page.line("instantaneous_eventloop_duration_usec", 0);
    page.line("acl_access_denied_auth", f.sum(|s| &s.auth_failures));
    for what in ["cmd", "key", "channel", "tls_cert", "db"] {
        page.line(format_args!("acl_access_denied_{what}"), 0);
    }
}

fn expiry(page: &mut Page, f: &Facts<'_>) {
    page.line("expired_keys", f.sum_data(|s| &s.expired));
    page.line("expired_fields", 0);
    page.lines(percent(0, 0), &["expired_stale_perc", "expired_keys_with_volatile_items_stale_perc"]);
    page.line("expired_time_cap_reached_count", f.sum_data(|s| &s.expire_cycles_cut));
    page.line("expire_cycle_cpu_milliseconds", f.sum(|s| &s.expire_us) / 1000);
    page.lines(0, &["evicted_keys", "evicted_clients", "evicted_scripts"]);
    page.lines(0, &["total_eviction_exceeded_time", "current_eviction_exceeded_time"]);
}

/// Time of all commands, in microseconds.
fn command_us(f: &Facts<'_>) -> u64 {
    let ticks: u64 = f.node.threads().map(|t| t.commands.ticks()).sum();
    (ticks as f64 * ns_per_tick() / 1000.0) as u64
}

pub(super) fn debug(page: &mut Page, _: &Facts<'_>) {
    for what in ["duration_aof_sum", "duration_cron_sum", "duration_max", "cmd_per_cycle_max"] {
        page.line(format_args!("eventloop_{what}"), 0);
    }
    page.lines(0, &["io_threaded_reads_pending", "io_threaded_writes_pending"]);
}
