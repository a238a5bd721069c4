//! INFO: Memory.

use valkore_shard::usage;

use super::page::{Facts, Page, human, percent, sampled};

pub(super) fn memory(page: &mut Page, f: &Facts<'_>) {
    let memory = f.node.sample_memory();
    let used = memory.allocated;
    let resident = usage::resident();
    let peak = sampled(&f.node.memory_peak);
    let startup = sampled(&f.node.memory_startup);
    let clients = f.sum(|s| &s.client_bytes);
    let overhead = startup + clients;
    let system = rustix::system::sysinfo();
    let dataset = used.saturating_sub(overhead);
    page.bytes("used_memory", used);
    page.bytes("used_memory_rss", resident);
    page.bytes("used_memory_peak", peak);
    page.line("used_memory_peak_perc", format_args!("{}%", percent(used, peak)));
    page.line("used_memory_overhead", overhead);
    page.line("used_memory_startup", startup);
    page.line("used_memory_dataset", dataset);
    page.line("used_memory_dataset_perc", format_args!("{}%", percent(dataset, used.saturating_sub(startup))));
    page.line("allocator_allocated", used);
    page.line("allocator_active", memory.active);
    page.line("allocator_resident", memory.resident);
    page.line("allocator_muzzy", memory.muzzy);
    page.bytes("total_system_memory", system.totalram as u64 * u64::from(system.mem_unit));
    scripts(page);
    page.bytes("maxmemory", f.config.maxmemory);
    page.line("maxmemory_policy", f.config.maxmemory_policy.word());
    let mut against = |what: &str, ratio: &str, a: u64, b: u64| {
        page.line(format_args!("{what}{ratio}"), format_args!("{:.2}", if b == 0 { 0.0 } else { a as f64 / b as f64 }));
        page.line(format_args!("{what}_bytes"), a.cast_signed() - b.cast_signed());
    };
    against("allocator_frag", "_ratio", memory.active, used);
    against("allocator_rss", "_ratio", memory.resident, memory.active);
    against("rss_overhead", "_ratio", resident, memory.resident);
    against("mem_fragmentation", "_ratio", resident, used);
    let none = ["mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers"];
    page.lines(0, &none);
    page.lines(0, &["mem_replicas_repl_buffer", "mem_clients_slaves"]);
    page.line("mem_clients_normal", clients);
    page.lines(0, &["mem_cluster_links", "mem_cluster_slot_import", "mem_cluster_slot_export", "mem_aof_buffer"]);
    page.line("mem_allocator", f.node.allocator);
    page.lines(0, &["mem_overhead_db_hashtable_rehashing", "active_defrag_running"]);
    page.lines(0, &["lazyfree_pending_objects", "lazyfreed_objects"]);
}

/// What scripts use: there are none yet.
fn scripts(page: &mut Page) {
    page.lines(0, &["used_memory_lua", "used_memory_vm_eval"]);
    page.line("used_memory_lua_human", human(0));
    page.lines(0, &["used_memory_scripts_eval", "number_of_cached_scripts"]);
    page.lines(0, &["number_of_functions", "number_of_libraries", "used_memory_vm_functions"]);
    page.bytes("used_memory_vm_total", 0);
    page.line("used_memory_functions", 0);
    page.bytes("used_memory_scripts", 0);
}
