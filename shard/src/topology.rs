//! The machine's processors and NUMA nodes, read from sysfs under a root that tests replace.

use std::io;
use std::path::Path;

/// A processor that is online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Its number.
    pub id: usize,
    /// The NUMA node that it belongs to; 0 where the kernel tells of none.
    pub node: usize,
}

/// What the machine is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// The processors that are online, by node, then by number: neighbours share memory.
    pub cpus: Vec<Cpu>,
}

impl Topology {
    /// Reads `<root>/devices/system`; `root` is `/sys` but in tests.
    pub fn read(root: &Path) -> io::Result<Self> {
        let system = root.join("devices/system");
        let online = parse_list(&std::fs::read_to_string(system.join("cpu/online"))?)?;
        let mut cpus: Vec<Cpu> = online.into_iter().map(|id| Cpu { id, node: 0 }).collect();
        for entry in std::fs::read_dir(system.join("node")).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|n| n.strip_prefix("node")).and_then(|n| n.parse().ok());
            let Some(node) = number else { continue };
            let members = parse_list(&std::fs::read_to_string(entry.path().join("cpulist"))?)?;
            for cpu in cpus.iter_mut().filter(|c| members.contains(&c.id)) {
                cpu.node = node;
            }
        }
        cpus.sort_by_key(|c| (c.node, c.id));
        Ok(Self { cpus })
    }

    /// Those of these processors (the process's mask) that are online, in this order: shards that are neighbours lie on
    /// one node.
    pub fn usable(&self, mask: &[usize]) -> Vec<usize> {
        self.cpus.iter().map(|c| c.id).filter(|id| mask.contains(id)).collect()
    }
}

/// A kernel list of numbers: `0-3,8,10-11`.
pub fn parse_list(text: &str) -> io::Result<Vec<usize>> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, format!("no list of numbers: '{}'", text.trim()));
    let mut all = Vec::new();
    for part in text.trim().split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
        if first > last || last > 1 << 20 {
            return Err(bad());
        }
        all.extend(first..=last);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_those_of_the_kernel() {
        assert_eq!(parse_list("0-3,8,10-11\n").unwrap(), [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!(parse_list("\n").unwrap(), []);
        assert!(parse_list("3-1").is_err() && parse_list("a").is_err());
    }

    #[test]
    fn a_machine_of_two_nodes_is_read_from_another_root() {
        let root = std::env::temp_dir().join(format!("valkore-topology-{}", std::process::id()));
        let put = |path: &str, text: &str| {
            let path = root.join("devices/system").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("cpu/online", "0-5\n");
        put("node/node0/cpulist", "0,2,4\n");
        put("node/node1/cpulist", "1,3,5\n");
        put("node/possible", "0-1\n");
        let topology = Topology::read(&root).unwrap();
        let nodes: Vec<(usize, usize)> = topology.cpus.iter().map(|c| (c.id, c.node)).collect();
        assert_eq!(nodes, [(0, 0), (2, 0), (4, 0), (1, 1), (3, 1), (5, 1)]);
        assert_eq!(topology.usable(&[5, 4, 1]), [4, 1, 5]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn this_machine_has_a_processor() {
        assert!(!Topology::read(Path::new("/sys")).unwrap().cpus.is_empty());
    }
}
