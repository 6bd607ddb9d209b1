"""The case of a form: the current state of project and item, and the entries that the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec import Struct

from api.acts.chapters import FORMS, FormDefinition
from api.commands.actions import refusal_of
from api.commands.context import context_of
from api.guard.judging import ProjectAccess
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.web.entries import ShownEntry, shown
from api.web.zones import zone_of
from domain.access.decision import may_somewhere
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


class FormCase(Struct, frozen=True, dict=True):  # a dict for what is computed once
    """The case of a form: the stored name of its command, the project, and the item of the address, "" for none.

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
        """The definition of its form, from the chapters of acts."""
        return FORMS[self.command]

    @property
    def access(self) -> ProjectAccess:
        """The reader's access to the project."""
        return ProjectAccess(self.caller, self.project)

    @property
    def takes_files(self) -> bool:
        """Whether the form accepts files: only if the reader may attach files somewhere in the project."""
        return self.definition.takes_files and may_somewhere(self.caller, "attach_material").allowed

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its law, in which days begin."""
        return zone_of(self.project.law or DEFAULT_LAW)

    @property
    def project_name(self) -> str:
        """The project's name; empty before its registration."""
        first = next((entry.fact for entry in self.entries if isinstance(entry.fact, ProjectRegistered)), None)
        return first.name if first else ""

    @property
    def state(self) -> Item | None:
        """The item of the address."""
        return self.project.items.get(self.item)

    @cached_property
    def context(self) -> Context:
        """The context of a command that the reader sends now."""
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

    @cached_property
    def sentences(self) -> Sentences:
        """The facts of the project in sentences."""
        return Sentences(self.page, self.project.id, SentenceContext.of(self.history), self.names)

    def named(self, code: str) -> str:
        """The name of the item *code*."""
        return self.names.get(code) or code

    def refusal_of(self, command: Command) -> Refused | None:
        """The refusal of *command* by its own rules, as things are now; None if it would pass."""
        return refusal_of(command, self.project, self.context)

    def after(self, entries: Sequence[Entry]) -> FormCase:
        """The same case with all of *entries* recorded."""
        return case_of(self.page, self.approvals, self.laws, self.caller, self.command, self.item, entries, self.at)


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
    """The case of a registered project, from its *entries*."""
    project = replay(entries[0].stream, entries)
    page = page.under(project.law, project.register)
    readable = ProjectAccess(caller, project).entries(HISTORY, entries)
    history = shown(readable, caller, entries, project, traced=False)
    names = {code: page.called(planned.plan.name) or code for code, planned in project.items.items()}
    return FormCase(page, approvals, laws, caller, command, project, item, entries, history, names, at)
