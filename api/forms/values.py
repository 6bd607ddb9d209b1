"""Parses a form into its command, or into faults, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from msgspec import Struct, json

from api.acts.fields import FILES, HAPPENED, FieldKind, FormFieldSpec, fields_of
from api.forms.case import FormCase
from api.forms.choices import choices_for
from api.forms.form_data import FormData
from api.forms.special import SPECIAL
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST, command_in, largest
from domain.law.calendar.moment import midnight
from domain.messages import AnyCommand

YES, NO = "true", "false"
CODE_POINT = re.compile(r"U\+[0-9A-F]{4,6}")  # as the problem of a text spells a character
ID_CHARACTERS = 12  # of a new order's or complaint's id: 48 bits, within one project


class FormFault(Struct, frozen=True):
    """A fault of one field, or of the whole form if *field* is empty: a sentence, its basis, its remedy.

    *is_english*: the sentence is one of the rules' own, which have no words in other languages.
    """

    field: str
    sentence: str
    article: str = ""
    is_english: bool = False


class FieldFaultError(ValueError):
    """A text is no value of its field; *code* names the sentence about it, *detail* is its placeholder."""

    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class ReadForm(Struct, frozen=True):
    """The parsed *command*, None if there are *faults*."""

    command: AnyCommand | None
    faults: Sequence[FormFault]


def read_command(case: FormCase, data: FormData) -> ReadForm:
    """Parse the command in *data*, or collect all faults."""
    filled: dict[str, Any] = {"command": case.command}
    faults: list[FormFault] = []
    specs = fields_of(case.kind)
    if data.files and not data.text_of("evidence"):  # what was uploaded is the evidence
        data.values["evidence"] = [" ".join(file.name for file in data.files)]
    for name in case.definition.fields:
        try:
            _put(filled, name, value_of(case, specs[name], data))
        except FieldFaultError as fault:
            faults.append(fault_in_words(case, name, fault))
    _complete(case, data, filled, faults)
    faults += [fault_in_words(case, FILES, FieldFaultError(refusal)) for refusal in data.refusals]
    if faults:
        return ReadForm(None, faults)
    try:
        return ReadForm(command_in(json.encode(filled)), ())
    except Problem as problem:
        field = str(problem.members.get("path", "")).removeprefix("$.").partition("[")[0]
        shown = field if field in case.definition.fields else ""
        return ReadForm(None, [fault_in_words(case, shown, _unreadable(problem))])


def _unreadable(problem: Problem) -> FieldFaultError:
    """The fault of an unreadable text: an invisible character, if the *problem* names one."""
    hidden = CODE_POINT.search(problem.detail)
    return FieldFaultError("unseen", hidden[0]) if hidden else FieldFaultError("unreadable")


def _complete(case: FormCase, data: FormData, filled: dict[str, Any], faults: list[FormFault]) -> None:
    """Add the fields without a control: ids, metadata of the file, the time of the act."""
    definition = case.definition
    if definition.generated:
        filled[definition.generated] = data.text_of("_id") or uuid4().hex[:ID_CHARACTERS]
    if case.command == "attach_material":
        if data.files:
            file = data.files[-1]
            filled |= {"digest": file.digest, "size": file.size, "media_type": file.media_type, "name": file.name}
        elif not data.refusals:
            faults.append(fault_in_words(case, FILES, FieldFaultError("no_file")))
    if renews := filled.get("renews"):
        filled["renews"] = renews if any(renews.values()) else None
    if not definition.dated:
        return
    try:
        happened = instant(case, data.text_of(HAPPENED))
    except FieldFaultError as fault:
        faults.append(fault_in_words(case, HAPPENED, fault))
        return
    document = filled.get("document_on")
    if happened is None and document:  # a day on a document has no hour: it took effect as that day began
        happened = midnight(date.fromisoformat(document), case.zone.key)
    if happened is not None:
        filled[HAPPENED] = happened.isoformat()


def fault_in_words(case: FormCase, field: str, fault: FieldFaultError) -> FormFault:
    """*fault* of a field in words."""
    words = case.page.words
    sentence = words["form_fault"](fault.code)
    if sentence == fault.code:
        sentence = words["refused"](fault.code)
    return FormFault(field, sentence.format(label_of(case, field), fault.detail))


def label_of(case: FormCase, field: str) -> str:
    """The label of a field in the form of *case*."""
    words = case.page.words["form_field"]
    for key in (f"{case.command}.{field}", field):
        if (label := words(key)) != key:
            return label
    last = field.rpartition(".")[2]
    label = words(last)
    return label if label != last else case.page.words["field"](last)


def _put(filled: dict[str, Any], name: str, value: Any) -> None:
    """Set the field at the path *name*; an empty one has its default."""
    if value is None:
        return
    *parents, last = name.split(".")
    for parent in parents:
        filled = filled.setdefault(parent, {})
    filled[last] = value


def value_of(case: FormCase, spec: FormFieldSpec, data: FormData) -> Any:
    """The value of a field as JSON; None if it is empty. Raises FieldFaultError."""
    if spec.name == "item" and case.item:
        return case.item
    if special := SPECIAL.get(f"{case.command}.{spec.name}"):
        value, fault, detail = special.read(case, data)
        if fault:
            raise FieldFaultError(fault, detail)
        return value
    texts = data.all(spec.name)
    if not texts and spec.kind is not FieldKind.FLAG:
        if spec.required:
            raise FieldFaultError("chosen" if choices_for(case, spec) is not None else "missing")
        return None
    return READERS[spec.kind](case, spec, texts)


def _line(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> str:
    text = "\n".join(texts) if spec.kind is FieldKind.PROSE else " ".join(texts[0].split())
    _require_length(spec, text)
    _require_offered(case, spec, [text])
    return text


def _require_length(spec: FormFieldSpec, text: str) -> None:
    if spec.longest is not None and len(text) > spec.longest:
        raise FieldFaultError("too_long", spec.longest)


def _require_offered(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> None:
    """Refuse a value that is none of the options of a closed choice."""
    offered = choices_for(case, spec)
    if offered and spec.name not in OPEN and not {choice.value for choice in offered}.issuperset(texts):
        raise FieldFaultError("chosen")


OPEN = frozenset({"materials", "item.requires"})  # fields in which more can be written than is offered


def _number(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> int:
    _require_offered(case, spec, texts[:1])
    if not texts[0].removeprefix("-").isascii() or not texts[0].removeprefix("-").isdigit():
        raise FieldFaultError("not_number")
    number, most = int(texts[0][:12]), largest(spec.last) if spec.most is None else spec.most
    if not (spec.least or 0) <= number <= most:
        raise FieldFaultError("out_of_range", f"{spec.least or 0}–{most}")
    return number


def _flag(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> bool:  # noqa: ARG001  as all readers
    if not texts and spec.required:
        raise FieldFaultError("chosen")
    return YES in texts


def _enum(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> str:
    _require_offered(case, spec, texts[:1])
    return texts[0]


def _day(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> str:  # noqa: ARG001  as all readers
    try:
        day = date.fromisoformat(texts[0])
    except ValueError as wrong:
        raise FieldFaultError("not_day") from wrong
    _require_year(day.year)
    return day.isoformat()


def _require_year(year: int) -> None:
    """Refuse a day in a year without a calendar."""
    if not YEAR_FIRST <= year <= YEAR_LAST:
        raise FieldFaultError("out_of_years", f"{YEAR_FIRST}–{YEAR_LAST}")


def _instant(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> str | None:  # noqa: ARG001  as all readers
    at = instant(case, texts[0])
    return at.isoformat() if at else None


def instant(case: FormCase, text: str) -> datetime | None:
    """The local time *text* of the project's place; None where there is none. Raises FieldFaultError."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise FieldFaultError("not_instant") from wrong
    _require_year(local.year)
    return local if local.tzinfo else local.replace(tzinfo=case.zone)


def _lines(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> list[str]:
    lines = list(dict.fromkeys(line.strip() for text in texts for line in text.split("\n") if line.strip()))
    for line in lines:
        _require_length(spec, line)
    _require_offered(case, spec, lines)
    return lines


def _numbers(case: FormCase, spec: FormFieldSpec, texts: Sequence[str]) -> list[int]:
    _require_offered(case, spec, texts)
    if not all(text.isascii() and text.isdigit() for text in texts):
        raise FieldFaultError("not_number")
    return [int(text) for text in texts]


Reader = Callable[[FormCase, FormFieldSpec, Sequence[str]], Any]
READERS: Mapping[FieldKind, Reader] = {
    FieldKind.LINE: _line,
    FieldKind.PROSE: _line,
    FieldKind.NUMBER: _number,
    FieldKind.FLAG: _flag,
    FieldKind.ENUM: _enum,
    FieldKind.DAY: _day,
    FieldKind.INSTANT: _instant,
    FieldKind.LINES: _lines,
    FieldKind.NUMBERS: _numbers,
}
