"""`countersign users` and `countersign security-log`: passwords, links to a provider, and who signed in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from infrastructure.access.directory import LedgerDirectory
from infrastructure.identity.accounts import Accounts
from infrastructure.identity.changes import announce_change
from infrastructure.identity.passwords import Passwords, PasswordUnfitError
from infrastructure.identity.security_log import SecurityEntry, SecurityEvent, SecurityLog
from infrastructure.identity.sessions import Sessions
from infrastructure.ledger.clock_check import utc_now
from infrastructure.ledger.reader import Store
from scripts.access.users import users
from scripts.console import AsJson, fail, out, print_result, screen, settings
from scripts.server import database

T = TypeVar("T")
DAYS, LINES = 7, 200
CONNECTIONS = 2
COMMAND_LINE = "command line"  # how what is done here is logged


@users.command("set-password")
def set_password(
    login: Annotated[str, typer.Argument(help="the name to sign in with")],
    principal: Annotated[str, typer.Option(help="the person's id in the ledger; the login without it")] = "",
    stdin: Annotated[bool, typer.Option("--stdin", help="read the password from standard input")] = False,
) -> None:
    """Set the password of an account, and end its sessions. A new login is made."""
    if stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("password", hide_input=True, confirmation_prompt=True, err=True)

    async def work(store: Store) -> int:
        await require_registered(store, principal or login)
        now = datetime.now(UTC)
        await Passwords(store).set(login, principal or login, password, now)
        await SecurityLog(store).add(
            SecurityEvent.PASSWORD_SET, now, principal=principal or login, method=COMMAND_LINE, detail=login
        )
        ended = await Sessions(store, timedelta(), timedelta()).end_all(principal or login)
        await announce_change(store)
        return ended

    try:
        ended = run(work)
    except PasswordUnfitError as unfit:
        fail(f"The password was not set: {unfit}.")
    screen.print(f"{login} signs in as {principal or login} now; sessions ended: {ended}", highlight=False)


@users.command("link")
def link(
    issuer: Annotated[str, typer.Argument(help="the OpenID Connect provider, as in COUNTERSIGN_OIDC_ISSUER")],
    subject: Annotated[str, typer.Argument(help="the person's `sub` there, which the sign-in page shows")],
    principal: Annotated[str, typer.Argument(help="the person's id in the ledger")],
) -> None:
    """Let a person of the sign-in provider sign in as a principal."""

    async def work(store: Store) -> None:
        await require_registered(store, principal)
        now = datetime.now(UTC)
        await Accounts(store).link(issuer, subject, principal, now)
        await announce_change(store)
        await SecurityLog(store).add(
            SecurityEvent.ACCOUNT_LINKED,
            now,
            principal=principal,
            method=COMMAND_LINE,
            detail=f"{subject} at {issuer}",
        )

    run(work)
    screen.print(f"{subject} at {issuer} signs in as {principal} now", highlight=False)


def security_log(
    days: Annotated[int, typer.Option(help="how many days back", min=1, max=10_000)] = DAYS,
    principal: Annotated[str, typer.Option(help="only of this person or program")] = "",
    kind: Annotated[SecurityEvent | None, typer.Option(help="only of this kind")] = None,
    about: Annotated[str, typer.Option(help="reads of the contacts of this project or legal person, by its id")] = "",
    limit: Annotated[int, typer.Option(help="maximum number of lines", min=1, max=100_000)] = LINES,
    as_json: AsJson = False,
) -> None:
    """Sign-ins, refusals, ends of sessions, refused keys and reads of personal data, the newest first."""
    since = datetime.now(UTC) - timedelta(hours=24 * days)

    async def work(store: Store) -> list[SecurityEntry]:
        return list(
            await SecurityLog(store).read(since, principal=principal, kind=kind or "", about=about, limit=limit)
        )

    entries = run(work)
    print_result(entries, as_json, lambda: _show(entries))


async def require_registered(store: Store, principal: str) -> None:
    """End the command line where *principal* is registered nowhere: who signed in as such could do nothing."""
    if await LedgerDirectory(store, utc_now).name_of(principal) is None:
        fail(f"{principal} is not registered, or was closed. `countersign users add {principal} NAME` comes first.")


def run(work: Callable[[Store], Awaitable[T]]) -> T:
    """Do *work* on the database of the settings."""

    async def opened() -> T:
        store = Store(database.ready(settings()), CONNECTIONS)
        await store.pool.open(wait=True)
        try:
            return await work(store)
        finally:
            await store.pool.close()

    return asyncio.run(opened())


def _show(entries: list[SecurityEntry]) -> None:
    table = Table("at", "what", "who", "from", "by", "detail", title="security log")
    for entry in entries:
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
        what = entry.kind.replace("_", " ")
        table.add_row(at, what, entry.principal, entry.address, entry.method, f"{entry.detail} {entry.subject}".strip())
    out.print(table)
