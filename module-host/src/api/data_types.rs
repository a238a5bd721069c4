//! Modules data types.

use std::mem::{MaybeUninit, offset_of};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use valkore_core::keyspace::{Expire, NewValue, Object};

use super::keys::remove;
use crate::abi::declare::*;
use crate::host::context::{Context, Why};
use crate::host::key::KeyHandle;
use crate::host::lock::with;
use crate::host::values::{self, ModuleValue};
use crate::host::{module, raw};

/// Characters of a type's name.
const NAME_LEN: usize = 9;
/// The highest version of an encoding: what ten bits hold.
const ENCVER_MAX: c_int = 1023;
/// What a name is made of; a character's place here is its six bits in the id.
const CHARSET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

api! {
    /// Registers a type; null outside of OnLoad, for a name that is taken or no name, and a version out of range.
    fn CreateDataType(ctx: *mut Ctx, name: *const c_char, encver: c_int, typemethods: *mut TypeMethods) -> *mut ModuleType {
        // SAFETY: a module hands over the context that it was given, and a C string.
        let (ctx, name) = unsafe { (Context::of(ctx), raw::text(name)) };
        let module = ctx.filter(|ctx| ctx.why == Why::Load).and_then(|ctx| ctx.module.clone());
        let (Some(module), Some(id)) = (module, type_id(name, encver)) else { return null_mut() };
        let name = String::from_utf8_lossy(name).into_owned();
        let has = |m: &Arc<module::Module>| lock(&m.types).iter().any(|t| t.name == name);
        if has(&module) || with(|core| core.modules.iter().any(has)) {
            return null_mut();
        }
        // SAFETY: the module hands over its methods, as its version of the struct has them.
        let Some(methods) = (unsafe { read_methods(typemethods) }) else { return null_mut() };
        let kind = Arc::new(module::ModuleType { name, version: encver, id, methods, values: AtomicUsize::new(0) });
        let at = Arc::as_ptr(&kind).cast_mut().cast();
        lock(&module.types).push(kind);
        at
    }

    /// Makes `value` of type `mt` the key's value, in place of what was there.
    fn ModuleTypeSetValue(key: *mut Key, mt: *mut ModuleType, value: *mut c_void) -> c_int {
        // SAFETY: the module hands over a key that it has open, and a type that it made.
        let (key, kind) = unsafe { (KeyHandle::of(key), kind(mt)) };
        let (Some(key), Some(kind)) = (key.filter(|key| key.is_writable()), kind) else { return ERR };
        let value = NewValue::Object(Box::new(Object::Foreign(Box::new(ModuleValue::new(kind, value)))));
        remove(key);
        key.with(|data, at, clock| drop(data.set(key.db, at, value, Expire::Clear, clock)));
        values::bury();
        OK
    }

    /// The type of the value; null where it is no module's.
    fn ModuleTypeGetType(key: *mut Key) -> *mut ModuleType {
        // SAFETY: the module hands over a key that it has open, or null.
        let kind = unsafe { KeyHandle::of(key) }.and_then(|key| look_at(key, |v| Arc::as_ptr(v.kind())));
        kind.map_or(null_mut(), |kind| kind.cast_mut().cast())
    }

    /// What the module gave as the value; null where it is no module's.
    fn ModuleTypeGetValue(key: *mut Key) -> *mut c_void {
        // SAFETY: the module hands over a key that it has open, or null.
        unsafe { KeyHandle::of(key) }.and_then(|key| look_at(key, ModuleValue::value)).unwrap_or(null_mut())
    }
}

/// Puts `new` in place of the key's value, which is of the type `mt`, and gives the old one back.
///
/// # Safety
/// `key` is null or an open key.
pub(super) unsafe fn replace_value(key: *mut Key, mt: *const ModuleType, new: *mut c_void) -> Option<*mut c_void> {
    // SAFETY: by the caller.
    let key = unsafe { KeyHandle::of(key) }.filter(|key| key.is_writable())?;
    look_at(key, |v| std::ptr::eq(Arc::as_ptr(v.kind()), mt.cast()).then_some(()))??;
    key.with(|data, at, _| {
        let mut entry = data.keyspace.get_mut(key.db, at)?;
        let Object::Foreign(value) = entry.object_mut()? else { return None };
        value.as_any_mut().downcast_mut::<ModuleValue>().map(|v| v.replace(new))
    })
}

/// The module's value at the key, for `f`, which must not call into a module.
fn look_at<R>(key: &KeyHandle, f: impl FnOnce(&ModuleValue) -> R) -> Option<R> {
    key.view(|entry| entry.foreign().and_then(|v| v.as_any().downcast_ref()).map(f)).flatten()
}

/// A share in the type behind a module's pointer, if it isn't null.
///
/// # Safety
/// `mt` is null or came from CreateDataType. Types live as long as the process once their module is loaded.
unsafe fn kind(mt: *const ModuleType) -> Option<Arc<module::ModuleType>> {
    let at = mt.cast::<module::ModuleType>();
    if at.is_null() {
        return None;
    }
    // SAFETY: by the caller, CreateDataType made the pointer of an Arc, and the module's list of types is an owner.
    unsafe {
        Arc::increment_strong_count(at);
        Some(Arc::from_raw(at))
    }
}

/// Name and version as files have them: six bits for each character, ten for the version. `None` for what is no name, and
/// for what would be 0.
fn type_id(name: &[u8], encver: c_int) -> Option<u64> {
    if name.len() != NAME_LEN || !(0..=ENCVER_MAX).contains(&encver) {
        return None;
    }
    let mut id = 0;
    for c in name {
        id = id << 6 | CHARSET.iter().position(|in_set| in_set == c)? as u64;
    }
    Some(id << 10 | encver as u64).filter(|&id| id != 0)
}

/// The methods that the struct's version has.
///
/// # Safety
/// `from` is null, or leads to a struct that is as long as its version says.
unsafe fn read_methods(from: *const TypeMethods) -> Option<TypeMethods> {
    if from.is_null() {
        return None;
    }
    // SAFETY: by the caller; all versions begin with their number.
    let len = match unsafe { from.cast::<u64>().read() } {
        0 => return None,
        1 => offset_of!(TypeMethods, aux_load),
        2 => offset_of!(TypeMethods, free_effort),
        3 => offset_of!(TypeMethods, mem_usage2),
        4 => offset_of!(TypeMethods, aux_save2),
        _ => size_of::<TypeMethods>(),
    };
    let mut methods = MaybeUninit::<TypeMethods>::zeroed();
    // SAFETY: by the caller, so many bytes are there; all zeros are NULL functions and numbers, so what isn't copied is
    // valid, too.
    unsafe {
        methods.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(from.cast(), len);
        Some(methods.assume_init())
    }
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no one panics with this lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_file_format() {
        // 'h','e','l','l','o','t','y','p','e' are places 33 30 37 37 40 45 50 41 30 of the charset.
        let id = [33u64, 30, 37, 37, 40, 45, 50, 41, 30].iter().fold(0, |id, bits| id << 6 | bits);
        assert_eq!(type_id(b"hellotype", 0), Some(id << 10));
        assert_eq!(type_id(b"hellotype", 1023), Some(id << 10 | 1023));
        assert_eq!(type_id(b"_________", 1023), Some(u64::MAX));
    }

    #[test]
    fn what_is_no_name_or_version() {
        let long_and_short: [&[u8]; 5] = [b"", b"hellotyp", b"hellotypes", b"hello typ", b"hell\xc3\xb6typ"];
        assert!(long_and_short.iter().all(|name| type_id(name, 0).is_none()));
        assert_eq!([type_id(b"hellotype", -1), type_id(b"hellotype", 1024), type_id(b"AAAAAAAAA", 0)], [None; 3]);
    }

    #[test]
    fn an_old_struct_is_not_read_beyond_its_end() {
        unsafe extern "C" fn free(_: *mut c_void) {}
        let mut old = [0u64; 7];
        old[0] = 1;
        old[offset_of!(TypeMethods, free) / 8] = free as *const () as u64;
        // SAFETY: version 1 ends with `free`, the seventh word.
        let methods = unsafe { read_methods(old.as_ptr().cast()) }.expect("a version");
        assert!(methods.free.is_some() && methods.rdb_load.is_none() && methods.copy2.is_none());
        old[0] = 0;
        // SAFETY: as above.
        assert!(unsafe { read_methods(old.as_ptr().cast()) }.is_none());
    }
}
