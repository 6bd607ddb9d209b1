"""`countersign keys`: keys of programs are listed, issued, rotated and revoked; a secret is printed once, here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from msgspec import Struct
from rich.table import Table

from domain.access.keys import IssueKey, RevokeKey, RotateKey
from domain.access.principal import Grant
from infrastructure.access.directory import LedgerDirectory
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import SANDBOX_SUFFIX, Settings
from scripts.access.acting import As, Reasons, Until, after_hours, carried_out, identifier, instant, with_ledger
from scripts.access.users import Id
from scripts.console import AsJson, fail, out, pairs, print_result

SCOPES_HELP = "commands:<name> or commands:*, read:<subject> or read:*, feed, webhooks; repeatable"

keys = typer.Typer(no_args_is_help=True, help="API keys of programs: list, issue, rotate, revoke.")
TheKey = Annotated[str, typer.Argument(help="the key's id, the part after cs_live_")]


class KeyRow(Struct, frozen=True):
    """One key, as listed."""

    key: str
    principal: str
    grant: UUID
    scopes: tuple[str, ...]
    secrets: int
    expires_at: datetime | None
    revoked_at: datetime | None


class NewSecret(Struct, frozen=True):
    """A key's new secret: it is nowhere stored, and can't be shown again."""

    principal: str
    key: str
    secret: str
    position: int


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Every key that was ever issued, without its secrets."""

    async def work(approvals: Approvals, directory: LedgerDirectory) -> list[KeyRow]:
        at = approvals.clock()
        return [
            KeyRow(
                key.id,
                person.principal,
                key.grant,
                key.scopes,
                sum(secret.is_accepted(at) for secret in key.secrets),
                key.expires_at,
                key.revoked_at,
            )
            for person in await directory.all_principals()
            for key in person.keys.values()
        ]

    rows = with_ledger(work)

    def show() -> None:
        table = Table("key", "program", "scopes", "secrets", "expires", "revoked")
        for row in rows:
            ends = [at.isoformat() if at else "" for at in (row.expires_at, row.revoked_at)]
            table.add_row(row.key, row.principal, ", ".join(row.scopes), str(row.secrets), *ends)
        out.print(table)

    print_result(rows, as_json, show)


@keys.command("issue")
def issue(
    principal: Id,
    grant: Annotated[
        str, typer.Argument(help="the id of the program's grant that the key uses [default: its only one]")
    ] = "",
    *,
    scopes: Annotated[list[str], typer.Option("--scope", help=SCOPES_HELP)],
    until: Until = "",
    by: As = "",
    bare: Annotated[bool, typer.Option("--bare", help="print the secret and nothing else, for scripts")] = False,
    as_json: AsJson = False,
) -> None:
    """Issue a key, and print its secret once."""
    new = new_key(kind=key_kind())
    command = IssueKey(
        principal=principal,
        key=new.id,
        digest=new.digest.hex(),
        grant=identifier(grant) if grant else only_grant(principal),
        scopes=tuple(scopes),
        expires_at=instant(until),
    )
    issued = NewSecret(principal, new.id, new.text, carried_out(command, by).position)
    if bare:
        typer.echo(issued.secret)
    else:
        show_secret(issued, as_json)


@keys.command("rotate")
def rotate(
    principal: Id,
    key: TheKey,
    keep_hours: Annotated[
        int, typer.Option(min=0, max=10_000, help="how long the old secret is accepted beside the new one")
    ] = 24,
    by: As = "",
    as_json: AsJson = False,
) -> None:
    """Give a key a new secret, and print it once."""
    new = new_key(key, kind=key_kind())

    async def work(approvals: Approvals, _: LedgerDirectory) -> datetime:
        return approvals.clock()

    old_until = after_hours(with_ledger(work), keep_hours) if keep_hours else None
    command = RotateKey(principal=principal, key=key, digest=new.digest.hex(), old_until=old_until)
    show_secret(NewSecret(principal, key, new.text, carried_out(command, by).position), as_json)


@keys.command("revoke")
def revoke(principal: Id, key: TheKey, reasons: Reasons = "", by: As = "", as_json: AsJson = False) -> None:
    """End a key at once, with all its secrets."""
    done = carried_out(RevokeKey(principal=principal, key=key, reasons=reasons), by)
    print_result(done, as_json, lambda: pairs("revoked", done))


def key_kind() -> str:
    """The purpose of a new key, which is part of its text: `test` in the data folder of a sandbox."""
    return "test" if Settings.of().data.name.endswith(SANDBOX_SUFFIX) else "live"


def only_grant(principal: str) -> UUID:
    """The grant that *principal* holds; ends the command line where that is none, or one of several."""

    async def work(approvals: Approvals, directory: LedgerDirectory) -> Sequence[Grant]:
        return await directory.grants_of(principal, approvals.clock())

    held = with_ledger(work)
    if not held:
        fail(
            f"{principal} holds no grant that a key could use. `countersign users add {principal} NAME --program --role"
            f" ROLE` registers a program with one; `countersign grants give {principal} ROLE` gives it one."
        )
    if len(held) != 1:
        fail(
            f"{principal} holds {len(held)} grants: name one of those that `countersign grants list {principal}` shows."
        )
    return held[0].id


def show_secret(new: NewSecret, as_json: bool) -> None:
    """Print the secret, and that it is the only time."""
    print_result(new, as_json, lambda: pairs("write the secret down: it is not stored, and not shown again", new))
