"""The journeys of every role, in a wide window, on a phone, by keyboard alone, and without script."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.pages.conftest import DESKTOP, PHONE
from tests.proofs.journeys.applying import a_project_begins
from tests.proofs.journeys.ground import Ground, demonstration
from tests.proofs.journeys.looking import pages_are_printed, projects_take_three_screens
from tests.proofs.journeys.visitor import Manner
from tests.proofs.journeys.working import (
    a_stuck_project_is_reached,
    an_appeal_is_decided,
    ten_are_accepted,
    two_moments_are_compared,
)
from tests.proofs.proof import Budget, Proof

Journey = Callable[[Ground, Manner], str]
WIDE, ON_PHONE = Manner("1280 px", DESKTOP), Manner("390 px", PHONE)
BY_KEYBOARD = Manner("keyboard", DESKTOP, by_keyboard=True)
WITHOUT_SCRIPT = Manner("no script", PHONE, scripts=False)
MANNERS = (WIDE, ON_PHONE, BY_KEYBOARD, WITHOUT_SCRIPT)
JOURNEYS: Sequence[tuple[Journey, Sequence[Manner]]] = (
    (a_project_begins, MANNERS),
    (ten_are_accepted, (WIDE, ON_PHONE)),  # by keyboard alone in both
    (an_appeal_is_decided, (WIDE, ON_PHONE, BY_KEYBOARD)),
    (a_stuck_project_is_reached, MANNERS),
    (two_moments_are_compared, (WIDE, ON_PHONE, BY_KEYBOARD)),
    (projects_take_three_screens, (WIDE,)),
    (pages_are_printed, (WIDE,)),
)


def walked() -> list[tuple[Journey, Manner]]:
    """Every journey in each of its manners, the wide window's first."""
    ways = [(journey, manner) for journey, manners in JOURNEYS for manner in manners]
    return sorted(ways, key=lambda way: MANNERS.index(way[1]))


def journeys(budget: Budget) -> str:
    """Fill the demonstration, serve it, and go every way in it; print what each took."""
    ways = walked()
    with demonstration() as ground:
        rounds = budget.rounds(len(ways))
        for nth in rounds:
            journey, manner = ways[nth]
            print(f"  {manner.name}: {journey(ground, manner)}", flush=True)
    if rounds.done < len(ways):
        left = ", ".join(f"{journey.__name__} ({manner.name})" for journey, manner in ways[rounds.done :])
        print(f"  NOT WALKED for want of time: {left}", flush=True)
    return f"{rounds.done} of {len(ways)} journeys ended where they should"


PROOFS = (
    Proof(
        "journeys",
        "every role comes from sign-in to what it is there for, on the simulated zone, in a real browser",
        journeys,
        share=2,
    ),
)
