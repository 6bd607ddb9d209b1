"""A served zone and a program of a manager in it, as tests of clients need them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from infrastructure import logging as log
from scripts import cli
from tests.api.served import served
from tests.infrastructure.projector.running import projecting


@contextmanager
def served_to_program(url: str, name: str, scopes: Sequence[str], **options: Any) -> Iterator[tuple[str, str]]:
    """The address of a served zone with its projector, and the key of the program *name* of a project manager.

    Verbs of the command line use its database within the block.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scripts.server.database.ready", lambda _: url)
        patch.setattr(log, "configure", lambda chosen: None)
        printed("users", "add", name, name.title(), "--program", "--role", "project_manager", "--over", "office")
        key = printed("keys", "issue", name, *(word for scope in scopes for word in ("--scope", scope)), "--bare")
        with projecting(url), served(url, signs_in=True, **options) as address:
            yield address, key.strip()


def printed(*words: str) -> str:
    """What a verb of the command line prints to standard output."""
    ended = CliRunner().invoke(cli.cli, words)
    assert ended.exit_code == 0, ended.output
    return ended.stdout
