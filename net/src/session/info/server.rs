//! INFO: Server, TLS, CPU.

use valkore_core::config::VALKEY_VERSION;
use valkore_shard::usage::{self, CpuTime};

use super::page::{Facts, Page};

/// The version of Redis whose behaviour Valkey promises.
const REDIS_VERSION: &str = "7.2.4";

pub(super) fn server(page: &mut Page, f: &Facts<'_>) {
    let uptime_s = f.clock.mono_ns.saturating_sub(f.node.started.mono_ns) / 1_000_000_000;
    let system = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    page.line("redis_version", REDIS_VERSION);
    page.line("server_name", "valkey");
    page.line("valkey_version", VALKEY_VERSION);
    page.line("valkey_release_stage", "ga");
    page.line("redis_git_sha1", "00000000");
    page.line("redis_git_dirty", 0);
    page.line("redis_build_id", format_args!("{:016x}", 0));
    let mode = if f.config.cluster_enabled { "cluster" } else { "standalone" };
    page.line(if f.config.extended_redis_compatibility { "redis_mode" } else { "server_mode" }, mode);
    let (name, release, machine) = (text(system.sysname()), text(system.release()), text(system.machine()));
    page.line("os", format_args!("{name} {release} {machine}"));
    page.line("arch_bits", usize::BITS);
    page.line("monotonic_clock", "POSIX clock_gettime");
    page.line("multiplexing_api", f.backend());
    page.line("gcc_version", "0.0.0");
    page.line("process_id", std::process::id());
    page.line("process_supervised", "no");
    page.line("run_id", &f.node.run_id);
    page.line("tcp_port", f.config.port);
    page.line("server_time_usec", f.clock.unix_us);
    page.line("uptime_in_seconds", uptime_s);
    page.line("uptime_in_days", uptime_s / 86400);
    page.lines(f.config.hz, &["hz", "configured_hz", "clients_hz"]);
    page.line("lru_clock", f.clock.lru());
    let program = std::env::current_exe().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    page.line("executable", program);
    page.line("config_file", f.node.config_file.as_deref().unwrap_or_default());
    page.line("io_threads_active", 0);
    page.line("availability_zone", &f.config.availability_zone);
    listeners(page, f);
}

fn listeners(page: &mut Page, f: &Facts<'_>) {
    let mut number = 0;
    let mut one = |text: String| {
        page.line(format_args!("listener{number}"), text);
        number += 1;
    };
    if f.config.port != 0 {
        let bind: String = f.config.bind.0.iter().map(|a| format!(",bind={a}")).collect();
        one(format!("name=tcp{bind},port={}", f.config.port));
    }
    if !f.config.unixsocket.is_empty() {
        one(format!("name=unix,bind={}", f.config.unixsocket));
    }
}

pub(super) fn tls(page: &mut Page, _: &Facts<'_>) {
    for certificate in ["server_cert", "client_cert", "ca_cert"] {
        page.line(format_args!("tls_{certificate}_serial"), "none");
        page.line(format_args!("tls_{certificate}_expires_in_seconds"), 0);
    }
}

pub(super) fn cpu(page: &mut Page, f: &Facts<'_>) {
    let seconds = |us: i64| format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    let mut both = |time: CpuTime, of: &str| {
        page.line(format_args!("used_cpu_sys{of}"), seconds(time.sys_us));
        page.line(format_args!("used_cpu_user{of}"), seconds(time.user_us));
    };
    both(usage::process(), "");
    both(usage::children(), "_children");
    // There is no main thread: what is shown is the client's shard's.
    both(usage::thread(), "_main_thread");
    let busy_ticks = f.runner.command_stats.ticks() as f64;
    let busy_us = busy_ticks * valkore_shard::clock::ns_per_tick() / 1000.0;
    page.line("used_active_time_main_thread", seconds(busy_us as i64));
}
