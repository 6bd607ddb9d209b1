"""What is remembered of a legal person: its code, what is known of it since when, older codes, and who it really is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Meta, Struct, field, structs

from domain.core.context import Context
from domain.core.ledger import Refused, Role
from domain.core.rules import require_role
from domain.core.types import Line, Name
from domain.legal_person.codes import organisation_code

NAMESPACE = UUID("2f6f6c5e-8a53-4f0e-9f0a-51c6c0c4b1d3")  # permanent: a person's entries are found by its code
KEEPERS = (Role.PROJECT_MANAGER, Role.OFFICER, Role.SYSTEM)  # who keeps the legal-person base

Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$")]  # text, so that no cent is lost


class PersonKind(StrEnum):
    """What kind of person it is, roughly as GB 32100-2015 tells registering authorities apart."""

    COMPANY = "company"  # 企业
    SOLE_TRADER = "sole_trader"  # 个体工商户
    COOPERATIVE = "cooperative"  # 农民专业合作社
    INSTITUTION = "institution"  # 事业单位
    AUTHORITY = "authority"  # 机关
    ASSOCIATION = "association"  # 社会组织
    OTHER = "other"


class PersonStanding(StrEnum):
    """How it stands in the register it comes from."""

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

    name: Line
    phone: Name = ""


class Particulars(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is known of a person; null is not said. Facts hold it: its limits may be widened, never narrowed."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    kind: PersonKind | None = None
    representative: Line | None = None  # 法定代表人
    address: Line | None = None
    capital: Capital | None = None
    founded_on: date | None = None
    status: PersonStanding | None = None
    contact: Contact | None = None

    def said(self) -> dict[str, Any]:
        """The fields that are not null."""
        return {name: value for name, value in structs.asdict(self).items() if value is not None}


class PersonChange(Struct, frozen=True):
    """What holds since a day: *since* is null for what was known first."""

    since: date | None
    version: int
    particulars: Particulars


class LegalPerson(Struct):
    """One legal person, found by its eighteen-character code."""

    id: UUID
    version: int = 0
    code: str = ""
    changes: list[PersonChange] = field(default_factory=list)
    legacy: dict[str, str] = field(default_factory=dict)  # linked organisation codes, and the source of each
    merged_into: str = ""

    law: ClassVar[str] = ""  # none of its own: what is said to it is recorded under the installation's

    def on(self, day: date) -> Particulars:
        """What held on *day*, as known now."""
        return merged(change.particulars for change in self._in_order() if (change.since or date.min) <= day)

    @property
    def now(self) -> Particulars:
        """What holds since the last change."""
        return self.on(date.max)

    def timeline(self) -> list[tuple[date | None, date | None, Particulars]]:
        """What held from which day on, up to the day before which: null where there is no bound. Oldest first."""
        days = sorted({change.since or date.min for change in self.changes})
        ends = [*days[1:], None]
        return [(None if day == date.min else day, end, self.on(day)) for day, end in zip(days, ends, strict=True)]

    @property
    def names(self) -> list[str]:
        """Every name it ever had, the one it has now last."""
        names = [change.particulars.name for change in self._in_order() if change.particulars.name]
        return list(dict.fromkeys(reversed(names)))[::-1]

    @property
    def legacy_codes(self) -> list[str]:
        """The organisation codes it is found by: the one its own code holds, then those linked."""
        return list(dict.fromkeys([organisation_code(self.code), *self.legacy])) if self.code else []

    def _in_order(self) -> list[PersonChange]:
        """The changes as they took effect; of two on one day the one told last counts."""
        return sorted(self.changes, key=lambda change: (change.since or date.min, change.version))


AnyPerson: TypeAlias = LegalPerson | Any  # facts of all aggregates lie in one union; only this fold applies these


def merged(parts: Iterable[Particulars]) -> Particulars:
    """*parts* laid over each other: the last word on each field counts."""
    said: dict[str, Any] = {}
    for part in parts:
        said |= {name: getattr(part, name) for name in part.said()}
    return Particulars(**said)


def stream_of(code: str) -> UUID:
    """Where the entries of the legal person with the eighteen-character *code* stand in the ledger."""
    return uuid5(NAMESPACE, code)


def require_keeper(code: str, person: LegalPerson, context: Context, what: str) -> None:
    """Refuse *what* unless it is said to the person of that *code*, by somebody who keeps the base."""
    require_role(context.by, what, *KEEPERS)
    if stream_of(code) != person.id:
        raise Refused("wrong-person", f"this is not the legal person {code}", remedy="send it to its own address")


def require_open(code: str, person: LegalPerson, context: Context, what: str) -> None:
    """As require_keeper; refuse *what* also for a person that was not registered or was merged into another."""
    require_keeper(code, person, context, what)
    if not person.code:
        raise Refused(
            "unknown-person", f"no legal person {code} was registered", remedy="register_legal_person comes first"
        )
    if person.merged_into:
        raise Refused(
            "person-merged",
            f"{code} was merged into {person.merged_into}",
            remedy=f"say it to {person.merged_into}, or separate them first",
            into=person.merged_into,
        )
