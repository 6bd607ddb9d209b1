"""The first command finishes its own import where that was cut short, and leaves all other data alone."""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec import structs
from typer.testing import CliRunner

from domain.catalogue.state import stream_of
from domain.core.ledger import CommandOrigin
from domain.examples.zone import CATALOGUE_STORY
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure import logging as console_log
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from scripts.catalogues.zone import CATALOGUE
from scripts.cli import cli
from scripts.demo import demo
from scripts.demo.demo import DATASET, is_filled
from scripts.server import database
from tests.examples import IMPORTER

REGISTER = RegisterProject(name="Case 1", enterprise=Enterprise("somebody"), manager="importer", items=())


@pytest.mark.parametrize(("source", "filled"), [(f"{DATASET}:case-1:", False), ("other:case-1:", True), ("", True)])
async def test_a_database_is_filled_unless_our_own_import_was_cut_short(
    source: str, filled: bool, database_url: str
) -> None:
    assert not is_filled(database_url)
    async with Approvals(database_url, laws=law_book()) as approvals:
        await approvals.handle(UUID(int=1), REGISTER, IMPORTER, UUID(int=1), origin=CommandOrigin(source))
        assert is_filled(database_url) is filled

        begun = CATALOGUE_STORY[0]
        zone_item = structs.replace(begun.command, catalogue=CATALOGUE)
        await approvals.handle(stream_of(CATALOGUE), zone_item, begun.by, UUID(int=2))
    assert is_filled(database_url)


def test_an_interrupted_first_command_says_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt(arguments)

    monkeypatch.setattr(console_log, "configure", lambda chosen: None)  # other tests keep theirs
    monkeypatch.setattr(database, "ready", lambda chosen: "")
    monkeypatch.setattr(demo, "fill", interrupted)
    ended = CliRunner().invoke(cli, ["demo"])

    assert ended.exit_code == 130
    assert "Run the same command again" in ended.stderr
