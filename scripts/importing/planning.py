"""Planning a case: its rows become the commands that will be sent, decided here first on a project of our own.

Each row is kept, as its register wrote it, as a noted step on its own effective and recorded day. Where it has a
meaning, commands come before that note, on the day that legally counts; where a rule refuses one, the note says so.
A plan depends on nothing but the files and the law: planning the same file again gives the same commands with the
same ids, and the ledger then answers each of them with what it answered before.
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

NAMESPACE = UUID("6c1d6a52-7f0e-5d0b-9a51-2f1a3c6f4b70")  # fixed for ever: the ids of every import are made from it
LISTING = "case:listing"  # the activity under which a case's own line is kept
IMPORTER = "importer"
UNNAMED = "unknown"
VALUE_IN_FULL = "value in full: "  # in a note's reason, where a value is longer than a line

LawFor = Callable[[str, datetime], Pack]


class RowStatus(StrEnum):
    """What became of a row."""

    MAPPED = "mapped"  # kept, and commands of ours besides
    NOTED = "noted"  # kept; it has no meaning of ours
    REFUSED = "refused"  # kept; a rule of ours does not let its meaning pass
    LOST = "lost"  # not kept


class ImportStep(Struct):
    """One row, what became of it, and why; *code* is that of the refusal."""

    row: EventRow
    status: RowStatus
    code: str = ""
    reason: str = ""


class PlannedAct(Struct, frozen=True):
    """One command to be sent, and the facts it gives. *line* is that of its row, 0 for what the case itself says."""

    id: UUID
    command: AnyCommand
    by: Actor
    source: str
    recorded_at: datetime | None
    facts: tuple[AnyFact, ...]
    line: int


class CasePlan(Struct):
    """All of one case. *refusal* says why not even the project can be registered: no row then gets in."""

    dataset: str
    case_id: str
    project: UUID
    acts: list[PlannedAct]
    steps: list[ImportStep]
    refusal: str = ""
    unsaid: list[str] = field(default_factory=list)  # what its line in the list of cases says and a rule refused
    remarks: Mapping[int, str] = field(default_factory=dict)  # by line: what was typed and could not be taken


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
    """The commands for one case. *listing* is its line among the cases, None where it has none."""
    planner = CasePlanner(register, dataset, case_id, listing, law, law_for, now)
    ordered = planner.case.rows = in_order(rows)
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
    """The row as a noted step, with the reason why it is no more than that."""
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
    """When the row's own system learned of it; registers that don't say learned of it as it happened."""
    return row.recorded_at or row.occurred_at


def in_order(rows: Sequence[EventRow]) -> list[EventRow]:
    """By seq, never by time; in the order of the file where a row has no seq."""
    if any(row.seq is None for row in rows):
        return list(rows)
    return sorted(rows, key=lambda row: row.seq or 0)


class CasePlanner:
    """Writes the acts of one case down, deciding each on the project as it then stands."""

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
        """The case as far as it has been planned."""
        return self.case.project

    def register_project(self, rows: Sequence[EventRow]) -> None:
        """The project itself, begun when the list of cases says so, else with the first row. May raise Refused.

        A beginning still to come is a slip of the pen: the project is then as old as its first row, or as this import.
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
        """One row: what it means, then the row itself."""
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

    def _attempt(self, row: EventRow, deeds: Sequence[RowCommand]) -> ImportStep:
        """All commands of a row, or none of them."""
        before = (deepcopy(self.project), len(self.acts)) if len(deeds) > 1 else None
        for nth, deed in enumerate(deeds):
            key = self._row_key(row, tag_of(deed.command) + (f"-{nth}" if nth else ""))
            try:
                self._do(key, deed, row, known_on(row))
            except Refused as refusal:
                if before:
                    self.case.project, kept = before
                    del self.acts[kept:]
                return ImportStep(row, RowStatus.REFUSED, refusal.code, refusal.sentence)
        return ImportStep(row, RowStatus.MAPPED)

    def finish(self, rows: Sequence[EventRow]) -> None:
        """What only the list of cases knows, and that list's own line, kept whole."""
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
        for deed in self.kind.ending(self.case):
            self._case_act(tag_of(deed.command), deed, deed.command.occurred_at)
        whole = json.encode(dict(sorted(listing.columns.items()))).decode()
        happened = [row.occurred_at for row in rows if row.occurred_at <= self.now]
        last = max(happened, default=None)  # the list was made when everything in it had happened; else by this import
        for nth, start in enumerate(range(0, len(whole), TEXT_CHARACTERS_MAX), 1):
            part = whole[start : start + TEXT_CHARACTERS_MAX]
            kept = NoteStep(activity=LISTING, item=ITEM, label=f"line in the list of cases, part {nth}", reason=part)
            digest = sha256(part.encode()).hexdigest()
            self._case_act(f"listing:{nth}:{digest}", RowCommand(structs.replace(kept, occurred_at=last)), None)

    def _row_key(self, row: EventRow, command: str = "") -> UUID:
        """The id of the row's note, or of one of the commands it amounts to."""
        return uuid5(NAMESPACE, SEPARATOR.join(filter(None, (self.dataset, row.event_id, command))))

    def _case_key(self, what: str) -> UUID:
        return uuid5(NAMESPACE, SEPARATOR.join((self.dataset, "case", self.case_id, what)))

    def _case_act(self, what: str, deed: RowCommand, recorded_at: datetime | None) -> None:
        """A command that no row stands for. A line that can't be carried out changes nothing for the rows."""
        try:
            self._do(self._case_key(what), deed, None, recorded_at)
        except Refused as refusal:
            self.unsaid.append(f"{tag_of(deed.command)}: {refusal.sentence}")

    def _do(self, key: UUID, deed: RowCommand, row: EventRow | None, recorded_at: datetime | None) -> None:
        """Decide *deed* and write it down, dated with its row where it says no date of its own. Raises Refused."""
        command = deed.command
        if command.occurred_at is None and row is not None:
            command = structs.replace(command, occurred_at=row.occurred_at)
        at = command.occurred_at or recorded_at or self.now
        by = Actor(row.actor if row and row.actor else IMPORTER, deed.department or self.department, deed.role)
        context = Context(by=by, at=at, now=self.now, law=self.law_for(self.law_id, at))
        facts = decide(command, self.project, context)
        for fact in facts:
            fact.apply(self.project)
        source = SEPARATOR.join((self.dataset, self.case_id, row.event_id if row else ""))
        self.acts.append(PlannedAct(key, command, by, source, recorded_at, facts, row.line if row else 0))
