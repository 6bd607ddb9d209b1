"""Sending a planned case: each command once, however often the import is run."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from domain.ledger import Refused
from domain.vocabulary import AnyFact
from infrastructure.approvals import Approvals
from infrastructure.committer import Busy
from scripts.importing.lines import Remark
from scripts.importing.planning import Act, CasePlan, Fate
from scripts.importing.reading import CaseListing
from scripts.importing.report import ImportReport

BUSY_SECONDS = 0.1  # other people's commands go first: the import steps back for so long, then tries again
KEY_REUSED = "key-reused"

Stored = dict[UUID, list[tuple[AnyFact, datetime]]]  # by command: its facts and when they happened


class Desk:
    """Where planned cases are handed in. What doesn't get through goes into *report*, with the file and line."""

    def __init__(self, approvals: Approvals, report: ImportReport, events: str, cases: str) -> None:
        self._approvals, self._report = approvals, report
        self._events, self._cases = events, cases  # the names of the files

    async def send(self, plan: CasePlan, listing: CaseListing | None) -> None:
        """Hand one case in, its commands in their order."""
        for sentence in plan.unsaid:
            self._report.remarks.append(self._place(0, listing, f"not carried over: {sentence}"))
        for step in plan.steps:
            if step.fate is Fate.LOST:
                self._report.lost.append(self._place(step.row.line, listing, f"{step.code}: {step.reason}"))
        if plan.refusal:
            self._report.lost.append(self._place(0, listing, f"case {plan.case_id} can't be a project: {plan.refusal}"))
        stored = await self._stored(plan.project)
        for act in plan.acts:
            if stored.get(act.id) == [(fact, act.command.occurred_at) for fact in act.facts]:
                self._report.commands_repeated += 1
            else:
                await self._hand_in(plan, act, listing)

    async def _stored(self, project: UUID) -> Stored:
        """What the ledger has of the project: a command that is there to the letter need not be sent again."""
        stored: Stored = {}
        for entry in await self._approvals.history(project):
            stored.setdefault(entry.recorded.command_id, []).append((entry.fact, entry.occurred_at))
        return stored

    async def _hand_in(self, plan: CasePlan, act: Act, listing: CaseListing | None) -> None:
        while True:
            try:
                answer = await self._approvals.handle(
                    plan.project, act.command, act.by, act.id, source=act.source, recorded_at=act.recorded_at
                )
            except Busy:
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
        """A remark on a line of the events, or on the case's own line where *line* is 0."""
        if line or listing is None:
            return Remark(self._events, line, sentence)
        return Remark(self._cases, listing.line, sentence)
