"""All views, in display order, and the histories of their rows."""

from __future__ import annotations

from typing import Any, LiteralString

from projections.access.fold import AccessView
from projections.access.grants import DepartmentsView, PrincipalsView
from projections.clocks.fold import Clocks
from projections.external.fold import External
from projections.feedback.fold import Feedback
from projections.flow.durations import Handled
from projections.flow.fold import Adoptions
from projections.history.clocks import ClockHistory
from projections.history.fold import History, recorded
from projections.information.fold import BY_CATEGORY, Information, counted_from
from projections.information.fold import PROJECTS as INFORMATION
from projections.law.shipped import shipped_law
from projections.legal_person.fold import Persons
from projections.progress.fold import CASES, ITEMS, PROJECTS, Progress
from projections.supervision.fold import DECISIONS, FATES, SIGNALS, Supervision
from projections.supervision.timeliness import Timeliness
from projections.view import Followed, View
from projections.waiting.fold import WAITING, Waiting

VIEWS: tuple[View[Any], ...] = (
    Progress(),
    Feedback(),
    Clocks(shipped_law),
    Supervision(),
    External(shipped_law),
    Persons(),
    Information(),
    Waiting(),
    Handled(),
    Adoptions(),
    Timeliness(shipped_law),
    AccessView(),
    PrincipalsView(),
    DepartmentsView(),
)

# Which versions of rows there were at an instant. Lists by department or holder have their own index beside it.
AT_AN_INSTANT: tuple[LiteralString, ...] = (
    "USING gist (tstzrange(known_from, known_until))",
    "USING gist (tstzrange(valid_from, valid_until))",
)
HISTORIES: tuple[History, ...] = (
    History(
        Progress(),
        (PROJECTS, ITEMS, CASES),
        {PROJECTS.name: AT_AN_INSTANT, ITEMS.name: ("(department, known_until)", "(department, valid_until)")},
    ),
    History(
        Waiting(),
        (WAITING,),
        {WAITING.name: (*AT_AN_INSTANT, "(holder, known_until)", "(holder, valid_until)")},
    ),
    History(
        Information(),
        (INFORMATION, BY_CATEGORY),
        {INFORMATION.name: (*AT_AN_INSTANT, "(uscc)")},
        in_effect=counted_from,
    ),
    ClockHistory(Clocks(shipped_law)),
    History(
        Supervision(),
        (SIGNALS, FATES, DECISIONS),
        {SIGNALS.name: ("(happened_at)",), DECISIONS.name: ("(decided_at)",)},
        in_effect=recorded,
        known_alone=True,
    ),
)
EVERY_VIEW: tuple[Followed, ...] = (*VIEWS, *HISTORIES)
