//! Modules Dictionary API.

use crate::abi::declare::*;

unbuilt! { fn CreateDict(ctx: *mut Ctx) -> *mut ModuleDict = null_mut(); }
unbuilt! { fn FreeDict(ctx: *mut Ctx, d: *mut ModuleDict); }
unbuilt! { fn DictSize(d: *mut ModuleDict) -> u64 = 0; }
unbuilt! { fn DictSetC(d: *mut ModuleDict, key: *mut c_void, keylen: usize, ptr: *mut c_void) -> c_int = ERR; }
unbuilt! { fn DictReplaceC(d: *mut ModuleDict, key: *mut c_void, keylen: usize, ptr: *mut c_void) -> c_int = ERR; }
unbuilt! { fn DictSet(d: *mut ModuleDict, key: *mut ModuleString, ptr: *mut c_void) -> c_int = ERR; }
unbuilt! { fn DictReplace(d: *mut ModuleDict, key: *mut ModuleString, ptr: *mut c_void) -> c_int = ERR; }
unbuilt! { fn DictGetC(d: *mut ModuleDict, key: *mut c_void, keylen: usize, nokey: *mut c_int) -> *mut c_void = null_mut(); }
unbuilt! { fn DictGet(d: *mut ModuleDict, key: *mut ModuleString, nokey: *mut c_int) -> *mut c_void = null_mut(); }
unbuilt! { fn DictDelC(d: *mut ModuleDict, key: *mut c_void, keylen: usize, oldval: *mut c_void) -> c_int = ERR; }
unbuilt! { fn DictDel(d: *mut ModuleDict, key: *mut ModuleString, oldval: *mut c_void) -> c_int = ERR; }
unbuilt! { fn DictIteratorStartC(d: *mut ModuleDict, op: *const c_char, key: *mut c_void, keylen: usize) -> *mut DictIter = null_mut(); }
unbuilt! { fn DictIteratorStart(d: *mut ModuleDict, op: *const c_char, key: *mut ModuleString) -> *mut DictIter = null_mut(); }
unbuilt! { fn DictIteratorStop(di: *mut DictIter); }
unbuilt! { fn DictIteratorReseekC(di: *mut DictIter, op: *const c_char, key: *mut c_void, keylen: usize) -> c_int = 0; }
unbuilt! { fn DictIteratorReseek(di: *mut DictIter, op: *const c_char, key: *mut ModuleString) -> c_int = 0; }
unbuilt! { fn DictNextC(di: *mut DictIter, keylen: *mut usize, dataptr: *mut *mut c_void) -> *mut c_void = null_mut(); }
unbuilt! { fn DictPrevC(di: *mut DictIter, keylen: *mut usize, dataptr: *mut *mut c_void) -> *mut c_void = null_mut(); }
unbuilt! { fn DictNext(ctx: *mut Ctx, di: *mut DictIter, dataptr: *mut *mut c_void) -> *mut ModuleString = null_mut(); }
unbuilt! { fn DictPrev(ctx: *mut Ctx, di: *mut DictIter, dataptr: *mut *mut c_void) -> *mut ModuleString = null_mut(); }
unbuilt! { fn DictCompareC(di: *mut DictIter, op: *const c_char, key: *mut c_void, keylen: usize) -> c_int = ERR; }
unbuilt! { fn DictCompare(di: *mut DictIter, op: *const c_char, key: *mut ModuleString) -> c_int = ERR; }
