//! Commands API.

use crate::abi::declare::*;

unbuilt! { fn IsKeysPositionRequest(ctx: *mut Ctx) -> c_int = 0; }
unbuilt! { fn KeyAtPosWithFlags(ctx: *mut Ctx, pos: c_int, flags: c_int); }
unbuilt! { fn KeyAtPos(ctx: *mut Ctx, pos: c_int); }
unbuilt! { fn IsChannelsPositionRequest(ctx: *mut Ctx) -> c_int = 0; }
unbuilt! { fn ChannelAtPosWithFlags(ctx: *mut Ctx, pos: c_int, flags: c_int); }
unbuilt! { fn CreateCommand(ctx: *mut Ctx, name: *const c_char, cmdfunc: CmdFunc, strflags: *const c_char, firstkey: c_int, lastkey: c_int, keystep: c_int) -> c_int = ERR; }
unbuilt! { fn GetCommand(ctx: *mut Ctx, name: *const c_char) -> *mut Command = null_mut(); }
unbuilt! { fn CreateSubcommand(parent: *mut Command, name: *const c_char, cmdfunc: CmdFunc, strflags: *const c_char, firstkey: c_int, lastkey: c_int, keystep: c_int) -> c_int = ERR; }
unbuilt! { fn AddACLCategory(ctx: *mut Ctx, name: *const c_char) -> c_int = ERR; }
unbuilt! { fn SetCommandACLCategories(command: *mut Command, aclflags: *const c_char) -> c_int = ERR; }
unbuilt! { fn SetCommandInfo(command: *mut Command, info: *const CommandInfo) -> c_int = ERR; }
