//! Modules ACL API.

use crate::abi::declare::*;

unbuilt! { fn CreateModuleUser(name: *const c_char) -> *mut ModuleUser = null_mut(); }
unbuilt! { fn FreeModuleUser(user: *mut ModuleUser) -> c_int = ERR; }
unbuilt! { fn SetModuleUserACL(user: *mut ModuleUser, acl: *const c_char) -> c_int = ERR; }
unbuilt! { fn SetModuleUserACLString(ctx: *mut Ctx, user: *mut ModuleUser, acl: *const c_char, error: *mut *mut ModuleString) -> c_int = ERR; }
unbuilt! { fn GetModuleUserACLString(user: *mut ModuleUser) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetCurrentUserName(ctx: *mut Ctx) -> *mut ModuleString = null_mut(); }
unbuilt! { fn GetModuleUserFromUserName(name: *mut ModuleString) -> *mut ModuleUser = null_mut(); }
unbuilt! { fn ACLCheckCommandPermissions(user: *mut ModuleUser, argv: *mut *mut ModuleString, argc: c_int) -> c_int = ERR; }
unbuilt! { fn ACLCheckKeyPermissions(user: *mut ModuleUser, key: *mut ModuleString, flags: c_int) -> c_int = ERR; }
unbuilt! { fn ACLCheckChannelPermissions(user: *mut ModuleUser, ch: *mut ModuleString, flags: c_int) -> c_int = ERR; }
unbuilt! { fn ACLAddLogEntry(ctx: *mut Ctx, user: *mut ModuleUser, object: *mut ModuleString, reason: AclLogEntryReason) -> c_int = ERR; }
unbuilt! { fn ACLAddLogEntryByUserName(ctx: *mut Ctx, username: *mut ModuleString, object: *mut ModuleString, reason: AclLogEntryReason) -> c_int = ERR; }
unbuilt! { fn AuthenticateClientWithUser(ctx: *mut Ctx, module_user: *mut ModuleUser, callback: UserChangedFunc, privdata: *mut c_void, client_id: *mut u64) -> c_int = ERR; }
unbuilt! { fn AuthenticateClientWithACLUser(ctx: *mut Ctx, name: *const c_char, len: usize, callback: UserChangedFunc, privdata: *mut c_void, client_id: *mut u64) -> c_int = ERR; }
unbuilt! { fn DeauthenticateAndCloseClient(ctx: *mut Ctx, client_id: u64) -> c_int = ERR; }
unbuilt! { fn RedactClientCommandArgument(ctx: *mut Ctx, pos: c_int) -> c_int = ERR; }
unbuilt! { fn GetClientCertificate(ctx: *mut Ctx, client_id: u64) -> *mut ModuleString = null_mut(); }
