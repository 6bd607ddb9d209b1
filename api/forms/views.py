"""View models of a form: its fields with their values, options and faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from api.acts.fields import FILES, HAPPENED, FieldKind, FormFieldSpec, fields_of
from api.forms.case import NEW, FormCase
from api.forms.choices import Choice, choices_for
from api.forms.form_data import FormData
from api.forms.special import SPECIAL
from api.forms.values import NO, OPEN, YES, FormFault, label_of
from api.html.translations import Say
from domain.law.estimate import longest_cure
from infrastructure.ledger.approvals import DEFAULT_LAW

RADIOS_MAX = 10  # more choices are a list that opens
SEVERAL = (FieldKind.LINES, FieldKind.NUMBERS)
CONSULTED = "step"  # at which an opinion was requested: one of those with a request, never none


class FormFieldView(Struct, frozen=True):
    """One field as shown. *control* is the macro that renders it; *special* is the input of a macro of its own.

    *values* are texts as filled in; *written* those of them that are none of the *choices*.
    """

    name: str
    id: str
    label: str
    hint: str
    control: str
    required: bool
    values: Sequence[str] = ()
    choices: Sequence[Choice] = ()
    written: Sequence[str] = ()
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    fault: FormFault | None = None
    special: Any = None


class ShownForm(Struct, frozen=True):
    """A form: its *fields*, when the act happened where that may be said, and what is wrong, field by field first."""

    fields: Sequence[FormFieldView]
    happened: FormFieldView | None
    files: FormFieldView | None
    faults: Sequence[FormFault]


def shown_form(case: FormCase, data: FormData, faults: Sequence[FormFault], *, is_new: bool) -> ShownForm:
    """The view model of the form of *case* with *data*; one that *is_new* begins with the usual values."""
    specs = fields_of(case.kind)
    by_field = {fault.field: fault for fault in reversed(faults)}
    data = _begun(case, data, specs) if is_new else data
    views = [
        _view(case, specs[name], data, by_field.get(name))
        for name in case.definition.fields
        if not (name == "item" and case.item)
    ]
    happened = _happened(case, data, by_field.get(HAPPENED)) if case.definition.dated and _may_date(case) else None
    files = _files(case, by_field.get(FILES)) if case.takes_files else None
    shown = {view.name for view in views if view.control != "hidden"} | {HAPPENED, FILES}
    return ShownForm(
        views,
        happened,
        files,
        [fault if fault.field in shown else structs.replace(fault, field="") for fault in faults],
    )


def _begun(case: FormCase, data: FormData, specs: Mapping[str, FormFieldSpec]) -> FormData:
    """*data* with the usual values in the fields that are empty."""
    values = dict(data.values)
    for name in case.definition.fields:
        if name in values or name == "item":
            continue
        usual = case.item if name == "items" else _usual(case, specs[name])
        if usual:
            values[name] = [usual]
    return FormData(values, data.files, data.refusals)


def _usual(case: FormCase, spec: FormFieldSpec) -> str:
    if case.command == NEW and spec.name in ("manager", "law"):
        return case.caller.id if spec.name == "manager" else DEFAULT_LAW
    offered = choices_for(case, spec) or ()
    if len(offered) == 1 and (spec.required or spec.name == CONSULTED) and spec.kind not in SEVERAL:
        return offered[0].value
    if "." in spec.name or spec.kind not in (FieldKind.LINE, FieldKind.ENUM, FieldKind.NUMBER):
        return YES if spec.name == "item.live" else "single" if spec.name == "item.mode" else ""
    if spec.default is None or (spec.kind is FieldKind.NUMBER and spec.name != "edition"):
        return ""
    return str(spec.default)


def _may_date(case: FormCase) -> bool:
    """Whether the reader may set the time of the act; an enterprise can't."""
    return case.caller.role.value in ("officer", "project_manager", "window_clerk", "supervisor")


def _view(case: FormCase, spec: FormFieldSpec, data: FormData, fault: FormFault | None) -> FormFieldView:
    special = SPECIAL.get(f"{case.command}.{spec.name}")
    choices = choices_for(case, spec)
    values = data.values.get(spec.name, [])
    offered = {choice.value for choice in choices or ()}
    lines = [line for text in values for line in text.split("\n")] if spec.kind is FieldKind.LINES else values
    return FormFieldView(
        name=spec.name,
        id=spec.name.replace(".", "-"),
        label=label_of(case, spec.name),
        hint=_hint(case, spec.name),
        control=special.template if special else _control(spec, choices),
        required=spec.required or special is not None,
        values=lines,
        choices=_with_none(case, spec, choices),
        written=[line for line in lines if line.strip() and line not in offered],
        longest=spec.longest,
        least=spec.least,
        most=spec.most,
        fault=fault,
        special=special.view(case, data) if special else None,
    )


def _control(spec: FormFieldSpec, choices: Sequence[Choice] | None) -> str:
    """The macro of a field; one with a default has no empty option."""
    if spec.kind is FieldKind.FLAG:
        return "radios" if spec.required else "flag"
    if choices is None or (not choices and spec.name in OPEN):
        return WITHOUT_CHOICES[spec.kind]
    if spec.kind in SEVERAL:
        return "checks_and_lines" if spec.name in OPEN else "checks"
    if len(choices) == 1 and not spec.required and (choices[0].value == "" or spec.name == CONSULTED):
        return "hidden"
    return "radios" if len(choices) <= RADIOS_MAX and (spec.required or _has_default(spec)) else "select"


WITHOUT_CHOICES: Mapping[FieldKind, str] = {
    FieldKind.LINE: "line",
    FieldKind.PROSE: "prose",
    FieldKind.NUMBER: "number",
    FieldKind.DAY: "day",
    FieldKind.INSTANT: "instant",
    FieldKind.LINES: "lines",
    FieldKind.NUMBERS: "lines",
    FieldKind.ROWS: "lines",
}


def _with_none(case: FormCase, spec: FormFieldSpec, choices: Sequence[Choice] | None) -> Sequence[Choice]:
    """*choices*, yes and no of a flag that has to be answered, and none of them where nothing has to be chosen."""
    if spec.kind is FieldKind.FLAG:
        words = case.page.words["form_choice"]
        key = f"{case.command}.{spec.name}"
        return [Choice(value, _either(words, key, value)) for value in (YES, NO)]
    if choices is None:
        return ()
    if (
        spec.required
        or spec.name == CONSULTED
        or spec.kind in SEVERAL
        or _has_default(spec)
        or any(choice.value in ("", "0") for choice in choices)
    ):
        return choices
    return [Choice("", case.page.words["form_label"]("none_chosen")), *choices]


def _has_default(spec: FormFieldSpec) -> bool:
    """Whether one of a closed set of values holds where none is chosen."""
    return spec.kind is FieldKind.ENUM and spec.default is not None


def _either(words: Say, key: str, value: str) -> str:
    label = words(f"{key}.{value}")
    return words(value) if label == f"{key}.{value}" else label


def _hint(case: FormCase, name: str) -> str:
    """The hint of a field, with the limits of the law."""
    words = case.page.words["form_hint"]
    key = f"{case.command}.{name}"
    hint = words(key) if words(key) != key else words(name)
    if hint == name:
        return ""
    limit = LIMITS[key](case) if key in LIMITS else None
    return hint.format(limit) if "{}" not in hint or limit is not None else ""


def _most_extension(case: FormCase) -> int | None:
    """The days by which the decision may be extended."""
    state, law = case.state, case.law
    extension = law.extension("decision", state.mode) if state else None
    if state is None or extension is None:
        return None
    return extension.most(law.limit(state.mode).days)


def _longest_cure(case: FormCase) -> int | None:
    """The working days within which papers that are lacking have to come: as the decision's promise or limit holds."""
    state = case.state
    if state is None:
        return None
    try:
        return longest_cure(case.law, case.law.limit(state.mode), state.promise_days)
    except KeyError:  # a law that leaves the length to each item
        return state.promise_days


LIMITS = {"extend_limit.days": _most_extension, "accept_item.cure_days": _longest_cure}


def _happened(case: FormCase, data: FormData, fault: FormFault | None) -> FormFieldView:
    return FormFieldView(
        HAPPENED,
        HAPPENED,
        label_of(case, HAPPENED),
        _hint(case, HAPPENED),
        "instant",
        required=False,
        values=data.values.get(HAPPENED, []),
        fault=fault,
    )


def _files(case: FormCase, fault: FormFault | None) -> FormFieldView:
    hint = _hint(case, f"{case.command}.{FILES}") or _hint(case, FILES)
    return FormFieldView(
        FILES, FILES, label_of(case, FILES), hint, "file", required=case.command == "attach_material", fault=fault
    )
