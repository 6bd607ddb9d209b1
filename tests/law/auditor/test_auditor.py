"""The auditor, which counts by hand, agrees with every golden vector, and with the clocks on all kinds of histories."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.law.generic.state import ClockStanding
from domain.law.licensing.event import LawEvent
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.timeline import Timeline
from domain.law.vectors.licensing import check_vectors
from infrastructure.law.lawbook import law_book
from tests.effort import chosen, tried
from tests.law.auditor import campaign
from tests.law.auditor.auditor import audit
from tests.law.auditor.lives import Json, iso, lives
from tests.law.auditor.special import FLAGS_OF_ROUNDS, audit_rounds, audit_special
from tests.law.generic.case_clocks import general_clocks
from tests.law.packs.books import shipped
from tests.law.questions import USUAL

DATA = Path(__file__).parents[1] / "data"
SEED, LIVES = 20260302, chosen(800, 2000)  # the fewer have every state and every flag too
ACTS, ACTS_MIN = "vectors_acts.jsonl.gz", 15
SPECIAL, SPECIAL_MIN = "vectors_special.jsonl.gz", 11
NEVER = {"intake overdue", "post_check void"}  # silence has its effect instead; too seldom to be met by chance
ORDINARY: Json = json.loads(msgspec.json.encode(USUAL))
SPECIALS = {"eia_report": 60, "eia_form": 30, "construction_permit": 7}


def lines(file: str) -> list[str]:
    with gzip.open(DATA / file, "rt", encoding="utf-8") as text_of:
        return text_of.readlines()


@pytest.mark.parametrize("file", ["vectors.jsonl.gz", ACTS])
def test_the_auditor_agrees_with_every_golden_vector(file: str) -> None:
    vectors = [json.loads(line) for line in lines(file)]
    assert {vector["calendar"] for vector in vectors} == {"CN"}
    for vector in vectors:
        for instant in vector["as_of"]:
            result = audit(vector["rule"], vector["events"], campaign.calendar(), instant["t"], instant.get("known"))
            assert result == instant["expect"], (vector["id"], instant["t"])


def test_the_clocks_hold_the_vectors_of_early_acts_and_ends() -> None:
    golden = lines(ACTS)
    assert len(golden) >= ACTS_MIN
    assert check_vectors(golden, shipped()) == []


def special_vectors() -> list[tuple[str, str, Json, Json]]:
    """Id, special law, life and expectation of every question of the vectors of periods that run from receipt."""
    return [
        (
            vector["id"],
            vector["special"],
            {"events": vector["events"], "known": instant["t"], **instant},
            instant["expect"],
        )
        for vector in map(json.loads, lines(SPECIAL))
        for instant in vector["as_of"]
    ]


def test_clocks_and_auditor_hold_the_vectors_of_periods_from_receipt() -> None:
    golden = special_vectors()
    assert len(golden) >= SPECIAL_MIN
    for name, special, life, expected in golden:
        assert (name, by_special_auditor(life, special)) == (name, expected)
        assert (name, by_general_clock(life, special)) == (name, expected)


@settings(max_examples=tried(60))
@given(lives())
def test_engine_and_auditor_agree(life: Json) -> None:
    assert campaign.by_engine(life) == campaign.by_auditor(life)


def test_engine_and_auditor_agree_on_many_lives_of_every_clock() -> None:
    """The same lives every time, so that what they have covered is known."""
    seen = set[str]()
    for number in range(LIVES):
        answer = campaign.by_auditor(campaign.life(SEED, number))
        seen |= {
            f"{name.partition(':')[0].partition('#')[0]} {clock['state']}" for name, clock in answer["clocks"].items()
        }
        seen |= {flag.partition(":")[0] for flag in answer["flags"]}
    for clock in ("intake", "decision", "commitment", "lower_review", "delivery", "hearing_hold", "post_check"):
        assert {f"{clock} {state}" for state in ("running", "met", "overdue", "void")} - NEVER <= seen
    assert {f"tolerance_cure {state}" for state in ("running", "met", "late", "overdue", "void")} <= seen
    assert {f"countersign {state}" for state in ("running", "met", "late", "overdue", "void", "deemed")} <= seen
    assert {"renewal_guard deemed", "renewal_guard lapsed", "hearing_request lapsed", "post_check unconfirmed"} <= seen
    assert seen >= FLAGS

    differing = campaign.compare(SEED, range(LIVES))
    assert differing == [], campaign.difference(SEED, differing[0])


FLAGS = {
    *("accepted_after_deemed", "accepted_before_receipt", "correction_after_acceptance", "correction_notice_late"),
    *("correction_repeated_new_items", "correction_response_overdue", "countersign_deemed", "duplicate_acceptance"),
    *("countersign_reply_after_deemed", "decided_before_hearing_window_closed", "decided_without_acceptance"),
    *("duplicate_receipt", "duplicate_suspend", "extension_exceeds_limit", "extension_late", "extension_not_notified"),
    *("extension_outside_clock", "extension_repeated", "hearing_notice_short", "hearing_request_late"),
    *("refused_after_acceptance", "refused_after_deemed", "renewal_filed_late", "resume_without_suspend"),
    *("suspend_no_statutory_ground", "suspend_not_notified", "suspension_overrun"),
}


@st.composite
def special_lives(draw: st.DrawFn) -> Json:
    """An application under a special law: receipt, suspensions, requests for papers with and without answers, an end of
    any kind or none, one entry corrected.
    """
    at = datetime(2026, 1, 20, 1, tzinfo=UTC) + timedelta(
        days=draw(st.integers(0, 250)), hours=draw(st.integers(0, 23))
    )
    events: list[Json] = [{"type": "received"}]
    notices = st.booleans().map(lambda new_items: {"type": "correction_notice", "new_items": new_items})
    others = st.sampled_from(("corrected", "corrected", "accepted", "refused", "received")).map(lambda k: {"type": k})
    events += draw(st.lists(notices | others, max_size=5))
    for number in range(draw(st.integers(0, 3))):
        sid = {"sid": str(number)}
        events.append({"type": "suspend", **sid, "reason": draw(st.sampled_from(["testing", "hearing", "rain"]))})
        if draw(st.booleans()):
            events.append({"type": "resume", **sid})
    ends: list[list[Json]] = [
        *([], [{"type": "refused"}], [{"type": "withdrawn"}], [{"type": "accepted"}, {"type": "withdrawn"}]),
        *([{"type": "decided", "outcome": outcome}] for outcome in ("granted", "denied")),
    ]
    events += draw(st.sampled_from(ends))
    for number, event in enumerate(events):
        event |= {"id": f"e{number}", "at": iso(at)}
        at += timedelta(hours=draw(st.just(0) | st.integers(1, 24 * 12)))
    if draw(st.booleans()):
        target = draw(st.sampled_from(events[1:] or events))["id"]
        events.append({"id": "gone", "type": "retract", "target": target, "at": iso(at)})
    t = at + timedelta(days=draw(st.integers(-40, 60)))
    return {"events": events, "t": iso(t), "known": iso(max(t, at))}


def by_special_auditor(life: Json, special: str) -> Json | None:
    return audit_special(ORDINARY, SPECIALS[special], life["events"], campaign.calendar(), life["t"], life["known"])


def general_standings(life: Json, special: str) -> dict[str, ClockStanding]:
    book = law_book()
    pack = book.pack(f"cn-licensing@2019-04-23/{special}")
    t, known = datetime.fromisoformat(life["t"]), datetime.fromisoformat(life["known"])
    calendar = book.calendar(pack, known.astimezone(ZoneInfo(pack.zone)).date())
    timeline = Timeline(pack.zone, msgspec.convert(life["events"], list[LawEvent]))
    return general_clocks(pack, calendar, timeline, t, known)


def by_general_clock(life: Json, special: str) -> Json | None:
    result = general_standings(life, special).get("decision")
    if result is None:
        return None
    days = {name: text(getattr(result, name)) for name in ("start", "due", "earliest_due")}
    return {**days, "used": result.used, "remaining": result.remaining, "state": result.state}


def text(day: date | None) -> str | None:
    return None if day is None else str(day)


@settings(max_examples=tried(60))
@given(special_lives(), st.sampled_from(sorted(SPECIALS)))
def test_a_period_from_receipt_ends_as_the_auditor_says(life: Json, special: str) -> None:
    assert by_general_clock(life, special) == by_special_auditor(life, special)


@settings(max_examples=tried(100))
@given(special_lives(), st.sampled_from(sorted(SPECIALS)))
def test_rounds_of_intake_are_those_that_the_auditor_counts(life: Json, special: str) -> None:
    rounds = {
        name: clock for name, clock in general_standings(life, special).items() if name.partition("#")[0] == INTAKE.name
    }
    expected = audit_rounds(ORDINARY, life["events"], campaign.calendar(), life["t"], life["known"])
    flags = {flag for clock in rounds.values() for flag in clock.flags} & FLAGS_OF_ROUNDS

    answer = {name: {"start": text(c.start), "due": str(c.due), "state": c.state} for name, c in rounds.items()}
    assert {**answer, "flags": sorted(flags)} == expected


def test_a_campaign_prints_the_smallest_history_on_which_they_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(life_story: Json) -> Json:
        """An auditor that sees no suspension."""
        seeing = [event for event in life_story["events"] if event["type"] != "suspend"]
        return campaign.by_engine(life_story | {"events": seeing})

    monkeypatch.setattr(campaign, "by_auditor", blind)
    result = campaign.compare(SEED, range(100))
    report = campaign.difference(SEED, result[0])

    assert report is not None
    heading, _, *rest = report.splitlines()
    happened = [json.loads(line)["type"] for line in rest if line.startswith('  {"id"')]
    assert heading.startswith(f"seed {SEED}, history {result[0]}: t ")
    assert len(happened) == len({"suspend", "what begins the application"})
    assert "suspend" in happened
    assert all(": engine " in line for line in rest[len(happened) :])


def test_a_campaign_over_all_cores_prints_its_seed_and_progress(capfd: pytest.CaptureFixture[str]) -> None:
    differing = campaign.run(SEED, campaign.CHUNK + 1)
    printed = capfd.readouterr()

    assert differing == len(campaign.compare(SEED, range(campaign.CHUNK + 1)))
    assert printed.err.splitlines() == [
        f"auditor: seed {SEED}, {campaign.CHUNK + 1} histories",
        f"auditor: {campaign.CHUNK + 1} of {campaign.CHUNK + 1}, {differing} differ",
    ]
