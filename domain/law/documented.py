"""An explanation with its documents: articles and quotations from the pack, notices from the calendar, the remedy."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from domain.law.authority import Authority, CitedNotice, Subject
from domain.law.calendar.calendar import CalendarBook, WorkingCalendar
from domain.law.explained_acts import ExplainedExtension, ExplainedSuspension
from domain.law.licensing.clock import SILENT
from domain.law.licensing.explain import DayPhase, DayReason, Explanation
from domain.law.licensing.renewal import RENEWAL_GUARD
from domain.law.packs.authorities import by_citation, counted_by, length_by, unit_of
from domain.law.packs.pack import Pack
from domain.law.remedy import INACTION_SUIT, lawsuit_over

KIND_ENDS = ("#", ":")  # "intake#2" and "countersign:fire" are clocks of the kinds intake and countersign


def kind_of(clock: str) -> str:
    """What packs call the kind of *clock*."""
    for mark in KIND_ENDS:
        clock = clock.partition(mark)[0]
    return clock


def documented(
    explanation: Explanation, pack: Pack | None, mode: str, book: CalendarBook, calendar: WorkingCalendar
) -> Explanation:
    """*explanation* with everything it rests on: without a *pack*, for a rule written out by hand, only the notices."""
    explanation = structs.replace(explanation, notices=tuple(_notices(explanation, book)))
    if pack is None:
        return explanation
    clock = explanation.clock
    lawsuit = lawsuit_over(pack, calendar, explanation.name, clock.state, clock.due)
    explanation = structs.replace(
        explanation,
        language=pack.language,
        lawsuit=lawsuit,
        suspensions=tuple(_on_its_ground(suspension, pack) for suspension in explanation.suspensions),
        extensions=tuple(
            _by_its_article(extension, pack, kind_of(explanation.name), mode) for extension in explanation.extensions
        ),
    )
    return structs.replace(explanation, authorities=tuple(_authorities(explanation, pack, mode)))


def _authorities(explanation: Explanation, pack: Pack, mode: str) -> Iterator[Authority]:
    """The rules that were followed, in the order of the count."""
    kind = kind_of(explanation.name)
    length, unit = length_by(pack, kind, mode), unit_of(pack, kind, mode)
    if length is not None:
        yield length
    yield from counted_by(pack, Subject.UNIT, unit, unit)
    # Decided on the spot, or by a date: no first day is left out.
    if explanation.clock.length and kind != RENEWAL_GUARD.name:
        first = pack.clocks[kind].first_day if kind in pack.clocks else "excluded"
        yield from counted_by(pack, Subject.FIRST_DAY, "first_day", first)
    if any(day.phase is DayPhase.ROLLED for day in explanation.days):
        yield from counted_by(pack, Subject.LAST_DAY, "last_day")
    if any(suspension.stops for suspension in explanation.suspensions):
        yield from counted_by(pack, Subject.SUSPENDED_DAYS, "suspended_days")
    if any(s.stops and pack.owes("suspension_notice", s.ground) for s in explanation.suspensions):
        yield by_citation(Subject.NOTICE, pack.duties["suspension_notice"])
    if any(day.reason is DayReason.STATUTORY for day in explanation.days):
        yield from counted_by(pack, Subject.HOLIDAYS, "statutory_holidays")
    if explanation.clock.state in SILENT:
        yield from _silence(pack, kind, mode)
    if explanation.lawsuit is not None:
        suit = pack.clocks[INACTION_SUIT]
        yield Authority(Subject.LAWSUIT, suit.article, suit.quote, suit.confidence)


def _silence(pack: Pack, kind: str, mode: str) -> Iterator[Authority]:
    """The article that gives silence its effect once the clock has run out."""
    cited = pack.articles.get("silence")
    own = length_by(pack, kind, mode)
    if cited is not None and kind == "decision":
        yield by_citation(Subject.SILENCE, cited, pack.silence(kind, mode))
    elif own is not None and kind in pack.clocks:
        yield structs.replace(own, subject=Subject.SILENCE, detail=pack.silence(kind, mode))


def _notices(explanation: Explanation, book: CalendarBook) -> Iterator[CitedNotice]:
    """The notices that make listed days work or rest, in the order in which the days come."""
    for name in dict.fromkeys(day.notice for day in explanation.days if day.notice):
        notice = book.notice(name)
        if notice is not None:
            yield CitedNotice(name, notice.title, notice.numbers, notice.published, notice.addresses)


def _on_its_ground(suspension: ExplainedSuspension, pack: Pack) -> ExplainedSuspension:
    """*suspension* with the article of its ground; with that of the closed list where the law has no such ground."""
    ground = pack.ground(suspension.ground)
    if ground is None:
        return structs.replace(suspension, article=pack.article("suspension"))
    return structs.replace(
        suspension,
        title=ground.title,
        title_zh=ground.title_zh,
        article=ground.article,
        quote=ground.quote,
        confidence=ground.confidence,
    )


def _by_its_article(extension: ExplainedExtension, pack: Pack, kind: str, mode: str) -> ExplainedExtension:
    """*extension* with the article that allows it, if any does."""
    terms = pack.extension(kind, mode)
    if terms is None:
        return extension
    return structs.replace(extension, article=terms.article, quote=terms.quote, confidence=terms.confidence)
