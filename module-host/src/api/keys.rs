//! DB and Key APIs – Generic API.

use valkore_core::config::MaxmemoryPolicy;
use valkore_core::keyspace::{Entry, Object, Value};
use valkore_core::step::HeldSet as _;

use crate::abi::constants::*;
use crate::abi::declare::*;
use crate::host::context::{Auto, Context, Why};
use crate::host::key::{KeyHandle, look_up, now};
use crate::host::lock::with;
use crate::host::string::Str;
use crate::host::{home, values};

/// Closes a key.
///
/// # Safety
/// `key` came from OpenKey and is not used any more.
pub unsafe fn free_key(key: *mut Key) {
    // SAFETY: by the caller.
    unsafe { KeyHandle::close(key) };
}

api! {
    /// The client's id; 0 where there is none.
    fn GetClientId(ctx: *mut Ctx) -> c_ulonglong {
        // SAFETY: a module hands over the context that it was given.
        unsafe { Context::of(ctx) }.map_or(0, |ctx| ctx.client.id)
    }
}
unbuilt! { fn GetClientUserNameById(ctx: *mut Ctx, id: u64) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetClientInfoById(ci: *mut c_void, id: u64) -> c_int = ERR; }
unbuilt! { fn GetClientNameById(ctx: *mut Ctx, id: u64) -> *mut ModuleString = null_mut(); }
unbuilt! { fn SetClientNameById(id: u64, name: *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn PublishMessage(ctx: *mut Ctx, channel: *mut ModuleString, message: *mut ModuleString) -> c_int = 0; }
unbuilt! { fn PublishMessageShard(ctx: *mut Ctx, channel: *mut ModuleString, message: *mut ModuleString) -> c_int = 0; }
api! {
    /// The selected database.
    fn GetSelectedDb(ctx: *mut Ctx) -> c_int {
        // SAFETY: a module hands over the context that it was given.
        unsafe { Context::of(ctx) }.map_or(0, |ctx| ctx.client.db.into())
    }

    /// What is known of the server and, given a context, of the client that it runs for.
    fn GetContextFlags(ctx: *mut Ctx) -> c_int {
        // SAFETY: a module hands over the context that it was given, or null.
        let ctx = unsafe { Context::of(ctx) };
        server_flags() | ctx.map_or(0, |ctx| client_flags(ctx))
    }

    /// Do clients' writes wait (CLIENT PAUSE), so that nothing is to be written that replicas would get?
    fn AvoidReplicaTraffic() -> c_int {
        with(|core| c_int::from(core.home.runner.node.pause.now(core.home.runner.clock.unix_ms()).is_some()))
    }

    /// Selects a database, also for the client's next commands.
    fn SelectDb(ctx: *mut Ctx, newid: c_int) -> c_int {
        let databases = with(|core| core.home.runner.config.databases as usize);
        // SAFETY: a module hands over the context that it was given.
        match (unsafe { Context::of(ctx) }, u16::try_from(newid)) {
            (Some(ctx), Ok(db)) if usize::from(db) < databases => {
                ctx.client.db = db;
                OK
            }
            _ => ERR,
        }
    }

    /// Is there such a key? Leaves its time of access alone.
    fn KeyExists(ctx: *mut Ctx, keyname: *mut ModuleString) -> c_int {
        // SAFETY: a module hands over the context that it was given, and a string that it owns a part of.
        let (Some(ctx), name) = (unsafe { (Context::of(ctx), Str::of(keyname).bytes()) }) else { return 0 };
        let (db, clock) = (usize::from(ctx.client.db), now());
        let found = home::with_data(valkore_core::slot::key_slot(name), |data| {
            let key = data.key(name);
            look_up(data, db, &key, clock, READ | OPEN_KEY_NOTOUCH, true)
        });
        values::bury();
        c_int::from(found)
    }

    /// Opens a key; null where it is to be read and isn't there.
    fn OpenKey(ctx: *mut Ctx, keyname: *mut ModuleString, mode: c_int) -> *mut Key {
        // SAFETY: a module hands over the context that it was given.
        let Some(ctx) = (unsafe { Context::of(ctx) }) else { return null_mut() };
        // SAFETY: the name is a string that the module owns a part of.
        let key = unsafe { KeyHandle::open(ctx, keyname, mode) };
        values::bury();
        key.unwrap_or(null_mut())
    }

    /// All modes of OpenKey.
    fn GetOpenKeyModesAll() -> c_int {
        OPEN_KEY_ALL
    }

    /// Closes a key; null is none.
    fn CloseKey(key: *mut Key) {
        if !key.is_null() {
            // SAFETY: the module hands over a key that it has open, and doesn't use it any more.
            unsafe {
                KeyHandle::forget(key);
                KeyHandle::close(key);
            }
        }
    }

    /// The type of the value; "empty" for null, and where there is no value.
    fn KeyType(key: *mut Key) -> c_int {
        // SAFETY: the module hands over a key that it has open, or null.
        unsafe { KeyHandle::of(key) }.and_then(|key| key.view(|entry| type_of(&entry))).unwrap_or(KEYTYPE_EMPTY)
    }

    /// Bytes of a string, elements of anything else.
    fn ValueLength(key: *mut Key) -> usize {
        // SAFETY: the module hands over a key that it has open, or null.
        unsafe { KeyHandle::of(key) }.and_then(|key| key.view(|entry| length_of(&entry))).unwrap_or(0)
    }

    /// Removes the key.
    fn DeleteKey(key: *mut Key) -> c_int {
        // SAFETY: the module hands over a key that it has open.
        match unsafe { KeyHandle::of(key) } {
            Some(key) if key.is_writable() => {
                remove(key);
                values::bury();
                OK
            }
            _ => ERR,
        }
    }

    /// Removes the key; what takes long to free is freed in the background.
    fn UnlinkKey(key: *mut Key) -> c_int {
        // SAFETY: the module hands over a key that it has open.
        unsafe { DeleteKey(key) }
    }

    /// Milliseconds that the key has left.
    fn GetExpire(key: *mut Key) -> Mstime {
        // SAFETY: the module hands over a key that it has open, or null.
        let at = unsafe { KeyHandle::of(key) }.and_then(expire_of);
        at.map_or(NO_EXPIRE.into(), |at| (at - now().unix_ms()).max(0))
    }

    /// Gives the key so many milliseconds, or lets it stay.
    fn SetExpire(key: *mut Key, expire: Mstime) -> c_int {
        let at = |ms: Mstime| ms.saturating_add(now().unix_ms());
        // SAFETY: the module hands over a key that it has open.
        unsafe { KeyHandle::of(key) }.map_or(ERR, |key| set_expire(key, expire, at))
    }

    /// When the key's time is over, milliseconds since 1970.
    fn GetAbsExpire(key: *mut Key) -> Mstime {
        // SAFETY: the module hands over a key that it has open, or null.
        unsafe { KeyHandle::of(key) }.and_then(expire_of).unwrap_or(NO_EXPIRE.into())
    }

    /// Sets when the key's time is over, milliseconds since 1970, or lets it stay.
    fn SetAbsExpire(key: *mut Key, expire: Mstime) -> c_int {
        // SAFETY: the module hands over a key that it has open.
        unsafe { KeyHandle::of(key) }.map_or(ERR, |key| set_expire(key, expire, |ms| ms))
    }

    /// Removes all keys of all databases.
    fn ResetDataset(restart_aof: c_int, in_background: c_int) {
        // There is no append-only file yet; what is flushed is freed here.
        let _ = (restart_aof, in_background);
        with(|core| {
            core.home.leases.each(&mut |data| {
                data.flush(None);
            });
        });
        values::bury();
    }

    /// Keys in the selected database, on all shards.
    fn DbSize(ctx: *mut Ctx) -> c_ulonglong {
        // SAFETY: a module hands over the context that it was given.
        let db = unsafe { Context::of(ctx) }.map_or(0, |ctx| usize::from(ctx.client.db));
        let mut keys = 0;
        with(|core| core.home.leases.each(&mut |data| keys += data.keyspace.len(db) as c_ulonglong));
        keys
    }

    /// The name of some key of the selected database; null where there is none.
    fn RandomKey(ctx: *mut Ctx) -> *mut ModuleString {
        // SAFETY: a module hands over the context that it was given.
        let Some(ctx) = (unsafe { Context::of(ctx) }) else { return null_mut() };
        let name = random_key(ctx.client.db.into());
        values::bury();
        let Some(name) = name else { return null_mut() };
        let name = Str::new(&name);
        ctx.keep(Auto::String(name));
        name
    }

    /// The key that a data type's callback is about.
    fn GetKeyNameFromOptCtx(ctx: *mut KeyOptCtx) -> *const ModuleString {
        // SAFETY: the module hands over what its callback was given.
        unsafe { values::KeyOpt::of(ctx) }.map_or(null_mut(), |keys| keys.from)
    }

    /// The key that a value is copied to.
    fn GetToKeyNameFromOptCtx(ctx: *mut KeyOptCtx) -> *const ModuleString {
        // SAFETY: the module hands over what its callback was given.
        unsafe { values::KeyOpt::of(ctx) }.map_or(null_mut(), |keys| keys.to)
    }

    /// The database of that key.
    fn GetDbIdFromOptCtx(ctx: *mut KeyOptCtx) -> c_int {
        // SAFETY: the module hands over what its callback was given.
        unsafe { values::KeyOpt::of(ctx) }.map_or(-1, |keys| keys.from_db)
    }

    /// The database that a value is copied to.
    fn GetToDbIdFromOptCtx(ctx: *mut KeyOptCtx) -> c_int {
        // SAFETY: the module hands over what its callback was given.
        unsafe { values::KeyOpt::of(ctx) }.map_or(-1, |keys| keys.to_db)
    }
}

/// What is known of the server.
fn server_flags() -> c_int {
    with(|core| {
        let runner = &core.home.runner;
        let config = &runner.config;
        let used = core.used_memory_ratio();
        // Not yet: replicas, files, children, loading.
        [
            (true, CTX_FLAGS_PRIMARY),
            (config.cluster_enabled, CTX_FLAGS_CLUSTER),
            (config.maxmemory > 0, CTX_FLAGS_MAXMEMORY),
            (config.maxmemory > 0 && config.maxmemory_policy != MaxmemoryPolicy::Noeviction, CTX_FLAGS_EVICT),
            (used > 1.0, CTX_FLAGS_OOM),
            (used > 0.75, CTX_FLAGS_OOM_WARNING),
        ]
        .into_iter()
        .fold(0, |flags, (holds, flag)| if holds { flags | flag } else { flags })
    })
}

/// What is known of the client that it runs for.
fn client_flags(ctx: &Context) -> c_int {
    let resp3 = ctx.client.protocol == valkore_core::resp::Protocol::Resp3;
    let in_exec = ctx.why == Why::Command && ctx.client.id != 0 && with(|core| core.in_exec);
    [(resp3, CTX_FLAGS_RESP3), (in_exec, CTX_FLAGS_MULTI), (ctx.no_block, CTX_FLAGS_DENY_BLOCKING)]
        .into_iter()
        .fold(0, |flags, (holds, flag)| if holds { flags | flag } else { flags })
}

/// The type of a value, as modules know it.
fn type_of(entry: &Entry<'_>) -> c_int {
    let Value::Object(object) = entry.value() else { return KEYTYPE_STRING };
    if matches!(object, Object::Foreign(_)) {
        return KEYTYPE_MODULE;
    }
    match object.type_name() {
        "list" => KEYTYPE_LIST,
        "hash" => KEYTYPE_HASH,
        "set" => KEYTYPE_SET,
        "zset" => KEYTYPE_ZSET,
        "stream" => KEYTYPE_STREAM,
        _ => KEYTYPE_EMPTY,
    }
}

/// Bytes of a string; 0 for a module's value, as in Valkey.
fn length_of(entry: &Entry<'_>) -> usize {
    match entry.value() {
        Value::Int(n) => {
            valkore_core::keyspace::format_integer(n, &mut [0; valkore_core::keyspace::INTEGER_LEN_MAX]).len()
        }
        Value::Bytes(bytes) => bytes.len(),
        Value::Object(_) => 0,
    }
}

/// Removes the key where it is. What it held is put aside: free it when no core is in use.
pub(super) fn remove(key: &KeyHandle) {
    key.with(|data, at, clock| {
        if !data.expire_if_needed(key.db, at, clock) {
            drop(data.remove(key.db, at));
        }
    });
}

fn expire_of(key: &KeyHandle) -> Option<Mstime> {
    key.view(|entry| entry.expire_at()).flatten()
}

fn set_expire(key: &KeyHandle, expire: Mstime, at: impl Fn(Mstime) -> Mstime) -> c_int {
    let stays = expire == NO_EXPIRE.into();
    if !key.is_writable() || (expire < 0 && !stays) {
        return ERR;
    }
    let at_ms = (!stays).then(|| at(expire));
    key.with(|data, name, clock| {
        let there = data.keyspace.get(key.db, name).is_some_and(|e| !e.is_expired(clock.unix_ms()));
        let entry = if there { data.keyspace.get_mut(key.db, name) } else { None };
        let Some(mut entry) = entry else { return ERR };
        entry.set_expire(at_ms);
        data.publish_len(key.db);
        OK
    })
}

/// A key of a database at random, of all shards. Those whose time is over are removed.
fn random_key(db: usize) -> Option<Vec<u8>> {
    with(|core| {
        loop {
            let clock = core.home.runner.clock;
            let mut total = 0;
            core.home.leases.each(&mut |data| total += data.keyspace.len(db) as u64);
            if total == 0 {
                return None;
            }
            let rng = &mut core.home.runner.rng;
            let (mut rank, mut name) = (rng.u64(..total), None);
            core.home.leases.each(&mut |data| {
                let len = data.keyspace.len(db) as u64;
                if name.is_none() && rank < len {
                    let key = data.keyspace.random_key(db, &mut |below| rng.u64(..below)).map(|e| e.key().to_vec());
                    // None here: its time is over, and it is gone.
                    name = Some(key.filter(|k| !data.expire_if_needed(db, &data.key(k), clock)));
                }
                rank = rank.saturating_sub(len);
            });
            if let Some(Some(name)) = name {
                return Some(name);
            }
        }
    })
}
