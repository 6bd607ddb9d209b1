"""A served zone and a program of a manager in it, as tests of clients need them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infrastructure import logging as log
from infrastructure.settings import Settings
from scripts import cli
from scripts.server.sandbox import SandboxClock, sandbox
from tests.api.served import listening_socket, served, serving
from tests.infrastructure.projector.running import projecting


@contextmanager
def served_to_program(url: str, name: str, scopes: Sequence[str], **options: Any) -> Iterator[tuple[str, str]]:
    """The address of a served zone with its projector, and the key of the program *name* of a project manager.

    Verbs of the command line use its database within the block.
    """
    with pytest.MonkeyPatch.context() as patch:
        key = key_of_program(patch, url, name, scopes)
        with projecting(url), served(url, signs_in=True, **options) as address:
            yield address, key


def key_of_program(patch: pytest.MonkeyPatch, url: str, name: str, scopes: Sequence[str]) -> str:
    """The key of a new program of a project manager. Verbs of the command line use this database from now on."""
    patch.setattr("scripts.server.database.ready", lambda _: url)
    patch.setattr(log, "configure", lambda chosen: None)
    printed("users", "add", name, name.title(), "--program", "--role", "project_manager", "--over", "office")
    return printed("keys", "issue", name, *(word for scope in scopes for word in ("--scope", scope)), "--bare").strip()


def printed(*words: str) -> str:
    """What a verb of the command line prints to standard output."""
    ended = CliRunner().invoke(cli.cli, words)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


@contextmanager
def served_sandbox(url: str, folder: Path) -> Iterator[str]:
    """The address of a served sandbox with its projector, which keeps its clock in *folder*."""

    def application() -> Any:
        return sandbox(url, Settings(data=folder / "data"), SandboxClock(folder / "clock.json"))

    with projecting(url), listening_socket() as listening, serving(application, listening) as address:
        yield address


@contextmanager
def sandbox_to_program(url: str, folder: Path, name: str, scopes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The address of a served sandbox, and the key of the program *name* of a project manager."""
    with pytest.MonkeyPatch.context() as patch:
        key = key_of_program(patch, url, name, scopes)
    with served_sandbox(url, folder) as address:
        yield address, key
