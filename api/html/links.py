"""Addresses that several pages lead to."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from api.html.page import PageContext
from domain.project.countersignature.rules import JOINT_STEP

BOARD, CARDS, DECISIONS = "/supervision", "/pages/supervision/cards", "/pages/supervision/decisions"

NOTICE = "/pages/projects/{}/card/notice"

CLOCKS = "/pages/supervision/clocks"


def card_link(page: PageContext) -> Callable[[UUID, str], str]:
    """A function from a project and a card to the card's page."""

    def of(project: UUID, card: str) -> str:
        return page.link(f"/pages/projects/{project}/card", card=card)

    return of


def consulted_name(page: PageContext, consulted: str) -> str:
    """The department of "department (step)" by its name, with the step where it was consulted at one."""
    department, _, step = consulted.partition(" (")
    named, step = page.office(department), step.removesuffix(")")
    if step in ("", JOINT_STEP):
        return named
    return page.words["punctuation"]("brackets").format(named, step)
