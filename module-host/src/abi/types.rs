//! The types of `include/valkeymodule.h` in Rust: what C passes by pointer, by value, and as callbacks.
//!
//! A pointer from C is a claim. Nothing here is dereferenced in this layer; the host's own structs lie behind the opaque
//! ones, and conversions between the two live in one file of the host.

use std::ffi::{c_char, c_int, c_longlong, c_uchar, c_uint, c_void};
use std::marker::{PhantomData, PhantomPinned};

use super::lookup::{GetApi, GetApiFunc};

macro_rules! opaque {
    ($($(#[$meta:meta])* $name:ident)*) => {$(
        $(#[$meta])*
        #[repr(C)]
        #[derive(Debug)]
        pub struct $name {
            _bytes: [u8; 0],
            // Neither moved nor shared between threads by itself, and it may change behind a pointer.
            _marker: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )*};
}

opaque! {
    /// A client that waits.
    BlockedClient
    /// The answer of a command that a module called.
    CallReply
    /// A command that a module registered.
    Command
    /// A registered command filter.
    CommandFilter
    /// One command on its way through the filters.
    CommandFilterCtx
    /// One step of defragmentation.
    DefragCtx
    /// A place in a dictionary.
    DictIter
    /// The digest of a key that is being added up.
    Digest
    /// The answer to INFO that is being written.
    InfoCtx
    /// The file or stream that a data type is written to or read from.
    Io
    /// An open key.
    Key
    /// The key, and the target key, of a data type's callback.
    KeyOptCtx
    /// An ordered dictionary that a module owns.
    ModuleDict
    /// A counted string.
    ModuleString
    /// A data type that a module registered.
    ModuleType
    /// A user that a module made or looked up.
    ModuleUser
    /// A file that RdbLoad reads or RdbSave writes.
    RdbStream
    /// A place in a scan.
    ScanCursor
    /// A parsed INFO section.
    ServerInfoData
}

/// The start of every context. The host's own struct begins with it.
#[repr(C)]
#[derive(Debug)]
pub struct Ctx {
    /// Where modules find the address of `GetApi`.
    get_api: GetApiFunc,
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

impl Ctx {
    /// The first word, in place.
    pub const fn new() -> Self {
        Self { get_api: GetApi, _marker: PhantomData }
    }
}

impl Default for Ctx {
    fn default() -> Self {
        Self::new()
    }
}

/// Milliseconds.
pub type Mstime = c_longlong;
/// Microseconds.
pub type Ustime = c_longlong;
/// A timer.
pub type TimerId = u64;

/// ID of a stream entry.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct StreamId {
    /// Milliseconds.
    pub ms: u64,
    /// Number within the millisecond.
    pub seq: u64,
}

/// Which server event, and in which version a callback wants its data. Passed by value.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// `EVENT_*`.
    pub id: u64,
    /// Version of the struct.
    pub dataver: u64,
}

/// Why access was refused; a C enum, so any number may come: `ACL_LOG_*` of [`acl_log`].
pub type AclLogEntryReason = c_uint;

/// Values of [`AclLogEntryReason`].
pub mod acl_log {
    use super::AclLogEntryReason;
    /// Authentication failed.
    pub const AUTH: AclLogEntryReason = 0;
    /// The command is forbidden.
    pub const CMD: AclLogEntryReason = 1;
    /// The key is forbidden.
    pub const KEY: AclLogEntryReason = 2;
    /// The channel is forbidden.
    pub const CHANNEL: AclLogEntryReason = 3;
}

macro_rules! data {
    ($($(#[$meta:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[repr(C)]
        #[derive(Debug, Clone, Copy)]
        #[allow(missing_docs)]
        pub struct $name { $(pub $field: $kind),* }

        impl Layout for $name {
            fn describe() -> String {
                let mut text = format!("{} {}", stringify!($name), size_of::<$name>());
                $(text += &format!(" {}={}", stringify!($field), std::mem::offset_of!($name, $field));)*
                text
            }
        }
    )*

        /// Size and offsets of each struct that C sees by value, to compare with what a C compiler says.
        pub fn layouts() -> Vec<String> {
            vec![$($name::describe()),*]
        }
    };
}

/// Tells size and offsets.
trait Layout {
    fn describe() -> String;
}

data! {
    /// `ValkeyModuleCommandArg`. Lists end with a zeroed one.
    CommandArg {
        name: *const c_char, kind: c_uint, key_spec_index: c_int, token: *const c_char, summary: *const c_char,
        since: *const c_char, flags: c_int, deprecated_since: *const c_char, subargs: *mut CommandArg, display_text: *const c_char,
    }
    /// `ValkeyModuleCommandHistoryEntry`. Lists end with a zeroed one.
    CommandHistoryEntry { since: *const c_char, changes: *const c_char }
    /// `ValkeyModuleCommandKeySpec`. Lists end with a zeroed one.
    CommandKeySpec {
        notes: *const c_char, flags: u64, begin_search_type: c_uint, bs: BeginSearch, find_keys_type: c_uint, fk: FindKeys,
    }
    /// `bs` of a key spec: `index.pos` is in `number` of `word`, `keyword` in both.
    BeginSearch { word: BeginSearchWord, startfrom: c_int }
    /// `fk` of a key spec: lastkey, keystep, limit of a range; keynumidx, firstkey, keystep of a count.
    FindKeys { numbers: [c_int; 3] }
    /// `ValkeyModuleCommandInfoVersion`: how large the module's structs are.
    CommandInfoVersion { version: c_int, sizeof_historyentry: usize, sizeof_keyspec: usize, sizeof_arg: usize }
    /// `ValkeyModuleCommandInfo`.
    CommandInfo {
        version: *const CommandInfoVersion, summary: *const c_char, complexity: *const c_char, since: *const c_char,
        history: *mut CommandHistoryEntry, tips: *const c_char, arity: c_int, key_specs: *mut CommandKeySpec, args: *mut CommandArg,
    }
    /// `ValkeyModuleTypeMethods`. Members after those of its `version` must not be read.
    TypeMethods {
        version: u64, rdb_load: TypeLoadFunc, rdb_save: TypeSaveFunc, aof_rewrite: TypeRewriteFunc, mem_usage: TypeMemUsageFunc,
        digest: TypeDigestFunc, free: TypeFreeFunc, aux_load: TypeAuxLoadFunc, aux_save: TypeAuxSaveFunc, aux_save_triggers: c_int,
        free_effort: TypeFreeEffortFunc, unlink: TypeUnlinkFunc, copy: TypeCopyFunc, defrag: TypeDefragFunc,
        mem_usage2: TypeMemUsageFunc2, free_effort2: TypeFreeEffortFunc2, unlink2: TypeUnlinkFunc2, copy2: TypeCopyFunc2,
        aux_save2: TypeAuxSaveFunc,
    }
    /// `ValkeyModuleClientInfoV1`: filled by GetClientInfoById, and the data of client events.
    ClientInfoV1 { version: u64, flags: u64, id: u64, addr: [c_char; 46], port: u16, db: u16 }
    /// `ValkeyModuleReplicationInfoV1`.
    ReplicationInfoV1 {
        version: u64, primary: c_int, primary_host: *mut c_char, primary_port: c_int, replid1: *mut c_char, replid2: *mut c_char,
        repl1_offset: u64, repl2_offset: u64,
    }
    /// `ValkeyModuleFlushInfoV1`.
    FlushInfoV1 { version: u64, sync: i32, dbnum: i32 }
    /// `ValkeyModuleModuleChangeV1`.
    ModuleChangeV1 { version: u64, module_name: *const c_char, module_version: i32 }
    /// `ValkeyModuleConfigChangeV1`.
    ConfigChangeV1 { version: u64, num_changes: u32, config_names: *mut *const c_char }
    /// `ValkeyModuleCronLoopV1`.
    CronLoopV1 { version: u64, hz: i32 }
    /// `ValkeyModuleLoadingProgressV1`.
    LoadingProgressV1 { version: u64, hz: i32, progress: i32 }
    /// `ValkeyModuleSwapDbInfoV1`.
    SwapDbInfoV1 { version: u64, dbnum_first: i32, dbnum_second: i32 }
    /// `ValkeyModuleKeyInfoV1`.
    KeyInfoV1 { version: u64, key: *mut Key }
}

/// First half of [`BeginSearch`].
#[repr(C)]
#[derive(Clone, Copy)]
pub union BeginSearchWord {
    /// `index.pos`.
    pub pos: c_int,
    /// `keyword.keyword`.
    pub keyword: *const c_char,
}

impl std::fmt::Debug for BeginSearchWord {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("BeginSearchWord")
    }
}

macro_rules! callbacks {
    ($($name:ident($($argument:ident: $kind:ty),*) $(-> $answer:ty)?;)*) => {$(
        #[doc = concat!("`ValkeyModule", stringify!($name), "`; `None` is NULL.")]
        pub type $name = Option<unsafe extern "C" fn($($argument: $kind),*) $(-> $answer)?>;
    )*};
}

callbacks! {
    CmdFunc(ctx: *mut Ctx, argv: *mut *mut ModuleString, argc: c_int) -> c_int;
    AuthCallback(ctx: *mut Ctx, username: *mut ModuleString, password: *mut ModuleString, err: *mut *mut ModuleString) -> c_int;
    FreePrivdataFunc(ctx: *mut Ctx, privdata: *mut c_void);
    FreeFunc(privdata: *mut c_void);
    DisconnectFunc(ctx: *mut Ctx, bc: *mut BlockedClient);
    OnUnblocked(ctx: *mut Ctx, reply: *mut CallReply, private_data: *mut c_void);
    UserChangedFunc(client_id: u64, privdata: *mut c_void);
    NotificationFunc(ctx: *mut Ctx, kind: c_int, event: *const c_char, key: *mut ModuleString) -> c_int;
    PostNotificationJobFunc(ctx: *mut Ctx, pd: *mut c_void);
    EventCallback(ctx: *mut Ctx, eid: Event, subevent: u64, data: *mut c_void);
    TimerProc(ctx: *mut Ctx, data: *mut c_void);
    EventLoopFunc(fd: c_int, user_data: *mut c_void, mask: c_int);
    EventLoopOneShotFunc(user_data: *mut c_void);
    ClusterMessageReceiver(ctx: *mut Ctx, sender_id: *const c_char, kind: u8, payload: *const c_uchar, len: u32);
    CommandFilterFunc(filter: *mut CommandFilterCtx);
    ForkDoneHandler(exitcode: c_int, bysignal: c_int, user_data: *mut c_void);
    InfoFunc(ctx: *mut InfoCtx, for_crash_report: c_int);
    DefragFunc(ctx: *mut DefragCtx);
    ScanCB(ctx: *mut Ctx, keyname: *mut ModuleString, key: *mut Key, privdata: *mut c_void);
    ScanKeyCB(key: *mut Key, field: *mut ModuleString, value: *mut ModuleString, privdata: *mut c_void);

    ConfigGetStringFunc(name: *const c_char, privdata: *mut c_void) -> *mut ModuleString;
    ConfigGetNumericFunc(name: *const c_char, privdata: *mut c_void) -> c_longlong;
    ConfigGetBoolFunc(name: *const c_char, privdata: *mut c_void) -> c_int;
    ConfigGetEnumFunc(name: *const c_char, privdata: *mut c_void) -> c_int;
    ConfigSetStringFunc(name: *const c_char, val: *mut ModuleString, privdata: *mut c_void, err: *mut *mut ModuleString) -> c_int;
    ConfigSetNumericFunc(name: *const c_char, val: c_longlong, privdata: *mut c_void, err: *mut *mut ModuleString) -> c_int;
    ConfigSetBoolFunc(name: *const c_char, val: c_int, privdata: *mut c_void, err: *mut *mut ModuleString) -> c_int;
    ConfigSetEnumFunc(name: *const c_char, val: c_int, privdata: *mut c_void, err: *mut *mut ModuleString) -> c_int;
    ConfigApplyFunc(ctx: *mut Ctx, privdata: *mut c_void, err: *mut *mut ModuleString) -> c_int;

    TypeLoadFunc(rdb: *mut Io, encver: c_int) -> *mut c_void;
    TypeSaveFunc(rdb: *mut Io, value: *mut c_void);
    TypeAuxLoadFunc(rdb: *mut Io, encver: c_int, when: c_int) -> c_int;
    TypeAuxSaveFunc(rdb: *mut Io, when: c_int);
    TypeRewriteFunc(aof: *mut Io, key: *mut ModuleString, value: *mut c_void);
    TypeMemUsageFunc(value: *const c_void) -> usize;
    TypeMemUsageFunc2(ctx: *mut KeyOptCtx, value: *const c_void, sample_size: usize) -> usize;
    TypeDigestFunc(digest: *mut Digest, value: *mut c_void);
    TypeFreeFunc(value: *mut c_void);
    TypeFreeEffortFunc(key: *mut ModuleString, value: *const c_void) -> usize;
    TypeFreeEffortFunc2(ctx: *mut KeyOptCtx, value: *const c_void) -> usize;
    TypeUnlinkFunc(key: *mut ModuleString, value: *const c_void);
    TypeUnlinkFunc2(ctx: *mut KeyOptCtx, value: *const c_void);
    TypeCopyFunc(fromkey: *mut ModuleString, tokey: *mut ModuleString, value: *const c_void) -> *mut c_void;
    TypeCopyFunc2(ctx: *mut KeyOptCtx, value: *const c_void) -> *mut c_void;
    TypeDefragFunc(ctx: *mut DefragCtx, key: *mut ModuleString, value: *mut *mut c_void) -> c_int;
}
