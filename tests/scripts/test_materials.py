"""Every attached file is read and compared with its digest; what is missing or damaged is found."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import json

from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from domain.project.application.registration import RegisterProject
from domain.project.materials.attachment import AttachMaterial, DetachMaterial
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.places import key_of
from infrastructure.materials.store import MaterialStore
from infrastructure.settings import Settings
from scripts.materials.sweep import sweep
from scripts.materials.verifying import SET_ASIDE, Attached, MaterialFault, VerifiedMaterials, check, verify
from tests.examples import APPLICANT, MANAGER, ROOT
from tests.histories import REGISTER

ATTACH = AttachMaterial(digest=DIGEST, name="plan.pdf", media_type=MEDIA_TYPE, size=len(REPORT), items=("land",))
LOST = "f" * 64


async def content() -> AsyncIterator[bytes]:
    yield REPORT


async def text(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.fixture
def chosen(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data=tmp_path, database_url=database_url)


async def attached(url: str, *commands: RegisterProject | AttachMaterial | DetachMaterial) -> None:
    """Two projects with the same commands."""
    async with Approvals(url) as approvals:
        for project in (uuid4(), uuid4()):
            for command in (REGISTER, *commands):
                await approvals.handle(project, command, MANAGER if command is REGISTER else APPLICANT, uuid4())


def run(chosen: Settings) -> subprocess.CompletedProcess[bytes]:
    """What the command line says."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")},
        "COUNTERSIGN_DATA": str(chosen.data),
        "DATABASE_URL": chosen.database_url,
    }
    command = [sys.executable, "-m", "scripts.cli", "verify-materials", "--json"]
    return subprocess.run(command, env=environment, capture_output=True, check=False, cwd=ROOT, timeout=60)


async def test_every_attached_file_is_read_once_also_if_it_was_detached_since(chosen: Settings) -> None:
    await MaterialStore.of(chosen).receive(content(), MEDIA_TYPE)
    await attached(chosen.database_url, ATTACH, DetachMaterial(digest=DIGEST, reasons="other plan"))
    progress: list[tuple[int, int]] = []

    result = verify(chosen.database_url, chosen, lambda done, of: progress.append((done, of)))

    assert result == VerifiedMaterials(1, len(REPORT), [])
    assert progress == [(1, 1)]


async def test_what_is_missing_or_damaged_is_found(chosen: Settings, tmp_path: Path) -> None:
    await MaterialStore.of(chosen).receive(content(), MEDIA_TYPE)
    lost = AttachMaterial(digest=LOST, name="lost.pdf", media_type=MEDIA_TYPE, size=7, items=("land",))
    await attached(chosen.database_url, ATTACH, lost)
    path = tmp_path / "materials" / key_of(DIGEST)
    path.chmod(0o600)
    path.write_bytes(REPORT.replace(b"595", b"596"))

    result = verify(chosen.database_url, chosen, lambda *_: None)
    ended = await asyncio.to_thread(run, chosen)

    damaged, missing = result.faults
    assert (damaged.digest, damaged.position, damaged.what[:9]) == (DIGEST, 2, "hashes to")
    assert missing == MaterialFault(LOST, 3, "is not stored")
    assert ended.returncode == 1, ended.stderr
    assert json.decode(ended.stdout, type=VerifiedMaterials) == result


async def test_a_sweep_removes_what_no_fact_ever_named(chosen: Settings, tmp_path: Path) -> None:
    materials = MaterialStore.of(chosen)
    await materials.receive(content(), MEDIA_TYPE)
    unattached = (await materials.receive(text(b"nobody attached it"), "text/plain")).digest
    young = (await materials.receive(text(b"it came today"), "text/plain")).digest
    await attached(chosen.database_url, ATTACH, DetachMaterial(digest=DIGEST, reasons="other plan"))
    for digest in (DIGEST, unattached):
        os.utime(tmp_path / "materials" / key_of(digest), (0, 0))

    result = sweep(chosen.database_url, chosen, 30, remove=False)
    assert (result.files, result.bytes, result.removed) == (1, 18, 0)
    assert materials.size_now(unattached) == 18
    assert sweep(chosen.database_url, chosen, 30, remove=True, pause=0).removed == 1

    assert [materials.size_now(digest) is None for digest in (DIGEST, unattached, young)] == [False, True, False]
    assert list(materials.set_aside_so_far()) == []
    assert sweep(chosen.database_url, chosen, 30, remove=True).files == 0


async def test_what_is_attached_during_a_sweep_is_put_back(chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what a sweep set aside that was broken off."""
    materials = MaterialStore.of(chosen)
    await materials.receive(content(), MEDIA_TYPE)
    waiting = (await materials.receive(text(b"nobody attached it"), "text/plain")).digest
    for digest in (DIGEST, waiting):
        materials.set_aside(digest)
    assert check(materials, Attached(DIGEST, len(REPORT), 3)) == (0, SET_ASIDE)
    monkeypatch.setattr("time.sleep", lambda _: asyncio.run(attached(chosen.database_url, ATTACH)))

    result = await asyncio.to_thread(sweep, chosen.database_url, chosen, 30, remove=True)

    assert (result.files, result.removed, result.put_back) == (0, 1, 1)
    assert (materials.size_now(DIGEST), materials.size_now(waiting)) == (len(REPORT), None)
    assert b"".join(materials.pieces(DIGEST)) == REPORT
