"""Callers and cases drawn by Hypothesis, few enough of each that they often have to do with one another."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st

from domain.access.decision import AccessCase
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import EVERY_COMMAND, EVERY_READ, TABLE
from domain.core.ledger import Role

PROJECTS = [UUID(int=number) for number in range(1, 5)]
CODES = ["91420100MA0HX2026E", "91420100765409211H"]
DEPARTMENTS = ["land", "fire%s", "water'\\"]
PEOPLE = ["wang", "zhou", "li"]
ACTIONS = sorted(TABLE)
SCOPES = [EVERY_COMMAND, EVERY_READ, "feed", "commands:submit_item", "commands:accept_item", "read:progress"]
some_codes = st.sampled_from(["", *CODES])
some_departments = st.frozensets(st.sampled_from(DEPARTMENTS), max_size=2)


@st.composite
def cases(draw: st.DrawFn) -> AccessCase:
    """A project, an item of it, an enterprise, a person: with any of that, or without."""
    own, beside = draw(st.sampled_from(["", *DEPARTMENTS])), draw(some_departments)
    return AccessCase(
        draw(st.sampled_from([None, *PROJECTS])),
        draw(some_codes),
        draw(st.sampled_from(["", *PEOPLE])),
        draw(some_departments) | ({own} - {""}) | beside,
        own,
        beside - {own},
        draw(st.sampled_from(["", *PEOPLE])),
    )


@st.composite
def callers(draw: st.DrawFn) -> Caller:
    """A person or a program in any role, also one that fits nothing."""
    kind = draw(st.sampled_from([PrincipalKind.PERSON, PrincipalKind.PROGRAM]))
    scopes = st.lists(st.sampled_from(SCOPES), unique=True, max_size=3).map(tuple)
    return Caller(
        draw(st.sampled_from(PEOPLE)),
        "",
        kind,
        draw(st.sampled_from(list(Role))),
        draw(st.sampled_from(["", *DEPARTMENTS, *CODES])),
        draw(st.lists(st.sampled_from(PROJECTS), unique=True, max_size=2).map(tuple)),
        draw(st.booleans()),
        draw(st.sampled_from(["", "", "wang"])),
        draw(scopes) if kind is PrincipalKind.PROGRAM else draw(st.none() | scopes),
    )
