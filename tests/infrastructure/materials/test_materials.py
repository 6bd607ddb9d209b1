"""Materials are kept under their SHA-256, once, whole or not at all, in a folder or another store."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Iterable
from hashlib import sha256
from pathlib import Path

import obstore
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore, ObjectStore

from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from infrastructure.materials import places as material_places
from infrastructure.materials.media import UnfitMediaError
from infrastructure.materials.places import INCOMING, UPLOAD, Bucket, Folder, Place, key_of
from infrastructure.materials.store import MaterialStore, StorageAwayError, StoredMaterial
from infrastructure.settings import SettingRefusedError, Settings
from tests.effort import tried
from tests.files import GOOD, RUNNABLE

LIMIT = 4 * 1024 * 1024


class Elsewhere(Bucket):
    """A store that is no folder, in memory."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._store: ObjectStore = MemoryStore()  # type: ignore[assignment]  # in place of the bucket

    def spool(self) -> Path:
        return self._spool


@pytest.fixture(params=["folder", "elsewhere"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Folder(tmp_path / "kept") if request.param == "folder" else Elsewhere(tmp_path)


@pytest.fixture
def materials(place: Place) -> MaterialStore:
    return MaterialStore(place, LIMIT)


async def coming(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def stored_keys(place: Place) -> list[str]:
    """The keys of what is kept."""
    store = place.store()
    pages: Iterable[Iterable[dict[str, object]]] = obstore.list(store) if store else []  # type: ignore[assignment]
    return sorted(str(meta["path"]) for page in pages for meta in page if not str(meta["path"]).startswith(INCOMING))


def on_the_way(place: Place) -> list[Path]:
    return list(place.spool().glob(f"{UPLOAD}*"))


async def read(materials: MaterialStore, digest: str, start: int = 0, end: int = LIMIT) -> bytes:
    return b"".join([piece async for piece in materials.read(digest, start, end)])


async def test_what_comes_is_kept_under_its_hash(materials: MaterialStore, place: Place) -> None:
    stored = await materials.receive(coming(REPORT[:5], b"", REPORT[5:]), MEDIA_TYPE, expected=DIGEST)

    assert stored == StoredMaterial(DIGEST, len(REPORT), MEDIA_TYPE)
    assert stored_keys(place) == [f"sha256/{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"]
    assert on_the_way(place) == []
    assert await materials.size_of(DIGEST) == len(REPORT)
    assert await materials.kind(stored) == MEDIA_TYPE
    assert (await read(materials, DIGEST), await read(materials, DIGEST, 1, 4)) == (REPORT, REPORT[1:4])
    assert b"".join(materials.pieces(DIGEST)) == REPORT


async def test_the_same_content_is_kept_once(materials: MaterialStore, place: Place) -> None:
    first = await materials.receive(coming(REPORT), MEDIA_TYPE)
    again = await materials.receive(coming(REPORT), MEDIA_TYPE)

    assert (first.known, again.known) == (False, True)
    assert len(stored_keys(place)) == 1


async def test_the_same_content_from_many_at_once_is_kept_once(materials: MaterialStore, place: Place) -> None:
    content = REPORT + os.urandom(2 * 1024 * 1024)
    pieces = [content[start : start + 65_536] for start in range(0, len(content), 65_536)]

    stored = await asyncio.gather(*(materials.receive(coming(*pieces), MEDIA_TYPE) for _ in range(8)))

    assert {material.digest for material in stored} == {sha256(content).hexdigest()}
    assert (len(stored_keys(place)), on_the_way(place)) == (1, [])
    assert await read(materials, stored[0].digest) == content


@settings(max_examples=tried(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.binary(max_size=300_000), max_size=8),
    st.sampled_from([b"%PDF-1.7\n", b"%PDF-1.4\n" + bytes(1024 * 1024)]),
)
def test_however_it_is_cut_the_whole_is_hashed(tmp_path: Path, chunks: list[bytes], begin: bytes) -> None:
    materials = MaterialStore(Folder(tmp_path), LIMIT)
    whole = begin + b"".join(chunks)

    async def there_and_back() -> tuple[StoredMaterial, bytes]:
        stored = await materials.receive(coming(begin, *chunks), MEDIA_TYPE)
        return stored, await read(materials, stored.digest)

    stored, again = asyncio.run(there_and_back())
    assert (stored.digest, stored.size) == (sha256(whole).hexdigest(), len(whole))
    assert again == whole


@pytest.mark.parametrize(
    ("content", "media_type", "expected", "code"),
    [
        (b"", MEDIA_TYPE, "", "material-empty"),
        (REPORT + bytes(LIMIT), MEDIA_TYPE, "", "material-too-large"),
        (REPORT, "image/png", "", "material-type-mismatch"),
        (REPORT, "text/html", "", "material-type-unknown"),
        (RUNNABLE["linux"], MEDIA_TYPE, "", "material-executable"),
        (REPORT, MEDIA_TYPE, "0" * 64, "material-digest-mismatch"),
    ],
)
async def test_what_is_not_taken_leaves_nothing(
    materials: MaterialStore, place: Place, content: bytes, media_type: str, expected: str, code: str
) -> None:
    with pytest.raises(UnfitMediaError) as caught:
        await materials.receive(coming(content), media_type, expected=expected)

    assert caught.value.code == code
    assert (stored_keys(place), on_the_way(place)) == ([], [])


async def test_a_file_may_be_as_large_as_the_limit_says(materials: MaterialStore) -> None:
    content = REPORT.ljust(LIMIT, b"\n")

    assert (await materials.receive(coming(content), MEDIA_TYPE)).size == LIMIT


async def test_an_upload_that_breaks_off_leaves_nothing(materials: MaterialStore, place: Place) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield REPORT + bytes(2 * 1024 * 1024)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await materials.receive(broken(), MEDIA_TYPE)
    assert (stored_keys(place), on_the_way(place)) == ([], [])


async def test_an_attachment_has_to_be_stored_as_described(materials: MaterialStore) -> None:
    await materials.receive(coming(REPORT), MEDIA_TYPE)

    await materials.require(DIGEST, len(REPORT), MEDIA_TYPE)
    await materials.require(DIGEST, len(REPORT), "text/plain")  # which these bytes are as well
    for digest, size, media_type, code in (
        ("0" * 64, len(REPORT), MEDIA_TYPE, "material-not-stored"),
        (DIGEST, 1, MEDIA_TYPE, "material-differs"),
        (DIGEST, len(REPORT), "image/png", "material-type-mismatch"),
    ):
        with pytest.raises(UnfitMediaError) as caught:
            await materials.require(digest, size, media_type)
        assert caught.value.code == code


@pytest.mark.parametrize("media_type", GOOD)
async def test_every_kind_is_known_again_in_the_store(materials: MaterialStore, media_type: str) -> None:
    stored = await materials.receive(coming(GOOD[media_type]), media_type)

    await materials.require(stored.digest, stored.size, media_type)
    assert await materials.kind(stored) == ("text/plain" if media_type == "text/csv" else media_type)


async def test_nothing_is_stored_where_nothing_ever_came(tmp_path: Path) -> None:
    materials = MaterialStore(Folder(tmp_path / "none"), LIMIT)

    assert await materials.size_of(DIGEST) is None
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("before", "after"), [(None, 0o700), (0o755, 0o700), (0o777, 0o700), (0o750, 0o750)])
async def test_a_folder_is_closed_to_others(tmp_path: Path, before: int | None, after: int) -> None:
    folder = tmp_path / "materials"
    if before is not None:
        folder.mkdir()
        folder.chmod(before)
    materials = MaterialStore.of(Settings(data=tmp_path))
    if before is None:
        await materials.receive(coming(REPORT), MEDIA_TYPE)
    assert stat.S_IMODE(folder.stat().st_mode) == after


async def test_a_file_cut_short_on_disk_is_mended_by_sending_it_again(tmp_path: Path) -> None:
    materials = MaterialStore(Folder(tmp_path), LIMIT)
    await materials.receive(coming(REPORT), MEDIA_TYPE)
    path = tmp_path / key_of(DIGEST)
    path.chmod(0o600)
    path.write_bytes(REPORT[:9])

    again = await materials.receive(coming(REPORT), MEDIA_TYPE)

    assert not again.known
    assert path.read_bytes() == REPORT


async def test_a_stored_file_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, bool]] = []
    target = tmp_path / key_of(DIGEST)

    def note(path: Path) -> None:
        synced.append((path.name, target.exists()))

    for sync in ("sync_file", "sync_folder"):
        monkeypatch.setattr(material_places, sync, note)
    await MaterialStore(Folder(tmp_path), LIMIT).receive(coming(REPORT), MEDIA_TYPE)

    assert synced[0][0].startswith(UPLOAD)
    assert not synced[0][1]
    assert synced[1:] == [(name, True) for name in (DIGEST[2:4], DIGEST[:2], "sha256", tmp_path.name)]


def test_what_a_crash_left_is_removed_after_a_day(tmp_path: Path) -> None:
    (tmp_path / INCOMING).mkdir()
    old, new = (tmp_path / INCOMING / f"{UPLOAD}{name}" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(REPORT)
    os.utime(old, (time.time() - 90_000,) * 2)

    Folder(tmp_path).spool()

    assert (old.exists(), new.exists()) == (False, True)


async def test_an_unavailable_store_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(StorageAwayError):
        await MaterialStore(Folder(tmp_path / "file/kept"), LIMIT).receive(coming(REPORT), MEDIA_TYPE)
    bucket = Settings(data=tmp_path, materials="s3://none/here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(material_places, "S3_RETRY", {"max_retries": 0})
        for name, value in {
            "AWS_ENDPOINT": "http://127.0.0.1:9",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "x",
        }.items():
            patch.setenv(name, value)
        with pytest.raises(StorageAwayError):
            await MaterialStore.of(bucket).size_of(DIGEST)


def test_settings_choose_the_place(tmp_path: Path) -> None:
    assert MaterialStore.of(Settings(data=tmp_path)).bytes_max == 100 * 1024 * 1024
    for address in ("gs://other/cloud", "s3://", "ftp://x"):
        with pytest.raises(SettingRefusedError, match="COUNTERSIGN_MATERIALS"):
            MaterialStore.of(Settings(data=tmp_path, materials=address))
