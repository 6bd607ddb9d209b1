"""A preloaded `countersign`: each call is a fork of a process that has imported every verb once.

A page calls the command line up to fourteen times, and a new interpreter imports for a second each time. What runs is
the entry point itself, with the caller's arguments, environment, folder and standard streams.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct, json
from typer.testing import CliRunner

from scripts import cli
from tests.examples import ROOT

PROGRAM = "countersign"
STREAMS, LENGTH_BYTES = 3, 4
WAITING_MAX = 16
COLUMNS = "120"  # a console takes its width when it is imported
# The caller: an interpreter without `site`, there in a hundredth of a second. It ends as the command ended.
CALLER = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as ready:
    ready.connect({address!r})
    call = {{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
    data = json.dumps(call).encode()
    socket.send_fds(ready, [len(data).to_bytes(4, "big")], [0, 1, 2])
    ready.sendall(data)
    status = ready.recv(1)
sys.exit(status[0] if status else "the preloaded command was killed")
"""
# No `-m`: the command line would give that as its own name.
READY = "from tests.docs.preloaded import answer_calls; answer_calls({})"


class Call(Struct, frozen=True):
    """What a caller wants to have run, and where."""

    words: list[str]
    folder: str
    environment: dict[str, str]


@contextmanager
def preloaded_program() -> Iterator[Path]:
    """The folder with the program, to be put first on PATH; with the block, everything it has started ends."""
    with TemporaryDirectory(prefix="countersign-ready-") as name:
        folder, address = Path(name), str(Path(name) / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen(WAITING_MAX)
            program = folder / PROGRAM
            program.write_text(CALLER.format(python=sys.executable, address=address), encoding="utf-8")
            program.chmod(0o755)
            command = [sys.executable, "-c", READY.format(listening.fileno())]
            environment = os.environ | {"COLUMNS": COLUMNS}
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, pass_fds=[listening.fileno()], start_new_session=True
            )
        try:
            yield folder
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answer_calls(descriptor: int) -> None:
    """Answer each call to the socket *descriptor* in a fork of this process, until it is killed."""
    listening = socket.socket(fileno=descriptor)
    for place in cli.VERBS.values():
        import_module(place.partition(":")[0])
    for words in (["--version"], ["verify", "--unheard-of"]):  # the parser imports what it needs when it is used
        CliRunner().invoke(cli.cli, words)
    gc.collect()
    gc.freeze()  # or each fork copies every page that a collection touches
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps
    while True:
        caller, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            answer(caller)
        caller.close()


def answer(caller: socket.socket) -> None:
    """Run what *caller* wants in this process, and end it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(caller, LENGTH_BYTES, STREAMS)
    call = json.decode(received(caller, int.from_bytes(length, "big")), type=Call)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # As a new process has them: the earlier ones may take a pipe for a file in which they can seek.
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115  by descriptor
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115  as above
    os.chdir(call.folder)
    os.environ.clear()
    os.environ.update(call.environment)
    sys.argv = [PROGRAM, *call.words]
    status = ended()
    sys.stdout.flush()
    sys.stderr.flush()
    caller.send(bytes([status]))
    os._exit(0)


def ended() -> int:
    """Run the command line, and tell with which status it ends."""
    try:
        cli.main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except BaseException:  # noqa: BLE001  what the interpreter would print, which ends with 1
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def received(caller: socket.socket, length: int) -> bytes:
    """The next *length* bytes."""
    data = b""
    while len(data) < length:
        part = caller.recv(length - len(data))
        if not part:
            os._exit(1)  # the caller was killed
        data += part
    return data
