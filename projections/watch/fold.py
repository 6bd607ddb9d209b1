"""What the deadline watcher has to tell of one project: rungs that clocks passed untold, and cards without ground.

Each rung of each clock is told once. Its id is made of the project, item, application, clock with its length, rung,
and the entry that rescinded it before, if one did: so every watcher that reads the same ledger says the same thing
under the same id, and the ledger takes it once. What was told stands as long as the clocks, read from all that is
known now, passed that very rung at that very instant. Otherwise it is rescinded, with the entry that changed it as the
cause, and the rung may be told again. A card that was revoked on appeal, or retracted by hand, is not told again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.core.ledger import entry_id
from domain.law.licensing.escalation import Crossing
from domain.law.proof import ClockProof, Colour, Rung
from domain.messages import Entry, tag_of
from domain.project.messages import SystemCommand
from domain.project.rules import SUPERVISION, heard
from domain.project.state.project import Project
from domain.project.supervision.rescission import RescindCard
from domain.project.supervision.signals import DeemAcceptance, DeemConsent, DeemRenewal, IssueClockCard, WarnDeadline
from projections.clocks.reading import book_of
from projections.reader import Laws
from projections.watch.state import Courses, IssuedSignal, WatchState, courses_of

SAYING: Mapping[Rung, type[WarnDeadline | DeemAcceptance | DeemConsent | DeemRenewal]] = {
    Rung.WARNING: WarnDeadline,
    Rung.ACCEPTANCE: DeemAcceptance,
    Rung.CONSENT: DeemConsent,
    Rung.RENEWAL: DeemRenewal,
}


class Due(Struct, frozen=True):
    """One thing to tell: what truly happened *at* an instant, under an *id* that is the same for every watcher."""

    at: datetime
    item: str
    id: UUID
    command: SystemCommand
    cause: UUID  # the entry it follows from, by its id


class Watch(Struct, frozen=True):
    """All that is *due* now, in order, and when more may be if nothing else happens: *next*, None for never.

    A rung that takes the place of a rescinded card is due only after the rescission: ask again once it is told.
    """

    due: tuple[Due, ...]
    next: datetime | None


def watch(
    entries: Sequence[Entry],
    laws: Laws,
    now: datetime,
    since: datetime | None = None,
    dossier: WatchState | None = None,
) -> Watch:
    """What there is to tell of a project at *now*, from all its *entries* in version order.

    What was passed before *since*, if that is given, was another system's to tell. *dossier* is the project's, where
    there is one.
    """
    dossier = dossier or WatchState.of(entries)
    courses = dossier.courses(laws, now)
    due = [rescission(dossier.project, one, entries, laws, now) for one in fallen(dossier, courses)]
    return _watch(due + tellings(dossier, courses, since), courses)


def watch_on(dossier: WatchState, laws: Laws, now: datetime, since: datetime | None = None) -> Watch | None:
    """The same without the entries; None where something told stands no longer: only they tell why."""
    courses = dossier.courses(laws, now)
    return None if fallen(dossier, courses) else _watch(tellings(dossier, courses, since), courses)


def _watch(due: list[Due], courses: Courses) -> Watch:
    due.sort(key=lambda one: one.at)
    coming = [of_item.next for of_item in courses.values() if of_item.next is not None]
    return Watch(tuple(due), min(coming, default=None))


def fallen(dossier: WatchState, courses: Courses) -> list[IssuedSignal]:
    """What was told and stands no longer."""
    return [one for one in dossier.told.values() if not one.rescinded and not one.final and not stands(one, courses)]


def tellings(dossier: WatchState, courses: Courses, since: datetime | None) -> list[Due]:
    """The rungs passed that were not told, or were rescinded since."""
    project, due = dossier.project, list[Due]()
    last_told = {(one.item, one.proof.key): one for one in dossier.told.values()}
    for (item, application), of_item in courses.items():
        for crossing in of_item.passed:
            if since is not None and crossing.at < since:
                continue
            last = last_told.get((item, (application, *crossing.key)))
            if last is None or (last.rescinded and not last.final):
                proof = proof_of(crossing, application, heard(project, item), last.rescinded if last else 0)
                due.append(telling(project, item, proof, crossing))
    return due


def stands(one: IssuedSignal, courses: Courses) -> bool:
    """Whether the clocks passed that rung at that instant."""
    of_item = courses.get((one.item, one.proof.application))
    return of_item is not None and any(
        (one.proof.application, *crossing.key) == one.proof.key and crossing.at == one.at for crossing in of_item.passed
    )


def rescission(project: Project, one: IssuedSignal, entries: Sequence[Entry], laws: Laws, now: datetime) -> Due:
    """How to take back what stands no longer; it happened when its cause was recorded, and now where there is none."""
    cause = cause_of(one, entries, laws, now)
    at = max(entries[cause - 1].recorded_at, one.at) if cause else now
    pack = laws.pack(one.proof.rule)
    calendar = book_of(pack, laws).as_known(now.astimezone(ZoneInfo(pack.zone)).date()).version
    command = RescindCard(occurred_at=at, card=one.card, cause=cause, calendar=calendar, seen=heard(project, one.item))
    return Due(
        at,
        one.item,
        uuid5(project.id, f"rescind {one.card} {one.times}"),
        command,
        entry_id(project.id, cause or one.version),
    )


def cause_of(one: IssuedSignal, entries: Sequence[Entry], laws: Laws, now: datetime) -> int:
    """The version of the entry that took the ground away: the first since, with which it stands no longer.

    0 where it would not stand today even without what was recorded since: then the calendar has changed.
    """
    since = [
        entry.version
        for entry in entries[one.version :]
        if getattr(entry.fact, "item", "") == one.item and tag_of(entry.fact) not in SUPERVISION
    ]
    for version in (one.version, *since):
        if not stands(one, courses_of(entries[:version], laws, now, one.item)):
            return version if version != one.version else 0
    return 0


def proof_of(crossing: Crossing, application: int, seen: int, after: int) -> ClockProof:
    """The proof of a rung passed; *after* is the entry that rescinded it before, 0 for none."""
    reading = crossing.reading
    return ClockProof(
        rung=crossing.rung,
        clock=crossing.clock,
        application=application,
        rule=crossing.rule,
        calendar=crossing.calendar,
        article=reading.article,
        started_on=reading.start,
        length=reading.length,
        due_on=reading.due or reading.start,
        remaining=reading.remaining,
        provisional=reading.provisional,
        evidence=tuple(sorted(int(event.removeprefix("v")) for event in crossing.evidence)),
        seen=seen,
        after=after,
    )


def telling(project: Project, item: str, proof: ClockProof, crossing: Crossing) -> Due:
    """How to tell a rung passed."""
    command: SystemCommand
    if proof.rung is Rung.CARD:
        colour = crossing.colour or Colour.RED
        command = IssueClockCard(occurred_at=crossing.at, item=item, colour=colour, proof=proof)
    else:
        command = SAYING[proof.rung](occurred_at=crossing.at, item=item, proof=proof)
    name = f"{item} {proof.application} {proof.clock} {proof.length} {proof.rung} {proof.after}"
    cause = entry_id(project.id, max((*proof.evidence, proof.after)))
    return Due(crossing.at, item, uuid5(project.id, name), command, cause)
