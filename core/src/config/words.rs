//! The settings whose value is one of a few words.

use bitflags::bitflags;

use super::directive::{Kind, Source};
use super::setting::Setting;
use super::split::until_nul;

/// Declares an enum with its words, and how it is a setting.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal $(| $more:literal)*),+ $(,)? })+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// The words, in the order of stock's error text.
            pub const WORDS: &'static [&'static str] = &[$($word $(, $more)*),+];

            /// The word for this value.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The value for a word, in any case.
            pub fn from_word(word: &[u8]) -> Option<$name> {
                $(if [$word $(, $more)*].iter().any(|w| word.eq_ignore_ascii_case(w.as_bytes())) {
                    return Some($name::$variant);
                })+
                None
            }
        }

        impl Setting for $name {
            const KIND: Kind = Kind::Enum($name::WORDS);

            fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
                *self = $name::from_word(until_nul(args[0])).ok_or_else(|| not_one_of($name::WORDS))?;
                Ok(())
            }

            fn get(&self, _: &Kind) -> Vec<u8> {
                self.word().into()
            }
        }
    )+ };
}

fn not_one_of(words: &[&str]) -> String {
    const TEXT_MAX: usize = 255;
    let mut text = format!("argument(s) must be one of the following: {}", words.join(", "));
    text.truncate(TEXT_MAX);
    text
}

words! {
    /// Who may do what is dangerous: `enable-debug-command` and its like.
    Permission {
        /// Nobody.
        No = "no",
        /// Everybody.
        Yes = "yes",
        /// Clients on this machine.
        Local = "local",
    }

    /// What is written to the log: this level and the more important ones.
    LogLevel {
        /// Everything.
        Debug = "debug",
        /// A lot.
        Verbose = "verbose",
        /// What an operator wants to know.
        Notice = "notice",
        /// What is wrong.
        Warning = "warning",
        /// Nothing at all.
        Nothing = "nothing",
    }

    /// How log lines are laid out.
    LogFormat {
        /// Valkey's own.
        Legacy = "legacy",
        /// `key=value`.
        Logfmt = "logfmt",
        /// One JSON object a line.
        Json = "json",
    }

    /// How log lines show the time.
    LogTimestampFormat {
        /// Valkey's own.
        Legacy = "legacy",
        /// ISO 8601.
        Iso8601 = "iso8601",
        /// Milliseconds since 1970.
        Milliseconds = "milliseconds",
    }

    /// The facility for syslog.
    SyslogFacility {
        /// LOG_USER.
        User = "user",
        /// LOG_LOCAL0.
        Local0 = "local0",
        /// LOG_LOCAL1.
        Local1 = "local1",
        /// LOG_LOCAL2.
        Local2 = "local2",
        /// LOG_LOCAL3.
        Local3 = "local3",
        /// LOG_LOCAL4.
        Local4 = "local4",
        /// LOG_LOCAL5.
        Local5 = "local5",
        /// LOG_LOCAL6.
        Local6 = "local6",
        /// LOG_LOCAL7.
        Local7 = "local7",
    }

    /// Who supervises the process.
    Supervised {
        /// Upstart.
        Upstart = "upstart",
        /// Systemd.
        Systemd = "systemd",
        /// Whoever the environment names.
        Auto = "auto",
        /// Nobody.
        No = "no",
    }

    /// Which keys go when memory is full.
    MaxmemoryPolicy {
        /// The least recently used of those with a time to live.
        VolatileLru = "volatile-lru",
        /// The least frequently used of those with a time to live.
        VolatileLfu = "volatile-lfu",
        /// Any of those with a time to live.
        VolatileRandom = "volatile-random",
        /// Those with the shortest time to live.
        VolatileTtl = "volatile-ttl",
        /// The least recently used.
        AllkeysLru = "allkeys-lru",
        /// The least frequently used.
        AllkeysLfu = "allkeys-lfu",
        /// Any.
        AllkeysRandom = "allkeys-random",
        /// None: writes fail.
        Noeviction = "noeviction",
    }

    /// When the append-only file is synced.
    AppendFsync {
        /// Once a second.
        Everysec = "everysec",
        /// Before each reply.
        Always = "always",
        /// When the operating system likes.
        No = "no",
    }

    /// Whether to adjust the kernel's out-of-memory score.
    OomScoreAdj {
        /// No.
        No = "no",
        /// Relative to the score at start.
        Relative = "yes" | "relative",
        /// To the values as they are.
        Absolute = "absolute",
    }

    /// The channels that a new ACL user may use.
    AclPubsubDefault {
        /// All.
        Allchannels = "allchannels",
        /// None.
        Resetchannels = "resetchannels",
    }

    /// What to do when a command from the primary or the AOF fails.
    PropagationErrorBehavior {
        /// Go on.
        Ignore = "ignore",
        /// Stop the process.
        Panic = "panic",
        /// Stop the process on replicas only.
        PanicOnReplicas = "panic-on-replicas",
    }

    /// How a replica loads a data set without a file.
    ReplDisklessLoad {
        /// It doesn't.
        Disabled = "disabled",
        /// Only when it holds no data.
        OnEmptyDb = "on-empty-db",
        /// Beside the old data.
        Swapdb = "swapdb",
        /// After it dropped the old data.
        FlushBeforeLoad = "flush-before-load",
    }

    /// Which RDB versions are read.
    RdbVersionCheck {
        /// Known ones.
        Strict = "strict",
        /// Newer ones too.
        Relaxed = "relaxed",
    }

    /// When a cluster node's configuration file is saved.
    ClusterConfigSaveBehavior {
        /// Before the change counts.
        Sync = "sync",
        /// If it can be.
        BestEffort = "best-effort",
    }

    /// What clients are told as a node's address.
    ClusterEndpointType {
        /// The IP address.
        Ip = "ip",
        /// The host name.
        Hostname = "hostname",
        /// Nothing: use the address you have.
        UnknownEndpoint = "unknown-endpoint",
    }

    /// Whether TLS clients need a certificate.
    TlsAuthClients {
        /// No.
        No = "no",
        /// Yes.
        Yes = "yes",
        /// It is checked if there is one.
        Optional = "optional",
    }

    /// Which field of a client's certificate names the user.
    TlsAuthClientsUser {
        /// The common name.
        Cn = "CN",
        /// The URI in the alternative names.
        Uri = "URI",
        /// None.
        Off = "off",
    }

    /// The I/O backend of the shards.
    IoBackend {
        /// io_uring if it can be had, else epoll.
        Auto = "auto",
        /// io_uring.
        Uring = "uring",
        /// epoll.
        Epoll = "epoll",
    }

    /// In which order a client's pipelined commands take effect.
    PipelineOrder {
        /// As sent, also across shards.
        Strict = "strict",
        /// As sent for each shard.
        Relaxed = "relaxed",
    }

    /// Who is told `-BUSY` while a script or module runs long.
    BusyScope {
        /// Clients that wait for held data.
        Held = "held",
        /// Everyone, as stock does.
        Server = "server",
    }

    /// Which thread modules see as the main thread.
    ModuleThread {
        /// One of its own.
        Own = "own",
        /// Shard 0's.
        Shard = "shard",
    }

    /// How a module's callbacks may run.
    ModuleConcurrency {
        /// One at a time, on home.
        Gil = "gil",
        /// One instance per shard.
        PerShard = "per-shard",
        /// One instance, on all shards at once.
        Shared = "shared",
    }
}

bitflags! {
    /// How to shut down on a signal; no flag is the default way.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ShutdownFlags: u8 {
        /// Save the data set first.
        const SAVE = 1;
        /// Don't save it.
        const NOSAVE = 1 << 1;
        /// Don't wait for replicas.
        const NOW = 1 << 2;
        /// Shut down even if saving fails.
        const FORCE = 1 << 3;
        /// Refuse while this node is a primary.
        const SAFE = 1 << 4;
        /// Hand over to a replica first.
        const FAILOVER = 1 << 5;
    }
}

impl ShutdownFlags {
    /// The words, in the order of stock's error text.
    pub const WORDS: &'static [&'static str] = &["default", "save", "nosave", "now", "force", "safe", "failover"];

    const FLAGS: [ShutdownFlags; 7] = [
        ShutdownFlags::empty(),
        ShutdownFlags::SAVE,
        ShutdownFlags::NOSAVE,
        ShutdownFlags::NOW,
        ShutdownFlags::FORCE,
        ShutdownFlags::SAFE,
        ShutdownFlags::FAILOVER,
    ];
}

impl Setting for ShutdownFlags {
    const KIND: Kind = Kind::EnumFlags(ShutdownFlags::WORDS);

    fn set(&mut self, _: &Kind, args: &[&[u8]], _: Source) -> Result<(), String> {
        let flag = |arg: &&[u8]| {
            let arg = until_nul(arg);
            let at = ShutdownFlags::WORDS.iter().position(|w| arg.eq_ignore_ascii_case(w.as_bytes()))?;
            Some(ShutdownFlags::FLAGS[at])
        };
        let flags: Option<ShutdownFlags> = args.iter().map(flag).collect();
        *self = flags.filter(|_| !args.is_empty()).ok_or_else(|| not_one_of(ShutdownFlags::WORDS))?;
        if self.contains(ShutdownFlags::SAVE | ShutdownFlags::NOSAVE) {
            return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
        }
        Ok(())
    }

    fn get(&self, _: &Kind) -> Vec<u8> {
        if self.is_empty() {
            return b"default".into();
        }
        let words = ShutdownFlags::WORDS.iter().zip(ShutdownFlags::FLAGS);
        let set: Vec<&str> = words.filter(|(_, f)| !f.is_empty() && self.contains(*f)).map(|(w, _)| *w).collect();
        set.join(" ").into()
    }
}
