"""What was not as the law asks of an item's acts under a general law, whichever clock they touch (rule book B13).

What a law owes the applicant beside its period is data of its pack (`duties`). A neglect moves no date and no card.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.case import ending, is_counted
from domain.law.generic.course import term_of
from domain.law.generic.expand import general_rule
from domain.law.generic.rounds import is_repeated
from domain.law.generic.rule import Started, local_date
from domain.law.generic.state import due
from domain.law.licensing.hearing import HEARING_REQUEST, HearingNotice, HearingRequestedEvent, HearingTold
from domain.law.licensing.intake import Accepted, Corrected, CorrectionNotice, Received, RefusedEvent
from domain.law.licensing.review import DECISION, Decided, Delivered
from domain.law.licensing.review import WithdrawnEvent as ItemWithdrawn
from domain.law.licensing.suspension import Resume, Suspend
from domain.law.licensing.timeline import Act
from domain.law.packs.pack import Ground, Pack

HEARING_NOTICE = "hearing_notice"


class JudgedItem(Struct, frozen=True, kw_only=True):
    """What the acts of an item are judged by: its law, and the instant from which silence had accepted it, if it did.

    *today* is an ordinal, as the days of moments are.
    """

    pack: Pack
    calendar: WorkingCalendar
    mode: str
    today: int
    silent_from: datetime | None = None


def flags_of(item: JudgedItem, acts: Sequence[Act]) -> frozenset[str]:
    """The flags of the *acts*: of the acceptance, of papers that are awaited, of suspensions, and of a hearing."""
    begun = next((nth for nth, (_, event, _) in enumerate(acts) if event.begins), len(acts))
    acts = acts[begun:]  # before there was an application there was nothing to act on
    main = lasting(acts)
    return frozenset(
        (*of_acceptance(item, main), *of_papers(item, main), *of_suspensions(item, acts), *of_hearing(item, main))
    )


def lasting(acts: Sequence[Act]) -> Sequence[Act]:
    """The *acts* up to a withdrawal; once the decision was delivered there is nothing to withdraw."""
    decided = delivered = False
    for nth, (_, event, _) in enumerate(acts):
        decided = decided or isinstance(event, Decided)
        delivered = delivered or (decided and isinstance(event, Delivered))
        if isinstance(event, ItemWithdrawn) and not delivered:
            return acts[: nth + 1]
    return acts


def of_acceptance(item: JudgedItem, acts: Sequence[Act]) -> Iterator[str]:
    """A decision on what nobody had accepted, silence included (B5.9)."""
    if not item.pack.owes("acceptance"):
        return
    for at, event, _ in acts:
        if isinstance(event, Accepted) or (item.silent_from is not None and at >= item.silent_from):
            return
        if isinstance(event, Decided):
            yield "decided_without_acceptance"
            return


def of_papers(item: JudgedItem, acts: Sequence[Act]) -> Iterator[str]:
    """The date set for missing papers has passed, and nothing else has happened: it has no effect (B5.6)."""
    if not item.pack.owes("answer_date") or item.silent_from is not None:
        return
    rounds, is_open, notice = 0, False, None
    for _, event, _ in acts:
        match event:
            case Received() if not rounds:
                rounds, is_open = 1, True
            case CorrectionNotice() if is_open and not is_repeated(event, rounds):
                is_open, notice = False, event
            case Corrected() if notice is not None:
                rounds, is_open, notice = rounds + 1, True, None
            case RefusedEvent():
                is_open, notice = False, None
            case Accepted() | Decided() | ItemWithdrawn():
                return
    respond_by = notice.respond_by if notice else None
    if respond_by is not None and item.today > respond_by.toordinal():
        yield "correction_response_overdue"


class JudgedSuspension(Struct):
    """One suspension, by the place of the act that began it: the last day of its term, and where and when it ended."""

    place: int
    act: Suspend
    term: date | None
    end: int | None = None
    ended_on: int | None = None


def of_suspensions(item: JudgedItem, acts: Sequence[Act]) -> Iterator[str]:
    """Of which the applicant was not informed, and which took more time than was said (B7.9)."""
    pack, end = item.pack, end_of(item, acts)
    for suspension in suspensions(item, acts):
        act = suspension.act
        if not act.notified and pack.owes("suspension_notice", act.reason):
            yield f"suspend_not_notified:{act.sid}"
        announced = act.planned_until
        if announced is not None and pack.owes("suspension_length", act.reason) and not ends_by_term(item, act):
            last = last_day(item, suspension, acts, end)
            if last is not None and last > announced.toordinal():
                yield f"suspension_overrun:{act.sid}"


def suspensions(item: JudgedItem, acts: Sequence[Act]) -> list[JudgedSuspension]:
    """Those among the *acts*, in their order; the same sid opened twice is one (B7.10)."""
    result, waiting = list[JudgedSuspension](), dict[str, JudgedSuspension]()
    for place, (_, event, when) in enumerate(acts):
        if not isinstance(event, Suspend | Resume):
            continue
        before = waiting.get(event.sid)
        if before is not None and before.term is not None and before.term.toordinal() < when.day:
            del waiting[event.sid]
        if isinstance(event, Suspend):
            if event.sid not in waiting:
                waiting[event.sid] = JudgedSuspension(place, event, last_of_term(item, event, when.day))
                result.append(waiting[event.sid])
        elif (ended := waiting.pop(event.sid, None)) is not None:
            ended.end, ended.ended_on = place, when.day
    return result


def ground_of(item: JudgedItem, act: Suspend) -> Ground | None:
    """The ground of the law on which the item was suspended."""
    of_mode = (ground for ground in item.pack.grounds if ground.is_for(item.mode))
    return next((ground for ground in of_mode if ground.reason == act.reason), None)


def ends_by_term(item: JudgedItem, act: Suspend) -> bool:
    """Whether the law lets the clock run again by itself once the term is over: then it cannot last longer."""
    ground = ground_of(item, act)
    return ground is not None and ground.notice.suspension_ends == "on_answer_or_term"


def last_of_term(item: JudgedItem, act: Suspend, day: int) -> date | None:
    """The last day of the term that ends the suspension, where its ground knows one."""
    ground = ground_of(item, act)
    return None if ground is None else term_of(item.calendar, ground.notice, date.fromordinal(day), act.planned_until)


def last_day(item: JudgedItem, suspension: JudgedSuspension, acts: Sequence[Act], end: int | None) -> int | None:
    """The last day it took out, today while it is open; None where it began after the *end* of the application."""
    if end is not None and end < suspension.place:
        return None
    ended_on = suspension.ended_on
    if end is not None and (suspension.end is None or end < suspension.end):
        ended_on = acts[end][2].day
    if ended_on is None:
        return item.today
    decision = item.pack.clocks.get(DECISION.name)
    is_end_out = decision is not None and decision.suspension_day_rule[-1] == "]"
    return ended_on - (not is_end_out)


def end_of(item: JudgedItem, acts: Sequence[Act]) -> int | None:
    """The place of the act that ended the application, None where it goes on; silence makes a later refusal void."""
    silent = item.silent_from
    valid = [event for at, event, _ in acts if silent is None or at < silent or not isinstance(event, RefusedEvent)]
    end = ending(valid)
    return next((place for place, act in enumerate(acts) if act[1] is end), None)


def of_hearing(item: JudgedItem, acts: Sequence[Act]) -> Iterator[str]:
    """A hearing asked for too late or announced too late, and a decision while it could be asked for (B9.4)."""
    end, last, requested = end_of(item, acts), None, False
    for place, (at, event, when) in enumerate(acts):
        is_alive = end is None or place < end
        in_window = last is None or when.day <= last.toordinal()
        match event:
            case HearingNotice() if is_short(item, event, when.day):
                yield "hearing_notice_short"
            case HearingTold() if is_alive and last is None:
                last = last_day_to_ask(item, at)
            case HearingRequestedEvent() if is_alive and not requested:
                requested = in_window
                if not in_window:
                    yield "hearing_request_late"
            case Decided() if place == end and last is not None and in_window and not requested:
                yield "decided_before_hearing_window_closed"


def last_day_to_ask(item: JudgedItem, informed_at: datetime) -> date | None:
    """The last day to ask for a hearing, where the law has one, of who was informed of the right at that instant."""
    terms = item.pack.clocks.get(HEARING_REQUEST.name)
    if terms is None or not is_counted(terms, HEARING_REQUEST.name, item.mode, None):
        return None
    rule = general_rule(item.pack, item.calendar, HEARING_REQUEST.name, item.mode)
    return local_date(due(rule, [Started(informed_at)]))


def is_short(item: JudgedItem, notice: HearingNotice, day: int) -> bool:
    """Whether fewer clear working days lie between the notice and the hearing than the law wants."""
    terms = item.pack.clocks.get(HEARING_NOTICE)
    if terms is None or terms.days is None:
        return False
    count_to = item.calendar.count_to
    return count_to(notice.hearing_date.toordinal() - 1) - count_to(day) < terms.days
