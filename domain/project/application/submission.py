"""申请 submission: an enterprise applies for one item, and the intake clock starts on the day of receipt."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec import Struct

from domain.catalogue.item import ServiceItem
from domain.core.context import Context, next_case_number
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.types import DECIDED_STAGES, FRESH_STAGES, Code, Line, Lines, Mode, Name, Outcome, Stage
from domain.law.calendar.moment import local_day
from domain.law.office import IntakeHours
from domain.law.packs.pack import Pack
from domain.law.packs.renewal import renews_by_silence
from domain.project.rules import law_for, require_papers_from, require_stage
from domain.project.state.project import Item, Licence, Project
from domain.reference_data import shelf_of

RENEWAL, SUBMITTED, SYSTEM = Mode.RENEWAL, Stage.SUBMITTED, Role.SYSTEM  # to find one takes Python 3.11 long


class LicenceToRenew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The licence to be renewed: identified by its last day, or by the *item* of this project that granted it."""

    item: Name = ""
    number: Line = ""
    valid_through: date | None = None


class SubmitItem(Command, frozen=True, tag="submit_item"):
    """Apply for one item, with its materials; also again, after it was declined, withdrawn or not granted.

    *undertaking*: on the applicant's undertaking that all conditions are met (告知承诺), if the item allows that.
    *renews*: the licence to be renewed before it expires (延续, Art. 50); no answer by its last day renews it.
    """

    item: Code
    materials: Lines = ()
    undertaking: bool = False
    renews: LicenceToRenew | None = None

    needs_shelf: ClassVar[bool] = True
    needs_case_counter: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_papers_from(context.by, "apply for an item")
        if not may_apply_again(item):
            require_stage(self.item, item, "be applied for", *FRESH_STAGES)
        if self.undertaking and not item.plan.by_undertaking:
            raise Refused(
                "undertaking-not-offered",
                f"{self.item} can't be applied for on an undertaking",
                article=context.law.article("post_check"),
                remedy="apply with all papers, without undertaking",
            )
        catalogue, promise = terms_in_force(item, context)
        law = law_for(item.plan, context)
        return (
            ItemSubmitted(
                item=self.item,
                law=law.name,
                materials=self.materials,
                catalogue=catalogue,
                promise_days=promise,
                undertaking=self.undertaking,
                hours=shelf_of(context).intake_hours(item.plan.catalogue, item.plan.department, context.at, law.zone),
                renews=licence_to_renew(project, self.item, self.renews, law, context),
                # What was applied for in another register has that register's number.
                case_number="" if context.by.role is SYSTEM else next_case_number(context),
            ),
        )


class ItemSubmitted(Fact, frozen=True, tag="item_submitted"):
    """The application was received. The rules and catalogue in force on that day continue to apply to it."""

    item: str
    law: str
    materials: tuple[str, ...] = ()
    catalogue: str = ""  # name and edition of the catalogue then in force, e.g. "beijing-zone@3"
    promise_days: int | None = None  # promised by that edition
    undertaking: bool = False
    renews: Licence | None = None  # 延续: the renewal guard's clock ends on its last day
    hours: IntakeHours | None = None  # 收件时间 published by the receiving office
    case_number: str = ""  # 办件编号; empty where another register gave one, and before format 1

    def apply(self, project: Project) -> None:
        item = project.begin_application(self.item)
        item.stage, item.undertaking = SUBMITTED, self.undertaking
        item.edition, item.promised, item.law = self.catalogue, self.promise_days, self.law
        item.renews, item.case_number = self.renews, self.case_number


def may_apply_again(item: Item) -> bool:
    """Whether the last application ended without a grant, so that a new one may follow."""
    return item.stage in DECIDED_STAGES and item.outcome is not Outcome.GRANTED


def licence_to_renew(
    project: Project, code: str, named: LicenceToRenew | None, law: Pack, context: Context
) -> Licence | None:
    """The licence that the application for item *code* is to renew; None if it asks for a new one.

    The last day of a licence granted in this project is the one on record. Refused if the law has no renewal, if the
    licence's last day is unknown, or if it has expired, as only a new one can then be applied for.
    """
    mode = project.item(code).mode
    if named is None:
        if mode == RENEWAL:
            raise _unnamed(code, law)
        return None
    if not renews_by_silence(law, mode):
        raise Refused(
            "no-renewal",
            f"{law.name} has no renewal of a licence for {code}",
            remedy="leave renews out to apply for a new licence",
        )
    granted = _granted_as(project, named, law) if named.item else None
    last = granted.valid_through if granted else named.valid_through
    if last is None:
        raise _unnamed(code, law)
    if last < local_day(context.at, law.zone) and context.by.role is not SYSTEM:
        raise Refused(
            "licence-over",
            f"the licence that {code} is to renew expired on {last}",
            article=law.article("renewal_filing"),
            remedy="leave renews out to apply for a new licence",
        )
    number = named.number or (granted.number if granted else "")
    return Licence(valid_through=last, number=number, item=named.item)


def _unnamed(code: str, law: Pack) -> Refused:
    return Refused(
        "licence-missing",
        f"the expiry date of the licence that {code} is to renew is unknown",
        article=law.article("renewal_filing"),
        remedy="give in renews its valid_through, or the item of this project that granted it",
        item=code,
    )


def _granted_as(project: Project, named: LicenceToRenew, law: Pack) -> Licence:
    item = project.item(named.item)
    granted = item.granted_as
    if granted is None or item.outcome is not Outcome.GRANTED:
        raise Refused(
            "licence-missing",
            f"{named.item} was not granted in this project with an expiry date",
            article=law.article("renewal_filing"),
            remedy="leave item out of renews and give the licence's number and valid_through",
            item=named.item,
        )
    if named.valid_through not in (None, granted.valid_through):
        raise Refused(
            "licence-contradicts",
            f"{named.item} is valid through {granted.valid_through}, not through {named.valid_through}",
            remedy="leave valid_through out, or correct the grant with retract_entry and complete_item",
            item=named.item,
        )
    return granted


def terms_in_force(item: Item, context: Context) -> tuple[str, int | None]:
    """The catalogue's edition in force, such as "beijing-zone@3", and the days it promises; empty outside a catalogue.

    Refused if the enterprise applies online although the item does not allow it. The promise applies only while the
    edition's law and mode are those the project planned.
    """
    plan, shelf = item.plan, shelf_of(context)
    edition = shelf.in_force(plan.catalogue, context.at, context.law.zone) if plan.catalogue else None
    service = edition.items.get(plan.service) if edition else None
    if edition is None or service is None:
        return "", None
    if context.by.role is Role.APPLICANT and not shelf.is_online(plan.catalogue, service):
        raise Refused(
            "not-online",
            f"{plan.item} can't be applied for online, by decision of {service.dept_code}",
            remedy=f"apply at the window{': ' if service.transact_addr else ''}{service.transact_addr}",
            item=plan.item,
        )
    return f"{plan.catalogue}@{edition.number}", _promise(item, service)


def _promise(item: Item, service: ServiceItem) -> int | None:
    plan, promise = item.plan, service.promise_day
    if promise is None or (service.mode, service.special) != (plan.mode, plan.special):
        return None
    return promise
