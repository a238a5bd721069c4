//! What a directive's value must satisfy beyond its kind. The texts are stock's.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Config;
use super::text::Text;

/// The result of a check; the error is the text to answer.
type Check = Result<(), &'static str>;

const HZ_MIN: i64 = 1;
const HZ_MAX: i64 = 500;
const HOSTNAME_BYTES_MAX: usize = 255;
const IP_BYTES_MAX: usize = 45;
const HASH_SEED_BYTES_MAX: usize = 256;

fn require(good: bool, error: &'static str) -> Check {
    if good { Ok(()) } else { Err(error) }
}

/// `hz` is a hint: what is out of range is moved into it.
pub(super) fn clamp_hz(config: &mut Config) -> Check {
    config.hz = config.hz.clamp(HZ_MIN, HZ_MAX);
    Ok(())
}

pub(super) fn check_defrag(config: &mut Config) -> Check {
    let text = "Active defragmentation cannot be enabled: it requires a server compiled with a modified Jemalloc like \
                the one shipped by default with the source distribution";
    require(!config.activedefrag, text)
}

pub(super) fn check_dbfilename(config: &mut Config) -> Check {
    require(!config.dbfilename.is_empty(), "dbfilename can't be empty")?;
    require(is_base_name(&config.dbfilename), "dbfilename can't be a path, just a filename")
}

pub(super) fn check_appendfilename(config: &mut Config) -> Check {
    require(!config.appendfilename.is_empty(), "appendfilename can't be empty")?;
    require(is_base_name(&config.appendfilename), "appendfilename can't be a path, just a filename")
}

pub(super) fn check_appenddirname(config: &mut Config) -> Check {
    require(!config.appenddirname.is_empty(), "appenddirname can't be empty")?;
    require(is_base_name(&config.appenddirname), "appenddirname can't be a path, just a dirname")
}

fn is_base_name(name: &Text) -> bool {
    !name.as_bytes().iter().any(|c| matches!(c, b'/' | b'\\'))
}

pub(super) fn check_cluster_config_file(config: &mut Config) -> Check {
    require(!config.cluster_config_file.is_empty(), "cluster-config-file can't be empty")
}

pub(super) fn check_cluster_ip(config: &mut Config) -> Check {
    let ip = &config.cluster_announce_ip;
    require(is_auxiliary(ip), "cluster-announce-ip contains invalid character")?;
    require(ip.as_bytes().len() <= IP_BYTES_MAX, "cluster-announce-ip is too long")
}

pub(super) fn check_nodename(config: &mut Config) -> Check {
    let good = is_auxiliary(&config.cluster_announce_human_nodename);
    require(good, "Announced human node name contained invalid character")
}

/// Whether the text may stand in a cluster node's configuration file.
fn is_auxiliary(text: &Text) -> bool {
    let good =
        |c: &u8| c.is_ascii_alphanumeric() || !c.is_ascii() || matches!(c, b'-' | b'.' | b'/' | b':' | b'_' | b'`');
    text.as_bytes().iter().all(good)
}

pub(super) fn check_hostname(config: &mut Config) -> Check {
    let name = config.cluster_announce_hostname.as_bytes();
    require(name.len() <= HOSTNAME_BYTES_MAX, "Hostnames must be less than 256 characters")?;
    let good = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.');
    require(name.iter().all(good), "Hostnames may only contain alphanumeric characters, hyphens or dots")
}

pub(super) fn check_ipv4(config: &mut Config) -> Check {
    let ip = &config.cluster_announce_client_ipv4;
    require(ip.is_empty() || ip.to_str().parse::<Ipv4Addr>().is_ok(), "Invalid IPv4 address")
}

pub(super) fn check_ipv6(config: &mut Config) -> Check {
    let ip = &config.cluster_announce_client_ipv6;
    require(ip.is_empty() || ip.to_str().parse::<Ipv6Addr>().is_ok(), "Invalid IPv6 address")
}

pub(super) fn check_hash_seed(config: &mut Config) -> Check {
    let good = config.hash_seed.as_bytes().len() <= HASH_SEED_BYTES_MAX;
    require(good, "hash-seed must be less than or equal to 256 characters")
}

/// The template must have known variables only, and must not come out empty when there is no title yet.
pub(super) fn check_proc_title(config: &mut Config) -> Check {
    let title = config.proc_title(&ProcTitle::default());
    require(title.is_some_and(|t| !t.is_empty()), "template format is invalid or contains unknown variables")
}

/// What `proc-title-template` may refer to and the configuration doesn't know.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcTitle<'a> {
    /// The program, as it was called.
    pub title: &'a str,
    /// The configuration file, if there is one.
    pub config_file: Option<&'a str>,
}

impl Config {
    /// The process title, or `None` if the template is wrong.
    pub fn proc_title(&self, facts: &ProcTitle<'_>) -> Option<String> {
        let template = self.proc_title_template.to_str();
        let mut rest = &*template;
        let mut out = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            out += before;
            rest = if let Some(quoted) = after.strip_prefix('{') {
                out.push('{');
                quoted
            } else {
                let (name, after) = after.split_once('}')?;
                out += &self.proc_title_variable(name, facts)?;
                after
            };
        }
        out += rest;
        Some(out.trim_matches(' ').to_string())
    }

    fn proc_title_variable(&self, name: &str, facts: &ProcTitle<'_>) -> Option<String> {
        let port = if self.port != 0 { self.port } else { self.tls_port };
        Some(match name {
            "title" => facts.title.to_string(),
            "listen-addr" if port == 0 => format!("unixsocket:{}", self.unixsocket),
            "listen-addr" => format!("{}:{port}", self.bind.0.first().map_or("*".into(), |a| a.to_str())),
            "server-mode" if self.cluster_enabled => "[cluster]".to_string(),
            "server-mode" => String::new(),
            "config-file" => facts.config_file.unwrap_or("-").to_string(),
            "port" => self.port.to_string(),
            "tls-port" => self.tls_port.to_string(),
            "unixsocket" => self.unixsocket.to_string(),
            _ => return None,
        })
    }

    /// Bytes that all clients together may use: `maxmemory-clients`, a percentage taken of `maxmemory`; 0 is no limit.
    pub fn clients_memory_max(&self) -> u64 {
        const LEAST: u64 = 128 << 10;
        let wanted = match self.maxmemory_clients {
            percent if percent < 0 => (u128::from(self.maxmemory) * u128::from(percent.unsigned_abs()) / 100) as u64,
            bytes => bytes.cast_unsigned(),
        };
        if wanted == 0 { 0 } else { wanted.max(LEAST) }
    }
}
