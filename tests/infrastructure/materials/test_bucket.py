"""Materials in an S3-compatible bucket, over its real protocol: small and large, once, and never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from infrastructure.materials import places as material_places
from infrastructure.materials.places import UPLOAD, key_of
from infrastructure.materials.store import MaterialStore, StorageAwayError
from infrastructure.settings import Settings
from tests.fake_s3 import BUCKET, Bucket, bucket

LARGE = REPORT + os.urandom(11 * 1024 * 1024)  # sent in three parts


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bucket]:
    monkeypatch.setattr(material_places, "S3_RETRY", {"max_retries": 0})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with bucket() as listening:
        for name, value in listening.environment.items():
            monkeypatch.setenv(name, value)
        yield listening


@pytest.fixture
def materials(held: Bucket, tmp_path: Path) -> MaterialStore:
    return MaterialStore.of(Settings(data=tmp_path, materials=f"s3://{BUCKET}/zone/one"))


def on_the_way(folder: Path) -> list[Path]:
    return list(folder.glob(f"{UPLOAD}*"))


async def coming(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


@pytest.mark.parametrize("content", [REPORT, LARGE], ids=["small", "in parts"])
async def test_a_file_goes_into_the_bucket_and_comes_out_again(
    materials: MaterialStore, held: Bucket, tmp_path: Path, content: bytes
) -> None:
    digest = sha256(content).hexdigest()

    stored = await materials.receive(coming(content), MEDIA_TYPE, expected=digest)

    assert held.objects == {f"zone/one/{key_of(digest)}": content}
    assert b"".join([piece async for piece in materials.read(digest, 0, stored.size)]) == content
    assert b"".join([piece async for piece in materials.read(digest, 3, 9)]) == content[3:9]
    assert b"".join(materials.pieces(digest)) == content
    assert (await materials.size_of(digest), await materials.kind(stored)) == (len(content), MEDIA_TYPE)
    await materials.require(digest, len(content), MEDIA_TYPE)
    assert (await materials.receive(coming(content), MEDIA_TYPE)).known
    assert on_the_way(tmp_path) == []


async def test_a_file_is_set_aside_put_back_and_removed(materials: MaterialStore, held: Bucket) -> None:
    digest = (await materials.receive(coming(REPORT), MEDIA_TYPE)).digest
    assert [file.digest for file in materials.stored_before(datetime.now(UTC))] == [digest]
    materials.set_aside(digest)
    assert (materials.size_now(digest), list(materials.set_aside_so_far())) == (None, [digest])
    materials.put_back(digest)
    assert held.objects == {f"zone/one/{key_of(digest)}": REPORT}
    materials.set_aside(digest)
    materials.remove(digest)
    assert held.objects == {}


async def test_what_is_not_there_is_not_stored(materials: MaterialStore) -> None:
    assert await materials.size_of(DIGEST) is None


@pytest.mark.parametrize("content", [REPORT, LARGE], ids=["small", "in parts"])
async def test_a_bucket_that_fails_halfway_has_nothing_half(
    materials: MaterialStore, held: Bucket, tmp_path: Path, content: bytes
) -> None:
    held.failing = {"PUT"}
    with pytest.raises(StorageAwayError):
        await materials.receive(coming(content), MEDIA_TYPE)
    assert (held.objects, held.parts, on_the_way(tmp_path)) == ({}, {}, [])

    held.failing = set()
    assert not (await materials.receive(coming(content), MEDIA_TYPE)).known
    held.failing = {"HEAD"}
    with pytest.raises(StorageAwayError):
        await materials.size_of(DIGEST)
