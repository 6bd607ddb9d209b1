"""The form of a flow's next edition: phases and steps as rows of text, or a file, and the command made of them."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import DecodeError, Struct, json

from api.commands.aggregates import command_in
from api.commands.targets import TO_FLOWS
from api.reference.names import require_name
from api.web.form_fields import FormFields
from api.web.problems import Problem
from domain.flow.messages import FlowCommand
from domain.flow.state import Flow
from domain.flow.step import FlowStep

FIELDS = ("catalogue", "kinds", "phases", "steps", "note")
PHASE_COLUMNS = ("code", "name", "name_en", "limit_days")
STEP_COLUMNS = ("step", "item", "phase", "name", "name_en", "requires", "requires_any", "kinds", "milestone")
OF_FILE = ("catalogue", "kinds", "phases", "steps", "note")
TRUE = ("1", "true", "是")


class FlowForm(Struct, frozen=True):
    """The next edition of the flow called *name*, as it was filled in."""

    name: str
    is_new: bool
    fields: FormFields

    @property
    def values(self) -> dict[str, str]:
        """The texts of the form's fields; those of a file where one was sent that can be read."""
        values = {field: self.fields.text(field) for field in FIELDS}
        if not self.fields.text("file").strip():
            return values
        try:
            document = self._document()
        except Problem:
            return values
        return values | {
            "catalogue": str(document.get("catalogue", "")),
            "kinds": " ".join(map(str, _list(document.get("kinds")))),
            "phases": _rows_of(_list(document.get("phases")), PHASE_COLUMNS),
            "steps": _rows_of(_list(document.get("steps")), STEP_COLUMNS),
            "note": values["note"] or str(document.get("note", "")),
        }

    def commands(self) -> list[FlowCommand]:
        """The command that the form makes. Raises Problem with the path of the field at fault."""
        require_name(self.name, is_new=self.is_new)
        members = self._document() if self.fields.text("file").strip() else self._filled_in()
        if note := self.fields.text("note").strip():
            members["note"] = note
        body = json.encode({"command": "publish_flow", "flow": self.name, **members})
        command: FlowCommand = command_in(body, TO_FLOWS)
        return [command]

    def _document(self) -> dict[str, Any]:
        """What the file says. Raises Problem."""
        text = self.fields.text("file").strip()
        try:
            document = json.decode(text) if text.startswith("{") else tomllib.loads(text)
        except (DecodeError, tomllib.TOMLDecodeError) as error:
            raise _unreadable("file", str(error)) from error
        return {name: value for name, value in document.items() if name in OF_FILE}

    def _filled_in(self) -> dict[str, Any]:
        texts = self.fields.text
        return {
            "catalogue": texts("catalogue").strip(),
            "kinds": texts("kinds").split(),
            "phases": [_phase(line, row) for line, row in _rows("phases", texts("phases"), PHASE_COLUMNS)],
            "steps": [_step(row) for _, row in _rows("steps", texts("steps"), STEP_COLUMNS)],
        }


def form_values(flow: Flow | None) -> dict[str, str]:
    """What the form of the next edition of *flow* is filled in with: the newest one."""
    if flow is None or not flow.editions:
        return dict.fromkeys(FIELDS, "")
    newest = flow.editions[-1]
    phases = [{name: getattr(phase, name) for name in PHASE_COLUMNS} for phase in newest.phases]
    steps = [{name: getattr(step, name) for name in FlowStep.__struct_fields__} for step in newest.steps]
    return {
        "catalogue": newest.catalogue,
        "kinds": " ".join(newest.kinds),
        "phases": _rows_of(phases, PHASE_COLUMNS),
        "steps": _rows_of(steps, STEP_COLUMNS),
        "note": "",
    }


def _rows(field: str, text: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of *text* with their lines, columns between commas or tabs. Raises Problem."""
    reader = csv.reader(io.StringIO(text.strip()), delimiter="\t" if "\t" in text else ",", strict=True)
    try:
        for cells in reader:
            if len(cells) > len(columns):
                raise _unreadable(field, f"line {reader.line_num} has {len(cells)} columns, not {len(columns)}")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(columns, (cell.strip() for cell in cells), strict=False))
    except csv.Error as error:
        raise _unreadable(field, f"line {reader.line_num}: {error}") from error


def _phase(line: int, row: Mapping[str, str]) -> dict[str, Any]:
    days = row.get("limit_days", "")
    if days and not (days.isascii() and days.isdecimal()):
        raise _unreadable("phases", f"line {line}: {days} is no number of days")
    return {**_filled(row, ("code", "name", "name_en")), **({"limit_days": int(days)} if days else {})}


def _step(row: Mapping[str, str]) -> dict[str, Any]:
    step: dict[str, Any] = _filled(row, ("step", "item", "phase", "name", "name_en"))
    step |= {name: row.get(name, "").split() for name in ("requires", "kinds")}
    groups = row.get("requires_any", "").split()
    step["requires_any"] = [group.split("|") for group in groups]
    step["milestone"] = row.get("milestone", "").lower() in TRUE
    return step


def _filled(row: Mapping[str, str], names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names if row.get(name)}


def _rows_of(rows: Iterable[Any], columns: Sequence[str]) -> str:
    """*rows* as the form shows them, a line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows if isinstance(row, Mapping))
    return text.getvalue().rstrip("\n")


def _cell(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, list | tuple):
        return " ".join("|".join(map(str, part)) if isinstance(part, list | tuple) else str(part) for part in value)
    return str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _unreadable(field: str, sentence: str) -> Problem:
    return Problem(
        "invalid-field", f"{field}: {sentence}"[:500], remedy="correct it, and send the form again", path=f"$.{field}"
    )
