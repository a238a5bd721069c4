//! A loaded module: its library, what it has registered, and loading and unloading it.

use std::ffi::c_int;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use valkore_core::command::{Command, CommandId};
use valkore_core::config::ModuleConcurrency;
use valkore_shard::log::{Level, log};

use super::context::{Context, Why};
use super::lock::with;
use super::string::Str;
use crate::abi::library::{Library, OpenError};
use crate::abi::types::{CmdFunc, ModuleString, TypeMethods};

/// A command that a module has registered.
pub struct ModuleCommand {
    /// What it is.
    pub row: Command,
    /// What runs it.
    pub run: CmdFunc,
    /// What runs its subcommands, in the order of the row's.
    pub subcommands: Vec<(String, CmdFunc)>,
}

/// A [`ModuleCommand`], as its module and those who hold it share it.
pub type SharedCommand = Arc<Mutex<ModuleCommand>>;

/// A command or subcommand as its module holds it (`ValkeyModuleCommand *`). It lives as long as the module.
pub struct CommandHandle {
    /// Whose it is.
    pub module: Weak<Module>,
    /// The command.
    pub command: SharedCommand,
    /// Which of its subcommands it is, if it is one.
    pub subcommand: Option<usize>,
}

/// A native data type of a module.
pub struct ModuleType {
    /// Nine characters.
    pub name: String,
    /// The encoding's version.
    pub version: i32,
    /// Name and version as the dump format has them.
    pub id: u64,
    /// What the module does with values.
    pub methods: TypeMethods,
    /// Values that live.
    pub values: std::sync::atomic::AtomicUsize,
}

// SAFETY: the methods are function pointers, which any holder of the module lock may call.
unsafe impl Send for ModuleType {}
// SAFETY: as above; the count is atomic.
unsafe impl Sync for ModuleType {}

/// What a module registers while it loads; nothing of it is served before `OnLoad` has succeeded.
#[derive(Default)]
pub struct Loading {
    /// Its commands.
    pub commands: Vec<SharedCommand>,
    /// ACL categories that it has added.
    pub categories: usize,
}

/// A module.
pub struct Module {
    name: std::sync::OnceLock<String>,
    version: AtomicI32,
    /// `SetModuleOptions`
    pub options: AtomicU32,
    /// Its file, as it was asked for.
    pub path: String,
    /// The arguments that it was loaded with.
    pub args: Vec<Vec<u8>>,
    library: Mutex<Option<Library>>,
    /// `OnLoad` is over, and was successful.
    pub loaded: AtomicBool,
    /// Its commands, once it is loaded.
    pub registered: Mutex<Vec<SharedCommand>>,
    /// Commands that it has asked for; a handle stays where it is.
    #[allow(clippy::vec_box, reason = "the module holds their addresses")]
    pub handles: Mutex<Vec<Box<CommandHandle>>>,
    /// Its commands by id, once it is loaded.
    pub commands: Mutex<Vec<(CommandId, CmdFunc)>>,
    /// Its types.
    pub types: Mutex<Vec<Arc<ModuleType>>>,
    /// Names of the modules that use a function of it (shared API).
    pub used_by: Mutex<Vec<String>>,
    /// Names of the modules of which it uses a function.
    pub using: Mutex<Vec<String>>,
}

impl Module {
    /// Its name.
    pub fn name(&self) -> &str {
        self.name.get().map_or("", String::as_str)
    }

    /// Its version.
    pub fn version(&self) -> i32 {
        self.version.load(Ordering::Relaxed)
    }

    /// It says who it is (`SetModuleAttribs`).
    pub fn set_attributes(&self, name: &str, version: i32) {
        let _ = self.name.set(name.into());
        self.version.store(version, Ordering::Relaxed);
    }

    /// What runs command `id` of this module.
    pub fn command(&self, id: CommandId) -> Option<CmdFunc> {
        let commands = self.commands.lock().expect("no one panics with this lock");
        commands.iter().find(|c| c.0 == id).map(|c| c.1)
    }
}

/// Why a module can't be loaded or unloaded: the text for the client.
pub type Refusal = String;

const LOAD_FAILED: &str = "ERR Error loading the extension. Please check the server logs.";

/// Loads a module and lets it register itself. The caller holds the module lock, in a unit.
pub fn load(path: &str, args: &[Vec<u8>]) -> Result<Arc<Module>, Refusal> {
    let warn = |text: &str| log(Level::Warning, text);
    if !Path::new(path).exists() {
        warn(&format!("Module {path} failed to load: It does not have execute permissions."));
        return Err(LOAD_FAILED.into());
    }
    // SAFETY: running the file's initializers is what loading a module is; whoever may load modules is trusted with it.
    let library = unsafe { Library::open(Path::new(path)) }.map_err(|e| {
        match e {
            OpenError::Link(reason) => warn(&format!("Module {path} failed to load: {reason}")),
            OpenError::NoOnLoad => warn(&format!(
                "Module {path} does not export ValkeyModule_OnLoad() or RedisModule_OnLoad() symbol. Module not loaded."
            )),
        }
        LOAD_FAILED.to_string()
    })?;
    let on_load = library.on_load();
    let module = Arc::new(Module {
        name: Default::default(),
        version: AtomicI32::new(0),
        options: AtomicU32::new(0),
        path: path.into(),
        args: args.to_vec(),
        library: Mutex::new(Some(library)),
        loaded: AtomicBool::new(false),
        registered: Mutex::default(),
        handles: Mutex::default(),
        commands: Mutex::default(),
        types: Mutex::default(),
        used_by: Mutex::default(),
        using: Mutex::default(),
    });
    let mut ctx = Context::new(Why::Load, Some(module.clone()));
    ctx.loading = Some(Box::default());
    let mut argv: Vec<*mut ModuleString> = args.iter().map(|a| Str::new(a)).collect();
    // SAFETY: the symbol is the module's OnLoad; context and arguments live through the call.
    let outcome = unsafe { on_load(ctx.as_ptr(), argv.as_mut_ptr(), argv.len() as c_int) };
    super::home::free_strings(argv);
    let loading = ctx.loading.take().expect("put in above");
    drop(ctx);
    let categories = loading.categories;
    if outcome != 0 {
        warn(&format!("Module {path} initialization failed. Module not loaded."));
        forget(&module, categories);
        return Err(LOAD_FAILED.into());
    }
    if module.name().is_empty() {
        warn(&format!("Module {path} initialization failed: it didn't call Init. Module not loaded."));
        forget(&module, categories);
        return Err(LOAD_FAILED.into());
    }
    let mode = with(|core| core.home.runner.config.module_concurrency.of(module.name().as_bytes()));
    if mode != ModuleConcurrency::Gil {
        warn(&format!(
            "Module {} failed to load: module-concurrency {} is not available yet",
            module.name(),
            mode.word()
        ));
        forget(&module, categories);
        return Err(LOAD_FAILED.into());
    }
    if let Err(reason) = serve(&module, *loading) {
        warn(&format!("Module {path} failed to load: {reason}"));
        forget(&module, categories);
        return Err(LOAD_FAILED.into());
    }
    log(Level::Notice, &format!("Module '{}' loaded from {path}", module.name()));
    Ok(module)
}

/// Serves the commands that a module has registered, and keeps the module.
fn serve(module: &Arc<Module>, loading: Loading) -> Result<(), String> {
    with(|core| {
        let row = |c: &SharedCommand| Arc::new(c.lock().expect("no one panics with this lock").row.clone());
        let rows: Vec<Arc<Command>> = loading.commands.iter().map(row).collect();
        let mut ids = Vec::new();
        let registry = core.home.runner.node.registry.update(|old| {
            old.with_home(rows.iter().cloned()).map(|(new, new_ids)| {
                ids = new_ids;
                new
            })
        });
        let registry = registry.map_err(|e| e.to_string())?;
        let mut commands = module.commands.lock().expect("no one panics with this lock");
        for (id, command) in ids.iter().zip(&loading.commands) {
            let command = command.lock().expect("no one panics with this lock");
            commands.push((*id, command.run));
            for (name, run) in &command.subcommands {
                if let Some(sub) = registry.table.lookup_sub(*id, name.as_bytes()) {
                    commands.push((sub, *run));
                }
            }
        }
        drop(commands);
        *module.registered.lock().expect("no one panics with this lock") = loading.commands;
        module.loaded.store(true, Ordering::Release);
        core.modules.push(module.clone());
        core.home.refresh();
        Ok(())
    })
}

/// Nothing of a module that failed to load stays. Its file stays mapped where it has made a type.
fn forget(module: &Arc<Module>, categories: usize) {
    with(|core| {
        if categories > 0 {
            let _ = core.home.runner.node.registry.update(|old| {
                let mut new = old.clone();
                (0..categories).for_each(|_| new.table.categories_mut().remove_newest());
                Ok::<_, ()>(new)
            });
        }
        core.shared_api.retain(|_, owner| owner.1 != module.name());
        while let Some(id) = core.timers.id_of(module) {
            core.timers.remove(id);
        }
    });
    close(module);
}

fn close(module: &Arc<Module>) {
    let has_types = !module.types.lock().expect("no one panics with this lock").is_empty();
    let library = module.library.lock().expect("no one panics with this lock").take();
    if let Some(library) = library.filter(|_| !has_types) {
        // SAFETY: nothing of the module is registered any more, it has no values, timers or blocked clients.
        unsafe { library.close() };
    }
}

/// Unloads a module. The caller holds the module lock, in a unit.
pub fn unload(name: &str) -> Result<(), Refusal> {
    let fail = |why: &str| Err(format!("ERR Error unloading module: {why}"));
    let Some(module) = with(|core| core.module(name).cloned()) else { return fail("no such module with that name") };
    let in_use = module.types.lock().expect("no one panics with this lock").iter().any(|_| true);
    if in_use {
        return fail("the module exports one or more module-side data types, can't unload");
    }
    if !module.used_by.lock().expect("no one panics with this lock").is_empty() {
        return fail("the module exports APIs used by other modules. Please unload them first and try again");
    }
    if with(|core| core.blocked.any_of(&module)) {
        return fail("the module has blocked clients. Please wait for them to be unblocked and try again");
    }
    if with(|core| core.timers.any_of(&module)) {
        return fail("the module holds timer that is not fired. Please stop the timer or wait until it fires.");
    }
    let on_unload = {
        let library = module.library.lock().expect("no one panics with this lock");
        library.as_ref().and_then(Library::on_unload)
    };
    if let Some(on_unload) = on_unload {
        let mut ctx = Context::new(Why::Unload, Some(module.clone()));
        // SAFETY: the symbol is the module's OnUnload; the context lives through the call.
        if unsafe { on_unload(ctx.as_ptr()) } != 0 {
            return fail("operation not possible.");
        }
    }
    with(|core| {
        let ids: Vec<CommandId> = {
            let commands = module.commands.lock().expect("no one panics with this lock");
            let table = &core.home.runner.registry.table;
            commands.iter().map(|c| c.0).filter(|id| table.container(*id).is_none()).collect()
        };
        let _ = core.home.runner.node.registry.update(|old| Ok::<_, ()>(old.without(&ids)));
        core.modules.retain(|m| !Arc::ptr_eq(m, &module));
        core.shared_api.retain(|_, owner| owner.1 != name);
        for other in &core.modules {
            other.used_by.lock().expect("no one panics with this lock").retain(|n| n != name);
            other.using.lock().expect("no one panics with this lock").retain(|n| n != name);
        }
        core.home.refresh();
    });
    close(&module);
    log(Level::Notice, &format!("Module {name} unloaded"));
    Ok(())
}
