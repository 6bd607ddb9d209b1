"""Rules shared by use cases: who may act, at which stage, under which law; proofs of clocks; consultations."""

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
from domain.project.state.consultation import Consultation, is_forwarded, key_of, named, queue
from domain.project.state.project import Item, Project
from domain.project.state.signals import Signal
from domain.reference_data import shelf_of

HANDLERS = (Role.OFFICER, Role.SYSTEM)  # roles that act for a department
# roles that hand in papers
PAPER_ROLES = (Role.APPLICANT, Role.PROJECT_MANAGER, Role.OFFICER, Role.WINDOW_CLERK, Role.SYSTEM)

COUNTERSIGN = "countersign:"  # prefix of the clocks of consulted departments

# Facts from which no clock is read: they follow from clocks, or concern what followed.
SIGNALS = frozenset({"deadline_warned", "card_issued", "acceptance_deemed", "renewal_deemed", "consent_deemed"})

SUPERVISION = SIGNALS | {
    "card_rescinded",
    "card_appealed",
    "appeal_decided",
    "supervision_ordered",
    "supervision_answered",
}


def require_registered(project: Project) -> None:
    """Refuse if the project is not registered."""
    if not project.law:
        raise Refused(
            "not-registered", "this project is not registered", remedy="register it with register_project first"
        )


def require_handler(code: str, item: Item, by: Actor) -> None:
    """Refuse unless *by* acts for the item's department: its officer, or the manager if it is outside the system."""
    if by.department == item.department and by.role in HANDLERS:
        return
    if by.role is Role.PROJECT_MANAGER and not item.plan.live:
        return
    other = by.department if by.department != item.department else ""
    raise Refused(
        "wrong-department",
        f"{other or by.id} ({by.role}) can't act on {code}, an item of {item.department}",
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
            remedy=f"this is possible only while the item is {wanted}",
            stage=str(item.stage),
        )


def require_applicant_side(code: str, item: Item, by: Actor, what: str) -> None:
    """Refuse unless *by* acts for the enterprise: the applicant, the project manager, or the item's window."""
    if by.role in (Role.APPLICANT, Role.PROJECT_MANAGER, Role.SYSTEM):
        return
    if by.role is Role.OFFICER and by.department == item.department:
        return
    raise Refused(
        "wrong-role",
        f"{by.role.with_article} of {by.department or by.id} can't {what} {code}",
        remedy=f"this is for the applicant, the project manager or the window of {item.department}",
    )


def require_papers_from(by: Actor, what: str) -> None:
    """Refuse unless *by* may hand in papers: the enterprise's side, or any window (一窗受理: one window for all)."""
    require_role(by, what, *PAPER_ROLES)


def require_outside(code: str, item: Item, by: Actor, what: str) -> None:
    """Refuse unless *by* is a project manager recording for a department outside the system."""
    require_role(by, what, Role.PROJECT_MANAGER)
    if item.plan.live:
        raise Refused(
            "department-is-live",
            f"{item.department} works in this system, so no one else can {what} for {code}",
            remedy=f"an officer of {item.department} has to record it",
            department=item.department,
        )


def require_feed(code: str, item: Item, by: Actor) -> None:
    """Refuse unless *by* is the system of the item's department, and that department is outside this system."""
    require_role(by, "report a department's decision by feed", Role.INTEGRATOR, Role.SYSTEM)
    if item.plan.live:
        raise Refused(
            "department-is-live",
            f"{item.department} works in this system, so no feed can report for {code}",
            remedy=f"an officer of {item.department} has to record it",
            department=item.department,
        )
    if by.department != item.department:
        raise Refused(
            "wrong-department",
            f"{by.department or by.id} ({by.role}) can't report on {code}, an item of {item.department}",
            remedy=f"only the system of {item.department} can report on it",
            department=item.department,
        )


def require_decision(outcome: Outcome) -> None:
    """Refuse a revocation as a first decision."""
    if outcome is Outcome.REVOKED:
        raise Refused(
            "not-decided",
            "an item that was never granted can't be revoked",
            remedy="choose another outcome; a grant is revoked with revoke_decision",
        )


def require_to_come(day: date | None, what: str, context: Context) -> None:
    """Refuse a past *day* for *what* (such as "bringing the papers"), except in imported cases."""
    if day is not None and day < local_day(context.at, context.law.zone) and context.by.role is not Role.SYSTEM:
        raise Refused(
            "date-passed", f"{what} can't be due on {day}, which is over", remedy="give a later day, or leave it out"
        )


def law_for(plan: PlannedItem, context: Context) -> Pack:
    """The law in force as it applies to this item, with its special law and region, if any."""
    return applied(plan, context.law)


def law_at_acceptance(item: Item, context: Context) -> Pack:
    """The law that an acceptance now fixes for the application (rule B6.1).

    It is the one in force, unless that one leaves earlier applications under the law of their receipt.
    """
    return law_of(item, context) if context.law.transition == "received" else law_for(item.plan, context)


def law_of(item: Item, context: Context) -> Pack:
    """The law of a pending application: the version recorded with it, regardless of later ones."""
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
            remedy=f"its special laws: {', '.join(law.specials) or 'none'}",
            item=plan.item,
        )
    return law.under(plan.special).counted_in(plan.calendar)


def once(words: Iterable[str]) -> tuple[str, ...]:
    """The distinct non-blank *words*, in order."""
    return tuple(dict.fromkeys([word for word in words if word.strip()]))


def entry_count(project: Project, code: str) -> int:
    """The number of entries from which the item's clocks may be read, retracted ones included."""
    return sum(note.item == code and note.fact not in SUPERVISION for note in project.notes.values())


def next_signal(project: Project, code: str) -> str:
    """The unique id of the item's next warning, card or effect of silence, such as "land-use-3"."""
    issued = sum(note.item == code and note.fact in SIGNALS for note in project.notes.values())
    return f"{code}-{issued + 1}"


def require_current(project: Project, code: str, seen: int, by: Actor, what: str) -> None:
    """Refuse *what* unless sent by the system, based on all current entries of the item (B10.5)."""
    require_role(by, what, Role.SYSTEM)
    known = entry_count(project, code)
    if seen != known:
        raise Refused(
            "proof-stale",
            f"the clocks of {code} were read from {seen} entries, but there are {known} now",
            remedy="read the project's history and its clocks again",
            seen=known,
        )


def require_proof(project: Project, code: str, proof: ClockProof, context: Context, *rungs: Rung) -> Item:
    """Refuse unless *proof* shows one of *rungs* passed, is based on all current entries, and is new.

    Rule book B10.2, B10.5. Returns the item.
    """
    require_current(project, code, proof.seen, context.by, f"record what became of the clocks of {code}")
    over_at = midnight(next_day(proof.due_on), context.law.zone)
    if proof.rung not in rungs or (proof.rung is not Rung.WARNING and context.at < over_at):
        raise Refused(
            "not-over",
            f"{proof.clock} of {code} is not over at {context.at.isoformat()}: its last day is {proof.due_on}",
            article=proof.article,
            remedy=f"this is possible from {over_at.isoformat()} on",
        )
    for signal in project.signals.values():
        if signal.item == code and signal.key == proof.key and not signal.rescinded:
            raise Refused(
                "already-signalled",
                f"the {proof.rung} of {proof.clock} of {code} was already recorded",
                remedy="nothing needs to be done; only a rescinded one can be recorded again",
            )
    return project.item(code)


def responsible(item: Item, clock: str) -> str:
    """The department responsible for *clock*: the consulted one, or the one that handles the item at that stage."""
    if clock.startswith(COUNTERSIGN):
        name = clock.removeprefix(COUNTERSIGN)
        for consultation in item.consultations.values():
            if name == consultation.department or name.startswith(f"{consultation.department}/"):
                return consultation.department
        return name.partition("/")[0]
    if clock in ("decision", "delivery", "hearing_hold", "renewal_guard"):
        return item.upper or item.plan.department
    return item.department if clock == "commitment" else item.plan.department


def open_consultation(item: Item, clock: str) -> Consultation | None:
    """The consultation of *clock*; None once the department has been asked again."""
    return next((consultation for consultation in item.consultations.values() if consultation.clock == clock), None)


def require_after(project: Project, code: str, consultations: Iterable[Consultation], context: Context) -> None:
    """Refuse an act dated before one of the *consultations* it answers; imports, which report as they find, may."""
    if context.by.role is Role.SYSTEM:
        return
    for consultation in consultations:
        note = project.notes.get(consultation.request_version)
        if note is not None and context.at < note.occurred_at:
            raise Refused(
                "before-the-question",
                f"{consultation.department} was asked about {code} at {note.occurred_at.isoformat()}: after this act",
                remedy="give the time at which it happened, or leave occurred_at out",
                department=consultation.department,
            )


def require_request(project: Project, code: str, step: str, context: Context) -> Consultation:
    """The open request to the department of *context.by* at *step*; refused if there is none."""
    item, by = project.item(code), context.by
    department = by.department
    key = key_of(department, step)
    consultation = item.consultations.get(key)
    if key in queue(item.consultations):
        raise Refused(
            "not-its-turn",
            f"{department} can't answer on {code}{named(step)} yet: departments before it have not agreed",
            remedy="it is asked as soon as the departments before it have agreed",
        )
    if consultation is None or consultation.recalled or consultation.stale:
        raise Refused(
            "not-asked",
            f"{department or by.id} has no open countersignature request for {code}{named(step)}",
            remedy=f"{item.department} has to ask with ask_countersignature",
        )
    if is_forwarded(item.consultations, consultation):
        raise Refused(
            "already-forwarded",
            f"{department} has forwarded the request for {code}{named(step)} to {consultation.forwarded_to}",
            remedy=f"{consultation.forwarded_to} has to answer it",
        )
    if consultation.opinion is not None:
        raise Refused(
            "already-answered",
            f"{department} has already answered on {code}{named(step)}: {consultation.opinion}",
            remedy=f"{item.department} can ask again with ask_countersignature",
        )
    require_after(project, code, (consultation,), context)
    return consultation


def find_signal(project: Project, card: str) -> Signal:
    """The warning, card or effect of silence with this id; refused if there is none."""
    try:
        return project.signals[card]
    except KeyError:
        raise Refused(
            "unknown-card",
            f"the project has no card {card}",
            remedy=f"the project's cards: {', '.join(project.signals) or 'none'}",
        ) from None


def service_of(item: Item, context: Context) -> ServiceItem | None:
    """The catalogue's entry for *item*, in the edition in force at its application.

    Without a recorded edition, in the one in force now; None for items planned without a catalogue.
    """
    plan, shelf = item.plan, shelf_of(context)
    if not plan.catalogue:
        return None
    edition = shelf.edition(item.edition) or shelf.in_force(plan.catalogue, context.at, context.law.zone)
    return edition.items.get(plan.service) if edition else None
