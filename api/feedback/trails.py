"""Audit trails of complaints and evaluations: which entries are about one, and the rule each step rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.feedback.schemas import TrailLine, TrailStep
from api.web.entries import note_shown, shown
from api.web.problems import Problem
from api.web.zones import home_zone
from domain.access.decision import may
from domain.access.principal import Caller
from domain.law.calendar.moment import local_day
from domain.messages import Entry, tag_of
from domain.project.application.correction import EntryAmended, EntryRetracted
from infrastructure.law.lawbook import LawBook
from projections.feedback.evaluations import ABOUT_EVALUATIONS
from projections.feedback.fold import FeedbackRow
from projections.feedback.query import FeedbackAt
from projections.feedback.reading import article_of
from projections.feedback.redaction import ABOUT_COMPLAINTS
from projections.feedback.summary import OPINIONS_MIN


def opinions_min(to: Caller) -> int:
    """Below how many people opinions are withheld from *to*: never from those who may see complainants."""
    return 0 if may(to, "read:complainant").allowed else OPINIONS_MIN


def unknown(what: str, name: str, known: Sequence[str]) -> Problem:
    """The problem of a complaint or an evaluation that there was not."""
    return Problem(
        "not-found", f"the project has no {what} {name}"[:500], remedy=f"it has: {', '.join(known) or 'none'}"
    )


def with_articles(steps: Sequence[FeedbackRow], laws: LawBook) -> list[TrailStep]:
    """*steps*, each with the rule it was taken under."""
    zone = home_zone(laws)
    return [
        TrailStep(
            **{name: getattr(step, name) for name in FeedbackRow.__struct_fields__},
            article=article_of(step.step, "", local_day(step.occurred_at, zone)),
        )
        for step in steps
    ]


def trail(entries: Sequence[Entry], of: set[int], to: Caller, at: FeedbackAt, zone: str) -> list[TrailLine]:
    """The entries whose versions are in *of*, and the corrections of these, by what was known, up to the instant."""
    known = [entry for entry in entries if entry.recorded_at <= at.known]
    wanted = set(of)
    for entry in known:
        if isinstance(entry.fact, EntryAmended | EntryRetracted) and entry.fact.version in wanted:
            wanted.add(entry.version)
    lines = []
    for line in shown(known, to, traced=False):
        happened = line.amended_to or line.occurred_at
        if line.version in wanted and happened <= at.t:
            step = tag_of(line.fact)
            article = article_of(step, getattr(line.fact, "rule", ""), local_day(happened, zone))
            lines.append(TrailLine(step, article, line))
    if known:
        note_shown(known[0].stream, [line.entry for line in lines])
    return lines


def about_complaint(entries: Sequence[Entry], name: str) -> set[int]:
    """The versions of the entries about the complaint *name*."""
    facts: list[tuple[int, Any]] = [(entry.version, entry.fact) for entry in entries]
    return {version for version, fact in facts if isinstance(fact, ABOUT_COMPLAINTS) and fact.complaint == name}


def about_evaluation(entries: Sequence[Entry], name: str, evaluated: int) -> set[int]:
    """The same of the evaluation *name*, which the entry *evaluated* gave."""
    facts: list[tuple[int, Any]] = [(entry.version, entry.fact) for entry in entries]
    return {evaluated} | {
        version for version, fact in facts if isinstance(fact, ABOUT_EVALUATIONS) and fact.evaluation == name
    }
