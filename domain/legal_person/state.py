"""State of a legal person: its code, dated particulars, linked older codes, and the entry it was merged into."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Meta, Struct, field, structs

from domain.core.context import Context
from domain.core.ledger import Refused, Role
from domain.core.personal import CONTACT, personal
from domain.core.rules import require_role
from domain.core.types import Line, Name

NAMESPACE = UUID("2f6f6c5e-8a53-4f0e-9f0a-51c6c0c4b1d3")  # permanent: a person's entries are found by its code
KEEPERS = (Role.PROJECT_MANAGER, Role.OFFICER, Role.SYSTEM)  # roles that maintain the legal-person base

Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$")]  # text, so that no cent is lost


class PersonKind(StrEnum):
    """The kind of person, roughly by the registering authorities of GB 32100-2015."""

    COMPANY = "company"  # 企业
    SOLE_TRADER = "sole_trader"  # 个体工商户
    COOPERATIVE = "cooperative"  # 农民专业合作社
    INSTITUTION = "institution"  # 事业单位
    AUTHORITY = "authority"  # 机关
    ASSOCIATION = "association"  # 社会组织
    OTHER = "other"


class PersonStanding(StrEnum):
    """Its status in the register it comes from."""

    ACTIVE = "active"  # 存续
    SUSPENDED = "suspended"  # 停业
    REVOKED = "revoked"  # 吊销
    CANCELLED = "cancelled"  # 注销
    MOVED_OUT = "moved_out"  # 迁出


class Capital(Struct, frozen=True, forbid_unknown_fields=True):
    """Registered capital (注册资本), in whole units of the currency."""

    amount: Amount
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "CNY"


class Contact(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to call (经办人)."""

    name: Annotated[Line, personal(CONTACT)]
    phone: Annotated[Name, personal(CONTACT)] = ""


class Particulars(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Particulars of a person; null: not given. Stored in facts: limits may be widened, never narrowed."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    kind: PersonKind | None = None
    representative: Line | None = None  # 法定代表人
    address: Line | None = None
    capital: Capital | None = None
    founded_on: date | None = None
    status: PersonStanding | None = None
    contact: Contact | None = None

    def filled(self) -> dict[str, Any]:
        """The fields that are not null."""
        return {name: value for name, value in structs.asdict(self).items() if value is not None}


class PersonChange(Struct, frozen=True):
    """Particulars in effect since a day; *since* is null for those of the registration."""

    since: date | None
    version: int
    particulars: Particulars


class LegalPerson(Struct):
    """One legal person, identified by its eighteen-character code."""

    id: UUID
    version: int = 0
    code: str = ""
    changes: list[PersonChange] = field(default_factory=list)
    legacy: dict[str, str] = field(default_factory=dict)  # linked organisation codes, and the source of each
    merged_into: str = ""
    erasures: dict[str, int] = field(default_factory=dict)  # how often each person's data was erased

    law: ClassVar[str] = ""  # none of its own: its commands are recorded under the installation's law

    def on(self, day: date) -> Particulars:
        """The particulars in effect on *day*, as known now."""
        return merged(change.particulars for change in self._in_order() if (change.since or date.min) <= day)

    @property
    def now(self) -> Particulars:
        """The particulars since the last change."""
        return self.on(date.max)

    def timeline(self) -> list[tuple[date | None, date | None, Particulars]]:
        """Periods (first day, day after the last, particulars), oldest first; null where unbounded."""
        days = sorted({change.since or date.min for change in self.changes})
        ends = [*days[1:], None]
        return [(None if day == date.min else day, end, self.on(day)) for day, end in zip(days, ends, strict=True)]

    @property
    def names(self) -> list[str]:
        """Every name it ever had, the current one last."""
        names = [change.particulars.name for change in self._in_order() if change.particulars.name]
        return list(dict.fromkeys(reversed(names)))[::-1]

    def _in_order(self) -> list[PersonChange]:
        """The changes in order of effect; of two on one day the last recorded one comes last, and counts."""
        return sorted(self.changes, key=lambda change: (change.since or date.min, change.version))


AnyPerson: TypeAlias = LegalPerson | Any  # facts of all aggregates lie in one union; only this fold applies these


def merged(parts: Iterable[Particulars]) -> Particulars:
    """*parts* merged field by field; the last value given counts."""
    members: dict[str, Any] = {}
    for part in parts:
        members |= {name: getattr(part, name) for name in part.filled()}
    return Particulars(**members)


def stream_of(code: str) -> UUID:
    """The stream id of the legal person with the eighteen-character *code*."""
    return uuid5(NAMESPACE, code)


def require_keeper(code: str, person: LegalPerson, context: Context, what: str) -> None:
    """Refuse *what* unless *person* has that *code* and the actor's role maintains the base."""
    require_role(context.by, what, *KEEPERS)
    if stream_of(code) != person.id:
        raise Refused(
            "wrong-person",
            f"this is not the legal person {code}",
            remedy="send the command to that legal person's address",
        )


def require_open(code: str, person: LegalPerson, context: Context, what: str) -> None:
    """As require_keeper; refuse *what* also for a person that is not registered or was merged into another."""
    require_keeper(code, person, context, what)
    if not person.code:
        raise Refused(
            "unknown-person", f"no legal person {code} is registered", remedy="register it with register_legal_person"
        )
    if person.merged_into:
        raise Refused(
            "person-merged",
            f"{code} was merged into {person.merged_into}",
            remedy=f"send the command to {person.merged_into}, or separate them first",
            into=person.merged_into,
        )
