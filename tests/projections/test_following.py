"""A view is shown the facts it follows and no others: the others would change nothing in it."""

from __future__ import annotations

from copy import deepcopy
from itertools import groupby
from operator import attrgetter
from typing import Any, get_args

import pytest

from domain.core.ledger import Fact
from domain.examples.access import access_entries
from domain.examples.legal_person import BRANCH, PERSON, person_entries
from domain.examples.story import STORIES, story_entries
from domain.examples.supervision import WATCHED, WATCHED_PROJECT
from domain.messages import Entry
from domain.privacy.erasure import PersonErased
from domain.project.messages import AdoptionFact, ProjectFact
from projections.registry import VIEWS
from projections.view import EVERY_FACT, Facts, View, facts_of, fold, kind_followed
from tests.examples import LAW

STREAM = attrgetter("stream")
STORIES_ENTRIES = [
    story_entries(LAW),
    story_entries(LAW, WATCHED_PROJECT, WATCHED),
    *(story_entries(LAW, project, steps) for project, steps in STORIES),
    *(person_entries(LAW, code) for code in (PERSON, BRANCH)),
    *(list(entries) for _, entries in groupby(sorted(access_entries(LAW), key=STREAM), key=STREAM)),
]
OF_PROJECTS: Facts = facts_of(get_args(ProjectFact), get_args(AdoptionFact))


class ShownEverything:
    """A *view* that sees every fact, and is caught when one that it does not follow changes its state."""

    follows: Facts = EVERY_FACT

    def __init__(self, view: View[Any]) -> None:
        self.name, self.version, self.tables = view.name, view.version, view.tables
        self.start, self.rows, self._view = view.start, view.rows, view
        self.kind = kind_followed(view)
        self.passed_over: set[type[Fact]] = set()
        self._written: dict[Any, Any] = {}  # rows by project, as they are until the next fact that the view follows

    def fold(self, state: Any, entry: Entry, project: Any) -> None:
        fact = type(entry.fact)
        before = None if fact in self._view.follows else deepcopy(state)
        self._view.fold(state, entry, project)
        if before is None:
            self._written[project.id] = self.rows(deepcopy(state), project)
            return
        assert state == before, f"{self.name} has to follow {fact.__name__}"
        self.passed_over.add(fact)
        if project.id in self._written:
            rows = self.rows(deepcopy(state), project)
            assert rows == self._written[project.id], f"{self.name} has to follow {fact.__name__}: it changes its rows"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_what_a_view_does_not_follow_changes_nothing_in_it(view: View[Any]) -> None:
    shown = ShownEverything(view)
    for entries in STORIES_ENTRIES:
        fold([shown], entries[0].stream, entries)

    facts = OF_PROJECTS | {PersonErased} if shown.kind is None else frozenset(shown.kind.facts)
    assert shown.passed_over == facts - view.follows
