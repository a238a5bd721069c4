//! Open keys: what modules hold as `ValkeyModuleKey *`. A key is resolved again at each use: no value is remembered, so
//! whatever happens to the key meanwhile, or to the tables, the handle stays good until it is closed.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use valkore_core::data::ShardData;
use valkore_core::keyspace::{Entry, KeyRef};
use valkore_core::slot::key_slot;
use valkore_core::step::{Clock, Event};

use super::context::{Auto, Context};
use super::home::with_data;
use super::lock::with;
use super::module::Module;
use super::string::Str;
use crate::abi::constants::{
    OPEN_KEY_NOEFFECTS, OPEN_KEY_NOEXPIRE, OPEN_KEY_NONOTIFY, OPEN_KEY_NOSTATS, OPEN_KEY_NOTOUCH,
    OPTION_NO_IMPLICIT_SIGNAL_MODIFIED, WRITE,
};
use crate::abi::types::{Key, ModuleString};

/// An open key.
pub struct KeyHandle {
    /// The database.
    pub db: usize,
    /// The key's name; this is one of its owners.
    pub name: *mut ModuleString,
    slot: u16,
    hash: u64,
    /// How it was opened.
    pub mode: c_int,
    /// Who opened it.
    pub module: Option<Arc<Module>>,
    /// The context that would close it (automatic memory), or null.
    owner: *mut Context,
}

impl KeyHandle {
    /// Opens a key in the database of `ctx`; `None` where it doesn't exist and is to be read only.
    ///
    /// # Safety
    /// `name` is a module string that is alive.
    pub unsafe fn open(ctx: &mut Context, name: *mut ModuleString, mode: c_int) -> Option<*mut Key> {
        // SAFETY: by the caller.
        let bytes = unsafe { Str::of(name) }.bytes();
        let (db, no_touch) = (usize::from(ctx.client.db), ctx.client.no_touch);
        let (slot, clock) = (key_slot(bytes), now());
        let (hash, found) = with_data(slot, |data| {
            let key = data.key(bytes);
            (key.hash, look_up(data, db, &key, clock, mode, no_touch))
        });
        if !found && mode & WRITE == 0 {
            return None;
        }
        // SAFETY: by the caller.
        unsafe { Str::retain(name) };
        let owner = if ctx.auto_memory { &raw mut *ctx } else { std::ptr::null_mut() };
        let key = Self { db, name, slot, hash, mode, module: ctx.module.clone(), owner };
        let key: *mut Key = Box::into_raw(Box::new(key)).cast();
        ctx.keep(Auto::Key(key));
        Some(key)
    }

    /// The open key behind a module's pointer, if it isn't null.
    ///
    /// # Safety
    /// `key` is null or an open key, which nobody closes during `'a`.
    pub unsafe fn of<'a>(key: *mut Key) -> Option<&'a Self> {
        // SAFETY: by the caller; KeyHandle makes no other keys. Nobody changes one while it is open.
        unsafe { key.cast::<Self>().as_ref() }
    }

    /// May it be changed?
    pub fn is_writable(&self) -> bool {
        self.mode & WRITE != 0
    }

    /// The key's name.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: this is an owner of the string, and nobody appends to a string with several owners.
        unsafe { Str::of(self.name) }.bytes()
    }

    /// The data that owns the key, and the key in it. `f` must not call into a module.
    pub fn with<R>(&self, f: impl FnOnce(&mut ShardData, &KeyRef<'_>, Clock) -> R) -> R {
        let (key, clock) = (KeyRef { bytes: self.bytes(), slot: self.slot, hash: self.hash }, now());
        with_data(self.slot, |data| f(data, &key, clock))
    }

    /// The entry as it is now, for `f`, which must not call into a module; `None` where there is none, or its time is
    /// over.
    pub fn view<R>(&self, f: impl FnOnce(Entry<'_>) -> R) -> Option<R> {
        self.with(|data, key, clock| {
            let entry = data.keyspace.get(self.db, key)?;
            (!entry.is_expired(clock.unix_ms())).then(|| f(entry))
        })
    }

    /// Closes a key: the module's change is told to those who watch it, unless the module does that itself.
    ///
    /// # Safety
    /// `key` is an open key, and is not used afterwards.
    pub unsafe fn close(key: *mut Key) {
        // SAFETY: by the caller; open() made it by Box.
        let key = unsafe { Box::from_raw(key.cast::<Self>()) };
        let implicit =
            |m: &Arc<Module>| m.options.load(Ordering::Relaxed) & OPTION_NO_IMPLICIT_SIGNAL_MODIFIED as u32 == 0;
        if key.is_writable() && key.module.as_ref().is_none_or(implicit) {
            key.with(|data, at, _| data.signal_modified(key.db, at.bytes));
        }
        // SAFETY: open() took this part in the string.
        unsafe { Str::release(key.name) };
    }

    /// The module closes the key itself: automatic memory forgets it.
    ///
    /// # Safety
    /// `key` is an open key.
    pub unsafe fn forget(key: *mut Key) {
        // SAFETY: by the caller. A context that would close the key is alive as long as the key is open: it closes it when
        // it goes; and the module, which is here, is not in any other function with it.
        unsafe {
            let owner = (*key.cast::<Self>()).owner;
            if let Some(owner) = Context::of(owner.cast()) {
                owner.forget(Auto::Key(key));
            }
        }
    }
}

/// The time of the unit.
pub fn now() -> Clock {
    with(|core| core.home.runner.clock)
}

/// Looks a key up as Valkey does when a module opens it, with all effects that the mode doesn't forbid; is it there?
pub fn look_up(data: &mut ShardData, db: usize, key: &KeyRef<'_>, clock: Clock, mode: c_int, no_touch: bool) -> bool {
    let may = |effect: c_int| mode & (effect | OPEN_KEY_NOEFFECTS) == 0;
    if may(OPEN_KEY_NOEXPIRE) {
        data.expire_if_needed(db, key, clock);
    }
    let entry = data.keyspace.get(db, key);
    let found = entry.is_some_and(|e| !e.is_expired(clock.unix_ms()));
    if found && may(OPEN_KEY_NOTOUCH) && !no_touch {
        data.keyspace.touch(db, key, clock.lru());
    }
    // A writer neither hits nor misses.
    if may(WRITE | OPEN_KEY_NOSTATS) {
        let counter = if found { &data.stats.hits } else { &data.stats.misses };
        counter.add(1);
    }
    if !found
        && may(WRITE | OPEN_KEY_NONOTIFY)
        && let Some(hook) = &mut data.events
    {
        hook(Event::KeyMiss, "keymiss", db, key.bytes);
    }
    found
}
