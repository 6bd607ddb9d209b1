"""A new master key: every key is opened by it, at any moment by either, also behind an interruption; secrets stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.core.ledger import Refused
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.current import keystore, keystore_of
from infrastructure.privacy.folder_keystore import FOLLOWING_FILE, MASTER_FILE, FolderKeystore
from infrastructure.privacy.keystore import KEY_BYTES, KeystoreError, LocalMasterKey, SecretPurpose
from infrastructure.privacy.rotation import rewrap
from infrastructure.privacy.table_keystore import TableKeystore
from infrastructure.privacy.wrapped_keystore import MasterKeys, WrappedKeystore, secret_id
from infrastructure.settings import Settings
from infrastructure.window.query_codes import QueryCodes
from tests.infrastructure.privacy.test_erasure import ENTERPRISE, STORY, send

OLD, NEW = LocalMasterKey(bytes(range(KEY_BYTES))), LocalMasterKey(bytes(KEY_BYTES))
BOTH = MasterKeys(OLD, NEW)
PERSONS = [UUID(int=number << 120 | 7) for number in range(20)]


class Place:
    """Where the keys of one installation are, opened by processes that know these or those master keys."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url
        self._tables: list[TableKeystore] = []

    def opened(self, master: LocalMasterKey | MasterKeys) -> WrappedKeystore:
        if not self._url:
            return FolderKeystore(self._folder, master)
        self._tables.append(table := TableKeystore(self._url, master))
        return table

    def close(self) -> None:
        for table in self._tables:
            table.close()


@pytest.fixture(params=["folder", "table"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url = request.getfixturevalue("database_url") if request.param == "table" else ""
    opened = Place(tmp_path / "keys", url)
    yield opened
    opened.close()


def silent(_: int, __: int) -> None:
    """No progress is shown."""


def test_a_key_left_by_a_killed_exchange_is_destroyed_with_its_own(tmp_path: Path) -> None:
    keys = FolderKeystore(tmp_path / "keys", OLD)
    person = PERSONS[0]
    keys.make(person)
    (path,) = (tmp_path / "keys").glob(f"*/{person}.key")
    draft = path.with_name(f".{path.name}.4711")
    draft.write_bytes(path.read_bytes())
    assert keys.destroy(person)
    assert not draft.exists()
    assert not keys.destroy(person)


def test_every_key_and_secret_is_the_same_under_the_new_master_key_alone(place: Place) -> None:
    before = place.opened(OLD)
    keys = [before.make(person) for person in PERSONS]
    secrets = [before.secret(purpose) for purpose in SecretPurpose]
    report = rewrap(place.opened(BOTH), silent)
    assert (report.persons, report.rewrapped) == (len(PERSONS), len(PERSONS) + len(SecretPurpose))

    after = place.opened(NEW)
    assert [after.find(person) for person in PERSONS] == keys
    assert [after.secret(purpose) for purpose in SecretPurpose] == secrets
    assert after.make(uuid4())
    with pytest.raises(KeystoreError, match="another master key"):
        place.opened(OLD).find(PERSONS[0])
    with pytest.raises(KeystoreError, match="this process has the old one"):
        place.opened(OLD).make(uuid4())
    assert rewrap(place.opened(BOTH), silent).rewrapped == 0, "run again it finds nothing to do"


class InterruptedRotationError(Exception):
    """What ends a rotation between two keys."""


def test_an_interrupted_rotation_goes_on_and_loses_nothing(place: Place) -> None:
    keys = {person: place.opened(OLD).make(person) for person in PERSONS}
    codes = place.opened(OLD).secret(SecretPurpose.QUERY_CODES)
    for number in range(1, len(PERSONS), 4):

        def interrupt(done: int, _: int, number: int = number) -> None:
            if done > number:
                raise InterruptedRotationError

        with pytest.raises(InterruptedRotationError):
            rewrap(place.opened(BOTH), interrupt)
        server = place.opened(BOTH)
        assert {person: server.find(person) for person in keys} == keys
        assert server.secret(SecretPurpose.QUERY_CODES) == codes
        made = uuid4()
        keys[made] = server.make(made)
    rewrap(place.opened(BOTH), silent)
    assert {person: place.opened(NEW).find(person) for person in keys} == keys


def test_servers_go_on_reading_making_and_destroying_keys_meanwhile(place: Place) -> None:
    keys = {person: place.opened(OLD).make(person) for person in PERSONS}
    server, erased, made = place.opened(BOTH), list[UUID](), dict[UUID, bytes]()

    def meanwhile(done: int, of: int) -> None:
        assert {person: server.find(person) for person in keys} == keys
        if done < of and len(made) < len(PERSONS):
            person = uuid4()
            made[person] = server.make(person)
        if keys and done % 5 == 0:
            erased.append(keys.popitem()[0])
            assert server.destroy(erased[-1])

    rewrap(place.opened(BOTH), meanwhile)
    after = place.opened(NEW)
    assert len(made) == len(PERSONS)
    assert {person: after.find(person) for person in (keys | made)} == keys | made
    assert [after.find(person) for person in erased] == [None] * len(erased), "none came back"


class OvertakenKeystore(FolderKeystore):
    """One whose process stops between looking which master key wraps and storing the key, until a rotation is done."""

    is_first = True

    def add(self, person: UUID, wrapped: bytes) -> None:
        if self.is_first:
            self.is_first = False
            rewrap(FolderKeystore(self._folder, BOTH), silent)
        super().add(person, wrapped)


def test_a_key_that_a_rotation_overtakes_is_wrapped_by_its_maker(tmp_path: Path) -> None:
    FolderKeystore(tmp_path / "keys", OLD).make(PERSONS[0])
    key = OvertakenKeystore(tmp_path / "keys", BOTH).make(PERSONS[1])
    assert FolderKeystore(tmp_path / "keys", NEW).find(PERSONS[1]) == key


def test_a_key_destroyed_in_the_same_moment_does_not_come_back(place: Place) -> None:
    keys = place.opened(BOTH)
    keys.make(PERSONS[0])
    wrapped = keys.wrapped(PERSONS[0])
    assert wrapped is not None
    assert keys.destroy(PERSONS[0])
    assert not keys.exchange(PERSONS[0], wrapped, NEW.wrap(OLD.unwrap(wrapped)))
    assert keys.wrapped(PERSONS[0]) is None


def test_a_process_that_runs_notices_a_new_file_of_the_master_key(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    server, operator = FolderKeystore(folder), FolderKeystore(folder)
    key, former = server.make(PERSONS[0]), (folder / MASTER_FILE).read_text()
    operator.begin_rotation()
    operator.begin_rotation()  # as after an interruption: the following key stays
    assert server.find(PERSONS[0]) == key
    rewrap(operator, silent)
    made = server.make(PERSONS[1])
    operator.end_rotation()
    assert [server.find(person) for person in PERSONS[:2]] == [key, made]
    assert (folder / MASTER_FILE).read_text() != former
    assert not (folder / FOLLOWING_FILE).exists()
    assert server.make(PERSONS[2])
    (folder / MASTER_FILE).rename(folder / FOLLOWING_FILE)
    with pytest.raises(KeystoreError, match="is missing"):
        server.find(PERSONS[0])


def test_a_purpose_that_is_new_after_a_rotation_has_a_secret_that_is_stored(place: Place) -> None:
    keys = place.opened(BOTH)
    rewrap(keys, silent)
    assert keys.destroy(secret_id(SecretPurpose.MAIL))
    secret = place.opened(BOTH).secret(SecretPurpose.MAIL)
    assert place.opened(NEW).secret(SecretPurpose.MAIL) == secret
    assert secret not in (OLD.secret(SecretPurpose.MAIL), NEW.secret(SecretPurpose.MAIL))


def test_a_renewed_secret_is_random_and_leaves_its_former_one(place: Place) -> None:
    keys, codes = place.opened(OLD), SecretPurpose.QUERY_CODES
    first = keys.secret(codes)
    assert keys.former_secret(codes) is None
    keys.renew_secret(codes)
    second = keys.secret(codes)
    assert (second != first, place.opened(OLD).secret(codes), keys.former_secret(codes)) == (True, second, first)
    keys.renew_secret(codes)
    assert keys.former_secret(codes) == second
    assert keys.secret(SecretPurpose.MAIL) == OLD.secret(SecretPurpose.MAIL), "no other one changes"


def test_settings_name_a_following_master_key(tmp_path: Path) -> None:
    both = Settings(data=tmp_path, keys=str(tmp_path / "k"), master_key="ab" * KEY_BYTES, master_key_next="cd" * 32)
    assert keystore_of(both).masters().following is not None
    assert "cd" * KEY_BYTES not in repr(both)
    with pytest.raises(KeystoreError, match="COUNTERSIGN_MASTER_KEY"):
        keystore_of(Settings(data=tmp_path, master_key_next="cd" * 32))


@pytest_asyncio.fixture
async def approvals(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Approvals]:
    monkeypatch.setenv("COUNTERSIGN_KEYS", str(tmp_path / "keys"))
    async with Approvals(database_url) as app:
        yield app


async def test_texts_codes_and_repeats_stay_the_same(approvals: Approvals) -> None:
    """A rehearsal with the whole application, and then one with a renewed secret of fingerprints."""
    project, key, filed = uuid4(), uuid4(), STORY[2][1]
    await send(approvals, project, STORY[:2])
    first = await approvals.handle(project, filed, ENTERPRISE, key)
    code, keys = QueryCodes.of_this_server().code_of("BDA2026-004217-2"), keystore()
    assert isinstance(keys, FolderKeystore)
    keys.begin_rotation()
    rewrap(keys, silent)
    keys.end_rotation()
    keys._secrets.clear()  # as in a server that was started again
    assert QueryCodes.of_this_server().code_of("BDA2026-004217-2") == code
    assert filed.about in repr(await approvals.history(project))
    assert (await approvals.handle(project, filed, ENTERPRISE, key)).receipt == first.receipt

    keys.renew_secret(SecretPurpose.FINGERPRINTS)
    again = await approvals.handle(project, filed, ENTERPRISE, key)
    assert (again.repeated, again.receipt) == (True, first.receipt)
    keys.renew_secret(SecretPurpose.FINGERPRINTS)
    with pytest.raises(Refused, match="used before"):
        await approvals.handle(project, filed, ENTERPRISE, key)
