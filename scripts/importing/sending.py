"""Sends the commands of a planned case, each once, however often the import is run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from domain.core.ledger import Actor, CommandOrigin, Refused
from domain.messages import AnyFact, Entry, tag_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.committer import BusyError
from scripts.importing.lines import Remark
from scripts.importing.planning import LISTING, CasePlan, PlannedAct, RowStatus
from scripts.importing.reading import CaseListing
from scripts.importing.report import ImportReport

BUSY_SECONDS = 0.1  # before a retry if the queue is full, so that interactive commands go first
KEY_REUSED = "key-reused"

SHOWN_CHARACTERS_MAX = 80  # of each side of a difference

Stored = dict[UUID, list[Entry]]  # by command


class CommandSender:
    """Sends planned cases, recorded by *importer*. Failures go into *report*, with file and line."""

    def __init__(self, approvals: Approvals, report: ImportReport, importer: Actor, events: str, cases: str) -> None:
        self._approvals, self._report, self._importer = approvals, report, importer
        self._events, self._cases = events, cases  # the names of the files

    async def send(self, plan: CasePlan, listing: CaseListing | None) -> None:
        """Send the commands of one case in order."""
        for sentence in plan.unsaid:
            self._report.remarks.append(self._place(0, listing, f"not carried over: {sentence}"))
        self._report.remarks += [self._place(line, listing, sentence) for line, sentence in plan.remarks.items()]
        for step in plan.steps:
            if step.status is RowStatus.LOST:
                self._report.lost.append(self._place(step.row.line, listing, f"{step.code}: {step.reason}"))
        if plan.refusal:
            self._report.lost.append(self._place(0, listing, f"case {plan.case_id} can't be a project: {plan.refusal}"))
        stored = await self._stored(plan.project)
        changed = {act.id: differences for act in plan.acts if (differences := unlike(stored.get(act.id), act))}
        lines = {act.line for act in plan.acts if act.line and act.id in changed}
        for act in plan.acts:
            if act.id in stored:
                self._report.commands_repeated += act.id not in changed
            elif act.line not in lines:  # a row that differs from the ledger adds nothing to it
                await self._send(plan, act, listing)
        self._report_changes(plan, changed, listing)

    def _report_changes(self, plan: CasePlan, changed: Mapping[UUID, list[str]], listing: CaseListing | None) -> None:
        """Report the differences of a case from the ledger, one remark per line."""
        by_line: dict[int, list[str]] = {}
        for act in plan.acts:
            by_line.setdefault(act.line, []).extend(changed.get(act.id, ()))
        for line, differences in by_line.items():
            if differences:
                self._report.changed.append(self._place(line, listing, "; ".join(dict.fromkeys(differences))))

    async def _stored(self, project: UUID) -> Stored:
        """The project's entries by command, as commands that are stored unchanged need not be sent again."""
        stored: Stored = {}
        for entry in await self._approvals.history(project):
            stored.setdefault(entry.recorded.command_id, []).append(entry)
        return stored

    async def _send(self, plan: CasePlan, act: PlannedAct, listing: CaseListing | None) -> None:
        origin = CommandOrigin(act.source, act.recorded_at, recorded_by=self._importer)
        while True:
            try:
                answer = await self._approvals.handle(plan.project, act.command, act.by, act.id, origin)
            except BusyError:
                await asyncio.sleep(BUSY_SECONDS)
            except Refused as refusal:
                kind = self._report.changed if refusal.code == KEY_REUSED else self._report.lost
                kind.append(self._place(act.line, listing, refusal.sentence))
                return
            else:
                self._report.commands_repeated += answer.repeated
                self._report.facts_stored += 0 if answer.repeated else len(answer.receipt.facts)
                return

    def _place(self, line: int, listing: CaseListing | None, sentence: str) -> Remark:
        """A remark on a line of the events, or on the case's own line if *line* is 0."""
        if line or listing is None:
            return Remark(self._events, line, sentence)
        return Remark(self._cases, listing.line, sentence)


def unlike(stored: Sequence[Entry] | None, act: PlannedAct) -> list[str]:
    """How the entries *stored* for an act, if any, differ from the file."""
    if stored is None:
        return []
    names = [[tag_of(entry.fact) for entry in stored], [tag_of(fact) for fact in act.facts]]
    if names[0] != names[1]:
        return [f"it is {' and '.join(names[0])} in the ledger, {' and '.join(names[1])} by the file"]
    return [
        f"{name} is {str(was)[:SHOWN_CHARACTERS_MAX]!r} in the ledger, {str(now)[:SHOWN_CHARACTERS_MAX]!r} in the file"
        for entry, fact in zip(stored, act.facts, strict=True)
        for name, was, now in compared(entry, fact, act)
        if was != now
    ]


def compared(entry: Entry, fact: AnyFact, act: PlannedAct) -> Iterator[tuple[str, object, object]]:
    """The compared values of one entry: name, stored value, value in the file.

    Times that follow from other rows are not compared: the note of a case's line is dated by its last row, the project
    by its first one, so that added rows would change them.
    """
    for name in fact.__struct_fields__:
        if name == "case_number":  # ours, if it has one: no file says it
            continue
        yield name, getattr(entry.fact, name), getattr(fact, name)
    yield "actor", entry.recorded.actor.id, act.by.id
    yield "department", entry.recorded.actor.department, act.by.department
    if act.command.occurred_at and getattr(fact, "activity", "") != LISTING:
        yield "occurred_at", entry.occurred_at, act.command.occurred_at
    if act.recorded_at and act.line:
        yield "recorded_at", entry.recorded_at, act.recorded_at
