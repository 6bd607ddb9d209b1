"""Plans an imported case: turns its rows into commands, deciding each on a project in memory first.

Each row is recorded unchanged as a noted step, at its own effective and recorded time. If it has a meaning, commands
precede that note, on the day that legally counts; if a rule refuses one, the note says so. A plan depends only on the
files and the law: planning the same file again gives the same commands with the same ids, which are idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid5

from msgspec import Struct, field, json, structs

from domain.core.context import Context
from domain.core.ledger import Actor, Refused
from domain.core.plan import PlannedItem
from domain.core.types import CODE_CHARACTERS_MAX, LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from domain.law.packs.pack import Pack
from domain.messages import AnyCommand, AnyFact, decide, tag_of
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.state.project import Project
from projections.register_figures.cases import STATED_DEADLINE
from scripts.importing.reading import SEPARATOR, CaseListing, EventRow
from scripts.importing.register import ITEM, Register, RowCommand, Situation

NAMESPACE = UUID("6c1d6a52-7f0e-5d0b-9a51-2f1a3c6f4b70")  # permanent: the ids of all imports derive from it
LISTING = "case:listing"  # the activity of the note that stores a case's own line
IMPORTER = "importer"
UNNAMED = "unknown"
VALUE_IN_FULL = "value in full: "  # in a note's reason, for values longer than a line

LawFor = Callable[[str, datetime], Pack]


class RowStatus(StrEnum):
    """The result of importing a row."""

    MAPPED = "mapped"  # noted, and translated to commands
    NOTED = "noted"  # noted; no command corresponds to it
    REFUSED = "refused"  # noted; a rule refused its commands
    LOST = "lost"  # not imported


class ImportStep(Struct):
    """A row, its status, and the reason; *code* is that of the refusal."""

    row: EventRow
    status: RowStatus
    code: str = ""
    reason: str = ""


class PlannedAct(Struct, frozen=True):
    """A command to send, and its facts. *line* is that of its row, 0 if it comes from the list of cases."""

    id: UUID
    command: AnyCommand
    by: Actor
    source: str
    recorded_at: datetime | None
    facts: tuple[AnyFact, ...]
    line: int


class CasePlan(Struct):
    """The plan of one case. *refusal* says why the project can't be registered, so that no row is imported."""

    dataset: str
    case_id: str
    project: UUID
    acts: list[PlannedAct]
    steps: list[ImportStep]
    refusal: str = ""
    unsaid: list[str] = field(default_factory=list)  # refusals of commands from its line in the list of cases
    remarks: Mapping[int, str] = field(default_factory=dict)  # by line: typed values that could not be used


def plan_case(
    register: Register,
    dataset: str,
    case_id: str,
    rows: Sequence[EventRow],
    listing: CaseListing | None,
    law: str,
    law_for: LawFor,
    now: datetime,
) -> CasePlan:
    """The plan of one case. *listing* is its line in the list of cases, None if it has none."""
    planner = CasePlanner(register, dataset, case_id, listing, law, law_for, now)
    ordered = planner.case.rows = in_order([planner.known_by_now(row) for row in rows])
    try:
        planner.register_project(ordered)
    except Refused as refusal:
        lost = [ImportStep(row, RowStatus.LOST, refusal.code, refusal.sentence) for row in ordered]
        return CasePlan(dataset, case_id, planner.project.id, [], lost, refusal.sentence)
    steps = [planner.take(row) for row in ordered]
    planner.finish(ordered)
    remarks = planner.case.remarks
    return CasePlan(dataset, case_id, planner.project.id, planner.acts, steps, unsaid=planner.unsaid, remarks=remarks)


def note(row: EventRow, step: ImportStep) -> NoteStep:
    """The row as a noted step, with the reason if no command was made of it."""
    reason = f"{step.code}: {step.reason}" if step.code else step.reason
    if len(row.value) > LINE_CHARACTERS_MAX:
        reason = f"{reason}; {VALUE_IN_FULL}{row.value}"
    return NoteStep(
        activity=row.activity,
        item=ITEM,
        label=(row.label or row.native)[:LINE_CHARACTERS_MAX],
        value=row.value[:LINE_CHARACTERS_MAX],
        reason=reason,
    )


def known_on(row: EventRow) -> datetime:
    """When the register recorded the row; if it doesn't say, when the event occurred."""
    return row.recorded_at or row.occurred_at


def in_order(rows: Sequence[EventRow]) -> list[EventRow]:
    """The rows by seq, never by time; in the order of the file if a row has no seq."""
    if any(row.seq is None for row in rows):
        return list(rows)
    return sorted(rows, key=lambda row: row.seq or 0)


class CasePlanner:
    """Collects the acts of one case, deciding each on the project as planned so far."""

    def __init__(
        self,
        register: Register,
        dataset: str,
        case_id: str,
        listing: CaseListing | None,
        law: str,
        law_for: LawFor,
        now: datetime,
    ) -> None:
        self.kind, self.law_id, self.law_for, self.now = register, law, law_for, now
        self.dataset, self.case_id, self.listing = dataset, case_id, listing
        project = Project(uuid5(NAMESPACE, f"{dataset}:{case_id}"))
        self.case = Situation(project, listing, law_for(law, now))
        columns = listing.columns if listing else {}
        self.department = columns.get("department", dataset)[:CODE_CHARACTERS_MAX]
        self.acts: list[PlannedAct] = []
        self.unsaid: list[str] = []

    @property
    def project(self) -> Project:
        """The project as planned so far."""
        return self.case.project

    def known_by_now(self, row: EventRow) -> EventRow:
        """*row*, without a day on which it was recorded that is still to come: a typing error.

        A row that is itself still to come is lost, which is said elsewhere.
        """
        if row.recorded_at is None or row.recorded_at <= self.now or row.occurred_at > self.now:
            return row
        self.case.remarks[row.line] = "recorded_on is still to come; the row counts as recorded when it happened"
        return structs.replace(row, recorded_at=None)

    def register_project(self, rows: Sequence[EventRow]) -> None:
        """Register the project, at the start in the list of cases, else with the first row. May raise Refused.

        A start in the future is taken for a typing error: the project then starts with its first row, or now.
        """
        columns = self.listing.columns if self.listing else {}
        started_at = self.listing.started_at if self.listing else None
        beginnings = [started_at, *sorted(row.occurred_at for row in rows)]
        begun = next((at for at in beginnings if at and at <= self.now), None)
        known = min((row.recorded_at for row in rows if row.recorded_at), default=begun)
        name = columns.get("parts") or f"{self.dataset} {self.case_id}"
        command = RegisterProject(
            occurred_at=begun,
            name=name[:LINE_CHARACTERS_MAX],
            code=self.case_id,
            enterprise=Enterprise(f"applicant of {self.case_id}"),
            manager=(columns.get("responsible") or UNNAMED)[:CODE_CHARACTERS_MAX],
            law=self.law_id,
            items=(PlannedItem(item=ITEM, department=self.department),),
        )
        self._do(self._case_key("register"), RowCommand(command), None, known)

    def take(self, row: EventRow) -> ImportStep:
        """Plan one row: its commands, then its note."""
        self.case.law = self.law_for(self.law_id, row.occurred_at)
        meaning = self.kind.meaning(row, self.case)
        step = (
            ImportStep(row, RowStatus.NOTED, reason=meaning)
            if isinstance(meaning, str)
            else self._attempt(row, meaning)
        )
        try:
            self._do(self._row_key(row), RowCommand(note(row, step), row.unit), row, known_on(row))
        except Refused as refusal:
            return ImportStep(row, RowStatus.LOST, refusal.code, refusal.sentence)
        self.case.seen[row.activity] = row.value
        return step

    def _attempt(self, row: EventRow, commands: Sequence[RowCommand]) -> ImportStep:
        """Plan all commands of a row, or none of them if one is refused."""
        before = (deepcopy(self.project), len(self.acts)) if len(commands) > 1 else None
        for nth, planned in enumerate(commands):
            key = self._row_key(row, tag_of(planned.command) + (f"-{nth}" if nth else ""))
            try:
                self._do(key, planned, row, known_on(row))
            except Refused as refusal:
                if before:
                    self.case.project, act_count = before
                    del self.acts[act_count:]
                return ImportStep(row, RowStatus.REFUSED, refusal.code, refusal.sentence)
        return ImportStep(row, RowStatus.MAPPED)

    def finish(self, rows: Sequence[EventRow]) -> None:
        """Plan the commands from the list of cases, and a note of the case's complete line there."""
        listing = self.listing
        if listing is None:
            return
        if listing.deadline_at:
            text = listing.deadline_at.isoformat()
            stated = NoteStep(
                activity=STATED_DEADLINE, item=ITEM, label="last day as the register states it", value=text
            )
            began = listing.started_at or listing.deadline_at
            self._case_act(f"deadline:{text}", RowCommand(structs.replace(stated, occurred_at=began)), began)
        for planned in self.kind.ending(self.case):
            self._case_act(tag_of(planned.command), planned, planned.command.occurred_at)
        whole = json.encode(dict(sorted(listing.columns.items()))).decode()
        happened = [row.occurred_at for row in rows if row.occurred_at <= self.now]
        last = max(happened, default=None)  # the list was written after the last event
        for nth, start in enumerate(range(0, len(whole), TEXT_CHARACTERS_MAX), 1):
            part = whole[start : start + TEXT_CHARACTERS_MAX]
            line = NoteStep(activity=LISTING, item=ITEM, label=f"line in the list of cases, part {nth}", reason=part)
            digest = sha256(part.encode()).hexdigest()
            self._case_act(f"listing:{nth}:{digest}", RowCommand(structs.replace(line, occurred_at=last)), None)

    def _row_key(self, row: EventRow, command: str = "") -> UUID:
        """The id of the row's note, or of one of its commands."""
        return uuid5(NAMESPACE, SEPARATOR.join(filter(None, (self.dataset, row.event_id, command))))

    def _case_key(self, what: str) -> UUID:
        return uuid5(NAMESPACE, SEPARATOR.join((self.dataset, "case", self.case_id, what)))

    def _case_act(self, what: str, planned: RowCommand, recorded_at: datetime | None) -> None:
        """Plan a command that comes from the list of cases. Its refusal does not affect the rows."""
        try:
            self._do(self._case_key(what), planned, None, recorded_at)
        except Refused as refusal:
            self.unsaid.append(f"{tag_of(planned.command)}: {refusal.sentence}")

    def _do(self, key: UUID, planned: RowCommand, row: EventRow | None, recorded_at: datetime | None) -> None:
        """Decide *planned* and add the act, dated with its row if it has no date of its own. Raises Refused."""
        command = planned.command
        if command.occurred_at is None and row is not None:
            command = structs.replace(command, occurred_at=row.occurred_at)
        at = command.occurred_at or recorded_at or self.now
        by = Actor(row.actor if row and row.actor else IMPORTER, planned.department or self.department, planned.role)
        context = Context(by=by, at=at, now=self.now, law=self.law_for(self.law_id, at))
        facts = decide(command, self.project, context)
        for fact in facts:
            fact.apply(self.project)
        source = SEPARATOR.join((self.dataset, self.case_id, row.event_id if row else ""))
        self.acts.append(PlannedAct(key, command, by, source, recorded_at, facts, row.line if row else 0))
