#!/usr/bin/env python3
"""Writes the command rows of valkore-core from what a stock Valkey server answers.

    commands_from_stock.py PORT               prints all rows
    commands_from_stock.py PORT FOLDER        writes FOLDER/<group>.rs

COMMAND and COMMAND DOCS (RESP3) say nearly everything. Two things they don't say are listed here:
flags that stock hides (HIDDEN) and commands whose keys a function finds (SPECIAL). Needs no package.
"""

import pathlib
import re
import socket
import sys

# Flags that COMMAND INFO doesn't print. ALL_DBS: those that ACL DRYRUN refuses, on 9.1.2, to a user with
# `db=` for the sake of the command itself. The others are the documented behaviour of these commands.
HIDDEN = {
    "MAY_REPLICATE": "cluster|setslot eval evalsha fcall pfcount publish spublish",
    "PROTECTED": "debug module|load module|loadex module|unload",
    "TOUCHES_ARBITRARY_KEYS": "randomkey scan",
    "ALL_DBS": "cluster|cancelslotmigrations cluster|flushslot cluster|migrateslots flushall",
}

# Commands whose keys aren't told by the key specs alone; see `SpecialKeys`.
SPECIAL = {
    "counted(1)": "lmpop sintercard zdiff zinter zintercard zmpop zunion",
    "counted(2)": "blmpop bzmpop eval eval_ro evalsha evalsha_ro fcall fcall_ro",
    "counted_store(2)": "zdiffstore zinterstore zunionstore",
    "BitField": "bitfield",
    "GeoRadius": "georadius georadiusbymember",
    "Migrate": "migrate",
    "Set": "set",
    "Sort": "sort",
    "SortRo": "sort_ro",
    "XRead": "xread xreadgroup",
}

DISPLAY_KINDS = ("oneof", "block")


class Client:
    """A connection that reads RESP3 into Python values; sets and maps become lists and dicts."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        self.call("HELLO", "3")

    def call(self, *args):
        parts = [b"*%d\r\n" % len(args)]
        parts += [b"$%d\r\n%s\r\n" % (len(a), a.encode()) for a in args]
        self.socket.sendall(b"".join(parts))
        return self.read()

    def read(self):
        line = self.file.readline()
        kind, value = line[:1], line[1:-2].decode()
        if kind in b"+":
            return value
        if kind == b":":
            return int(value)
        if kind in b"*~":
            return [self.read() for _ in range(int(value))]
        if kind == b"%":
            return {self.read(): self.read() for _ in range(int(value))}
        if kind in b"$=":
            return self.file.read(int(value) + 2)[:-2].decode()
        if kind == b"_":
            return None
        raise SystemExit(f"unexpected reply {line!r}")


def lit(text):
    """A Rust string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def camel(word):
    return "".join(part.capitalize() for part in re.split("[-_ ]", word)).replace("Oneof", "OneOf")


def upper(flags):
    return " ".join(f.lstrip("@").upper() for f in flags)


def search(spec):
    kind, s = spec["type"], spec["spec"]
    if kind == "unknown":
        return "unknown"
    if kind == "keyword":
        return f"keyword {lit(s['keyword'])} {s['startfrom']}"
    return " ".join([kind] + [str(v) for v in s.values()])


def key_spec(spec):
    parts = [upper(spec["flags"]), search(spec["begin_search"]), search(spec["find_keys"])]
    if "notes" in spec:
        parts.append(lit(spec["notes"]))
    return "{ " + "; ".join(parts) + " }"


def arg_lines(arg, indent):
    head = f"{lit(arg['name'])} {camel(arg['type'])}"
    if arg.get("flags"):
        head += f" ({upper(arg['flags'])})"
    if "key_spec_index" in arg:
        head += f" key {arg['key_spec_index']}"
    for field in ("token", "summary", "since", "deprecated_since"):
        if field in arg:
            head += f" {field} {lit(arg[field])}"
    if arg["type"] not in DISPLAY_KINDS and arg["display_text"] != arg["name"]:
        head += f" display {lit(arg['display_text'])}"
    if "arguments" not in arg:
        return [f"{indent}{{ {head} }}"]
    inner = [line for sub in arg["arguments"] for line in arg_lines(sub, indent + "    ")]
    return [f"{indent}{{ {head} args {{"] + inner + [indent + "} }"]


def row_lines(info, docs, indent):
    name, arity, flags, first, last, step, acl, tips, specs, subs = info
    flags = flags + [f for f, names in HIDDEN.items() if name in names.split()]
    inner = indent + "    "
    out = [f"{lit(name)} {arity} flags({upper(flags)}) acl({upper(acl)})"]
    if specs:
        out.append(f"{inner}legacy({first} {last} {step})")
        out.append(f"{inner}keys {{ " + " ".join(key_spec(s) for s in specs) + " }")
    for special, names in SPECIAL.items():
        if name in names.split():
            out.append(f"{inner}special({special})")
    if tips:
        out.append(f"{inner}tips(" + " ".join(map(lit, tips)) + ")")
    out.append(f"{inner}docs({camel(docs['group'])} {lit(docs['since'])} {lit(docs['summary'])}")
    if "complexity" in docs:
        out[-1] += f"\n{inner}    {lit(docs['complexity'])}"
    out[-1] += ")"
    if "doc_flags" in docs:
        out.append(f"{inner}doc_flags({upper(docs['doc_flags'])})")
    if "deprecated_since" in docs:
        out.append(f"{inner}deprecated({lit(docs['deprecated_since'])} {lit(docs['replaced_by'])})")
    if "history" in docs:
        changes = [f"{inner}    {lit(since)} {lit(change)}" for since, change in docs["history"]]
        out += [inner + "history {"] + changes + [inner + "}"]
    if "arguments" in docs:
        out.append(inner + "args {")
        out += [line for arg in docs["arguments"] for line in arg_lines(arg, inner + "    ")]
        out.append(inner + "}")
    if subs:
        out.append(inner + "subs {")
        for sub in sorted(subs, key=lambda s: s[0]):
            lines = row_lines(sub, docs["subcommands"][sub[0]], inner + "    ")
            out += [inner + "    { " + lines[0]] + lines[1:] + [inner + "    }"]
        out.append(inner + "}")
    return out


def group_file(version, rows):
    out = [f"// Generated by tools/commands_from_stock.py from the answers of Valkey {version}: don't edit."]
    out += ["use super::prelude::*;", "", "pub(super) static ROWS: &[Command] = &["]
    for info, docs in rows:
        lines = row_lines(info, docs, "    ")
        out += ["    command! { " + lines[0]] + lines[1:] + ["    },"]
    return "\n".join(out + ["];", ""])


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    client = Client(int(sys.argv[1]))
    version = re.search(r"valkey_version:(\S+)", client.call("INFO", "server"))[1]
    docs = client.call("COMMAND", "DOCS")
    groups = {}
    for info in sorted(client.call("COMMAND"), key=lambda c: c[0]):
        if "module" not in info[2]:
            groups.setdefault(docs[info[0]]["group"].replace("-", "_"), []).append((info, docs[info[0]]))
    for group, rows in sorted(groups.items()):
        text = group_file(version, rows)
        if len(sys.argv) == 2:
            print(text)
        else:
            pathlib.Path(sys.argv[2], group + ".rs").write_text(text)


main()
