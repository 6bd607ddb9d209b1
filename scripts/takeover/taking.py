"""Dry-runs a file of running cases, compares the clocks, and stores the projects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, field

from domain.core.ledger import Actor
from domain.messages import Entry
from domain.project.application.registration import RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.atomic.sequence import CommandSequence, SequenceRefusedError
from infrastructure.project_codes import ProjectCodes
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from scripts.importing.importer import SYSTEM_IMPORTER
from scripts.takeover.reading import ProjectToTakeOver


class StatedClockDifference(Struct, frozen=True):
    """A last day that differs from the one the register states; *counted* is None without a clock."""

    line: int
    code: str
    item: str
    clock: str
    stated: date
    counted: date | None


class TakeOverRefusal(Struct, frozen=True):
    """An act that a rule forbids: nothing of its project is taken over."""

    line: int
    code: str
    act: int
    sentence: str
    remedy: str


class TakeOverReport(Struct):
    """The outcome of a migration: counts, differences and refusals. *clocks* agree with the other register.

    *differences* and *refusals* keep their projects out, unless differences are accepted.
    """

    is_preview: bool
    projects: int = 0
    taken_over: int = 0
    repeated: int = 0
    facts: int = 0
    clocks: int = 0
    differences: list[StatedClockDifference] = field(default_factory=list)
    refusals: list[TakeOverRefusal] = field(default_factory=list)

    @property
    def has_findings(self) -> bool:
        """Whether any project was refused or differs."""
        return bool(self.differences or self.refusals)


async def take_over(
    approvals: Approvals,
    projects: Iterable[tuple[int, ProjectToTakeOver]],
    *,
    by: Actor = SYSTEM_IMPORTER,
    preview: bool,
    accept: bool = False,
) -> TakeOverReport:
    """Take *projects* over, each whole or not at all, recorded by *by*; with *preview* nothing is stored.

    With *accept* also projects with different last days. Repeated lines change nothing; changed ones are refused.
    """
    report, codes = TakeOverReport(preview), CodesInFile(ProjectCodes(approvals.store))
    for line, project in projects:
        report.projects += 1
        sequence = project.sequence(by)
        if await approvals.history(project.id):
            changed = await _change(approvals, line, project, sequence)
            report.refusals += changed
            report.repeated += not changed
            continue
        try:
            entries = (await approvals.preview_together(sequence)).added
        except SequenceRefusedError as refused:
            report.refusals.append(_refusal(line, project, refused))
            continue
        counted = clocks_of(entries, approvals, approvals.clock())
        differing = list(differences(line, project, counted))
        report.differences += differing
        report.clocks += len(project.clocks) - len(differing)
        if differing and not accept:
            continue
        if not await (codes.is_free(project) if preview else codes.claim(project)):
            report.refusals.append(_taken(line, project))
            continue
        if not preview:
            await approvals.handle_together(sequence)
            report.taken_over += 1
            report.facts += len(entries)
    return report


class CodesInFile:
    """The project codes of a file: each is claimed by one project."""

    def __init__(self, codes: ProjectCodes) -> None:
        self._codes = codes
        self._owners: dict[str, UUID] = {}  # by the lines before

    async def is_free(self, project: ProjectToTakeOver) -> bool:
        """Whether its code is unused, in the database and in the lines before."""
        code = project.registered_code
        if not code:
            return True
        owner = self._owners.setdefault(code, project.id)
        return owner == project.id and await self._codes.holder(code, project.id) is None

    async def claim(self, project: ProjectToTakeOver) -> bool:
        """Claim its code until the views have caught up; False if another project has it."""
        code = project.registered_code
        return not code or (await self._codes.claim(code, project.id))[0] == project.id


async def _change(
    approvals: Approvals, line: int, project: ProjectToTakeOver, sequence: CommandSequence
) -> list[TakeOverRefusal]:
    """The refusal of a *project* taken over before, if it has other acts than it had then: the first of them."""
    place = await approvals.first_change(sequence)
    if place is not None:
        act = project.in_order[place] + 1
    elif await approvals.store.first_answer(project.id_of_act(len(project.acts))):
        act = len(project.acts)  # it had more
    else:
        return []
    sentence = "the project was taken over before, with other acts, and stays as it was"
    remedy = (
        "give it the acts of the first time, or leave it out and correct it here: add, amend or retract what differs"
    )
    return [TakeOverRefusal(line, project.code, act, sentence, remedy)]


def _taken(line: int, project: ProjectToTakeOver) -> TakeOverRefusal:
    place = next(nth for nth, act in enumerate(project.acts, start=1) if isinstance(act.command, RegisterProject))
    sentence = f"another project is registered under the code {project.registered_code}"
    return TakeOverRefusal(line, project.code, place, sentence, "register this project under its own code")


def _refusal(line: int, project: ProjectToTakeOver, refused: SequenceRefusedError) -> TakeOverRefusal:
    refusal = refused.refusal
    act = project.in_order[refused.index] + 1  # as the file counts them
    return TakeOverRefusal(line, project.code, act, refusal.sentence, refusal.remedy)


Counted = dict[tuple[str, str], Reading]


def clocks_of(entries: Sequence[Entry], approvals: Approvals, now: datetime) -> Counted:
    """The clocks of the newest application for each item, by item and clock."""
    counted: Counted = {}
    for history in item_histories(entries).values():
        reading = read(history, approvals.laws, now, now)
        counted |= {(history.item, clock.clock): clock for clock in (reading.clocks if reading else ())}
    return counted


def differences(line: int, project: ProjectToTakeOver, counted: Counted) -> Iterator[StatedClockDifference]:
    """The stated last days that differ. A suspended clock is compared as if it resumed now."""
    for stated in project.clocks:
        clock = counted.get((stated.item, stated.clock))
        due = (clock.due_on or clock.earliest_due_on) if clock else None
        if due != stated.due_on:
            yield StatedClockDifference(line, project.code, stated.item, stated.clock, stated.due_on, due)
