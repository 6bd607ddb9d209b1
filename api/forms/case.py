"""The case that a form is about: the project and item as they are now, and what the reader may know of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from api.commands.context import context_of
from api.forms.definitions import FORMS, WITHOUT_FORM, FormDefinition
from api.guard.judging import PROJECT_UNKNOWN, ProjectAccess, require_allowed
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.web.entries import ShownEntry, entries_of, shown
from api.web.http_request import HttpRequest
from api.web.problems import Problem
from api.web.zones import zone_of
from domain.access.cases import item_case, subject_case
from domain.access.decision import Judgement, may, may_somewhere
from domain.access.principal import Caller
from domain.catalogue.item import ServiceItem
from domain.core.context import Context
from domain.core.ledger import Command, Refused
from domain.law.packs.pack import Pack
from domain.messages import COMMANDS, Entry, replay
from domain.project.application.registration import ProjectRegistered
from domain.project.rules import service_of
from domain.project.state.project import Item, Project
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals

HISTORY = "read:history"
NEW = "register_project"  # whose project does not exist yet


class FormCase(Struct, frozen=True):
    """What a form is about: the command by its stored name, the project, and the item of the address, "" for none.

    *history* are the entries that the reader may see. *page* has the times of the place where the project's law holds.
    """

    page: PageContext
    approvals: Approvals
    laws: LawBook
    caller: Caller
    command: str
    project: Project
    item: str
    entries: Sequence[Entry]
    history: Sequence[ShownEntry]
    names: Mapping[str, str]
    at: datetime

    @property
    def kind(self) -> type[Command]:
        """The type of the command."""
        return COMMANDS[self.command]

    @property
    def definition(self) -> FormDefinition:
        """What its form shows."""
        return FORMS[self.command]

    @property
    def takes_files(self) -> bool:
        """Whether files may come with the form: where the reader may hand in papers anywhere at all."""
        return self.definition.takes_files and may_somewhere(self.caller, "attach_material").allowed

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days begin."""
        return zone_of(self.project.law or DEFAULT_LAW)

    @property
    def project_name(self) -> str:
        """What the project is called; empty before its registration."""
        first = next((entry.fact for entry in self.entries if isinstance(entry.fact, ProjectRegistered)), None)
        return first.name if first else ""

    @property
    def state(self) -> Item | None:
        """The item of the address."""
        return self.project.items.get(self.item)

    @property
    def context(self) -> Context:
        """The context of a command that the reader gives now."""
        return context_of(self.approvals, self.project.law or DEFAULT_LAW, self.at)(self.caller.actor)

    @property
    def law(self) -> Pack:
        """The law that the item's application is under, with its special law; else that of the project."""
        item = self.state
        if item is not None and item.law:
            return self.laws.pack(item.law)
        context = self.context
        if item is None or not item.plan.special or item.plan.special not in context.law.specials:
            return context.law
        return context.law.under(item.plan.special)

    @property
    def service(self) -> ServiceItem | None:
        """The catalogue's entry for the item, in the edition of its application; None outside a catalogue."""
        item = self.state
        return service_of(item, self.context) if item is not None else None

    @property
    def sentences(self) -> Sentences:
        """What tells the facts of the project."""
        return Sentences(self.page, self.project.id, SentenceContext.of(self.history), self.names)

    def named(self, code: str) -> str:
        """What the item *code* is called."""
        return self.names.get(code) or code

    def after(self, entries: Sequence[Entry]) -> FormCase:
        """The same case with all of *entries* recorded."""
        return case_of(self.page, self.approvals, self.laws, self.caller, self.command, self.item, entries, self.at)


async def form_case(
    request: HttpRequest,
    project_id: FromPath[UUID],
    command: FromPath[str],
    page: NamedDependency[PageContext],
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    caller: NamedDependency[Caller],
    now: NamedDependency[datetime],
) -> FormCase:
    """The case of the form at an address. Raises Problem not-found, project-unknown, access-denied."""
    if command not in FORMS:
        why = WITHOUT_FORM.get(command, "the address ends with the stored name of a command, such as accept_item")
        raise Problem("not-found", f"there is no form for {command[:64]}", remedy=why)
    await approvals.shelves.current()
    item = str(request.path_params.get("item", ""))
    if command == NEW:
        require_allowed(may_somewhere(caller, NEW), "", caller)
        entries: Sequence[Entry] = await approvals.history(project_id)
        if entries:
            raise Problem("not-found", "this project is registered", remedy="open /acts/register_project for another")
        blank = Project(project_id)
        return FormCase(page.under(DEFAULT_LAW), approvals, laws, caller, command, blank, "", (), (), {}, now)
    case = case_of(page, approvals, laws, caller, command, item, await entries_of(approvals, project_id), now)
    if item and item not in case.project.items:
        raise Problem("not-found", f"{project_id} has no item {item[:64]}", remedy="check the address")
    require_allowed(judged(case), PROJECT_UNKNOWN, caller)
    return case


def case_of(
    page: PageContext,
    approvals: Approvals,
    laws: LawBook,
    caller: Caller,
    command: str,
    item: str,
    entries: Sequence[Entry],
    at: datetime,
) -> FormCase:
    """The case of a registered project, as its *entries* tell it."""
    project = replay(entries[0].stream, entries)
    page = page.under(project.law, project.register)
    history = shown(ProjectAccess(caller, project).entries(HISTORY, entries), caller, entries, project)
    names = {code: page.called(planned.plan.name) or code for code, planned in project.items.items()}
    return FormCase(page, approvals, laws, caller, command, project, item, entries, history, names, at)


def judged(case: FormCase) -> Judgement:
    """Whether the reader may give the command on the item of the address, or on something in the project.

    The command itself is judged again, by what it names, when its effect is shown and when it is given.
    """
    if not case.item:
        return ProjectAccess(case.caller, case.project).may(case.command)
    judgements = list(_about_item(case))
    return next((judgement for judgement in judgements if judgement.allowed), judgements[0])


def _about_item(case: FormCase) -> Iterator[Judgement]:
    """What the table says of the item, and of each card, order and complaint about it."""
    project = case.project
    yield may(case.caller, case.command, item_case(project, case.item))
    for subjects in (project.complaints, project.evaluations, project.signals, project.orders):
        for subject in subjects.values():
            if subject.item == case.item:
                yield may(case.caller, case.command, subject_case(project, subject))


def refused_by(case: FormCase, command: Command) -> Refused | None:
    """The refusal that *command* would meet now by its own rules; None where it would pass."""
    try:
        command.decide(case.project, case.context)  # type: ignore[attr-defined]  # every command of a form has rules
    except Refused as refused:
        return refused
    return None
