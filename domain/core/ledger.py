"""Commands, facts and entries: the types that every message is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid5

from msgspec import UNSET, Struct, UnsetType


class Role(StrEnum):
    """In what capacity an actor acts."""

    OFFICER = "officer"  # 部门经办人
    PROJECT_MANAGER = "project_manager"  # 项目经理
    APPLICANT = "applicant"  # 企业
    SUPERVISOR = "supervisor"  # 监察局
    LEADER = "leader"  # 领导
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"  # a department's own system, reporting by machine
    WINDOW_CLERK = "window_clerk"  # 综合窗口: files for enterprises
    ADMINISTRATOR = "administrator"  # people, grants, catalogues; no cases
    SYSTEM = "system"  # the deadline watcher, importers

    @property
    def with_article(self) -> str:
        """The role as a sentence says it: "an officer", "a project manager"."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.value.replace('_', ' ')}"


class Actor(Struct, frozen=True, gc=False):
    """Who is acting, for which department (or enterprise), and in what capacity."""

    id: str
    department: str = ""
    role: Role = Role.OFFICER


NO_CASES_OF_THEIR_OWN = (Role.SYSTEM, Role.ADMINISTRATOR)


def actor_in_case(by: Actor, on_behalf_of: Actor | UnsetType | None) -> Actor:
    """Who acted in the case: *by*, or the person of another register for whom an importer recorded it."""
    return on_behalf_of if on_behalf_of and by.role in NO_CASES_OF_THEIR_OWN else by


class Refused(Exception):  # noqa: N818 a refusal is an answer, not an error
    """A command broke a rule. The sentence is shown to the person who sent it.

    *code* is stable and machine-readable; *article* names the law or rule, empty where none is cited;
    *remedy* says what would make the command pass.
    """

    def __init__(self, code: str, sentence: str, *, article: str = "", remedy: str = "", **details: Any) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.article, self.remedy = code, sentence, article, remedy
        self.details: Mapping[str, Any] = details


class Command(
    Struct, frozen=True, kw_only=True, tag_field="command", forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """A request that may be refused. *occurred_at* is when it legally happened, where that is not now.

    Fields with their default value are left out of its JSON, so that the fingerprint of a command does not change when
    its type gets a new field.
    """

    occurred_at: datetime | None = None

    needs_shelf: ClassVar[bool] = False  # whether it looks into published catalogues or flows
    needs_calendar: ClassVar[bool] = False  # whether it looks at the published calendar
    needs_case_counter: ClassVar[bool] = False  # whether it may give a case number

    @property
    def law_named(self) -> str:
        """The id of the law it asks to be decided under; empty: that of what it is sent to."""
        return ""


class Fact(Struct, frozen=True, kw_only=True, tag_field="fact", gc=False):
    """Something that happened: never refused, changed or deleted. Applying it never checks and never fails."""

    since: ClassVar[int] = 1
    apply: ClassVar[Callable[..., None]]  # changes the state of what it happened to; each fact has its own


class Recorded(Struct, frozen=True, gc=False):
    """How an entry came into the ledger: the part of it that is not the fact itself."""

    by: Actor
    command_id: UUID
    law: str = ""  # id and version of the rule pack in force, e.g. "cn-licensing@2019-04-23"
    source: str = ""  # where an imported fact comes from, e.g. "receipt:case-10011:task-42933"
    # Not in entries of before storage format 1. What is unset is left out of the stored bytes.
    on_behalf_of: Actor | UnsetType = UNSET  # for whom *by* acted; of what was imported, who acted in the register
    correlation: UUID | UnsetType = UNSET  # of all that belongs to one undertaking of the sender
    causation: UUID | UnsetType = UNSET  # the entry that this one follows from, by its `entry_id`
    fingerprint: bytes | UnsetType = UNSET  # SHA-256 of the stream and the command, without its conditions
    at: datetime | UnsetType = UNSET  # when the command arrived
    traceparent: str | UnsetType = UNSET  # of the trace that the command was carried out in (W3C Trace Context)

    @property
    def actor(self) -> Actor:
        """Who acted in the case, where an importer recorded it for a person of another register."""
        return self.by if self.on_behalf_of is UNSET else actor_in_case(self.by, self.on_behalf_of)


class CommandOrigin(Struct, frozen=True, gc=False):
    """What a sender may say of a command beside the command itself and who sends it.

    *source*, *recorded_at* and *recorded_by* are an importer's: where a fact comes from, when its first system learned
    it, and who imports it on behalf of the sender.
    """

    source: str = ""
    recorded_at: datetime | None = None
    recorded_by: Actor | UnsetType = UNSET
    on_behalf_of: Actor | UnsetType = UNSET
    correlation: UUID | UnsetType = UNSET
    causation: UUID | UnsetType = UNSET
    traceparent: str | UnsetType = UNSET


def entry_id(stream: UUID, version: int) -> UUID:
    """The id of one entry of a stream, by which another one names it as its cause; computed, never stored."""
    return uuid5(stream, f"v{version}")
