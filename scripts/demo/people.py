"""The people that the sign-in page of a demonstration offers: the zone's own, and those of its first enterprises.

The simulation registers them with their grants, as facts; here is only that one may sign in as them.
"""

from __future__ import annotations

from domain.access.principal import PrincipalKind
from infrastructure.access.registrar import enter
from infrastructure.catalogue.rows import read_rows
from infrastructure.identity.accounts import Accounts, DemoPerson
from infrastructure.ledger.approvals import Approvals
from scripts.catalogues.zone import FOLDER
from scripts.simulation.chance import Chance
from scripts.simulation.people import enterprise
from scripts.simulation.principals import APPLICANTS, applicants, zone_principals
from scripts.simulation.zone_people import zone_people


async def offer_demo_people(approvals: Approvals, seed: int) -> None:
    """Let the sign-in page offer the people of the zone that is simulated by *seed*."""
    await Accounts(approvals.store).add_demo_people(demo_people(seed))


async def offer_sandbox_people(approvals: Approvals) -> None:
    """Register all who work in the zone, with their roles, and let the sign-in page offer each of the people."""
    principals, departments = zone_principals(), department_names()
    for new in principals:
        await enter(approvals, new)
    people = [
        DemoPerson(new.principal, new.name, new.role, over, departments.get(over, over))
        for new in principals
        if new.kind is PrincipalKind.PERSON
        for over in new.overs
    ]
    await Accounts(approvals.store).add_demo_people(people)


def department_names() -> dict[str, str]:
    """The names of the shipped zone's departments, by their codes."""
    rows = [row for _, row in read_rows(FOLDER / "catalogue.csv")]
    return {str(row["dept_code"]): str(row["dept_name"]) for row in rows}


def demo_people(seed: int) -> list[DemoPerson]:
    """The people to try: two managers, two applicants, one person in every other role and department."""
    departments = department_names()
    chance = Chance(seed, "enterprises")
    enterprises = [enterprise(chance) for _ in APPLICANTS]
    people = [
        DemoPerson(person.name, person.name, person.role, person.over, person.over_name)
        for person in zone_people(departments)
    ]
    applying = [
        DemoPerson(new.principal, new.name, new.role, person.code, person.name)
        for new, person in zip(applicants(enterprises, seed), enterprises, strict=True)
    ]
    return [*people[:2], *applying, *people[2:]]
