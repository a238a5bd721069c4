//! CONFIG.

use valkore_core::config::{self, ApplyError, Config, Directive, LogLevel, Text, os_reason};
use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::Args;
use valkore_persist::{Disk, RealDisk};
use valkore_shard::log::{self, Level, log};

use super::{Cx, Row};
use crate::admit::is_local;
use crate::files;
use crate::questions::{About, reset_stats};

pub(super) const ROWS: &[Row] = &[
    ("config|get", get),
    ("config|set", set),
    ("config|rewrite", rewrite),
    ("config|resetstat", reset_stat),
    ("config|help", help),
];

fn get(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let patterns: Vec<&[u8]> = args.iter_from(2).collect();
    let found = config::get(&cx.runner.config, &patterns);
    let mut r = cx.reply();
    r.map(found.len());
    for (name, value) in found {
        r.bulk(name.as_bytes());
        r.bulk(&value);
    }
    Ok(())
}

fn set(cx: &mut Cx<'_>, args: Args<'_>) -> Outcome {
    let pairs: Vec<&[u8]> = args.iter_from(2).collect();
    let setter = config::Setter { is_local: is_local(cx.conn), is_loading: false };
    let node = cx.runner.node.clone();
    let outcome = node.config.update(|old| config::set(old, &pairs, setter, apply).map(|o| o.config));
    if let Err(e) = outcome {
        return Err(Fail::text_of(String::from_utf8_lossy(&e.reply()).into_owned()));
    }
    cx.runner.config.refresh(&node.config);
    cx.reply().ok();
    Ok(())
}

/// The level of the log that the configuration asks for.
fn log_level(config: &Config) -> Level {
    match config.loglevel {
        LogLevel::Debug => Level::Debug,
        LogLevel::Verbose => Level::Verbose,
        LogLevel::Notice => Level::Notice,
        LogLevel::Warning => Level::Warning,
        LogLevel::Nothing => Level::Nothing,
    }
}

/// What a change of the configuration does at once. Everything else is read when it is needed.
fn apply(old: &Config, new: &mut Config, changed: &[&'static Directive]) -> Result<(), ApplyError> {
    // The working directory comes last: what is changed for good must not be followed by a failure.
    for directive in changed {
        let done = match directive.name {
            "maxclients" => files::allow_clients(new.maxclients).map_err(|e| {
                let most = e.clients_max;
                format!("The operating system is not able to handle the specified number of clients, try with {most}")
            }),
            "port" => Err("The port can't be changed while the server runs yet".into()),
            "bind" if old.bind != new.bind => Err("The addresses can't be changed while the server runs yet".into()),
            _ => Ok(()),
        };
        done.map_err(|message| ApplyError { name: directive.name, message })?;
    }
    if changed.iter().any(|d| d.name == "dir") {
        change_dir(new).map_err(|message| ApplyError { name: "dir", message })?;
    }
    log::set_level(log_level(new));
    Ok(())
}

fn change_dir(config: &mut Config) -> Result<(), String> {
    let changed = std::env::set_current_dir(config.dir.0.as_path()).and_then(|()| std::env::current_dir());
    config.dir.0 = Text::from(&*changed.map_err(|e| os_reason(&e))?);
    Ok(())
}

fn rewrite(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    let Some(file) = cx.runner.node.config_file.clone() else {
        return Cx::fail("ERR The server is running without a config file");
    };
    let config = &cx.runner.config;
    let mut live = config::Live::default();
    if config.requirepass.is_empty() {
        live.users.push(b"user default on nopass ~* &* +@all".into());
    }
    let old = match std::fs::read(&file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    };
    let done = old.and_then(|old| {
        let new = config::rewrite(old.as_deref(), config, &live);
        RealDisk.replace_file(file.as_ref(), &new)
    });
    if let Err(e) = done {
        let reason = os_reason(&e);
        log(Level::Warning, &format!("CONFIG REWRITE failed: {reason}"));
        return Cx::fail(format!("ERR Rewriting config file: {reason}"));
    }
    log(Level::Notice, "CONFIG REWRITE executed with success.");
    cx.reply().ok();
    Ok(())
}

fn reset_stat(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    // This shard first, so that this command is counted after it.
    reset_stats(cx.runner, cx.shard);
    cx.ask_or_tell(About::ResetStats { but: cx.shard });
    Ok(())
}

fn help(cx: &mut Cx<'_>, _: Args<'_>) -> Outcome {
    cx.help("CONFIG", LINES);
    Ok(())
}

const LINES: &[&str] = &[
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
];
