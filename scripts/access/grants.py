"""`countersign grants`: roles are listed, given, proposed, confirmed and withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from msgspec import Struct
from rich.table import Table

from domain.access.grants import ConfirmGrant, GiveGrant, ProposeGrant, WithdrawGrant
from domain.core.ledger import Refused
from infrastructure.access.directory import LedgerDirectory
from infrastructure.ledger.approvals import Approvals
from scripts.access.acting import (
    ROLE_HELP,
    As,
    Reasons,
    Until,
    carried_out,
    granted_role,
    identifier,
    instant,
    with_ledger,
)
from scripts.access.users import Id
from scripts.console import AsJson, out, pairs, print_result

grants = typer.Typer(no_args_is_help=True, help="Roles of people and programs: list, give, propose, confirm, withdraw.")
TheRole = Annotated[str, typer.Argument(help=ROLE_HELP)]
Over = Annotated[str, typer.Option(help="the code of a department, or of an enterprise for applicants")]
Projects = Annotated[list[str] | None, typer.Option("--project", help="only this project; may be repeated")]
Since = Annotated[str, typer.Option("--from", help="from this instant on; left out, from now")]
GrantId = Annotated[str, typer.Argument(help="the grant's id, as listed")]


class GrantRow(Struct, frozen=True):
    """One grant, as listed. *state*: in force, to come, ended, or proposed."""

    principal: str
    grant: UUID
    role: str
    over: str
    state: str
    valid_from: datetime
    valid_until: datetime | None
    as_agent: bool
    deputy_of: str
    projects: tuple[UUID, ...]


@grants.command("list")
def list_grants(
    principal: Annotated[str, typer.Argument(help="only of this person or program")] = "", as_json: AsJson = False
) -> None:
    """Every grant, with proposals and those that ended, and what follows for deputies and merged departments."""

    async def work(approvals: Approvals, directory: LedgerDirectory) -> list[GrantRow]:
        at, rows, principals = approvals.clock(), [], await directory.all_principals()
        if principal and principal not in {person.principal for person in principals}:
            remedy = "`countersign users list` lists all of them"
            raise Refused("unknown-principal", f"no principal {principal} was registered", remedy=remedy)
        for person in principals:
            if principal and person.principal != principal:
                continue
            own = {(grant.id, grant.over) for grant in person.grants.values()}
            listed = [("", grant) for grant in person.grants.values()]
            listed += [("proposed", proposal.grant) for proposal in person.proposals.values()]
            following = await directory.grants_of(person.principal, at)
            listed += [("", grant) for grant in following if (grant.id, grant.over) not in own]
            rows += [
                GrantRow(
                    person.principal,
                    grant.id,
                    grant.role.value,
                    grant.over,
                    state or state_of(grant.valid_from, grant.valid_until, at),
                    grant.valid_from,
                    grant.valid_until,
                    grant.as_agent,
                    grant.deputy_of,
                    grant.projects,
                )
                for state, grant in listed
            ]
        return rows

    rows = with_ledger(work)
    print_result(rows, as_json, lambda: out.print(table_of(rows)))


def state_of(valid_from: datetime, valid_until: datetime | None, at: datetime) -> str:
    """Whether a period is to come, holds or has ended at the instant *at*."""
    if at < valid_from:
        return "to come"
    return "in force" if valid_until is None or at < valid_until else "ended"


def table_of(rows: list[GrantRow]) -> Table:
    """The grants for a person to read."""
    table = Table("principal", "role", "over", "state", "until", "remarks", "grant")
    for row in rows:
        remarks = ["agent"] * row.as_agent + [f"deputy of {row.deputy_of}"] * bool(row.deputy_of)
        remarks += [f"{len(row.projects)} projects"] * bool(row.projects)
        until = row.valid_until.isoformat() if row.valid_until else ""
        table.add_row(row.principal, row.role, row.over, row.state, until, ", ".join(remarks), str(row.grant))
    return table


@grants.command("give")
def give(
    principal: Id,
    role: TheRole,
    *,
    over: Over = "",
    projects: Projects = None,
    since: Since = "",
    until: Until = "",
    reasons: Reasons = "",
    by: As = "",
    as_json: AsJson = False,
) -> None:
    """Grant a role; without --as also those of supervisors, auditors and administrators, to appoint the first ones."""
    command = GiveGrant(
        principal=principal,
        role=granted_role(role),
        over=over,
        projects=tuple(map(identifier, projects or ())),
        valid_from=instant(since),
        valid_until=instant(until),
        reasons=reasons,
    )
    done = carried_out(command, by)
    print_result(done, as_json, lambda: pairs("granted", done))


@grants.command("propose")
def propose(
    principal: Id,
    role: TheRole,
    over: Over = "",
    until: Until = "",
    reasons: Reasons = "",
    by: As = "",
    as_json: AsJson = False,
) -> None:
    """Propose a role that a second administrator has to confirm."""
    command = ProposeGrant(
        principal=principal, role=granted_role(role), over=over, valid_until=instant(until), reasons=reasons
    )
    done = carried_out(command, by)
    print_result(done, as_json, lambda: pairs("proposed", done))


@grants.command("confirm")
def confirm(principal: Id, grant: GrantId, by: As = "", as_json: AsJson = False) -> None:
    """Put a proposed grant in force, as another administrator than the one who proposed it."""
    done = carried_out(ConfirmGrant(principal=principal, grant=identifier(grant)), by)
    print_result(done, as_json, lambda: pairs("confirmed", done))


@grants.command("withdraw")
def withdraw(principal: Id, grant: GrantId, reasons: Reasons = "", by: As = "", as_json: AsJson = False) -> None:
    """End a grant, or drop a proposal."""
    done = carried_out(WithdrawGrant(principal=principal, grant=identifier(grant), reasons=reasons), by)
    print_result(done, as_json, lambda: pairs("withdrawn", done))
