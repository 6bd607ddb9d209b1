"""What becomes of a clock by the days of its course is what becomes of it by its instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from domain.law.calendar.moment import moment
from domain.law.generic import cached_outlooks
from domain.law.generic.cached_outlooks import CachedOutlooks
from domain.law.generic.clock_law import ClockLaw
from domain.law.generic.evaluate import GeneralOutlook, GeneralTerms, StartedClock, general_outlooks, outlook
from domain.law.generic.rule import (
    Agreed,
    AnyGeneralEvent,
    Extended,
    GeneralEvent,
    Restarted,
    Resumed,
    Started,
    Stopped,
    Suspended,
    Withdrawn,
)
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import DISTANT
from domain.law.licensing.timeline import Timeline
from tests.effort import tried
from tests.law.auditor.lives import lives
from tests.law.generic.test_end import SPECIALS
from tests.law.generic.test_evaluate import LAWS, terms
from tests.law.questions import at, happened

CHINA, DUTCH = "cn-licensing@2019-04-23/eia_report", "nl-omgevingswet@2024-01-01"
NEW_ZEALAND, ENGLISH = "nz-rma@2015-03-03", "uk-planning@2021-08-01"
KOREAN, TAIWANESE = "kr-petitions@2016-02-12", "tw-apa@2001-01-01"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
COURSES = 2_000  # in the suite, under each law: enough for clocks that share all but one of their terms
KINDS: list[type[AnyGeneralEvent]] = [
    Started,
    Suspended,
    Suspended,
    Resumed,
    Restarted,
    Extended,
    Agreed,
    Stopped,
    Withdrawn,
]


def drawn_event(chance: Random, at: datetime, grounds: Sequence[str]) -> GeneralEvent:
    """Anything that may happen to a clock, with terms of which there are few."""
    sid, until = chance.choice("ab"), chance.choice([None, date(2026, 3, 4), date(2026, 3, 9)])
    kind = chance.choice(KINDS)
    terms: dict[type[AnyGeneralEvent], dict[str, Any]] = {
        Suspended: {"sid": sid, "reason": chance.choice([*grounds[:2], "unheard_of"]), "until": until},
        Resumed: {"sid": sid},
        Restarted: {"n": chance.choice([None, 3])},
        Extended: {"n": chance.choice([1, 5])},
        Agreed: {"until": date(2026, 6, chance.choice([1, 2]))},
    }
    return kind(at, **terms.get(kind, {}))


def drawn_clock(chance: Random, laws: Sequence[ClockLaw]) -> StartedClock:
    """A clock that starts on one of two days, and to which up to three things happen within two weeks."""
    since = MONDAY + timedelta(days=chance.choice([0, 4]))
    hours = sorted(
        24 * chance.choice([0, 1, 4, 7, 10]) + chance.choice([1, 4, 4.5, 10]) for _ in range(chance.randint(0, 3))
    )
    law = chance.choice(laws)
    grounds = list(law.rule.reasons or ())
    events = [drawn_event(chance, since + timedelta(hours=hour), grounds) for hour in hours]
    started = Started(since + timedelta(hours=chance.choice([1, 10])))
    return StartedClock(chance.choice([law.clock, f"{law.clock}#2"]), law, [started, *events], chance.random() < 0.1)


def counted_otherwise(law: ClockLaw, otherwise: dict[str, Any]) -> ClockLaw:
    """*law*, with other terms in its rule."""
    return structs.replace(law, rule=structs.replace(law.rule, **otherwise))


def items_of(law: str) -> list[GeneralTerms]:
    """Items of departments in the system and outside, with other lengths."""
    return [
        structs.replace(terms(law, live=live, plan=days), lengths={"decision": days})
        for live in (True, False)
        for days in (5, 8)
    ]


@pytest.mark.parametrize(
    ("law", "otherwise"),
    [
        (CHINA, {}),
        (DUTCH, {}),
        (ENGLISH, {}),
        (NEW_ZEALAND, {}),
        (NEW_ZEALAND, {"start_shift": "next_working_day"}),
        (KOREAN, {"unit": "working_hour"}),
        (TAIWANESE, {"unit": "calendar_day"}),
    ],
)
def test_a_cached_outlook_is_the_outlook(law: str, otherwise: dict[str, Any]) -> None:
    """The same however many clocks were seen before that differ in one thing alone."""
    chance, cached, items = Random(f"courses/{law}"), CachedOutlooks(), items_of(law)
    for _ in range(tried(COURSES)):
        item = chance.choice(items)
        clock = drawn_clock(chance, [counted_otherwise(law, otherwise) for law in item.counted])
        t = max(event.at for event in clock.events) + timedelta(days=chance.choice([0, 0, 3, 12]))
        attested = happened("attest", chance.choice(["03-01", "12-31"]))
        acts = [(attested.at, attested, moment(attested.at, ZoneInfo(item.pack.zone)))]

        assert cached.outlook(item, clock, t, acts) == outlook(item, clock, t, acts)


def outlooks(item: GeneralTerms, events: Sequence[LawEvent], cached: CachedOutlooks | None) -> list[GeneralOutlook]:
    """What becomes of the clocks after the last of *events*."""
    last = max((event.at for event in events), default=DISTANT)
    see = outlook if cached is None else cached.outlook
    return general_outlooks(item, Timeline(item.pack.zone, events), last, DISTANT, see)


def test_what_is_late_after_noon_is_in_time_before() -> None:
    """The last day is a Saturday, and goes over to Monday noon (Taiwan, Administrative Procedure Act 48(4))."""
    item, cached = items_of(TAIWANESE)[0], CachedOutlooks()
    law = counted_otherwise(item.counted[0], {"unit": "calendar_day", "n": 5})
    states = []
    for stopped in ("03-09 12:00", "03-09 12:01"):
        clock = StartedClock("decision", law, [Started(at("03-02 09:00")), Stopped(at(stopped))], is_ended=False)
        seen = cached.outlook(item, clock, at("03-10"), [])
        states.append(seen and seen.until_over)

    assert states == ["met", "late"]


@given(lives(), st.sampled_from((*LAWS, *SPECIALS, DUTCH)))
def test_outlooks_of_a_life_are_the_same_from_the_cache(life: dict[str, Any], law: str) -> None:
    events = [event for event in msgspec.convert(life["events"], list[LawEvent]) if not event.corrects]
    cached, item = CachedOutlooks(), terms(law, plan=5, fire=3)
    for number in range(len(events), 0, -1):
        assert outlooks(item, events[:number], cached) == outlooks(item, events[:number], None)


@pytest.mark.parametrize(("hour", "counted"), [("10:00", 2), ("16:00", 2), ("18:00", 4)])
def test_clocks_of_the_same_days_are_counted_once(monkeypatch: pytest.MonkeyPatch, hour: str, counted: int) -> None:
    """A receipt after the close of business is one of another day, where the law has it so."""
    seen = list[str]()

    def counting(item: GeneralTerms, clock: Any, t: datetime, acts: Any) -> GeneralOutlook | None:
        seen.append(clock.name)
        return outlook(item, clock, t, acts)

    monkeypatch.setattr(cached_outlooks, "outlook", counting)
    cached, item = CachedOutlooks(), terms(CHINA)
    for received, accepted in (("03-02 09:00", "03-03 09:00"), (f"03-02 {hour}", f"03-03 {hour}")):
        events = [happened("received", received), happened("accepted", accepted)]
        assert [clock.name for clock in outlooks(item, events, cached)] == ["intake", "decision"]

    assert len(seen) == counted


def test_an_open_suspension_is_seen_by_its_day() -> None:
    """With the term that was set for the answer the clock runs again, whatever else happens on the item."""
    requested = happened("correction_notice", "03-09", missing=["a plan"], respond_by="2026-03-20")
    events = [happened("received", "03-02"), requested]
    later = [*events, happened("attest", "03-25")]
    cached, item = CachedOutlooks(), terms(DUTCH)

    [waiting] = outlooks(item, events, cached)
    [running] = outlooks(item, later, cached)

    assert (waiting.until_over, running.until_over) == ("suspended", "running")
    assert waiting.resumes_at == at("03-21 07:00")
    assert running.ahead == waiting.ahead
