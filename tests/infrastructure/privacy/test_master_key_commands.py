"""`replace-master-key` and `renew-secret` on a ledger with personal data, wherever the master key is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from infrastructure.doctor import diagnose
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.current import keystore
from infrastructure.privacy.folder_keystore import FOLLOWING_FILE, MASTER_FILE, FolderKeystore
from infrastructure.privacy.keystore import SecretPurpose
from infrastructure.settings import Settings
from infrastructure.window.query_codes import QueryCodes
from scripts.backup.keys import AFTERWARDS, RenewableSecret
from scripts.cli import cli
from tests.infrastructure.privacy.test_erasure import SECRETS, secrets_in, send
from tests.scripts.test_access import Run, run

__all__ = ["run"]  # a fixture

CASE, OLD, NEW = "BDA2026-004217-2", "ab" * 32, "cd" * 32
PERSONS = 2  # of the story: a contact and a complainant


@pytest.fixture(autouse=True)
def _keys_beside_the_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("COUNTERSIGN_KEYS")
    with capture_logs():
        yield


async def texts(url: str) -> set[str]:
    """The personal texts of the project that can be read."""
    async with Approvals(url) as approvals:
        return secrets_in(repr(await approvals.history(PROJECT)))


PROJECT = uuid4()


async def record(url: str) -> None:
    async with Approvals(url) as approvals:
        await send(approvals, PROJECT)


def keys_checked(url: str, data: Path) -> tuple[bool, str]:
    """What `doctor` says about the keys in the folder beside *data*."""
    check = next(check for check in diagnose(Settings(data=data, database_url=url), {}) if check.name == "keys")
    return check.ok, check.detail


async def test_a_master_key_in_a_file_is_replaced(run: Run, database_url: str, tmp_path: Path) -> None:
    await record(database_url)
    keys, code = keystore(), QueryCodes.of_this_server().code_of(CASE)
    assert isinstance(keys, FolderKeystore)
    keys.begin_rotation()  # as an earlier run that was killed
    assert keys_checked(database_url, tmp_path)[0] is False
    folder = tmp_path.with_name(f"{tmp_path.name}-keys")
    former, following = (folder / MASTER_FILE).read_text(), (folder / FOLLOWING_FILE).read_text()
    report = run("replace-master-key")
    assert report == {"persons": PERSONS, "rewrapped": PERSONS + len(SecretPurpose)}
    assert (folder / MASTER_FILE).read_text() == following != former
    assert keys_checked(database_url, tmp_path)[0] is True
    assert await texts(database_url) == set(SECRETS)
    assert QueryCodes(FolderKeystore(folder).secret(SecretPurpose.QUERY_CODES)).code_of(CASE) == code

    backup = folder / "keys.tar"
    assert run("backup-keys", str(backup))["persons"] == PERSONS, "secrets are no persons"
    assert run("replace-master-key")["rewrapped"] == PERSONS + len(SecretPurpose)
    assert await texts(database_url) == set(SECRETS)


async def test_a_master_key_in_a_setting_is_replaced_with_both_set(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_MASTER_KEY", OLD)
    await record(database_url)
    code = QueryCodes.of_this_server().code_of(CASE)
    keystore().close()
    ended = CliRunner().invoke(cli, ["replace-master-key"])
    assert ended.exit_code
    assert "COUNTERSIGN_MASTER_KEY_NEXT" in ended.output
    monkeypatch.setenv("COUNTERSIGN_MASTER_KEY_NEXT", NEW)
    assert await texts(database_url) == set(SECRETS), "every server knows both first"
    keystore().close()
    assert run("replace-master-key")["persons"] == PERSONS
    assert await texts(database_url) == set(SECRETS)
    keystore().close()
    monkeypatch.setenv("COUNTERSIGN_MASTER_KEY", NEW)
    monkeypatch.delenv("COUNTERSIGN_MASTER_KEY_NEXT")
    assert await texts(database_url) == set(SECRETS)
    assert QueryCodes.of_this_server().code_of(CASE) == code
    keystore().close()


def test_each_secret_is_renewed_by_itself_and_says_what_follows(run: Run) -> None:
    assert set(AFTERWARDS) == set(RenewableSecret)
    assert {SecretPurpose[secret.name] for secret in RenewableSecret} == set(SecretPurpose)
    before = {purpose: keystore().secret(purpose) for purpose in SecretPurpose}
    for secret in RenewableSecret:
        assert run("renew-secret", secret.value) == {"secret": secret.value}
        fresh = keystore_again()
        changed = {purpose for purpose in SecretPurpose if fresh.secret(purpose) != before[purpose]}
        assert changed == {SecretPurpose[secret.name]}
        before = {purpose: fresh.secret(purpose) for purpose in SecretPurpose}


def keystore_again() -> FolderKeystore:
    """The keystore of the settings, as a process that has just begun opens it."""
    settings = Settings.of()
    return FolderKeystore(settings.data.with_name(f"{settings.data.name}-keys"))
