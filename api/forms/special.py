"""Fields made of several controls: papers judged one by one, reasons by article, fields of the information base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from api.forms.case import FormCase
from api.forms.form_data import FormData
from domain.core.types import LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from domain.project.information.form import CATEGORIES, Category, FormField
from domain.project.information.recording import InformationRecorded, KnownField
from projections.personal_reads import note_fact

COMPLETE, LACKING, DEFECTIVE = "complete", "lacking", "defective"
CHINESE_LAW = "cn-licensing"  # whose article lists when an application is not admitted
REFUSED_BY_ARTICLE = ("no_licence_needed", "not_our_powers")  # 行政许可法 32(1)(1), 32(1)(2)

Answer = tuple[Any, str, object]  # a value as JSON has it, else the code of a fault and what fills it in


class JudgedPaper(Struct, frozen=True):
    """One paper of a notice of supplement: its *state*, "" if not judged yet, and its defect."""

    index: int
    name: str
    needed: bool
    state: str
    note: str


class SpecialField(Protocol):
    """A field with controls of its own: *template* is the macro that shows it."""

    template: str

    def read(self, case: FormCase, data: FormData) -> Answer:
        """What was filled in."""

    def view(self, case: FormCase, data: FormData) -> Any:
        """What its macro shows."""


class MissingPapers:
    """一次告知 every paper of the catalogue, each complete, lacking or defective; and others beneath."""

    template = "papers"

    def read(self, case: FormCase, data: FormData) -> Answer:
        """The missing papers, and the defective ones with their defects. At least one, and all are judged."""
        papers, named = self.view(case, data), []
        for paper in papers:
            if not paper.state:
                return None, "unjudged", paper.name
            if paper.state == DEFECTIVE and not paper.note and paper.name not in _first(case):
                return None, "unexplained", paper.name
            if paper.state != COMPLETE:
                named.append(self._named(case, paper))
        others = [line.strip() for line in data.text_of("missing.other").split("\n") if line.strip()]
        named = list(dict.fromkeys([*named, *others]))
        if not named:
            return None, "nothing-missing", ""
        if any(len(name) > LINE_CHARACTERS_MAX for name in named):
            return None, "too_long", LINE_CHARACTERS_MAX
        return named, "", ""

    def view(self, case: FormCase, data: FormData) -> list[JudgedPaper]:
        """Every paper of the catalogue, or of the first notice where there was one."""
        needed = {paper.material_name: paper.is_need for paper in (case.service.materials if case.service else ())}
        names = _first(case) or tuple(needed)
        return [
            JudgedPaper(
                index,
                name,
                needed.get(name, True),
                data.text_of(f"missing.{index}.state") or _known(case, name),
                " ".join(data.text_of(f"missing.{index}.note").split()),
            )
            for index, name in enumerate(names)
        ]

    def _named(self, case: FormCase, paper: JudgedPaper) -> str:
        """A paper as the notice names it: with what is wrong, unless the first notice named it already."""
        if paper.state == LACKING or not paper.note or paper.name in _first(case):
            return paper.name
        return case.page.words["form_label"]("defective_paper").format(paper.name, paper.note)


def _known(case: FormCase, paper: str) -> str:
    """The state of a paper of the first notice: still missing, or handed in since; "" without a notice."""
    if case.state is None or paper not in case.state.first_notice:
        return ""
    return LACKING if paper in case.state.missing else COMPLETE


def _first(case: FormCase) -> tuple[str, ...]:
    """The papers that the first notice named; empty before it."""
    return case.state.first_notice if case.state else ()


class LackingPapers:
    """全部齐全, or 容缺: which secondary papers may come later."""

    template = "lacking"

    def read(self, case: FormCase, data: FormData) -> Answer:  # noqa: ARG002  as all special fields
        """The missing papers, none if all are there; one of the two has to be chosen."""
        chosen = data.text_of("lacking.all")
        if chosen not in (COMPLETE, LACKING):
            return None, "chosen", ""
        if chosen == COMPLETE:
            return [], "", ""
        named = [line.strip() for text in data.all("lacking") for line in text.split("\n") if line.strip()]
        return (list(dict.fromkeys(named)), "", "") if named else (None, "lacking_unnamed", "")

    def view(self, case: FormCase, data: FormData) -> dict[str, Any]:
        """The papers that may come later by the catalogue, and the choice made."""
        papers = case.service.materials if case.service else ()
        return {
            "chosen": data.text_of("lacking.all"),
            "papers": [paper.material_name for paper in papers if paper.tolerable],
            "named": data.all("lacking"),
        }


class DeclinedFor:
    """不予受理 the article by which an application is not admitted, and the reasons in words."""

    template = "declined"

    def read(self, case: FormCase, data: FormData) -> Answer:
        """The article's words, then the reasons."""
        ground, text = data.text_of("reasons.ground"), data.text_of("reasons")
        offered = self.view(case, data)["grounds"]
        if offered and ground not in offered:
            return None, "chosen", ""
        if not text:
            return None, "missing", ""
        words = case.page.words["declined_for"]
        whole = f"{words(ground)}{case.page.words['punctuation']('colon')}{text}" if offered else text
        return (whole, "", "") if len(whole) <= TEXT_CHARACTERS_MAX else (None, "too_long", TEXT_CHARACTERS_MAX)

    def view(self, case: FormCase, data: FormData) -> dict[str, Any]:
        """The articles of the project's law, and the choice made."""
        grounds = REFUSED_BY_ARTICLE if case.law.id == CHINESE_LAW else ()
        return {"grounds": grounds, "chosen": data.text_of("reasons.ground"), "text": data.text_of("reasons")}


class EnteredValue(Struct, frozen=True):
    """One field of the information base: the value on record, and the new value."""

    field: FormField
    value: str
    unit: str


class InformationFields:
    """项目信息 the fields of one category with their values on record; only changed ones are sent."""

    template = "information"

    def read(self, case: FormCase, data: FormData) -> Answer:
        """The fields that differ from what is on record."""
        category = self._category(data)
        if category is None:
            return None, "category_first", ""
        known = on_record(case, category.id)
        fields = []
        for entered in self.view(case, data):
            before = known.get(entered.field.key, KnownField(entered.field.key, ""))
            unit = entered.unit if entered.value and entered.field.units else ""
            if (entered.value, unit) != (before.value, before.unit if entered.field.units else ""):
                fields.append({"key": entered.field.key, "value": entered.value, "unit": unit})
        return (fields, "", "") if fields else (None, "unchanged", "")

    def view(self, case: FormCase, data: FormData) -> list[EnteredValue]:
        """Every field of the chosen category; none as long as none is chosen."""
        category = self._category(data)
        return list(self._values(category, on_record(case, category.id), data)) if category else []

    def _values(self, category: Category, known: Mapping[str, KnownField], data: FormData) -> Iterator[EnteredValue]:
        for field in category.fields:
            before, name = known.get(field.key), f"fields.{field.key}"
            is_new = name not in data.values
            value = (before.value if before else "") if is_new else data.text_of(name)
            unit = (before.unit if before else "") if is_new else data.text_of(f"{name}.unit")
            yield EnteredValue(field, value, unit or next(iter(field.units), ""))

    def _category(self, data: FormData) -> Category | None:
        return CATEGORIES.get(data.text_of("category"))


def on_record(case: FormCase, category: str) -> dict[str, KnownField]:
    """The values of *category* in the information base, as far as the reader may see them."""
    recorded: Sequence[InformationRecorded] = [
        entry.fact
        for entry in case.history
        if isinstance(entry.fact, InformationRecorded) and entry.fact.category == category and not entry.retracted
    ]
    for fact in recorded:
        note_fact(case.project.id, fact)
    ordered = sorted(recorded, key=lambda fact: fact.as_of)  # stable: of one day the last entered counts
    return {field.key: field for fact in ordered for field in fact.fields}


SPECIAL: Mapping[str, SpecialField] = {
    "request_supplement.missing": MissingPapers(),
    "accept_item.lacking": LackingPapers(),
    "decline_item.reasons": DeclinedFor(),
    "record_information.fields": InformationFields(),
}
