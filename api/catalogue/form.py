"""The forms of a catalogue: an item's fields as texts, and the commands that are made of what was filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct, json, to_builtins

from api.commands.aggregates import command_in
from api.commands.targets import TO_CATALOGUES
from api.reference.names import require_name
from api.web.form_fields import FormFields
from api.web.problems import Problem
from domain.catalogue.item import RequiredMaterial, ServiceItem, TaskType
from domain.catalogue.listing import DefineServiceItem
from domain.catalogue.messages import CatalogueCommand
from domain.catalogue.state import Catalogue
from domain.core.types import Mode
from infrastructure.catalogue.items import Finding, item_from
from infrastructure.catalogue.rows import CatalogueUnreadableError, rows_in

LINE_TEXTS = (
    *("task_code", "task_name", "task_name_en", "dept_code", "dept_name", "dept_name_en"),
    *("special", "transact_addr", "result_name", "fee_basis"),
)
NUMBERS = ("anticipate_day", "promise_day")
LISTS = ("by_law", "special_procedure", "other_dept", "materials", "tolerable")  # one entry per line
FLAGS = ("is_online", "is_fee", "pre_phase", "live", "by_undertaking")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "task_type": tuple(TaskType),
    "mode": (Mode.ON_THE_SPOT, Mode.SINGLE, Mode.JOINT, Mode.LOWER_REVIEW),
    "project_type": ("promised", "immediate"),
    "server_type": ("legal", "natural", "both"),
}
ITEM_FIELDS = (*LINE_TEXTS, *NUMBERS, "accept_condition", *LISTS, *FLAGS, *CHOICES)
PUBLICATION = ("valid_from", "note")
SHIFTS = ("next_working_day", "none")  # of intake hours: the day on which what comes later counts as received
FIELDS: Mapping[str, tuple[str, ...]] = {  # by act
    "publish": PUBLICATION,
    "import": ("rows", "absent", "reasons", *PUBLICATION),
    "define": (*ITEM_FIELDS, *PUBLICATION),
    "withdraw": ("task_code", "reasons", *PUBLICATION),
    "online": ("task_code", "is_online", "reasons"),
    "hours": ("department", "close_of_business", "intake_shift", "valid_from", "published"),
}


class CatalogueForm(Struct, frozen=True):
    """One *act* on the *catalogue* called *name*, as it was filled in."""

    act: str
    name: str
    catalogue: Catalogue
    fields: FormFields

    @property
    def values(self) -> dict[str, str]:
        """The texts of the form's own fields; the rows of a file are those of its field of text."""
        values = {name: self.fields.text(name) for name in FIELDS[self.act]}
        if self.act == "import":
            values["rows"] = self.fields.text("file") or values["rows"]
        return values

    def commands(self) -> list[CatalogueCommand]:
        """The commands that the form makes. Raises Problem with the path of the field at fault."""
        require_name(self.name, is_new=not self.catalogue.version)
        return [*MAKERS[self.act](self), *self._publication()]

    def findings(self) -> list[Finding]:
        """What is odd about the rows of a list, and stays with its items as remarks."""
        return [finding for _, _, odd in self._rows() for finding in odd] if self.act == "import" else []

    def command(self, tag: str, **fields: Any) -> CatalogueCommand:
        """The command of this stored name, without the fields that are empty. Raises Problem."""
        members = {name: value for name, value in fields.items() if value not in ("", None)}
        command: CatalogueCommand = command_in(
            json.encode({"command": tag, "catalogue": self.name, **members}), TO_CATALOGUES
        )
        return command

    def defined(self, service: ServiceItem) -> CatalogueCommand:
        """The command that lists *service*."""
        return self.command("define_service_item", service=service)

    def _publication(self) -> Iterator[CatalogueCommand]:
        if self.act == "publish" or ("note" in FIELDS[self.act] and self.fields.text("valid_from")):
            day, note = (self.fields.text(name).strip() for name in PUBLICATION)
            yield self.command("publish_catalogue", valid_from=day, note=note)

    def _rows(self) -> Iterator[tuple[int, ServiceItem | None, list[Finding]]]:
        text = self.values["rows"].strip()
        try:
            for line, row in rows_in("rows", text, is_json=text.startswith(("{", "["))):
                yield line, *item_from(line, row)
        except CatalogueUnreadableError as unreadable:
            raise _unreadable(str(unreadable)) from unreadable

    def listed(self) -> dict[str, ServiceItem]:
        """The items of the rows by code. Raises Problem where a row is no item, or repeats the code of another."""
        items: dict[str, ServiceItem] = {}
        for line, item, odd in self._rows():
            if item is None:
                raise _unreadable(f"line {line}: {odd[-1].detail}")
            if item.task_code in items:
                raise _unreadable(f"line {line} repeats the code {item.task_code}")
            items[item.task_code] = item
        if not items:
            raise _unreadable("there is no row")
        return items


def _import(form: CatalogueForm) -> Iterator[CatalogueCommand]:
    listed, known = form.listed(), form.catalogue.items
    yield from (form.defined(item) for code, item in listed.items() if known.get(code) != item)
    if form.fields.text("absent") == "withdraw":
        reasons = form.fields.text("reasons").strip()
        for code in known:
            if code not in listed:
                yield form.command("withdraw_service_item", task_code=code, reasons=reasons)


def _define(form: CatalogueForm) -> Iterator[CatalogueCommand]:
    yield form.defined(filled_in(form))


def _withdraw(form: CatalogueForm) -> Iterator[CatalogueCommand]:
    code, reasons = (form.fields.text(name).strip() for name in ("task_code", "reasons"))
    yield form.command("withdraw_service_item", task_code=code, reasons=reasons)


def _online(form: CatalogueForm) -> Iterator[CatalogueCommand]:
    code, reasons = (form.fields.text(name).strip() for name in ("task_code", "reasons"))
    is_online = form.fields.text("is_online") == "1"
    yield form.command("decide_online", task_code=code, is_online=is_online, reasons=reasons)


def _hours(form: CatalogueForm) -> Iterator[CatalogueCommand]:
    department, closes, shift, day, published = (form.fields.text(name).strip() for name in FIELDS["hours"])
    hours = {"close_of_business": closes, "intake_shift": shift or SHIFTS[0]}
    yield form.command("set_intake_hours", department=department, hours=hours, valid_from=day, published=published)


MAKERS: Mapping[str, Callable[[CatalogueForm], Iterator[CatalogueCommand]]] = {
    "publish": lambda _form: iter(()),
    "import": _import,
    "define": _define,
    "withdraw": _withdraw,
    "online": _online,
    "hours": _hours,
}


def filled_in(form: CatalogueForm) -> ServiceItem:
    """The item of the form; what it has no field for is as in the draft. Raises Problem with the field at fault."""
    texts = form.fields.text
    known = form.catalogue.items.get(texts("task_code").strip())
    members: dict[str, Any] = to_builtins(known) if known else {}
    for name in (*LINE_TEXTS, "accept_condition", *CHOICES):
        members[name] = texts(name).strip()
    for name in NUMBERS:
        members[name] = _number(name, texts(name).strip())
    for name in LISTS[:3]:
        members[name] = _lines(texts(name))
    for name in FLAGS:
        members[name] = texts(name) == "1"
    members["materials"] = _materials(form, known)
    service_fields = {name: value for name, value in members.items() if value not in ("", None)}
    command = command_in(
        json.encode({"command": "define_service_item", "catalogue": form.name, "service": service_fields}),
        TO_CATALOGUES,
    )
    assert isinstance(command, DefineServiceItem)
    return command.service


def form_values(item: ServiceItem | None) -> dict[str, str]:
    """What the form of *item* is filled in with; of a new one the usual choices."""
    if item is None:
        return {"live": "1", "task_type": TaskType.LICENCE, "mode": Mode.SINGLE, "project_type": "promised"}
    values = {name: str(getattr(item, name)) for name in (*LINE_TEXTS, "accept_condition", *CHOICES)}
    values |= {name: "" if getattr(item, name) is None else str(getattr(item, name)) for name in NUMBERS}
    values |= {name: "\n".join(getattr(item, name)) for name in LISTS[:3]}
    values |= {name: "1" if getattr(item, name) else "" for name in FLAGS}
    values["materials"] = "\n".join(material.material_name for material in item.materials)
    values["tolerable"] = "\n".join(material.material_name for material in item.materials if material.tolerable)
    return values


def _materials(form: CatalogueForm, known: ServiceItem | None) -> list[Any]:
    """The papers of the form; those that the item has keep what the form does not show."""
    before = {material.material_name: material for material in known.materials} if known else {}
    late = set(_lines(form.fields.text("tolerable")))
    names = _lines(form.fields.text("materials"))
    if unlisted := late - set(names):
        raise Problem(
            "invalid-field",
            f"tolerable: {', '.join(sorted(unlisted))} is not among the materials",
            remedy="list it among the materials too, or leave it out",
            path="$.tolerable",
        )
    papers = [before.get(name) or RequiredMaterial(material_name=name) for name in names]
    return [to_builtins(paper) | {"tolerable": paper.material_name in late} for paper in papers]


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not text.isascii():
        raise Problem(
            "invalid-field", f"{name}: {text} is no number", remedy="write a whole number of days", path=f"$.{name}"
        )
    return int(text)


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _unreadable(sentence: str) -> Problem:
    return Problem("invalid-field", sentence, remedy="correct the row, and send the list again", path="$.rows")
