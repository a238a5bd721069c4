//! The table as a page for people: `docs/module-api.md`.

use std::fmt::Write;

use super::function::{Context, Function, Lock};
use super::table::FUNCTIONS;

/// The page: a section per section of the reference, a line per function.
pub fn markdown() -> String {
    let built = FUNCTIONS.iter().filter(|function| function.built).count();
    let mut page = format!(
        "# Modules API\n\n\
         Made from the function table; {built} of {} functions are built. *Lock*: may be called without the module lock, or\n\
         not. *Context*: must there be one, may it be NULL, or does another handle lead to it.\n",
        FUNCTIONS.len()
    );
    let mut section = "";
    for function in FUNCTIONS {
        if function.section != section {
            section = function.section;
            let _ = write!(page, "\n## {section}\n`src/api/{}.rs`\n\n", function.file);
            page += "| function | since | built | lock | context | client | only in OnLoad | errno |\n|---|---|---|---|---|---|---|---|\n";
        }
        page += &line(function);
    }
    page
}

fn line(function: &Function) -> String {
    let rule = function.rule;
    let lock = match rule.lock {
        Lock::Held => "needed",
        Lock::Free => "not needed",
    };
    let context = match rule.context {
        Context::Required => "needed",
        Context::Optional => "or NULL",
        Context::Handle => "by handle",
        Context::None => "",
    };
    let yes = |condition: bool| if condition { "yes" } else { "" };
    format!(
        "| {} | {} | {} | {lock} | {context} | {} | {} | {} |\n",
        function.name,
        function.since,
        if function.built { "yes" } else { "no" },
        yes(rule.client),
        yes(rule.load_only),
        rule.errno
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_has_a_line() {
        let page = markdown();
        for function in FUNCTIONS {
            assert!(page.contains(&format!("\n| {} | ", function.name)), "{}", function.name);
        }
        assert_eq!(page.matches("\n## ").count(), 41);
    }
}
