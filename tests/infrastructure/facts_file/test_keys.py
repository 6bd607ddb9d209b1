"""A facts file carries personal texts encrypted, with their keys, which only the same master key can open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from uuid import uuid4

import pytest

from domain.core.personal import ERASED
from infrastructure.facts_file.export import export_facts
from infrastructure.facts_file.lines import FactsFileUnfitError, KeyLine, read
from infrastructure.facts_file.load import import_facts
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.folder_keystore import MASTER_FILE
from infrastructure.verifier.verify import verify
from tests.conftest import database_in
from tests.infrastructure.privacy.test_erasure import ERASURES, SECRETS, STORY, erase, everything, secrets_in, send

PROJECT = uuid4()


@pytest.fixture
def use_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Let the process use another folder of keys."""

    def use(name: str) -> Path:
        monkeypatch.setenv("COUNTERSIGN_KEYS", str(tmp_path / name))
        return tmp_path / name

    return use


async def play(url: str) -> None:
    async with Approvals(url) as approvals:
        await send(approvals, PROJECT, STORY)
        await erase(approvals, PROJECT, ERASURES[1])


async def history(url: str) -> str:
    async with Approvals(url) as approvals:
        return repr(await approvals.history(PROJECT))


def test_keys_come_along_and_need_the_master_key(
    database_url: str, server_url: str, migrated_template: str, tmp_path: Path, use_keys: Callable[[str], Path]
) -> None:
    old, file = use_keys("old"), tmp_path / "facts.ndjson"
    asyncio.run(play(database_url))
    export_facts(database_url, file, lambda _, __: None)
    assert secrets_in(file.read_text()) == set()
    assert len([line for line in read(file) if isinstance(line, KeyLine)]) == 1, "not those destroyed"

    use_keys("another")
    with database_in(server_url, migrated_template) as other:
        with pytest.raises(FactsFileUnfitError, match="COUNTERSIGN_KEYS"):
            import_facts(other, file, lambda _, __: None)
        new = use_keys("new")
        new.mkdir(0o700)
        copy(old / MASTER_FILE, new / MASTER_FILE)
        import_facts(other, file, lambda _, __: None)
        assert verify(other, lambda _, __: None)[0].faults == []
        assert secrets_in(everything(other, ["ledger"])) == set()
        entries = asyncio.run(history(other))
    assert secrets_in(entries) == {"Zhangsanfeng", "13812345678", "zsf@example.org"} & set(SECRETS)
    assert ERASED in entries
