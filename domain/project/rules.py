"""The rules several use cases share: who may act, at which stage, by which law, and that reasons are given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.catalogue.item import ServiceItem
from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.core.plan import PlannedItem
from domain.core.rules import require_role
from domain.core.types import Outcome, Stage
from domain.law.calendar.moment import local_day, midnight, next_day
from domain.law.packs.pack import Pack, PackName
from domain.law.proof import ClockProof, Rung
from domain.project.state.consultation import Consultation, handed_on, key_of, named, queue
from domain.project.state.project import Item, Project
from domain.project.state.signals import Signal
from domain.reference_data import shelf_of

HANDLERS = (Role.OFFICER, Role.SYSTEM)  # who may act for a department

COUNTERSIGN = "countersign:"  # what the names of the consulted departments' clocks begin with

# What a clock can't be read from: it follows from clocks, or speaks of what followed.
SIGNALS = frozenset({"deadline_warned", "card_issued", "acceptance_deemed", "renewal_deemed", "consent_deemed"})

SUPERVISION = SIGNALS | {
    "card_rescinded",
    "card_appealed",
    "appeal_decided",
    "supervision_ordered",
    "supervision_answered",
}


def require_registered(project: Project) -> None:
    """Refuse where the project was never registered."""
    if not project.law:
        raise Refused(
            "not-registered", "this project is not registered", remedy="register_project comes before anything else"
        )


def require_handler(code: str, item: Item, by: Actor) -> None:
    """Refuse unless *by* may act for the item's department: its officer, or the manager keying in for one outside."""
    if by.department == item.department and by.role in HANDLERS:
        return
    if by.role is Role.PROJECT_MANAGER and not item.plan.live:
        return
    other = by.department if by.department != item.department else ""
    raise Refused(
        "wrong-department",
        f"{code} belongs to the officers of {item.department}, not to {other or by.id} ({by.role})",
        remedy=f"an officer of {item.department} has to do this",
        department=item.department,
    )


def require_stage(code: str, item: Item, what: str, *stages: Stage) -> None:
    """Refuse *what* (a phrase such as 'be accepted') unless the item is at one of *stages*."""
    if item.stage not in stages:
        wanted = " or ".join(stages)
        raise Refused(
            "wrong-stage",
            f"{code} is {item.stage}, so it can't {what}",
            remedy=f"this passes while the item is {wanted}",
            stage=str(item.stage),
        )


def require_applicant_side(code: str, item: Item, by: Actor, what: str) -> None:
    """Refuse unless *by* speaks for the enterprise: itself, its project manager, or the item's own window."""
    if by.role in (Role.APPLICANT, Role.PROJECT_MANAGER, Role.SYSTEM):
        return
    if by.role is Role.OFFICER and by.department == item.department:
        return
    raise Refused(
        "wrong-role",
        f"{by.role.spoken} of {by.department or by.id} can't {what} {code}",
        remedy=f"this is for the applicant, the project manager or the window of {item.department}",
    )


def require_papers_from(by: Actor, what: str) -> None:
    """Refuse unless *by* may hand papers in: the enterprise's side, or any window (一窗受理: one window for all)."""
    require_role(by, what, Role.APPLICANT, Role.PROJECT_MANAGER, Role.OFFICER, Role.WINDOW_CLERK, Role.SYSTEM)


def require_outside(code: str, item: Item, by: Actor, what: str) -> None:
    """Refuse unless the project manager keys in for a department that works outside the system."""
    require_role(by, what, Role.PROJECT_MANAGER)
    if item.plan.live:
        raise Refused(
            "department-is-live",
            f"{item.department} works in the system, so nobody else can {what} for {code}",
            remedy=f"an officer of {item.department} records it",
            department=item.department,
        )


def require_feed(code: str, item: Item, by: Actor) -> None:
    """Refuse unless *by* is the own system of the item's department, which works outside this one."""
    require_role(by, "report by machine what a department decided", Role.INTEGRATOR, Role.SYSTEM)
    if item.plan.live:
        raise Refused(
            "department-is-live",
            f"{item.department} works in the system, so no feed can report for {code}",
            remedy=f"an officer of {item.department} records it",
            department=item.department,
        )
    if by.department != item.department:
        raise Refused(
            "wrong-department",
            f"{code} belongs to {item.department}, not to {by.department or by.id} ({by.role})",
            remedy=f"only the own system of {item.department} reports on it",
            department=item.department,
        )


def require_decision(outcome: Outcome) -> None:
    """Refuse an outcome that no first decision has."""
    if outcome is Outcome.REVOKED:
        raise Refused(
            "not-decided", "what was never granted can't be revoked", remedy="revoke_decision takes a grant back"
        )


def require_to_come(day: date | None, what: str, context: Context) -> None:
    """Refuse *what* (such as "bringing the papers") by a *day* that was over then; imported cases may say so."""
    if day is not None and day < local_day(context.at, context.law.zone) and context.by.role is not Role.SYSTEM:
        raise Refused(
            "date-passed", f"{day} is over: {what} can't be set for it", remedy="give a later day, or leave it out"
        )


def law_for(plan: PlannedItem, context: Context) -> Pack:
    """The law in force as it applies to this item: with its special law and its region, where it has them."""
    return applied(plan, context.law)


def law_at_acceptance(item: Item, context: Context) -> Pack:
    """The law that an acceptance now puts the application under, and that stays with it (rule B6.1).

    It is the one in force, unless that leaves what was received before it under the law of the receipt.
    """
    return law_of(item, context) if context.law.transition == "received" else law_for(item.plan, context)


def law_of(item: Item, context: Context) -> Pack:
    """The law of an application under way: the version recorded with it, whatever has come into force since."""
    version = PackName.of(item.law).version
    law = next((pack for pack in context.versions if pack.name == version), context.law)
    return applied(item.plan, law)


def applied(plan: PlannedItem, law: Pack) -> Pack:
    """*law* with the special law and the region of one item."""
    if not plan.special:
        return law.counted_in(plan.calendar)
    if plan.special not in law.specials:
        raise Refused(
            "special-unknown",
            f"{law.name} has no special law {plan.special} for {plan.item}",
            remedy=f"it has: {', '.join(law.specials) or 'none'}",
            item=plan.item,
        )
    return law.under(plan.special).counted_in(plan.calendar)


def once(words: Iterable[str]) -> tuple[str, ...]:
    """*words* without repetitions and blanks, in their order."""
    return tuple(dict.fromkeys([word for word in words if word.strip()]))


def heard(project: Project, code: str) -> int:
    """How many entries about the item there are from which its clocks may be read, retracted ones included."""
    return sum(note.item == code and note.fact not in SUPERVISION for note in project.notes.values())


def next_signal(project: Project, code: str) -> str:
    """The id of the item's next warning, card or effect of silence, e.g. "land-use-3"; none is used twice."""
    told = sum(note.item == code and note.fact in SIGNALS for note in project.notes.values())
    return f"{code}-{told + 1}"


def require_current(project: Project, code: str, seen: int, by: Actor, what: str) -> None:
    """Refuse *what* unless the system asks for it, from all that is known of the item by now (B10.5)."""
    require_role(by, what, Role.SYSTEM)
    known = heard(project, code)
    if seen != known:
        raise Refused(
            "proof-stale",
            f"the clocks of {code} were read from {seen} entries, and there are {known} now",
            remedy="read the project's history again, and its clocks from that",
            seen=known,
        )


def require_proof(project: Project, code: str, proof: ClockProof, context: Context, *rungs: Rung) -> Item:
    """Refuse unless *proof* is of one of *rungs*, passed by now, from all that is known, and told for the first time.

    Rule book B10.2, B10.5. The item it is about.
    """
    require_current(project, code, proof.seen, context.by, f"say what became of the clocks of {code}")
    over_at = midnight(next_day(proof.due_on), context.law.zone)
    if proof.rung not in rungs or (proof.rung is not Rung.WARNING and context.at < over_at):
        raise Refused(
            "not-over",
            f"{proof.clock} of {code} is not over at {context.at.isoformat()}: its last day is {proof.due_on}",
            article=proof.article,
            remedy=f"this passes from {over_at.isoformat()} on",
        )
    for signal in project.signals.values():
        if signal.item == code and signal.key == proof.key and not signal.rescinded:
            raise Refused(
                "already-signalled",
                f"the {proof.rung} of {proof.clock} of {code} was told before",
                remedy="each is told once; only one that was rescinded may come again",
            )
    return project.item(code)


def responsible(item: Item, clock: str) -> str:
    """The department whose clock it is: the consulted one, or whoever decides at that stage."""
    if clock.startswith(COUNTERSIGN):
        name = clock.removeprefix(COUNTERSIGN)
        for asked in item.consultations.values():
            if name == asked.department or name.startswith(f"{asked.department}/"):
                return asked.department
        return name.partition("/")[0]
    if clock in ("decision", "delivery", "hearing_hold", "renewal_guard"):
        return item.upper or item.plan.department
    return item.department if clock == "commitment" else item.plan.department


def consulted(item: Item, clock: str) -> Consultation | None:
    """The question that *clock* counts, as long as nobody was asked anew."""
    return next((asked for asked in item.consultations.values() if asked.clock == clock), None)


def require_after(project: Project, code: str, asked: Iterable[Consultation], context: Context) -> None:
    """Refuse what happened before one of the questions it is about was *asked*; imported cases may be told so."""
    if context.by.role is Role.SYSTEM:
        return
    for one in asked:
        note = project.notes.get(one.asked_in)
        if note is not None and context.at < note.occurred_at:
            raise Refused(
                "before-the-question",
                f"{one.department} was asked about {code} at {note.occurred_at.isoformat()}, which is after this",
                remedy="give the time at which it happened, or leave occurred_at out",
                department=one.department,
            )


def require_asked(project: Project, code: str, step: str, context: Context) -> Consultation:
    """The question that the department of *context.by* has to answer at *step*; refused where there is none."""
    item, by = project.item(code), context.by
    department = by.department
    key = key_of(department, step)
    asked = item.consultations.get(key)
    if key in queue(item.consultations):
        raise Refused(
            "not-its-turn",
            f"{department} stands in line to be asked about {code}{named(step)}: it is not its turn yet",
            remedy="it is asked as soon as the departments before it have agreed",
        )
    if asked is None or asked.recalled or asked.stale:
        raise Refused(
            "not-asked",
            f"{department or by.id} was not asked about {code}{named(step)}, or is asked no longer",
            remedy=f"{item.department} asks with ask_countersignature",
        )
    if handed_on(item.consultations, asked):
        raise Refused(
            "already-forwarded",
            f"{department} has forwarded the question about {code}{named(step)} to {asked.forwarded_to}",
            remedy=f"{asked.forwarded_to} answers",
        )
    if asked.opinion is not None:
        raise Refused(
            "already-answered",
            f"{department} has already answered {code}{named(step)}: {asked.opinion}",
            remedy=f"{item.department} may ask again",
        )
    require_after(project, code, (asked,), context)
    return asked


def find_signal(project: Project, card: str) -> Signal:
    """The warning, card or effect of silence with this id; refused where there is none."""
    try:
        return project.signals[card]
    except KeyError:
        raise Refused(
            "unknown-card",
            f"the project has no card {card}",
            remedy=f"it has: {', '.join(project.signals) or 'none'}",
        ) from None


def service_of(item: Item, context: Context) -> ServiceItem | None:
    """What the catalogue says of *item*: in the edition it was applied for under, which stays with the case.

    In the one in force where none is on record; None for items that were planned without a catalogue.
    """
    plan, shelf = item.plan, shelf_of(context)
    if not plan.catalogue:
        return None
    edition = shelf.edition(item.edition) or shelf.in_force(plan.catalogue, context.at, context.law.zone)
    return edition.items.get(plan.service) if edition else None
