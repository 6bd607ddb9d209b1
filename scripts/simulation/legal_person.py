"""Simulates the legal-person base: enterprises are registered, some twice, are changed, and have legacy codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from msgspec import structs

from domain.legal_person.codes import legacy_check
from domain.legal_person.identity import LinkLegacyCode, MergeLegalPerson
from domain.legal_person.messages import PersonCommand
from domain.legal_person.registration import ChangeLegalPerson, RegisterLegalPerson
from domain.legal_person.state import Particulars, PersonKind
from scripts.simulation.chance import Chance
from scripts.simulation.office_time import OfficeTime
from scripts.simulation.people import Person, enterprise, human

REGISTER = "市场主体登记"
STREETS = ("荣华中路", "科创十四街", "经海四路", "永昌北路", "凉水河二街", "文化园东路")

TimedCommand = tuple[datetime, PersonCommand]


def double_of(person: Person, seed: int) -> Person | None:
    """A duplicate registration of *person* under another code; None for most."""
    chance = Chance(seed, f"double {person.code}")
    return structs.replace(enterprise(chance), name=person.name) if chance.happens(0.1) else None


def person_life(
    person: Person, seed: int, entered: datetime, time: OfficeTime, day: Callable[[int], date], days: int
) -> Iterator[TimedCommand]:
    """The commands about *person* and its duplicate from when it *entered* the base, in order for each entry.

    *day* gives the working day of a number from 0 to *days* - 1.
    """
    chance, double = Chance(seed, f"person {person.code}"), double_of(person, seed)
    yield entered, _entry(person, human(chance), _address(chance))
    if double is not None:
        yield entered, _entry(double, human(chance), _address(chance))
    if chance.happens(0.15):
        body = chance.digits(8)
        yield entered, LinkLegacyCode(code=person.code, legacy=body + legacy_check(body), source="组织机构代码换证通知")
    for nth in sorted({chance.between(1, days - 1) for _ in range(chance.between(0, 2))} if days > 1 else ()):
        yield time.on(day(nth)), _change(person, chance, day(nth))
    if double is not None and days > 1:
        merged_at = time.on(day(chance.between(1, days - 1)))
        yield merged_at, MergeLegalPerson(code=double.code, into=person.code, reasons="同一企业重复入库")


def _entry(person: Person, representative: str, address: str) -> RegisterLegalPerson:
    particulars = Particulars(name=person.name, kind=PersonKind.COMPANY, representative=representative, address=address)
    return RegisterLegalPerson(code=person.code, particulars=particulars, source=REGISTER)


def _change(person: Person, chance: Chance, day: date) -> ChangeLegalPerson:
    """A new representative, address, or name."""
    new = chance.choice(
        (
            Particulars(representative=human(chance)),
            Particulars(address=_address(chance)),
            Particulars(name=f"北京{person.name}"),
        )
    )
    return ChangeLegalPerson(code=person.code, particulars=new, effective_on=day, source="变更登记通知书")


def _address(chance: Chance) -> str:
    return f"北京经济技术开发区{chance.choice(STREETS)}{chance.between(1, 99)}号"
