"""Laws that hold for every history, however odd."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.law.calendar.calendar import CalendarBook, Notice
from domain.law.licensing.clock import Clock, State
from domain.law.licensing.evaluation import ClockEvaluation, evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from tests.effort import tried
from tests.law.auditor.lives import RULE_BYTES, STATUTORY, Dice, Json, iso, lives, rule_of
from tests.law.packs.books import china, with_notice

few = settings(max_examples=tried(20))
many = settings(max_examples=tried(60))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def read(life: Json, book: CalendarBook | None = None) -> ClockEvaluation:
    """Evaluate a life given as JSON."""
    rule = msgspec.convert(life["rule"], Rule)
    events = msgspec.convert(life["events"], list[LawEvent])
    return evaluate(rule, events, book or china(), at(life["t"]), at(life["known"]))


def later(life: Json, days: int) -> Json:
    """The same question asked *days* later, knowing no more."""
    return life | {"t": iso(at(life["t"]) + timedelta(days=days))}


def settled(life: Json) -> Json:
    """A life of which all is known by t and nothing follows, so that it may be continued."""
    known = [
        e for e in life["events"] if at(e["at"]) <= at(life["t"]) and at(e.get("recorded_at", e["at"])) <= at(life["t"])
    ]
    plainly = [e for e in known if e["type"] not in ("amend", "retract", "attest")]
    return life | {"events": plainly, "known": life["t"]}


@few
@given(lives())
def test_known_now_is_the_default(life: Json) -> None:
    rule, events = msgspec.convert(life["rule"], Rule), msgspec.convert(life["events"], list[LawEvent])
    t = at(life["t"])
    assert evaluate(rule, events, china(), t, t) == evaluate(rule, events, china(), t)


@few
@given(lives())
def test_a_prepared_history_answers_as_one_read_again(life: Json) -> None:
    rule, events = msgspec.convert(life["rule"], Rule), msgspec.convert(life["events"], list[LawEvent])
    for zone in (rule.zone, "Pacific/Auckland"):
        timeline = Timeline(zone, events)
        assert evaluate(rule, timeline, china(), at(life["t"]), at(life["known"])) == read(life)


@few
@given(lives(), st.randoms())
def test_only_the_legal_order_matters_where_no_two_events_coincide(life: Json, chance: Any) -> None:
    assume(len({e["at"] for e in life["events"]}) == len(life["events"]))
    assume(not any(e["type"] in ("amend", "retract") for e in life["events"]))
    shuffled = chance.sample(life["events"], len(life["events"]))
    assert read(life | {"events": shuffled}) == read(life)


@many
@given(lives(), st.integers(0, 100 * 24), st.booleans())
def test_a_suspension_resumed_at_the_same_instant_changes_nothing(life: Json, hours: int, between: bool) -> None:
    assume(life["rule"]["suspension_day_rule"] != "[s,e]")  # there both event days are out, so it costs a day
    moment = iso(at(life["t"]) - timedelta(hours=hours))
    here = next((n for n, e in enumerate(life["events"]) if between and at(e["at"]) > at(moment)), len(life["events"]))
    pair = [
        {"id": "s1", "type": "suspend", "at": moment, "sid": "once", "reason": STATUTORY[0]},
        {"id": "s2", "type": "resume", "at": moment, "sid": "once"},
    ]
    events = [*life["events"][:here], *pair, *life["events"][here:]]
    assert read(life | {"events": events}) == read(life)


@many
@given(lives(suspension_day_rule="[s,e)"), st.integers(0, 400))
def test_a_clock_that_is_lawfully_suspended_never_becomes_overdue(life: Json, days: int) -> None:
    before = settled(life)
    stop = {"id": "stop", "type": "suspend", "at": before["t"], "sid": "stop", "reason": STATUTORY[0]}
    after = later(before | {"events": [*before["events"], stop], "known": "2099-01-01T00:00:00Z"}, days)
    for name in ("decision", "lower_review", "commitment"):
        clock = read(before | {"known": after["known"]}).clocks.get(name)
        if clock is not None and clock.length and clock.state in (State.RUNNING, State.SUSPENDED):
            suspended = read(after).clocks[name]
            assert (suspended.state, suspended.due) == (State.SUSPENDED, None)
            assert suspended.remaining == clock.remaining


@many
@given(lives())
def test_retracted_is_as_if_it_had_never_happened(life: Json) -> None:
    assume(len(life["events"]) > 0)
    known = "2099-01-01T00:00:00Z"
    last = life["events"][-1]
    undo = {"id": "undo", "type": "retract", "at": known, "target": last["id"]}
    never = life["events"][:-1]
    assert read(life | {"events": [*life["events"], undo], "known": known}) == read(
        life | {"events": never, "known": known}
    )


@many
@given(lives(), st.data())
def test_an_amendment_taken_back_restores_every_date(life: Json, data: st.DataObject) -> None:
    assume(len(life["events"]) > 0)
    known = "2099-01-01T00:00:00Z"
    target = data.draw(st.sampled_from(life["events"]))["id"]
    assume(not any(e.get("target") == target for e in life["events"]))
    wrong = {"id": "wrong", "type": "amend", "at": known, "target": target, "new_at": life["t"]}
    undo = {"id": "undo", "type": "retract", "at": known, "target": "wrong"}
    amended = life | {"events": [*life["events"], wrong, undo], "known": known}
    assert read(amended) == read(life | {"known": known})


@many
@given(lives(), st.integers(1, 60))
def test_what_remains_never_grows_while_nothing_happens(life: Json, days: int) -> None:
    known = life["known"]
    now, then = at(life["t"]), at(later(life, days)["t"])
    first, second = read(life), read(later(life, days))
    assume(not any(now < at(e.get(key, e["at"])) <= then for e in life["events"] for key in ("at", "new_at")))
    assert known == life["known"]
    for name, clock in first.clocks.items():
        assert second.clocks[name].remaining <= clock.remaining
        assert (second.clocks[name].used or 0) >= (clock.used or 0)


NEVER = date.max  # a day that an open suspension holds back: a rest day before it may be what makes it come first


def counted(life: Json, book: CalendarBook) -> dict[str, Clock]:
    """The clocks of an item received and accepted at once, with the life's suspensions and nothing else."""
    paused = [e for e in life["events"] if e["type"] in ("suspend", "resume")]
    start = min((e["at"] for e in paused), default=life["t"], key=at)
    begun = [{"id": kind, "type": kind, "at": start} for kind in ("received", "accepted")]
    return read(life | {"events": [*begun, *paused], "known": "2099-01-01T00:00:00Z"}, book).clocks


@many
@given(lives(live=True), st.integers(-20, 90), st.booleans())
def test_a_rest_day_never_hastens_and_a_make_up_day_never_delays(life: Json, offset: int, rest: bool) -> None:
    day = at(life["t"]).date() + timedelta(days=offset)
    revised = with_notice(china(), Notice("test", date(2090, 1, 1), days={day: 0 if rest else 1}))
    for name, clock in counted(life, china()).items():
        changed = counted(life, revised)[name]
        for was, becomes in ((clock.due, changed.due), (clock.yellow_from, changed.yellow_from)):
            assert (becomes or NEVER) >= (was or NEVER) if rest else (becomes or NEVER) <= (was or NEVER)


ANY_TIME = st.datetimes(timezones=st.sampled_from([UTC]))
KINDS = [
    *("received", "corrected", "accepted", "refused", "forwarded", "upper_received", "hearing_told"),
    *("hearing_requested", "hearing_held", "delivered", "withdrawn", "attest"),
]
FIELDS: Json = {
    "correction_notice": {"new_items": True, "respond_by": "9999-12-31"},
    "suspend": {"sid": "a", "reason": "testing", "planned_until": "0001-01-01"},
    "resume": {"sid": "a"},
    "extension": {"days": 10, "clock": "decision"},
    "countersign_request": {"dept": "plan"},
    "countersign_reply": {"dept": "plan"},
    "hearing_notice": {"hearing_date": "0001-01-01"},
    "decided": {"outcome": "granted"},
    "amend": {"target": "e1", "new_at": "9999-12-31T23:59:59Z"},
    "retract": {"target": "e1"},
}


@many
@given(
    st.binary(min_size=RULE_BYTES, max_size=RULE_BYTES).map(Dice).map(rule_of),
    st.lists(st.tuples(st.sampled_from([*KINDS, *FIELDS]), ANY_TIME, st.none() | ANY_TIME), max_size=12),
    ANY_TIME,
    st.none() | ANY_TIME,
)
def test_no_history_however_odd_is_beyond_it(
    rule: Json, happenings: list[tuple[str, datetime, datetime | None]], t: datetime, known: datetime | None
) -> None:
    events = [
        {"id": f"e{n}", "type": kind, "at": moment, "recorded_at": recorded, **FIELDS.get(kind, {})}
        for n, (kind, moment, recorded) in enumerate(happenings)
    ]
    history = msgspec.json.decode(msgspec.json.encode(events), type=list[LawEvent])
    result = evaluate(msgspec.convert(rule, Rule), history, china(), t, known)
    assert list(result.flags) == sorted(set(result.flags))
    assert all(clock.remaining >= 0 and clock.overdue_days >= 0 for clock in result.clocks.values())
