//! MODULE LOAD, LOADEX, UNLOAD, LIST, HELP: commands about modules, run at home.

use valkore_core::command::{Command, CommandId, ROWS};
use valkore_core::fail::{Fail, Outcome};
use valkore_core::resp::Reply;
use valkore_core::step::ClientTag;
use valkore_shard::registry::Registry;

use super::lock::with;
use super::module;
use super::string::Str;
use crate::abi::types::ModuleString;

/// The registry with the MODULE command, which home serves.
pub fn add_to(registry: Registry) -> Registry {
    let mut new = registry;
    let row: Option<&'static Command> = ROWS.iter().flat_map(|g| g.iter()).find(|c| c.name == "module");
    if let Some(row) = row {
        new.serve_builtin_at_home(row);
    }
    new
}

/// Runs one of them.
pub fn run(id: CommandId, argv: &[*mut ModuleString], client: ClientTag, out: &mut Vec<u8>) -> Outcome {
    let name = with(|core| core.home.runner.registry.command(id).full_name.to_string());
    // SAFETY: the arguments are alive through the unit.
    let args: Vec<Vec<u8>> = argv.iter().map(|&s| unsafe { Str::of(s) }.bytes().to_vec()).collect();
    let mut reply = Reply::new(out, client.protocol);
    match name.as_str() {
        "module|load" => {
            load(&args[2], &args[3..])?;
            reply.ok();
        }
        "module|loadex" => {
            load_ex(&args)?;
            reply.ok();
        }
        "module|unload" => {
            module::unload(&text(&args[2])).map_err(Fail::text_of)?;
            reply.ok();
        }
        "module|list" => list(&mut reply),
        _ => return Err(Fail::text_of("ERR this command is not available yet")),
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn load(path: &[u8], args: &[Vec<u8>]) -> Outcome {
    let path = text(path);
    module::load(&path, args).map(drop).map_err(Fail::text_of)
}

/// `MODULE LOADEX path [CONFIG name value …] [ARGS …]`
fn load_ex(args: &[Vec<u8>]) -> Outcome {
    let mut i = 3;
    if args.get(i).is_some_and(|word| word.eq_ignore_ascii_case(b"config")) {
        if i + 2 >= args.len() {
            return Err(Fail::Syntax);
        }
        return Err(Fail::text_of("ERR settings of modules are not available yet"));
    }
    let rest = match args.get(i) {
        None => &[],
        Some(word) if word.eq_ignore_ascii_case(b"args") => {
            i += 1;
            &args[i..]
        }
        Some(_) => return Err(Fail::Syntax),
    };
    load(&args[2], rest)
}

fn list(reply: &mut Reply<'_>) {
    let modules = with(|core| core.modules.clone());
    reply.array(modules.len());
    for m in modules {
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(m.name().as_bytes());
        reply.bulk(b"ver");
        reply.int(m.version().into());
        reply.bulk(b"path");
        reply.bulk(m.path.as_bytes());
        reply.bulk(b"args");
        reply.array(m.args.len());
        m.args.iter().for_each(|a| reply.bulk(a));
    }
}
