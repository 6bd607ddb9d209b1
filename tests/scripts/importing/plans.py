"""Plans of small cases: rows as a test gives them, and the facts that follow."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.messages import AnyFact
from domain.project.application.note import StepNoted
from scripts.importing.cases import law_of
from scripts.importing.planning import CasePlan, plan_case
from scripts.importing.reading import CaseListing, EventRow
from scripts.importing.register import Register
from scripts.importing.wabo import Wabo

NOW = datetime(2026, 3, 16, tzinfo=UTC)
RECEIVED = ("2012-03-01", "01_HOOFD_010")
COMPLETE = ("2012-03-05", "08_AWB45_005", "True", "request complete")
ASKED = ("2012-03-06", "08_AWB45_020_2")
DECIDED = ("2012-05-01", "01_HOOFD_490_3")
SENT = ("2012-05-02", "01_HOOFD_510_2")
DESIRED = ("2012-04-10", "05_EIND_020", "9-4-2012 0:00:00")


def rows(*cells: tuple[str, ...]) -> list[EventRow]:
    """The rows of a case in their order, each (day, activity[, value[, label]])."""
    return [row(nth, *each) for nth, each in enumerate(cells, 1)]


def row(nth: int, on: str, activity: str, value: str = "", label: str = "") -> EventRow:
    return EventRow(
        line=nth + 1,
        dataset="town",
        case_id="1",
        seq=nth,
        event_id=f"1-{nth:03}",
        occurred_at=datetime.fromisoformat(f"{on}T08:00:00Z"),
        recorded_at=None,
        activity=activity,
        label=label,
        native="",
        actor="planner-7",
        unit="",
        value=value,
    )


def planned(*cells: tuple[str, ...], register: Register | None = None, listing: CaseListing | None = None) -> CasePlan:
    """The plan of the case with these rows."""
    return plan_case(register or Wabo(), "town", "1", rows(*cells), listing, "nl-wabo", law_of, NOW)


def meant(plan: CasePlan) -> list[AnyFact]:
    """The facts of a plan beside its registration and its notes."""
    return [fact for act in plan.acts[1:] for fact in act.facts if not isinstance(fact, StepNoted)]


def kinds(plan: CasePlan) -> list[type]:
    return [type(fact) for fact in meant(plan)]


def fates(plan: CasePlan) -> list[str]:
    return [step.code or step.status for step in plan.steps]
