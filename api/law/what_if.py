"""POST .../what-if: clocks with assumed events, and cards under rules that are not in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct, json, to_builtins

from api.cursors import cursor_text, key_in, mark_of, read_cursor
from api.law.requests import refuse_unknown, require_bounded, require_longer
from api.law.what_if_bodies import PERIOD_DAYS_MAX, Assumptions, OtherRules
from api.route_access import ACCESS
from api.web.as_of import Instants, translate_too_much
from api.web.request_body import decoded, field_problem
from api.web.zones import home_zone
from domain.core.ledger import Refused
from domain.law.calendar.period import Period
from domain.law.licensing.event import LawEvent
from domain.messages import Entry
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.clock_shifts import ClockShift, move_of
from projections.clocks.law_events import Histories, item_histories
from projections.clocks.query import ClocksAt
from projections.clocks.reading import ItemReading
from projections.law.query import signals_of
from projections.law.what_if import Application, AssumedKey, AssumedSignal, with_assumed
from projections.scope import Scope


class AssumedItem(Struct, frozen=True):
    """One application as it is at present, and as it would be."""

    item: str
    application: int
    present: ItemReading | None
    assumed: ItemReading | None


class AssumedProject(Struct, frozen=True):
    """The difference that the assumed events make at *as_of*: which clocks *move*, then both readings in full."""

    as_of: datetime
    known_at: datetime
    moves: list[ClockShift]
    items: list[AssumedItem]


class AssumedCards(Struct, frozen=True):
    """How much there was in the period by *level*, and *would* have been; the list of both, in the order of time.

    *present* is what the clocks come to by all that is known at *as_of*: what was revoked, rescinded or given by hand
    is shown by the board. *count* is of the whole list, on whatever page.
    """

    as_of: datetime
    first: date
    last: date
    present: dict[str, int]
    would: dict[str, int]
    count: int
    signals: list[AssumedSignal]
    next: str | None


LEVELS = ("warning", "yellow", "red", "deemed")
_assumptions, _other_rules = json.Decoder(Assumptions).decode, json.Decoder(OtherRules).decode


class WhatIfRoutes(Controller):
    """What would be. The law is evaluated as everywhere; nothing is stored, and no command is needed."""

    opt = {ACCESS: "read:figures"}  # noqa: RUF012  litestar's own spelling
    tags = ("supervision",)

    @post(
        "/projects/{project_id:uuid}/what-if",
        operation_id="assume_events",
        status_code=200,
        summary="A project's clocks if something had happened, or were to happen",
        opt={ACCESS: "read:clocks"},
    )
    async def assume_events(
        self,
        project_id: FromPath[UUID],
        json_body: NamedDependency[bytes],
        entries: NamedDependency[list[Entry]],
        instants: NamedDependency[Instants],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
    ) -> AssumedProject:
        """Both at the instant `as_of`; left out, now, or the last assumed event where that is later."""
        assumed = _read(decoded(_assumptions, json_body), json_body)
        t, known = instants.at, instants.known
        if instants.is_now:
            latest = max(event.at for addition in assumed.assume for event in addition.events)
            t, known = max(t, latest), max(known, latest)
        clocks = ClocksAt(approvals.store, laws, t, known)
        histories = item_histories(entries, known)
        return compared(clocks, project_id, histories, assumed_in(assumed, histories))

    @post(
        "/supervision/what-if",
        operation_id="assume_rules",
        status_code=200,
        summary="The cards of a period if the rules had been others",
    )
    async def assume_rules(
        self,
        json_body: NamedDependency[bytes],
        instant: NamedDependency[datetime],
        list_scope: NamedDependency[Scope],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
    ) -> AssumedCards:
        """Another version of a law, another threshold, other lengths: how many there would have been, and which."""
        other_rules = _read(decoded(_other_rules, json_body), json_body)
        require_answerable(other_rules, laws)
        period, zone = Period(other_rules.first, other_rules.last), home_zone(laws)
        mark = rules_mark(other_rules, list_scope)
        cursor = read_cursor(other_rules.cursor, mark) if other_rules.cursor else None
        instant = cursor.at if cursor else instant
        signals = await translate_too_much(
            signals_of(approvals.store, laws, other_rules, period, zone, other_rules.department, instant, list_scope),
            lambda error: field_problem("$.last", str(error), "a shorter period, or one department"),
        )
        last = key_in(cursor, AssumedKey) if cursor else None
        rest = signals if last is None else [signal for signal in signals if signal.place > last]
        page = rest[: other_rules.limit]
        return AssumedCards(
            as_of=instant,
            first=other_rules.first,
            last=other_rules.last,
            present=levels(signal for signal in signals if signal.compared != "new"),
            would=levels(signal for signal in signals if signal.compared != "gone"),
            count=len(signals),
            signals=page,
            next=cursor_text(mark, instant, 0, page[-1].place) if len(rest) > other_rules.limit else None,
        )


def _read(assumed: Any, body: bytes) -> Any:
    """What is *assumed*, in bounds and without unknown fields. Raises Problem."""
    refuse_unknown("$", json.decode(body), assumed)
    require_bounded(assumed)
    return assumed


def assumed_in(assumed: Assumptions, histories: Histories) -> dict[Application, list[LawEvent]]:
    """The assumed events by application. Raises Problem where an item was not applied for, or an id is taken."""
    events: dict[Application, list[LawEvent]] = {}
    for nth, addition in enumerate(assumed.assume):
        numbers = [
            number for item, number in histories if item == addition.item and addition.application in (0, number)
        ]
        if not numbers:
            known = ", ".join(sorted({item for item, _ in histories}))
            raise field_problem(f"$.assume[{nth}].item", "it was not applied for", f"one of: {known or 'none'}"[:500])
        require_longer(f"$.assume[{nth}].events", addition.events)
        key = (addition.item, max(numbers))
        taken = {event.id for event in (*histories[key].events, *events.get(key, ()))}
        for place, event in enumerate(addition.events):
            if event.id in taken:
                path = f"$.assume[{nth}].events[{place}].id"
                raise field_problem(path, "another event is called so", 'any other, such as "assumed-1"')
            taken.add(event.id)
        events.setdefault(key, []).extend(addition.events)
    return events


def compared(
    clocks: ClocksAt, project: UUID, histories: Histories, assumed: dict[Application, list[LawEvent]]
) -> AssumedProject:
    """The items of which something is assumed, as they are and as they would be."""
    touched = {key: histories[key] for key in assumed}
    before, after = (
        {(item.item, item.application): item for item in clocks.judged(each)}
        for each in (touched, with_assumed(touched, assumed))
    )
    items = [AssumedItem(*key, before.get(key), after.get(key)) for key in assumed]
    return AssumedProject(clocks.t, clocks.known, [move for item in items for move in _moves(project, item)], items)


def _moves(project: UUID, item: AssumedItem) -> Iterator[ClockShift]:
    was, now = (
        {clock.clock: clock for clock in reading.clocks} if reading else {} for reading in (item.present, item.assumed)
    )
    for clock in {**was, **now}:
        move = move_of(project, was.get(clock), now.get(clock))
        if move is not None:
            yield move


def rules_mark(other_rules: OtherRules, scope: Scope) -> bytes:
    """The digest of the question, whatever page of its answer is requested."""
    fields = to_builtins(other_rules)
    return mark_of("assume_rules", [*((name, repr(fields[name])) for name in sorted(fields)), ("", scope.register)])


def require_answerable(other_rules: OtherRules, laws: LawBook) -> None:
    """Refuse a law that is unknown here or counts otherwise, and an invalid period."""
    if other_rules.law:
        try:
            laws.pack(other_rules.law)
        except Refused as unknown:
            raise field_problem("$.law", unknown.sentence, unknown.remedy) from unknown
        if "/" in other_rules.law:
            raise field_problem("$.law", "it names a special law", "the version alone: every item keeps its own law")
    if not 0 <= (other_rules.last - other_rules.first).days < PERIOD_DAYS_MAX:
        raise field_problem("$.last", "that is no period", f"at most {PERIOD_DAYS_MAX} days, the first day first")


def levels(signals: Iterable[AssumedSignal]) -> dict[str, int]:
    """How many there are of each level."""
    counted = Counter(signal.level for signal in signals)
    return {level: counted[level] for level in LEVELS}
