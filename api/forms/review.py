"""核对 the preview of a command: its facts in words, clocks before and after, and what it ends or rules out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from markupsafe import Markup
from msgspec import Struct, structs

from api.acts.fields import FormFieldSpec, fields_of
from api.clocks.display import left, overdue, warned
from api.commands.actions import Action, ItemAt, actions_for
from api.commands.context import context_of
from api.commands.effect import CommandEffect, EndingSignal
from api.forms.case import FormCase
from api.forms.choices import choices_for
from api.forms.form_data import FormData
from api.forms.special import SPECIAL, on_record
from api.forms.values import label_of
from api.html.citations import cited
from api.html.clock_names import clock_name
from api.html.sentences import Sentences, plain
from domain.core.plan import PlannedItem
from domain.law.licensing.clock import State
from domain.messages import AnyCommand, AnyFact
from domain.project.information.recording import KnownField, RecordInformation
from infrastructure.ledger.approvals import CommandPreview
from projections.clocks.reading import Reading

BAR_PX = 160
ENDED = (State.MET, State.LATE, State.VOID, State.LAPSED, State.DEEMED)


class ClockBarView(Struct, frozen=True):
    """One clock at an instant as a bar, in pixels, and in words. *kind* is how its used part is drawn."""

    used: int
    rest: int
    over: int
    kind: str
    sentence: str
    due: str


class ClockChangeView(Struct, frozen=True):
    """A clock *before* the act and *after* it; None where there is none."""

    name: str
    item: str
    article: str
    before: ClockBarView | None
    after: ClockBarView | None


class BarredAct(Struct, frozen=True):
    """A command that is ruled out after the act, and the rule against it, by the code of its refusal."""

    command: str
    why: str
    article: str


class ShownReview(Struct, frozen=True):
    """The effect of an act as shown: *sentences* are its facts in sentences, *filled* what was filled in.

    *ends* are the numbers of warnings and cards that would end; *version* is that of the last entry before it.
    """

    sentences: Sequence[str]
    filled: Sequence[tuple[str, str]]
    clocks: Sequence[ClockChangeView]
    ends: Sequence[str]
    unblocked: Sequence[str]
    blocked: Sequence[str]
    barred: Sequence[BarredAct]
    files: Sequence[str]
    version: int


def shown_review(
    case: FormCase, data: FormData, command: AnyCommand, preview: CommandPreview, effect: CommandEffect
) -> ShownReview:
    """The effect of *command* as *preview* has it."""
    entries = (*preview.before, *preview.added)
    later = case.after(entries)
    sentences = later.sentences
    return ShownReview(
        sentences=[_sentence(later, sentences, fact.fact) for fact in effect.facts],
        filled=list(filled_in(case, command)),
        clocks=[_change(later, change.clock, change.item, change.before, change.after) for change in effect.clocks],
        ends=[_ending(case, signal) for signal in effect.ends],
        unblocked=[later.named(code) for code in effect.unblocked],
        blocked=[later.named(code) for code in effect.blocked],
        barred=_barred(case, later, command) if case.project.law else [],
        files=[file.name for file in data.files],
        version=effect.version,
    )


def _sentence(case: FormCase, sentences: Sentences, fact: AnyFact) -> str:
    """A fact in a sentence, after the name of its item where that is not the one of the form."""
    plan = getattr(fact, "plan", None)
    item = getattr(fact, "item", "") or (plan.item if isinstance(plan, PlannedItem) else "")
    sentence = sentences.tell(fact)
    if not item or item == case.item or item not in case.project.items:
        return sentence
    return Markup("{}{}{}").format(case.named(item), sentences.colon, sentence)


def _change(case: FormCase, clock: str, item: str, before: Reading | None, after: Reading | None) -> ClockChangeView:
    shown = after or before
    return ClockChangeView(
        clock_name(case.page)(clock),
        case.named(item),
        cited(shown.article, case.page.language) if shown else "",
        _bar(case, before),
        _bar(case, after),
    )


def _bar(case: FormCase, reading: Reading | None) -> ClockBarView | None:
    if reading is None:
        return None
    over = max(reading.overdue_days, 0)
    used = reading.used or 0
    whole = max(reading.length or 0, used + max(reading.remaining, 0)) + over or 1
    used_px, over_px = round(BAR_PX * (whole - over - max(reading.remaining, 0)) / whole), round(BAR_PX * over / whole)
    is_ended = reading.closed or reading.state in ENDED
    paused = reading.state is State.SUSPENDED
    return ClockBarView(
        used=max(used_px, 0),
        rest=max(BAR_PX - used_px - over_px, 0),
        over=over_px,
        kind="stopped" if is_ended else "paused" if paused else "soon" if warned(reading) == "soon" else "",
        sentence=_deadline_in_words(case, reading, is_ended=is_ended),
        due=str(reading.due_on or reading.earliest_due_on or "") if not is_ended else "",
    )


def _deadline_in_words(case: FormCase, reading: Reading, *, is_ended: bool) -> str:
    """The days left on a clock, or its outcome."""
    page, words = case.page, case.page.words
    state = words["clock_state"](reading.state.value)
    if is_ended:
        return words["form_label"]("stopped").format(state)
    late = overdue(page, reading, case.at)
    whole = "" if reading.length is None else f" / {reading.length}"
    days_left = words["form_label"]("over_by" if late else "left").format(late or left(page, reading, case.at), whole)
    return f"{state} · {days_left}" if reading.state is State.SUSPENDED else days_left


def _ending(case: FormCase, signal: EndingSignal) -> str:
    number = case.sentences.known.cards.get(signal.card)
    return f"{number or ''} {case.named(signal.item)}".strip()


def _barred(case: FormCase, later: FormCase, command: AnyCommand) -> list[BarredAct]:
    """The commands on the item that pass before the act and are refused after it."""
    code = case.item or str(getattr(command, "item", ""))
    if code not in case.project.items:
        return []
    before = {action.command: action for action in _actions(case, code)}
    return [
        BarredAct(action.command, action.barred, cited(action.article, case.page.language))
        for action in _actions(later, code)
        if action.barred
        and action.command != case.command
        and action.command in before
        and not before[action.command].barred
    ]


def _actions(case: FormCase, code: str) -> list[Action]:
    about = ItemAt(case.project, code, structs.replace(case, item=code).law)
    return actions_for(case.caller, about, context_of(case.approvals, case.project.law, case.at))


def filled_in(case: FormCase, command: AnyCommand) -> Iterator[tuple[str, str]]:
    """The values of a form, field by field, in words."""
    specs = fields_of(case.kind)
    for name in case.definition.fields:
        if name == "item" and case.item:
            continue
        if isinstance(command, RecordInformation) and name == "fields":
            yield label_of(case, name), case.page.joined(_information(case, command))
            continue
        value: object = command
        for part in name.split("."):
            value = getattr(value, part, None)
        if text := _value_in_words(case, specs[name], value):
            yield label_of(case, name), text


def _value_in_words(case: FormCase, spec: FormFieldSpec, value: object) -> str:
    """*value* of a field in words; empty where there is none."""
    words = case.page.words
    if spec.name == "lacking" and not value:
        return words["form_label"]("all_complete")
    if isinstance(value, bool):
        return words["form_choice"]("true" if value else "false") if value or spec.required else ""
    return "" if value in (None, "", (), 0) else _worded(case, spec, value)


def _worded(case: FormCase, spec: FormFieldSpec, value: object) -> str:
    """A *value* that is not empty in words: choices by their labels."""
    if isinstance(value, datetime):
        return plain(case.page.local(value))
    labels: Mapping[str, str] = {}
    if f"{case.command}.{spec.name}" not in SPECIAL:
        labels = {choice.value: choice.label for choice in choices_for(case, spec) or ()}
    if isinstance(value, tuple):
        return case.page.joined(labels.get(str(each), str(each)) for each in value)
    return labels.get(str(value), str(value))


def _information(case: FormCase, command: RecordInformation) -> Iterator[str]:
    """The fields of the information base, each with the value on record."""
    known, instead_of = on_record(case, command.category), case.page.words["form_label"]("instead_of")
    for entered in command.fields:
        text = case.sentences.field_text(KnownField(entered.key, str(entered.value), entered.unit))
        before = known.get(entered.key)
        yield f"{text}{instead_of.format(f'{before.value}{before.unit}')}" if before and before.value else text
