"""Requests to the law over HTTP: rule, calendar, events and instants, decoded, bounded and prepared for counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar, cast

from msgspec import Meta, Struct, json

from api.web.request_body import DAYS_MAX, decoded, field_problem, leaves, require_usable_time
from domain.core.ledger import Refused
from domain.core.types import ModeName
from domain.law.calendar.calendar import DAYS_PER_WEEK, CalendarBook, CalendarData
from domain.law.calendar.moment import Instant, local_day
from domain.law.generic.evaluate import GeneralTerms
from domain.law.generic.expand import closed_book
from domain.law.licensing.countersign import COUNTERSIGN, CountersignRequest, name_of
from domain.law.licensing.event import Amend, LawEvent, Retract
from domain.law.licensing.review import COMMITMENT, DECISION, ExtensionEvent
from domain.law.licensing.rule import Days, Mode, Rule
from domain.law.licensing.timeline import Timeline
from domain.law.packs.expand import expand
from domain.law.packs.pack import DEFAULT_MODE, Pack
from infrastructure.law.lawbook import LawBook

EVENTS_MAX = 2000  # a case of ten years has some dozens

QUESTIONS_MAX = 500  # every working day of two years

EXPLANATIONS_MAX = 10  # each may list ten years of days

WORK_MAX = 50_000  # events times questions: under a second of counting

NOTICES_MAX = 200  # of an inlined calendar: two a year for a century

Named = TypeVar("Named")


class LawQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """An instant *t*, and what is *known* then: what was recorded and published by that instant (default: by *t*)."""

    t: Instant
    known: Instant | None = None


class PackChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule by the name of its pack, such as "cn-licensing@2019-04-23", with "/eia_report" for a special law.

    *mode* is one of that law's modes of handling. *commitment_days* is the published promise, in the unit of the
    law's clock for promises (working days under the licensing law, special laws included); *decision_days*, in the
    unit of its limit, replaces that where another was recorded; *live* is false where the department works outside
    the system.
    """

    pack: str
    mode: ModeName = DEFAULT_MODE
    commitment_days: Days | None = None
    decision_days: Days | None = None
    live: bool = True
    licence_expiry: date | None = None


class GeneralChoice(Struct, frozen=True):
    """A law whose clocks are counted by the general clock, and what belongs to the item."""

    pack: Pack
    mode: str
    lengths: dict[str, int]
    request_days: dict[str, int]
    live: bool

    def terms(self, book: CalendarBook, known: datetime) -> GeneralTerms:
        """The law with its calendar as it was *known* then."""
        return GeneralTerms(
            pack=self.pack,
            calendar=book.as_known(local_day(known, self.pack.zone)),
            mode=self.mode,
            lengths=self.lengths,
            request_days=self.request_days,
            live=self.live,
        )


class LawRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The history of one item in the order of recording, and the instants asked about."""

    events: Annotated[list[LawEvent], Meta(max_length=EVENTS_MAX)]
    as_of: Annotated[list[LawQuestion], Meta(min_length=1, max_length=QUESTIONS_MAX)]


class EvaluationByRule(LawRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Under a fully expanded rule. *calendar* is the name of one of this installation, or one written out."""

    rule: Rule
    calendar: str | CalendarData


class EvaluationByPack(LawRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Under a rule pack of this installation. *calendar* is the pack's own unless another is given."""

    rule: PackChoice
    calendar: str | CalendarData | None = None


class ExplanationByRule(EvaluationByRule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """As for an evaluation, with the name of one *clock*, such as "decision" or "intake#1"."""

    clock: str


class ExplanationByPack(EvaluationByPack, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """As for an evaluation, with the name of one *clock*, such as "decision" or "intake#1"."""

    clock: str


AnyEvaluationRequest = EvaluationByRule | EvaluationByPack

EVALUATIONS = (EvaluationByRule, EvaluationByPack)

EXPLANATIONS = (ExplanationByRule, ExplanationByPack)

_decode: dict[type[Any], Any] = {kind: json.Decoder(kind).decode for kind in (*EVALUATIONS, *EXPLANATIONS)}


class Prepared(Struct, frozen=True):
    """A request prepared for counting: by a *rule*, or under a law that counts otherwise by its *choice*.

    *pack* and *mode* are those that were named; None for a rule written out.
    """

    rule: Rule | GeneralChoice
    timeline: Timeline
    book: CalendarBook
    questions: list[LawQuestion]
    clock: str = ""
    pack: Pack | None = None
    mode: str = DEFAULT_MODE


def evaluation_in(body: bytes, laws: LawBook) -> Prepared:
    """The question in the *body* of an evaluation. Raises Problem, with the `path` of the field at fault."""
    return _prepared(_read(body, EVALUATIONS), laws)


def explanation_in(body: bytes, laws: LawBook) -> Prepared:
    """The question in the *body* of an explanation. Raises Problem, with the `path` of the field at fault."""
    question = _read(body, EXPLANATIONS)
    _require_at_most("$.as_of", len(question.as_of), EXPLANATIONS_MAX, "instants to be explained")
    return _prepared(question, laws)


def _read(body: bytes, kinds: tuple[type[Any], type[Any]]) -> Any:
    """*body* as the first of *kinds* where its rule is written out, else as the second."""
    raw = decoded(json.decode, body)
    rule = raw.get("rule") if isinstance(raw, dict) else None
    by_pack = isinstance(rule, dict) and rule.keys() <= set(PackChoice.__struct_fields__)
    question: AnyEvaluationRequest = decoded(_decode[kinds[by_pack]], body)
    _require_at_most("$.events", len(question.events) * len(question.as_of), WORK_MAX, "events times instants")
    refuse_unknown("$.events", raw["events"], question.events)
    refuse_unknown("$.calendar", raw.get("calendar"), question.calendar)
    require_bounded(question)
    require_longer("$.events", question.events)
    require_targets(question.events)
    return question


def require_longer(path: str, events: Sequence[LawEvent]) -> None:
    """Refuse an extension that would leave a clock as it is, or shorten it."""
    for nth, event in enumerate(events):
        if isinstance(event, ExtensionEvent) and event.days < 1:
            raise field_problem(f"{path}[{nth}].days", f"an extension by {event.days} days", "1 day or more")


def require_targets(events: Sequence[LawEvent]) -> None:
    """Refuse a correction of an event that is not there, or of two at once: its effect would be another than meant."""
    times_of = Counter(event.id for event in events)
    for nth, event in enumerate(events):
        if isinstance(event, Amend | Retract) and times_of[event.target] != 1:
            fault = "no event is" if event.target not in times_of else f"{times_of[event.target]} events are"
            raise field_problem(
                f"$.events[{nth}].target", f"{fault} called {event.target}", "the id of one event of this history"
            )


def require_bounded(question: Struct) -> None:
    """Refuse days for which no calendar answers, and numbers of days that no limit has."""
    for path, value in leaves("$", question):
        if isinstance(value, date):
            require_usable_time(path, value)
        elif isinstance(value, int) and value > DAYS_MAX:
            raise field_problem(path, "the number is far too large", f"at most {DAYS_MAX}")


def _require_at_most(path: str, number: int, most: int, what: str) -> None:
    if number > most:
        raise field_problem(path, f"{number} {what}", f"at most {most}; ask in parts")


def refuse_unknown(path: str, raw: Any, read: Any) -> None:
    """Refuse a field that *read* has no place for: misspelt and passed over, it would change the answer unseen."""
    match read:
        case Struct():
            known = {read.__struct_config__.tag_field, *read.__struct_fields__}
            for name, part in raw.items():
                if name not in known:
                    raise field_problem(f"{path}.{name}", f"unknown field `{name}`", "see /schema/openapi.json")
                refuse_unknown(f"{path}.{name}", part, getattr(read, name, None))
        case list() | tuple():
            for nth, part in enumerate(read):
                refuse_unknown(f"{path}[{nth}]", raw[nth], part)
        case _:
            return


def _prepared(question: AnyEvaluationRequest, laws: LawBook) -> Prepared:
    chosen, books = question.calendar, laws.calendars()
    rule: Rule | GeneralChoice
    clock: str = getattr(question, "clock", "")
    if isinstance(question, EvaluationByPack):
        pack = _pack(question.rule.pack, laws)
        rule = _expanded(pack, question.rule) or _general(pack, question.rule, question.events)
        book = closed_book(pack, books[pack.calendar]) if chosen is None else _book(chosen, books)
        return Prepared(
            rule, Timeline(pack.zone, question.events), book, question.as_of, clock, pack, question.rule.mode
        )
    rule, book = question.rule, _book(question.calendar, books)
    return Prepared(rule, Timeline(rule.zone, question.events), book, question.as_of, clock, mode=rule.mode)


def _pack(name: str, laws: LawBook) -> Pack:
    try:
        return laws.pack(name)
    except Refused as unknown:
        raise field_problem("$.rule.pack", unknown.sentence, unknown.remedy) from unknown


def _expanded(pack: Pack, choice: PackChoice) -> Rule | None:
    """The rule of working days and the usual clocks; None where the law counts otherwise in that mode."""
    if choice.mode not in pack.modes:
        raise field_problem(
            "$.rule.mode", f"{pack.name} knows no mode {choice.mode}", f"its modes are: {', '.join(pack.modes)}"
        )
    try:
        return expand(
            pack,
            mode=cast("Mode", choice.mode),  # of a law with the usual clocks, or what expand refuses
            commitment_days=choice.commitment_days,
            live=choice.live,
            licence_expiry=choice.licence_expiry,
            decision_days=choice.decision_days,
        )
    except ValueError:
        return None


def _general(pack: Pack, choice: PackChoice, events: Sequence[LawEvent]) -> GeneralChoice:
    if choice.licence_expiry is not None:
        raise field_problem("$.rule.licence_expiry", f"{pack.name} renews no licence by silence", "leave it out")
    chosen_days = {DECISION.name: choice.decision_days, COMMITMENT.name: choice.commitment_days}
    lengths = {clock: days for clock, days in chosen_days.items() if days is not None}
    if unknown := lengths.keys() - pack.clocks.keys():
        raise field_problem(f"$.rule.{unknown.pop()}_days", f"{pack.name} has no such clock", "leave it out")
    consultation_days: dict[str, int] = {}
    if COUNTERSIGN.name in pack.clocks:
        days = pack.limit(choice.mode, COUNTERSIGN.name).days
        names = (name_of(event.dept, event.step) for event in events if isinstance(event, CountersignRequest))
        consultation_days = {f"{COUNTERSIGN.name}:{name}": days for name in names}
    return GeneralChoice(pack, choice.mode, lengths, consultation_days, choice.live)


def _book(chosen: str | CalendarData, books: Mapping[str, CalendarBook]) -> CalendarBook:
    """The calendar *chosen*, by its name or written out."""
    if isinstance(chosen, str):
        return named("$.calendar", chosen, books)
    _require_at_most("$.calendar.notices", len(chosen.notices), NOTICES_MAX, "notices")
    if not set(range(DAYS_PER_WEEK)) > set(chosen.weekend):
        raise field_problem(
            "$.calendar.weekend", "these are not the rest days of a week", "some of 0 (Monday) to 6, not all of them"
        )
    base = None if chosen.stacks_on is None else named("$.calendar.stacks_on", chosen.stacks_on, books)
    return CalendarBook("inline", chosen, base)


def named(path: str, name: str, known: Mapping[str, Named]) -> Named:
    """What is called *name*. Raises Problem where nothing *known* is."""
    if name not in known:
        raise field_problem(path, f"there is none called {name}", f"one of: {', '.join(sorted(known))}")
    return known[name]
