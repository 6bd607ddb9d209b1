"""`countersign users`: people and programs are listed, registered and closed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from msgspec import Struct
from rich.table import Table

from domain.access.grants import GiveGrant
from domain.access.principal import PrincipalKind
from domain.access.registration import ClosePrincipal, RegisterPrincipal
from infrastructure.access.directory import LedgerDirectory
from infrastructure.ledger.approvals import Approvals
from scripts.access.acting import ROLE_HELP, As, Reasons, carried_out, granted_role, with_ledger
from scripts.console import AsJson, out, pairs, print_result

users = typer.Typer(no_args_is_help=True, help="People and programs: list, register, close.")
Id = Annotated[str, typer.Argument(help="the permanent id, recorded in the ledger as the actor's")]


class UserRow(Struct, frozen=True):
    """One person or program, as listed."""

    id: str
    name: str
    kind: str
    grants: int
    keys: int
    closed_at: datetime | None


@users.command("list")
def list_users(as_json: AsJson = False) -> None:
    """Every person ever registered."""

    async def work(approvals: Approvals, directory: LedgerDirectory) -> list[UserRow]:
        at = approvals.clock()
        return [
            UserRow(
                person.principal,
                person.name,
                person.kind.value,
                sum(grant.holds(at) for grant in person.grants.values()),
                sum(key.revoked_at is None for key in person.keys.values()),
                person.closed_at,
            )
            for person in await directory.all_principals()
        ]

    rows = with_ledger(work)

    def show() -> None:
        table = Table("id", "name", "kind", "grants", "keys", "closed")
        for row in rows:
            closed = row.closed_at.isoformat() if row.closed_at else ""
            table.add_row(row.id, row.name, row.kind, str(row.grants), str(row.keys), closed)
        out.print(table)

    print_result(rows, as_json, show)


@users.command("add")
def add_user(
    principal: Id,
    name: Annotated[str, typer.Argument(help="the name that people read")],
    program: Annotated[bool, typer.Option("--program", help="a program, which gets keys")] = False,
    contact: Annotated[str, typer.Option(help="whom to call, or where")] = "",
    role: Annotated[str, typer.Option(help=f"grant {ROLE_HELP}, from now on")] = "",
    over: Annotated[str, typer.Option(help="over what: the code of a department or of an enterprise")] = "",
    by: As = "",
    as_json: AsJson = False,
) -> None:
    """Register a person, or a program, with a first role if one is named."""
    kind = PrincipalKind.PROGRAM if program else PrincipalKind.PERSON
    granted = (GiveGrant(principal=principal, role=granted_role(role), over=over),) if role else ()
    register = RegisterPrincipal(principal=principal, name=name, kind=kind, contact=contact)
    done = carried_out(register, by, *granted)
    print_result(done, as_json, lambda: pairs("registered", done))


@users.command("close")
def close_user(principal: Id, reasons: Reasons = "", by: As = "", as_json: AsJson = False) -> None:
    """Take a person or program out of the directory: grants and keys end, past acts stay."""
    done = carried_out(ClosePrincipal(principal=principal, reasons=reasons), by)
    print_result(done, as_json, lambda: pairs("closed", done))
