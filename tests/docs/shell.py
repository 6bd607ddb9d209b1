"""The shell blocks of a page, run in one Bash from top to bottom, so that variables and functions carry over."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from infrastructure.postgres.binaries import PACKAGE
from tests.docs.answers import http_differences, json_differences, text_differences
from tests.docs.blocks import ROOT, Block
from tests.docs.preloaded import COLUMNS

SECONDS_MAX = 240  # for a page: a command that never ends is a failure, not a hang
COMPARED = {"json": json_differences, "text": text_differences, "http": http_differences}
FOLDERS = ("domain", "scripts", "tests", "ADRs")  # of the checkout, which pages name by relative paths
NEEDED = ("bash", "curl")


class BlockFailedError(AssertionError):
    """A block ended with an error, or was answered otherwise than its page shows."""


def run(blocks: Sequence[Block], folder: Path, settings: Mapping[str, str], replaced: Mapping[str, str]) -> None:
    """Run the shell blocks among *blocks* in *folder*, and compare what they print with the answers shown.

    *settings* are variables of the environment; PATH in them are folders to search first.
    """
    commands = [block for block in blocks if block.language == "sh" and not block.not_run]
    outputs = printed(commands, folder, settings, replaced)
    for block, shown in answers(blocks):
        if faults := COMPARED[shown.language](shown.text, outputs[block]):
            raise BlockFailedError(f"{shown.place}: " + "\n".join(faults) + f"\n--- answered:\n{outputs[block][:3000]}")


def answers(blocks: Sequence[Block]) -> list[tuple[Block, Block]]:
    """Each block of commands whose answer is shown, with that answer."""
    return [(block, shown) for block, shown in pairwise(blocks) if shown.use == "output" and not block.not_run]


def printed(
    blocks: Sequence[Block], folder: Path, settings: Mapping[str, str], replaced: Mapping[str, str]
) -> dict[Block, str]:
    """What each of *blocks* prints; BlockFailedError names the first that ends with an error."""
    for name in FOLDERS:
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    script = ["set -euo pipefail"]
    for number, block in enumerate(blocks):
        text = block.text
        for literal, real in replaced.items():
            text = text.replace(literal, real)
        script += [f"{{ : ; {text}", f"}} > .output-{number}"]
    status, errors = _ended(script, folder, settings)
    texts = [path.read_text("utf-8") for n in range(len(blocks)) if (path := folder / f".output-{n}").exists()]
    if status:
        place = blocks[max(len(texts) - 1, 0)].place
        raise BlockFailedError(f"{place}: exit status {status}\n{''.join(texts[-1:])}\n{errors[-3000:]}")
    return dict(zip(blocks, texts, strict=True))


def _ended(script: Sequence[str], folder: Path, settings: Mapping[str, str]) -> tuple[int, str]:
    """The exit status of a Bash script, and what it wrote to standard error.

    Into a file: a pipe would stay open as long as a program that the script left in the background.
    """
    errors = folder / ".errors"
    with errors.open("wb") as file:
        shell = subprocess.Popen(
            ["bash", "-c", "\n".join(script)],
            cwd=folder,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            status = shell.wait(SECONDS_MAX)
        finally:
            with contextlib.suppress(ProcessLookupError):  # nothing is left of it
                os.killpg(shell.pid, signal.SIGKILL)
    return status, errors.read_text("utf-8")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """What a page's commands find: the command line, the programs of PostgreSQL, and none of our own settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "DATABASE_URL"))}
    package = find_spec(PACKAGE)
    assert package
    assert package.origin
    programs = Path(package.origin).parent / "pginstall/bin"
    first = [settings["PATH"]] if "PATH" in settings else []
    folders = [*first, str(Path(sys.executable).parent), str(programs), ours.get("PATH", "")]
    always = {"COLUMNS": COLUMNS, "COUNTERSIGN_LOG_LEVEL": "error"}
    return {**ours, **always, **settings, "PATH": os.pathsep.join(folders)}


def missing() -> list[str]:
    """Programs that pages need and this machine does not have."""
    return [name for name in NEEDED if shutil.which(name) is None]
