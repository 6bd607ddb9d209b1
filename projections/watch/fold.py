"""What the deadline watcher has to record for a project: thresholds passed, and cards that lost their basis.

Each rung of each clock is recorded once. Its id is made of the project, item, application, clock with its length, rung,
and the entry that rescinded it before, if one did: so every watcher that reads the same ledger records the same under
the same id, and the ledger stores it once. A signal holds as long as the clocks, read from all that is known now,
passed that very rung at that very instant. Otherwise it is rescinded, with the entry that changed it as the cause, and
the rung may be recorded again. A card that was revoked on appeal, or retracted by hand, is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from msgspec import Struct

from domain.core.ledger import entry_id
from domain.law.calendar.moment import local_day
from domain.law.licensing.escalation import Crossing
from domain.law.proof import ClockProof, Colour, Rung
from domain.messages import Entry, tag_of
from domain.project.messages import SystemCommand
from domain.project.rules import SUPERVISION, entry_count
from domain.project.state.project import Project
from domain.project.supervision.rescission import RescindCard
from domain.project.supervision.signals import DeemAcceptance, DeemConsent, DeemRenewal, IssueClockCard, WarnDeadline
from projections.reader import Laws
from projections.watch.state import Courses, IssuedSignal, WatchState, courses_of

COMMANDS: Mapping[Rung, type[WarnDeadline | DeemAcceptance | DeemConsent | DeemRenewal]] = {
    Rung.WARNING: WarnDeadline,
    Rung.ACCEPTANCE: DeemAcceptance,
    Rung.CONSENT: DeemConsent,
    Rung.RENEWAL: DeemRenewal,
}


class Due(Struct, frozen=True):
    """One command that is due: it records what happened *at* an instant, under an *id* that is the same for every
    watcher.
    """

    at: datetime
    item: str
    id: UUID
    command: SystemCommand
    cause: UUID  # the entry it follows from, by its id


class Watch(Struct, frozen=True):
    """All that is *due* now, in order, and when more may be if nothing else happens: *next*, None for never.

    A rung that takes the place of a rescinded card is due only after the rescission: call again once that is recorded.
    """

    due: tuple[Due, ...]
    next: datetime | None


def watch(
    entries: Sequence[Entry],
    laws: Laws,
    now: datetime,
    since: datetime | None = None,
    state: WatchState | None = None,
) -> Watch:
    """What there is to record for a project at *now*, from all its *entries* in version order.

    Rungs passed before *since*, if that is given, were for another system to record. *state* is the project's
    cached state, where there is one.
    """
    state = state or WatchState.of(entries)
    courses = state.courses(laws, now)
    due = [rescission(state.project, signal, entries, laws, now) for signal in unfounded(state, courses)]
    return _watch(due + missing_signals(state, courses, since), courses)


def watch_on(state: WatchState, laws: Laws, now: datetime, since: datetime | None = None) -> Watch | None:
    """The same without the entries; None where a signal no longer holds: only the entries say why."""
    courses = state.courses(laws, now)
    return None if unfounded(state, courses) else _watch(missing_signals(state, courses, since), courses)


def _watch(due: list[Due], courses: Courses) -> Watch:
    due.sort(key=lambda item: item.at)
    coming = [of_item.next for of_item in courses.values() if of_item.next is not None]
    return Watch(tuple(due), min(coming, default=None))


def unfounded(state: WatchState, courses: Courses) -> list[IssuedSignal]:
    """The signals that no longer hold."""
    return [
        signal
        for signal in state.signals.values()
        if not signal.rescinded and not signal.final and not holds(signal, courses)
    ]


def missing_signals(state: WatchState, courses: Courses, since: datetime | None) -> list[Due]:
    """The rungs passed without a signal, or with one that was rescinded since."""
    project, due = state.project, list[Due]()
    last_signals = {(signal.item, signal.proof.key): signal for signal in state.signals.values()}
    for (item, application), of_item in courses.items():
        for crossing in of_item.passed:
            if since is not None and crossing.at < since:
                continue
            last = last_signals.get((item, (application, *crossing.key)))
            if last is None or (last.rescinded and not last.final):
                proof = proof_of(crossing, application, entry_count(project, item), last.rescinded if last else 0)
                due.append(signal_of(project, item, proof, crossing))
    return due


def holds(signal: IssuedSignal, courses: Courses) -> bool:
    """Whether the clocks passed that rung at that instant."""
    of_item = courses.get((signal.item, signal.proof.application))
    return of_item is not None and any(
        (signal.proof.application, *crossing.key) == signal.proof.key and crossing.at == signal.at
        for crossing in of_item.passed
    )


def rescission(project: Project, signal: IssuedSignal, entries: Sequence[Entry], laws: Laws, now: datetime) -> Due:
    """The rescission of a signal that no longer holds, as of the record of its cause, or now where there is none."""
    cause = cause_of(signal, entries, laws, now)
    at = max(entries[cause - 1].recorded_at, signal.at) if cause else now
    pack = laws.pack(signal.proof.rule)
    calendar = laws.calendar(pack, local_day(now, pack.zone)).version
    command = RescindCard(
        occurred_at=at, card=signal.card, cause=cause, calendar=calendar, seen=entry_count(project, signal.item)
    )
    name = f"rescind {signal.card} {signal.times}"
    return Due(at, signal.item, uuid5(project.id, name), command, entry_id(project.id, cause or signal.version))


def cause_of(signal: IssuedSignal, entries: Sequence[Entry], laws: Laws, now: datetime) -> int:
    """The version of the entry because of which the signal no longer holds: the first one since with that effect.

    0 where it would not hold today even without what was recorded since: then the calendar has changed.
    """
    since = [
        entry.version
        for entry in entries[signal.version :]
        if getattr(entry.fact, "item", "") == signal.item and tag_of(entry.fact) not in SUPERVISION
    ]
    for version in (signal.version, *since):
        if not holds(signal, courses_of(entries[:version], laws, now, signal.item)):
            return version if version != signal.version else 0
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


def signal_of(project: Project, item: str, proof: ClockProof, crossing: Crossing) -> Due:
    """The command that records a rung passed."""
    command: SystemCommand
    if proof.rung is Rung.CARD:
        colour = crossing.colour or Colour.RED
        command = IssueClockCard(occurred_at=crossing.at, item=item, colour=colour, proof=proof)
    else:
        command = COMMANDS[proof.rung](occurred_at=crossing.at, item=item, proof=proof)
    name = f"{item} {proof.application} {proof.clock} {proof.length} {proof.rung} {proof.after}"
    cause = entry_id(project.id, max((*proof.evidence, proof.after)))
    return Due(crossing.at, item, uuid5(project.id, name), command, cause)
