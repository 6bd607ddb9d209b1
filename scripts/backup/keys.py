"""`countersign backup-keys`, `restore-keys`, `replace-master-key` and `renew-secret`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from rich.progress import Progress

from infrastructure.backup.keys import back_up_keys, restore_keys_file
from infrastructure.privacy.current import keystore_of
from infrastructure.privacy.folder_keystore import FolderKeystore
from infrastructure.privacy.keystore import SecretPurpose
from infrastructure.privacy.rotation import rewrap
from scripts.access.acting import with_ledger
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.server.database import ready


class RenewableSecret(StrEnum):
    """The secrets of the installation, as the command line names them."""

    FINGERPRINTS = "fingerprints"
    FORM_DRAFTS = "form-drafts"
    MAIL = "mail"
    QUERY_CODES = "query-codes"
    WEBHOOKS = "webhooks"


AFTERWARDS = {
    RenewableSecret.FINGERPRINTS: "Earlier commands are recognised when they are sent again, until the next renewal.",
    RenewableSecret.FORM_DRAFTS: "Half-filled forms can't be read any more: their owners begin again.",
    RenewableSecret.MAIL: "Links in earlier mails, to confirm or to end them, do not work any more.",
    RenewableSecret.QUERY_CODES: "Query codes on receipts have changed, and so have addresses that follow a case.",
    RenewableSecret.WEBHOOKS: "Every subscription has another secret: give it to each receiver.",
}


class RenewedSecret(Struct, frozen=True):
    """The secret that was renewed."""

    secret: RenewableSecret


def backup_keys(
    file: Annotated[Path, typer.Argument(help="a new file on a medium of its own, apart from backups of the data")],
    as_json: AsJson = False,
) -> None:
    """Write all keys, those that sign and those of personal data, to a file that only its owner can read."""
    chosen = settings()
    report = back_up_keys(file, chosen)
    print_result(report, as_json, lambda: pairs("keys", report))
    if chosen.master_key:
        screen.print("The master key is in COUNTERSIGN_MASTER_KEY: store it as well, in a place of its own.")


def restore_keys(
    file: Annotated[Path, typer.Argument(help="a file that `backup-keys` wrote")], as_json: AsJson = False
) -> None:
    """Put the keys of a backup in place; those that are there stay. Keys of erased persons are destroyed again."""
    report = restore_keys_file(file, settings())

    async def open_only(_: object, __: object) -> None:
        """Opening the ledger destroys the keys of those who were erased."""

    with_ledger(open_only)
    print_result(report, as_json, lambda: pairs("keys put in place", report))


@contextmanager
def wrapping() -> Iterator[Callable[[int, int], None]]:
    """A progress bar of wrapped keys. Hidden unless the screen is a terminal."""
    with Progress(console=screen, disable=not screen.is_terminal) as progress:
        task = progress.add_task("wrapping keys", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def replace_master_key(as_json: AsJson = False) -> None:
    """Let a new master key wrap the keys of all persons, while servers go on.

    Where the master key is a file, this makes a new one; interrupted, it goes on when it is run again. Where it is in
    COUNTERSIGN_MASTER_KEY, first let COUNTERSIGN_MASTER_KEY_NEXT name the new one on every server, and restart each.
    Query codes, secrets of webhooks and fingerprints stay as they are.
    """
    chosen = settings()
    ready(chosen)  # a table of keys has to be there
    in_folder = not chosen.master_key
    if not in_folder and not chosen.master_key_next:
        fail(
            "Let COUNTERSIGN_MASTER_KEY_NEXT be the new key on every server, 64 hexadecimal digits such as those of"
            " `openssl rand -hex 32`, and restart each server. Then run this again, with both set."
        )
    with closing(keystore_of(chosen)) as keys, wrapping() as advance:
        if not in_folder:
            report = rewrap(keys, advance)
        elif isinstance(keys, FolderKeystore):
            keys.begin_rotation()
            report = rewrap(keys, advance)
            keys.end_rotation()
        else:
            fail("The master key is in no folder and in no setting: let its own service replace it.")
    print_result(report, as_json, lambda: pairs("wrapped by the new master key", report))
    if not in_folder:
        screen.print(
            "Now let COUNTERSIGN_MASTER_KEY be the new key on every server, without COUNTERSIGN_MASTER_KEY_NEXT, and"
            " restart each.",
            soft_wrap=True,
        )
        screen.print(
            "Make a full backup of the database. Keep the old key, apart from them, as long as older backups are there:"
            " a restore of one needs it as COUNTERSIGN_MASTER_KEY, with the new one as COUNTERSIGN_MASTER_KEY_NEXT.",
            soft_wrap=True,
        )
    else:
        screen.print(
            "Make a new backup of the keys (`backup-keys`), and destroy the older ones: the old key opens them."
        )


def renew_secret(secret: Annotated[RenewableSecret, typer.Argument(help="which one")], as_json: AsJson = False) -> None:
    """Replace a secret of the installation that others may know by a random one. Restart all servers afterwards."""
    chosen = settings()
    ready(chosen)
    with closing(keystore_of(chosen)) as keys:
        keys.renew_secret(SecretPurpose[secret.name])
    renewed = RenewedSecret(secret)
    print_result(renewed, as_json, lambda: pairs("renewed", renewed))
    screen.print(f"{AFTERWARDS[secret]} Restart every server: a running one has the old secret.", soft_wrap=True)
