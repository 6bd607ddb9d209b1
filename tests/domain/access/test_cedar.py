"""Another engine's opinion: Cedar, given the table as policies, judges every case as we do."""

from __future__ import annotations

from random import Random

import cedarpy
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.access.decision import AccessCase, may
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE
from domain.core.ledger import Role
from tests.domain.access.campaign import differences
from tests.domain.access.cedar import judged, policies
from tests.domain.access.drawn import ACTIONS, CODES, DEPARTMENTS, PROJECTS, callers, cases
from tests.effort import tried

OWN = AccessCase(
    PROJECTS[0], CODES[0], "wang", frozenset(DEPARTMENTS[:2]), DEPARTMENTS[0], frozenset({DEPARTMENTS[1]}), "wang"
)
OTHER = AccessCase(PROJECTS[1], CODES[1], "zhou", frozenset({DEPARTMENTS[2]}), DEPARTMENTS[2], frozenset(), "zhou")


def test_cedar_parses_the_policies() -> None:
    assert cedarpy.format_policies(policies())


def test_the_whole_matrix_is_judged_alike() -> None:
    """Every action, every role, over its own case and another's."""
    questions = [
        (Caller("wang", "", PrincipalKind.PERSON, role, over), action, case)
        for action in ACTIONS
        for role in Role
        for over in (*DEPARTMENTS[:2], CODES[0])
        for case in (OWN, OTHER)
    ]
    ours = [may(*question).allowed for question in questions]
    assert len(questions) == len(TABLE) * len(Role) * 6
    assert 0.05 < sum(ours) / len(ours) < 0.8, "a matrix that says yes, or no, throughout tells nothing"
    assert judged(questions) == ours


@settings(max_examples=tried(10))
@given(st.lists(st.tuples(callers(), st.sampled_from(ACTIONS), cases()), min_size=1, max_size=40))
def test_drawn_cases_are_judged_alike(questions: list[tuple[Caller, str, AccessCase]]) -> None:
    assert judged(questions) == [may(*question).allowed for question in questions]


def test_the_campaign_of_the_proofs_compares() -> None:
    assert differences(Random(7), 500) == []
