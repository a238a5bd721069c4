#!/usr/bin/env python3
"""Makes everything that follows from the tables in api/: headers, constants, the function table, signature checks.

    tools/api.py            write the generated files
    tools/api.py --check    write nothing, exit 1 if a file would change
    tools/api.py --sections also write src/api/<section>.rs where it is missing (all functions unbuilt)

The tables are ours and complete: nothing outside this folder is read.
"""

import csv
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MADE = "Made by tools/api.py from api/{}: change that."

# C value types. Pointers and callbacks are worked out below.
VALUES = {
    "void": "c_void", "char": "c_char", "unsigned char": "c_uchar", "int": "c_int", "unsigned int": "c_uint",
    "long": "c_long", "unsigned long": "c_ulong", "long long": "c_longlong", "unsigned long long": "c_ulonglong",
    "size_t": "usize", "uint8_t": "u8", "uint32_t": "u32", "uint64_t": "u64", "int64_t": "i64", "float": "f32",
    "double": "f64", "mstime_t": "Mstime", "ustime_t": "Ustime",
}
# Where the Rust name is not the C name without `ValkeyModule`.
RENAMED = {
    "String": "ModuleString", "Type": "ModuleType", "Dict": "ModuleDict", "User": "ModuleUser", "IO": "Io",
    "StreamID": "StreamId", "TimerID": "TimerId", "ACLLogEntryReason": "AclLogEntryReason",
}
INLINE_CALLBACKS = {
    "void (*{})(ValkeyModuleCtx *, void *)": "FreePrivdataFunc",
    "void (*{})(void *)": "FreeFunc",
}
KEYWORDS = {"type": "kind", "fn": "callback", "async": "in_background", "where": "end"}
FAILURES = {"NULL": "null_mut()", "INT_MIN": "c_int::MIN", "LLONG_MIN": "c_longlong::MIN"}

# How the C shim calls Rust (src/shim/shim.h): the symbol's suffix, and what replaces the format, `...` and long double.
SHIM = {
    "text": ("text", ["text: *const c_char", "len: usize"]),
    "args": ("args", ["fmt: *const c_char", "flags: c_uint", "argv: *const ShimArg", "argc: usize"]),
    "pairs": ("pairs", ["pairs: *const ShimPair", "count: usize"]),
}
PARSED = {
    "StringToLongDouble": ("bytes", ["str: *const ModuleString", "text: *mut *const c_char", "len: *mut usize"], "c_int", "ERR"),
    "LoadLongDouble": ("copy", ["io: *mut Io", "room: *mut c_char", "room_len: usize"], "usize", "0"),
}


def read(name):
    with open(ROOT / "api" / name, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def split_parameters(text):
    depth, parts, current = 0, [], ""
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    return [part for part in parts + [current.strip()] if part not in ("", "void")]


def rust_type(c):
    """`const char **` -> `*mut *const c_char`."""
    const_pointee = c.startswith("const ")
    base = c.removeprefix("const ").rstrip("* ").strip()
    stars = c.count("*")
    if base.startswith("ValkeyModule"):
        bare = base.removeprefix("ValkeyModule")
        rust = RENAMED.get(bare, bare)
    else:
        rust = VALUES[base]
    for level in range(stars):
        rust = ("*const " if const_pointee and level == 0 else "*mut ") + rust
    return rust


def rust_parameter(c):
    for pattern, rust in INLINE_CALLBACKS.items():
        before, after = pattern.split("{}")
        if c.startswith(before) and c.endswith(after):
            return f"{c[len(before):-len(after)]}: {rust}"
    kind, name = re.fullmatch(r"(.*?[ *])(\w+)", c).groups()
    return f"{KEYWORDS.get(name, name)}: {rust_type(kind.strip())}"


class Function:
    def __init__(self, row):
        self.__dict__.update(row)
        self.full = "ValkeyModule_" + self.name
        # What the official header declares can differ from the function: no return value, another sign.
        self.declaration = self.prototype if self.header == "-" else self.header
        head, tail = self.prototype.split(self.full + "(", 1)
        self.returns, self.parameters = head.strip(), split_parameters(tail[:-1])
        head, tail = self.declaration.split(self.full + "(", 1)
        self.pointer = f"{head}(*{self.full})({tail}" if head.endswith("*") else f"{head.strip()} (*{self.full})({tail}"
        self.attribute = ""
        if self.shim == "text" and self.parameters[-1] == "...":
            at = len(self.parameters) - 1
            self.attribute = f" VALKEYMODULE_ATTR_PRINTF({at}, {at + 1})"

    def rust(self):
        """Rust parameters, return type ('' for void), failure, and the symbol that the shim calls ('' if none)."""
        if self.shim == "parse":
            suffix, parameters, returns, failure = PARSED[self.name]
            return parameters, returns, failure, f"valkore_{self.name}_{suffix}"
        returns = "" if self.returns == "void" else rust_type(self.returns)
        failure = FAILURES.get(self.failure, self.failure)
        if returns == "f64":
            failure = "0.0" if failure == "0" else f"{failure} as f64"
        if returns == "f32":
            failure = "0.0"
        if self.shim == "-":
            return [rust_parameter(p) for p in self.parameters], returns, failure, ""
        suffix, extra = SHIM[self.shim]
        plain = [p for p in self.parameters if p not in ("...", "const char *fmt") and not p.startswith("long double")]
        return [rust_parameter(p) for p in plain] + extra, returns, failure, f"valkore_{self.name}_{suffix}"


def constants_c(constants):
    out, group = [], None
    for row in constants:
        if row["group"] != group:
            group = row["group"]
            out.append(f"/* ---- {group}. */\n")
        note = f" /* {row['note']} */" if row["note"] else ""
        out.append(f"#define {row['name']} {row['value']}{note}")
        following = constants.index(row) + 1
        if following == len(constants) or constants[following]["group"] != group:
            out.append("")
    return "\n".join(out) + "\n"


def constant_rust(row):
    bare = row["name"].lstrip("_").removeprefix("VALKEYMODULE_")
    value = row["value"]
    doc = f"/// `{row['name']}`" + (f": {row['note']}." if row["note"] else ".")
    if value.startswith('"'):
        return f"{doc}\npub const {bare}: &CStr = c{value};"
    if "1.0 / 0.0" in value:
        return f"{doc}\npub const {bare}: f64 = f64::{'NEG_' if '-' in value else ''}INFINITY;"
    kind = "u64" if re.search(r"\dUL", value) else "c_int"
    value = re.sub(r"(\d)U?LL?\b|(\d)UL\b", lambda m: m.group(1) or m.group(2), value)
    value = value.replace("VALKEYMODULE_", "")
    if value.startswith("(") and value.endswith(")"):
        value = value[1:-1]
    return f"{doc}\npub const {bare}: {kind} = {value};"


def constants_rs(constants):
    body = "\n".join(constant_rust(row) for row in constants)
    return f"""//! The numbers and texts of the Modules API, without their `VALKEYMODULE_` prefix.
//! {MADE.format("constants.tsv")}
#![allow(clippy::identity_op, clippy::precedence)]

use std::ffi::{{CStr, c_int}};

{body}
"""


def header(functions, constants):
    declarations, section = "", None
    for f in functions:
        if f.section != section:
            section = f.section
            declarations += f"\n/* {section} */\n"
        declarations += f"VALKEYMODULE_API {f.pointer} VALKEYMODULE_ATTR{f.attribute};\n"
    lookups = "".join(f"    VALKEYMODULE_GET_API({f.name});\n" for f in functions)
    text = (ROOT / "api/valkeymodule.h.in").read_text()
    return text.replace("@CONSTANTS@", constants_c(constants)).replace("@FUNCTIONS@\n", declarations + "\n").replace("@LOOKUPS@", lookups)


def redis_header(functions, constants):
    valkey = (ROOT / "api/valkeymodule.h.in").read_text()
    text = (ROOT / "api/redismodule.h.in").read_text()
    names = {row["name"] for row in constants} | {f.full for f in functions}
    names |= set(re.findall(r"\b_?(?:VALKEYMODULE_|ValkeyModule_?)\w+", valkey))
    names -= {"VALKEYMODULE_H", "ValkeyModule_", "ValkeyModuleReplicationInfo", "ValkeyModuleReplicationInfoV1"}
    pairs = []
    for name in sorted(names):
        redis = name.replace("VALKEYMODULE", "REDISMODULE").replace("ValkeyModule", "RedisModule")
        if not re.search(rf"define {re.escape(redis)}\b", text):
            pairs.append(f"#define {redis} {name}\n")
    return text.replace("@NAMES@", "".join(pairs))


def table_rs(functions, sections):
    titles = {row["section"]: row["title"] for row in sections}
    rows = []
    for f in functions:
        address = f"shim::valkore_shim_{f.name}" if f.shim != "-" else f"api::{f.section}::{f.name}"
        client, load = ("true" if wanted else "false" for wanted in (f.client == "yes", f.when == "load"))
        errno = "" if f.errno == "-" else f.errno
        rule = f'{f.lock.capitalize()} {f.context.capitalize()} {client} {load} "{errno}"'
        texts = f'"{f.prototype}" "{f.declaration}"'
        rows.append(f'    {f.name} {f.section} "{titles[f.section]}" "{f.since}" {rule} {address} {texts};')
    body = "\n".join(rows)
    return f"""//! Every function of the Modules API, in the reference's order. A row's columns: name, file in `src/api`, section, since,
//! lock, context, client, load only, errno, address, prototype, declaration (see `Function` and `Rule`).
//! {MADE.format("functions.tsv")}

use super::function::rows;

rows! {{
{body}
}}
"""


def signatures_rs(functions):
    lines = []
    for f in functions:
        parameters, returns, _, _ = f.rust()
        types = ", ".join(p.split(": ", 1)[1] for p in parameters)
        arrow = f" -> {returns}" if returns else ""
        lines.append(f'const _: unsafe extern "C" fn({types}){arrow} = api::{f.section}::{f.name};')
    body = "\n".join(lines)
    return f"""//! Fails to compile when a function of `src/api` no longer has the signature of its C prototype.
//! {MADE.format("functions.tsv")}

use std::ffi::*;

use super::shim::{{ShimArg, ShimPair}};
use super::types::*;
use crate::api;

{body}
"""


def section_rs(section, title, functions):
    lines = [f"//! {title}.", "", "use crate::abi::declare::*;", ""]
    for f in functions:
        parameters, returns, failure, symbol = f.rust()
        shim = f'shim "{symbol}" ' if symbol else ""
        answer = f" -> {returns} = {failure}" if returns else ""
        lines.append(f"unbuilt! {{ {shim}fn {f.name}({', '.join(parameters)}){answer}; }}")
    return "\n".join(lines) + "\n"


def main():
    constants, sections = read("constants.tsv"), read("sections.tsv")
    functions = [Function(row) for row in read("functions.tsv")]
    made = {
        "include/valkeymodule.h": header(functions, constants),
        "include/redismodule.h": redis_header(functions, constants),
        "src/abi/constants.rs": constants_rs(constants),
        "src/abi/table.rs": table_rs(functions, sections),
        "src/abi/signatures.rs": signatures_rs(functions),
    }
    if "--sections" in sys.argv:
        modules = "".join(f"pub mod {row['section']};\n" for row in sections)
        starts = {"src/api/mod.rs": f"//! The functions that modules call: a file per section of the reference, in its order.\n\n{modules}"}
        for row in sections:
            own = [f for f in functions if f.section == row["section"]]
            starts[f"src/api/{row['section']}.rs"] = section_rs(row["section"], row["title"], own)
        made |= {path: text for path, text in starts.items() if not (ROOT / path).exists()}
    stale = [path for path, text in made.items() if not (ROOT / path).exists() or (ROOT / path).read_text() != text]
    if "--check" in sys.argv:
        print("\n".join(f"{path} is out of date: run tools/api.py" for path in stale))
        sys.exit(bool(stale))
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(made[path])


main()
