"""The applications in a project's history, each with the entries that are about it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field, structs

from domain.core.plan import PlannedItem
from domain.messages import Entry, corrections, register_of
from domain.project.application.numbering import CaseNumbered
from domain.project.application.registration import ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.state.project import Item, Project

CaseKey = tuple[str, int]  # item, and number of the application


class CaseFacts(Struct):
    """One application: its plan, its number, and its entries in the order of when they took effect."""

    plan: PlannedItem
    application: int
    number: str = ""
    entries: list[Entry] = field(default_factory=list)

    @property
    def submitted(self) -> Entry:
        """The entry by which it was applied for."""
        return next(entry for entry in self.entries if isinstance(entry.fact, ItemSubmitted))

    @property
    def submission(self) -> ItemSubmitted:
        """The fact of that entry."""
        fact = self.submitted.fact
        assert isinstance(fact, ItemSubmitted)
        return fact


def is_of_the_zone(entries: Sequence[Entry]) -> bool:
    """Whether *entries* are a project's that no other register recorded."""
    return isinstance(entries[0].fact, ProjectRegistered) and not register_of(entries[0])


def cases_in(entries: Sequence[Entry]) -> dict[CaseKey, CaseFacts]:
    """The applications in *entries*, of one project in version order, without what was retracted.

    What was amended is at its amended instant.
    """
    settled = corrections(entries)
    project = Project(entries[0].stream, retracted=settled.retracted)
    cases: dict[CaseKey, CaseFacts] = {}
    for entry in entries:
        if entry.version not in settled.retracted:
            entry.fact.apply(project)
            at = settled.amended.get(entry.version, entry.occurred_at)
            _take(cases, project, structs.replace(entry, occurred_at=at))
        project.version = entry.version
    for case in cases.values():
        case.entries.sort(key=lambda entry: entry.occurred_at)  # stable: equal instants stay as they were recorded
    return cases


def _take(cases: dict[CaseKey, CaseFacts], project: Project, entry: Entry) -> None:
    fact = entry.fact
    if isinstance(fact, CaseNumbered):
        if case := cases.get((fact.item, fact.application)):
            case.number = fact.case_number
        return
    for item in _items(project, fact):
        key = (item.plan.item, item.application)
        if isinstance(fact, ItemSubmitted):
            cases[key] = CaseFacts(item.plan, item.application, fact.case_number)
        if case := cases.get(key):
            case.entries.append(entry)


def _items(project: Project, fact: object) -> list[Item]:
    """The items of *project* that *fact* is about."""
    codes = getattr(fact, "items", None) or (getattr(fact, "item", ""),)
    return [project.items[code] for code in codes if isinstance(code, str) and code in project.items]
