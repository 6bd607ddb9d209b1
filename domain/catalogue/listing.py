"""编目 listing: items are put into a catalogue's draft or taken out, and departments decide what can be done online."""

from __future__ import annotations

from domain.catalogue.item import ServiceItem, TaskCode
from domain.catalogue.state import KEEPERS, AnyState, Catalogue, stream_of
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.rules import limit_of, require_mode, require_reasons, require_region
from domain.core.types import Code, Text

ITEMS_MAX = 20_000  # a whole province lists some thousand


class DefineServiceItem(Command, frozen=True, tag="define_service_item"):
    """Put an item into the draft, or change it there. It counts once the next edition is published."""

    catalogue: Code
    service: ServiceItem

    @property
    def law_named(self) -> str:
        """An item is judged by the law it is handled under."""
        return self.service.law

    def decide(self, catalogue: Catalogue, context: Context) -> tuple[Fact, ...]:
        service = self.service
        require_catalogue(self.catalogue, catalogue)
        require_lister(service, context.by)
        known = catalogue.items.get(service.task_code)
        if known is None and len(catalogue.items) >= ITEMS_MAX:
            raise Refused("catalogue-full", f"a catalogue has at most {ITEMS_MAX} items", remedy="open another one")
        if known is not None:
            require_lister(known, context.by)
        if known == service:
            raise Refused(
                "service-item-unchanged",
                f"{service.task_code} stands in the draft exactly so",
                remedy="there is nothing to do",
            )
        require_sound(service, context)
        return (ServiceItemDefined(catalogue=self.catalogue, service=service),)


class ServiceItemDefined(Fact, frozen=True, tag="service_item_defined"):
    """The item stands in the draft as told."""

    catalogue: str
    service: ServiceItem

    def apply(self, catalogue: AnyState) -> None:
        catalogue.name, catalogue.changed = self.catalogue, True
        catalogue.items[self.service.task_code] = self.service


class WithdrawServiceItem(Command, frozen=True, tag="withdraw_service_item"):
    """Take an item out of the draft, with reasons. Editions published before still have it."""

    catalogue: Code
    task_code: TaskCode
    reasons: Text

    def decide(self, catalogue: Catalogue, context: Context) -> tuple[Fact, ...]:
        require_catalogue(self.catalogue, catalogue)
        require_lister(catalogue.item(self.task_code), context.by)
        require_reasons(self.reasons, f"withdrawing {self.task_code}", "")
        return (ServiceItemWithdrawn(catalogue=self.catalogue, task_code=self.task_code, reasons=self.reasons),)


class ServiceItemWithdrawn(Fact, frozen=True, tag="service_item_withdrawn"):
    """The item is no longer in the draft."""

    catalogue: str
    task_code: str
    reasons: str

    def apply(self, catalogue: AnyState) -> None:
        catalogue.items.pop(self.task_code, None)
        catalogue.changed = True


class DecideOnline(Command, frozen=True, tag="decide_online"):
    """Decide whether an item can be applied for online: its own department does, and it counts at once."""

    catalogue: Code
    task_code: TaskCode
    is_online: bool
    reasons: Text = ""

    def decide(self, catalogue: Catalogue, context: Context) -> tuple[Fact, ...]:
        require_catalogue(self.catalogue, catalogue)
        service, by = catalogue.item(self.task_code), context.by
        if by.role not in (Role.OFFICER, Role.SYSTEM) or by.department != service.dept_code:
            raise Refused(
                "wrong-department",
                f"whether {self.task_code} can be applied for online is for {service.dept_code} to decide",
                remedy=f"an officer of {service.dept_code} has to do this",
                department=service.dept_code,
            )
        if catalogue.is_online(service) == self.is_online:
            state = "can" if self.is_online else "can't"
            raise Refused(
                "service-item-unchanged",
                f"{self.task_code} already {state} be applied for online",
                remedy="there is nothing to do",
            )
        if not self.is_online:
            require_reasons(self.reasons, f"taking {self.task_code} offline", "行政许可法 33")
        return (
            OnlineDecided(
                catalogue=self.catalogue, task_code=self.task_code, is_online=self.is_online, reasons=self.reasons
            ),
        )


class OnlineDecided(Fact, frozen=True, tag="online_decided"):
    """From now on the item can, or can't, be applied for online."""

    catalogue: str
    task_code: str
    is_online: bool
    reasons: str = ""

    def apply(self, catalogue: AnyState) -> None:
        catalogue.online[self.task_code] = self.is_online


def require_catalogue(name: str, catalogue: Catalogue) -> None:
    """Refuse a command that names another catalogue than it was sent to."""
    if stream_of(name) != catalogue.id:
        raise Refused("wrong-catalogue", f"this is not the catalogue {name}", remedy="send it to its own address")


def require_lister(service: ServiceItem, by: Actor) -> None:
    """Refuse unless *by* keeps the catalogue, or is an officer of the item's own department."""
    if by.role in KEEPERS or (by.role is Role.OFFICER and by.department == service.dept_code):
        return
    raise Refused(
        "wrong-department",
        f"{service.task_code} is listed by {service.dept_code} or by the zone, not by {by.department or by.id}",
        remedy=f"an officer of {service.dept_code} has to do this",
        department=service.dept_code,
    )


def require_sound(service: ServiceItem, context: Context) -> None:
    """Refuse what contradicts itself or the law: promises too long, unknown grounds, unfounded fees."""
    code, law = service.task_code, context.law
    if service.special and service.special not in law.specials:
        raise Refused(
            "special-unknown",
            f"{law.name} has no special law {service.special} for {code}",
            remedy=f"it has: {', '.join(law.specials) or 'none'}",
        )
    require_region(code, service.calendar, law, context)
    law = law.under(service.special)
    require_mode(code, service.mode, law)
    _require_short_promise(service, context)
    for ground in service.special_procedure:
        if law.ground(ground) is None:
            raise Refused(
                "no-statutory-ground",
                f"{ground} is no ground on which the law stops the clock of {code}",
                article=law.article("suspension"),
                remedy=f"the grounds are: {', '.join(known.reason for known in law.grounds)}",
                ground=ground,
            )
    if service.is_fee and not service.fee_basis.strip():
        raise Refused(
            "fee-unfounded",
            f"{code} charges a fee and names no law or regulation that provides for it",
            article="行政许可法 58",
            remedy="name the basis of the fee, or charge none",
        )
    if service.pre_phase and not service.is_licence:
        raise Refused(
            "not-a-licence",
            f"{code} is listed as {service.task_type}, so it is no licence of the pre-phase",
            remedy="mark as pre-phase what is a licence",
        )


def _require_short_promise(service: ServiceItem, context: Context) -> None:
    """Refuse a promise above the item's own statutory term, or above what the law allows a licence of its mode."""
    promise, code = service.promise_day, service.task_code
    if promise is None:
        return
    article, most = "", service.anticipate_day
    if service.is_licence:
        limit = limit_of(context.law.under(service.special), "decision", service.mode)
        if most is None or limit.days < most:
            article, most = limit.article, limit.days
    if most is not None and promise > most:
        raise Refused(
            "promise-exceeds-statute",
            f"{code} promises {promise} days where its term is {most}",
            article=article,
            remedy="a promise may only be shorter than the statute",
            item=code,
        )
