"""编目 listing: items are added to a catalogue's draft or removed, and departments decide on online application."""

from __future__ import annotations

from msgspec import structs

from domain.catalogue.item import ServiceItem, TaskCode
from domain.catalogue.state import KEEPERS, AnyState, Catalogue, stream_of
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.rules import limit_of, require_mode, require_promise_within, require_reasons, require_region
from domain.core.types import Code, Text

ITEMS_MAX = 20_000  # a whole province lists some thousand


class DefineServiceItem(Command, frozen=True, tag="define_service_item"):
    """Add an item to the draft, or change it. It takes effect with the next published edition."""

    catalogue: Code
    service: ServiceItem

    @property
    def law_named(self) -> str:
        """The law it is handled under, by which its limits are checked."""
        return self.service.law

    def decide(self, catalogue: Catalogue, context: Context) -> tuple[Fact, ...]:
        service = self.service
        require_catalogue(self.catalogue, catalogue)
        require_lister(service, context.by)
        known = catalogue.items.get(service.task_code)
        if known is None and len(catalogue.items) >= ITEMS_MAX:
            raise Refused(
                "catalogue-full", f"a catalogue has at most {ITEMS_MAX} items", remedy="add it to another catalogue"
            )
        if known is not None:
            require_lister(known, context.by)
        if known == service:
            raise Refused(
                "service-item-unchanged",
                f"the draft already lists {service.task_code} in this way",
                remedy="nothing needs to be done",
            )
        require_sound(service, context)
        return (ServiceItemDefined(catalogue=self.catalogue, service=service),)


class ServiceItemDefined(Fact, frozen=True, tag="service_item_defined"):
    """The item was added to the draft, or changed there."""

    catalogue: str
    service: ServiceItem

    def apply(self, catalogue: AnyState) -> None:
        catalogue.name, catalogue.changed = self.catalogue, True
        catalogue.items[self.service.task_code] = self.service


class WithdrawServiceItem(Command, frozen=True, tag="withdraw_service_item"):
    """Remove an item from the draft, with reasons. Earlier editions keep it."""

    catalogue: Code
    task_code: TaskCode
    reasons: Text

    def decide(self, catalogue: Catalogue, context: Context) -> tuple[Fact, ...]:
        require_catalogue(self.catalogue, catalogue)
        require_lister(catalogue.item(self.task_code), context.by)
        require_reasons(self.reasons, f"withdrawing {self.task_code}", "")
        return (ServiceItemWithdrawn(catalogue=self.catalogue, task_code=self.task_code, reasons=self.reasons),)


class ServiceItemWithdrawn(Fact, frozen=True, tag="service_item_withdrawn"):
    """The item was removed from the draft."""

    catalogue: str
    task_code: str
    reasons: str

    def apply(self, catalogue: AnyState) -> None:
        catalogue.items.pop(self.task_code, None)
        catalogue.changed = True


class DecideOnline(Command, frozen=True, tag="decide_online"):
    """Decide whether an item can be applied for online: for its own department, in effect at once."""

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
                f"only {service.dept_code} decides whether {self.task_code} can be applied for online",
                remedy=f"an officer of {service.dept_code} has to do this",
                department=service.dept_code,
            )
        if catalogue.is_online(service) == self.is_online:
            state = "can" if self.is_online else "can't"
            raise Refused(
                "service-item-unchanged",
                f"{self.task_code} already {state} be applied for online",
                remedy="nothing needs to be done",
            )
        if not self.is_online:
            require_reasons(self.reasons, f"taking {self.task_code} offline", "行政许可法 33")
        return (
            OnlineDecided(
                catalogue=self.catalogue, task_code=self.task_code, is_online=self.is_online, reasons=self.reasons
            ),
        )


class OnlineDecided(Fact, frozen=True, tag="online_decided"):
    """The item can, or can't, be applied for online from now on."""

    catalogue: str
    task_code: str
    is_online: bool
    reasons: str = ""

    def apply(self, catalogue: AnyState) -> None:
        catalogue.online[self.task_code] = self.is_online


def require_catalogue(name: str, catalogue: Catalogue) -> None:
    """Refuse a command that names another catalogue than the one it was sent to."""
    if stream_of(name) != catalogue.id:
        raise Refused(
            "wrong-catalogue",
            f"this is not the catalogue {name}",
            remedy="send the command to that catalogue's address",
        )


def require_lister(service: ServiceItem, by: Actor) -> None:
    """Refuse unless *by* maintains the catalogue, or is an officer of the item's department."""
    if by.role in KEEPERS or (by.role is Role.OFFICER and by.department == service.dept_code):
        return
    raise Refused(
        "wrong-department",
        f"{by.department or by.id} can't list {service.task_code}, an item of {service.dept_code}",
        remedy=f"an officer of {service.dept_code} has to do this",
        department=service.dept_code,
    )


def require_sound(service: ServiceItem, context: Context) -> None:
    """Refuse an inconsistent or unlawful item: a promise too long, unknown grounds, a fee without a basis."""
    code, law = service.task_code, context.law
    if service.special and service.special not in law.specials:
        raise Refused(
            "special-unknown",
            f"{law.name} has no special law {service.special} for {code}",
            remedy=f"its special laws: {', '.join(law.specials) or 'none'}",
        )
    require_region(code, service.calendar, law, context)
    law = law.under(service.special)
    require_mode(code, service.mode, law)
    _require_short_promise(service, context)
    for ground in service.special_procedure:
        if law.ground(ground) is None:
            raise Refused(
                "no-statutory-ground",
                f"the law does not suspend the clock of {code} on the ground {ground}",
                article=law.article("suspension"),
                remedy=f"choose one of: {', '.join(known.reason for known in law.grounds)}",
                ground=ground,
            )
    if service.is_fee and not service.fee_basis.strip():
        raise Refused(
            "fee-unfounded",
            f"{code} charges a fee without naming the law or regulation that provides for it",
            article="行政许可法 58",
            remedy="give fee_basis, or charge no fee",
        )
    if service.pre_phase and not service.is_licence:
        raise Refused(
            "not-a-licence",
            f"{code} is of the type {service.task_type}, so it can't belong to the pre-phase",
            remedy="set pre_phase to false, or task_type to licence",
        )


def _require_short_promise(service: ServiceItem, context: Context) -> None:
    """Refuse a promise longer than the item's own statutory term, or than the law's limit for its mode."""
    promise, code, own = service.promise_day, service.task_code, service.anticipate_day
    if promise is None:
        return
    if service.is_licence:
        law = context.law.under(service.special)
        limit = limit_of(law, "decision", service.mode)
        if own is not None and own <= limit.days:
            limit = structs.replace(limit, days=own, article="")
        require_promise_within(code, promise, law, limit)
    elif own is not None and promise > own:
        raise Refused(
            "promise-exceeds-statute",
            f"{code} promises {promise} days, but its statutory term is {own}",
            remedy=f"promise {own} days or fewer",
            item=code,
        )
