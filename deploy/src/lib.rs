//! `valkore-deploy`: what runs the built server on a machine: a unit file for systemd and an annotated configuration.
//!
//! It knows the built binary by its name and its command line; it never knows what is inside.
#![forbid(unsafe_code)]

/// The unit file, to be installed as `/etc/systemd/system/valkore.service`.
pub const UNIT: &str = include_str!("../valkore.service");

/// The configuration, to be installed as [`CONF_PATH`].
pub const CONF: &str = include_str!("../valkore.conf");

/// Where the unit expects the binary.
pub const BINARY_PATH: &str = "/usr/local/bin/valkore-server";

/// Where the unit expects the configuration.
pub const CONF_PATH: &str = "/etc/valkore/valkore.conf";

/// The values of a key in one section of a unit file, in order.
pub fn unit_values<'a>(unit: &'a str, section: &str, key: &str) -> Vec<&'a str> {
    let mut here = false;
    let mut values = Vec::new();
    for line in unit.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            here = name == section;
        } else if let Some((name, value)) = line.split_once('=').filter(|_| here && !line.starts_with('#'))
            && name.trim() == key
        {
            values.push(value.trim());
        }
    }
    values
}

/// The configuration with its examples switched on: lines that begin with `#` and a name, without a blank between.
pub fn with_examples(conf: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    conf.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_section() {
        let unit = "[A]\nx=1\n# x=2\n[B]\n x = 3 = 4\nx=5\ny=6\n";
        assert_eq!(unit_values(unit, "A", "x"), ["1"]);
        assert_eq!(unit_values(unit, "B", "x"), ["3 = 4", "5"]);
        assert!(unit_values(unit, "C", "x").is_empty());
    }

    #[test]
    fn examples_are_told_from_words() {
        assert_eq!(with_examples("# Words.\n#shards 4\nport 1\n#"), "# Words.\nshards 4\nport 1\n#\n");
    }
}
