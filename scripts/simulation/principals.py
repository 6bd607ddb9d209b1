"""The people of a simulated zone as principals: who is registered with which grant before its first project begins.

They are those who act in the simulation, so that the table of access gives each of them the cases they worked on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.access.principal import Caller, PrincipalKind
from domain.access.table import EVERY_COMMAND
from domain.core.ledger import Actor, Role
from infrastructure.access.registrar import NewPrincipal
from scripts.simulation.chance import Chance
from scripts.simulation.people import EXCHANGE, Person, human
from scripts.simulation.zone_people import MANAGERS_OF_THE_ZONE, OF_THE_WHOLE_ZONE, OFFICE, OFFICERS_OF

APPLICANTS = ("陈静怡", "卢思源")  # of the first enterprises of a simulated zone; the others are drawn


def zone_principals() -> list[NewPrincipal]:
    """Managers, officers and those of the whole zone; the exchange that reports for departments outside the system."""
    managers = [NewPrincipal(name, name, Role.PROJECT_MANAGER, (OFFICE,)) for name in MANAGERS_OF_THE_ZONE]
    whole = [NewPrincipal(person.name, person.name, person.role, (person.over,)) for person in OF_THE_WHOLE_ZONE]
    officers = [
        NewPrincipal(name, name, Role.OFFICER, (department,))
        for department, names in OFFICERS_OF.items()
        for name in names
    ]
    exchange = NewPrincipal(EXCHANGE, EXCHANGE, Role.INTEGRATOR, tuple(OFFICERS_OF), PrincipalKind.PROGRAM)
    return [*managers, *whole, *officers, exchange]


def applicants(enterprises: Iterable[Person], seed: int) -> Sequence[NewPrincipal]:
    """Who applies for each of *enterprises*, in their order."""
    return [
        NewPrincipal(person.actor.id, applicant_name(nth, person, seed), Role.APPLICANT, (person.code,))
        for nth, person in enumerate(enterprises)
    ]


def applicant_name(nth: int, person: Person, seed: int) -> str:
    """What the applicant of the *nth* enterprise is called."""
    return APPLICANTS[nth] if nth < len(APPLICANTS) else human(Chance(seed, f"applicant {person.code}"))


def caller_of(actor: Actor) -> Caller:
    """*actor* as the table of access judges it: a person, or the exchange, whose key is for every command."""
    is_exchange = actor.id == EXCHANGE
    kind = PrincipalKind.PROGRAM if is_exchange else PrincipalKind.PERSON
    scopes = (EVERY_COMMAND,) if is_exchange else None
    return Caller(actor.id, actor.id, kind, actor.role, actor.department, scopes=scopes)
