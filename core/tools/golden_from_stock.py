#!/usr/bin/env python3
"""Refreshes core/tests/data/getkeys.txt or commands.txt: asks a stock server about each line again.

    golden_from_stock.py PORT FILE

A line is an invocation, as a shell would split it, then " -> " and stock's answer; a new line may lack the
answer. It is asked of COMMAND GETKEYSANDFLAGS and answered by `key=FLAGS` for each key, or the error. If the
invocation begins with 2 or 3, it is executed with that version of the protocol and answered by the bytes.
"""

import pathlib
import shlex
import socket
import sys


class Client:
    def __init__(self, port, protocol):
        self.file = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
        self.ask(["HELLO", protocol])

    def ask(self, request):
        """The value and the bytes of the reply."""
        parts = [b"*%d\r\n" % len(request)] + [b"$%d\r\n%s\r\n" % (len(a), a.encode()) for a in request]
        self.file.write(b"".join(parts))
        self.file.flush()
        self.bytes = b""
        return self.read(), self.bytes

    def read(self):
        line = self.take(self.file.readline())
        kind, value = line[:1], line[1:-2].decode()
        if kind == b"$" and int(value) >= 0:
            return self.take(self.file.read(int(value) + 2))[:-2].decode()
        if kind in b"*~%":
            return [self.read() for _ in range(int(value) * (1 + (kind == b"%")))]
        return value if kind == b"+" else line[:-2].decode()

    def take(self, data):
        self.bytes += data
        return data


def answer(clients, words):
    if words[0] in clients:
        reply = clients[words[0]].ask(words[1:])[1].decode()
        return reply.replace("\\", "\\\\").replace("\r\n", "\\r\\n")
    reply = clients["2"].ask(["COMMAND", "GETKEYSANDFLAGS", *words])[0]
    if isinstance(reply, str):
        return reply
    return " ".join(f"{key}={','.join(flags)}" for key, flags in reply)


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    clients = {protocol: Client(int(sys.argv[1]), protocol) for protocol in "23"}
    path = pathlib.Path(sys.argv[2])
    out = []
    for line in path.read_text().splitlines():
        invocation = (line + " ").split(" -> ")[0].strip()
        if invocation and not invocation.startswith("#"):
            line = f"{invocation} -> {answer(clients, shlex.split(invocation))}".rstrip()
        out.append(line)
    path.write_text("\n".join(out) + "\n")


main()
