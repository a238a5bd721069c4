//! The flags of a row, in the order in which `COMMAND` prints them.

use bitflags::bitflags;

bitflags! {
    /// What holds for a command as a whole.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct CommandFlags: u64 {
        /// May change data.
        const WRITE = 1;
        /// Reads data.
        const READONLY = 1 << 1;
        /// Refused when memory is over the limit.
        const DENYOOM = 1 << 2;
        /// Registered by a module.
        const MODULE = 1 << 3;
        /// Administration; not counted as a client's activity.
        const ADMIN = 1 << 4;
        /// Publish and subscribe.
        const PUBSUB = 1 << 5;
        /// Not allowed in scripts.
        const NOSCRIPT = 1 << 6;
        /// May block the client.
        const BLOCKING = 1 << 7;
        /// Allowed while the data set is loading.
        const LOADING = 1 << 8;
        /// Allowed on a replica with stale data.
        const STALE = 1 << 9;
        /// Not shown by `MONITOR`.
        const SKIP_MONITOR = 1 << 10;
        /// Not logged by `COMMANDLOG` and `SLOWLOG`.
        const SKIP_COMMANDLOG = 1 << 11;
        /// Runs as if after `ASKING`.
        const ASKING = 1 << 12;
        /// Constant or logarithmic time; never delays much.
        const FAST = 1 << 13;
        /// Needs no authentication.
        const NO_AUTH = 1 << 14;
        /// May be invoked with no key although it can take some.
        const NO_MANDATORY_KEYS = 1 << 15;
        /// Refused during asynchronous loading.
        const NO_ASYNC_LOADING = 1 << 16;
        /// Not allowed in a transaction.
        const NO_MULTI = 1 << 17;
        /// First, last and step don't tell all keys.
        const MOVABLEKEYS = 1 << 18;
        /// Allowed while a script or module is busy.
        const ALLOW_BUSY = 1 << 19;

        /// May replicate although it isn't a write. Hidden, as all below: `COMMAND` doesn't print them.
        const MAY_REPLICATE = 1 << 32;
        /// Needs a configuration that allows it (`enable-debug-command`, `enable-module-command`).
        const PROTECTED = 1 << 33;
        /// Reaches keys that it doesn't name.
        const TOUCHES_ARBITRARY_KEYS = 1 << 34;
        /// Concerns all databases; ACL users with a list of databases can't run it.
        const ALL_DBS = 1 << 35;
        /// A module's command whose keys its callback tells (`getkeys-api`).
        const MODULE_GETKEYS = 1 << 36;
        /// A module's command whose channels its callback tells (`getchannels-api`).
        const MODULE_GETCHANNELS = 1 << 37;
        /// A module's command that is refused in cluster mode (`no-cluster`).
        const MODULE_NO_CLUSTER = 1 << 38;
    }
}

bitflags! {
    /// What the server does with a key.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct KeySpecFlags: u16 {
        /// Reads the value, changes nothing.
        const RO = 1;
        /// Changes the value or its metadata.
        const RW = 1 << 1;
        /// Overwrites the value, whatever it was.
        const OW = 1 << 2;
        /// Removes the key.
        const RM = 1 << 3;
        /// User data may be returned, copied or used.
        const ACCESS = 1 << 4;
        /// The new data may depend on the old.
        const UPDATE = 1 << 5;
        /// Adds data, changes and deletes none.
        const INSERT = 1 << 6;
        /// Deletes some of the content.
        const DELETE = 1 << 7;
        /// Not a key, but routed as one: a shard channel.
        const NOT_KEY = 1 << 8;
        /// The spec may miss keys.
        const INCOMPLETE = 1 << 9;
        /// The flags depend on the arguments.
        const VARIABLE_FLAGS = 1 << 10;
    }
}

bitflags! {
    /// What the documentation says about a command as a whole.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct DocFlags: u8 {
        /// Something else should be used.
        const DEPRECATED = 1;
        /// Internal to the server.
        const SYSCMD = 1 << 1;
    }
}

bitflags! {
    /// How an argument may appear.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ArgFlags: u8 {
        /// May be left out.
        const OPTIONAL = 1;
        /// May be repeated.
        const MULTIPLE = 1 << 1;
        /// If repeated, the token is repeated too.
        const MULTIPLE_TOKEN = 1 << 2;
    }
}

/// A set of flags that `COMMAND` prints by name.
pub(crate) trait FlagNames: Copy {
    /// The names of the flags that are set, but for hidden ones, in stock's order.
    fn names(self) -> impl Iterator<Item = &'static str> + Clone;
}

/// The names of the bits that are set: bit `i` is called `names[i]`.
fn set_names(bits: u64, names: &'static [&'static str]) -> impl Iterator<Item = &'static str> + Clone {
    (0..names.len()).filter(move |bit| bits >> bit & 1 == 1).map(|bit| names[bit])
}

impl FlagNames for CommandFlags {
    fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        set_names(
            self.bits(),
            &[
                "write",
                "readonly",
                "denyoom",
                "module",
                "admin",
                "pubsub",
                "noscript",
                "blocking",
                "loading",
                "stale",
                "skip_monitor",
                "skip_commandlog",
                "asking",
                "fast",
                "no_auth",
                "no_mandatory_keys",
                "no_async_loading",
                "no_multi",
                "movablekeys",
                "allow_busy",
            ],
        )
    }
}

impl FlagNames for KeySpecFlags {
    fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        set_names(
            self.bits().into(),
            &[
                "RO",
                "RW",
                "OW",
                "RM",
                "access",
                "update",
                "insert",
                "delete",
                "not_key",
                "incomplete",
                "variable_flags",
            ],
        )
    }
}

impl FlagNames for DocFlags {
    fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        set_names(self.bits().into(), &["deprecated", "syscmd"])
    }
}

impl FlagNames for ArgFlags {
    fn names(self) -> impl Iterator<Item = &'static str> + Clone {
        set_names(self.bits().into(), &["optional", "multiple", "multiple_token"])
    }
}
