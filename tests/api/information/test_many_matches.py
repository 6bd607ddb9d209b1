"""Searches that more projects match than are ranked or counted: what is said of them, and that none is left out."""

from __future__ import annotations

from typing import Any

import pytest

from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from projections.information import matching, newest
from tests.api.client import Door
from tests.api.information.test_information import entered, registered
from tests.effort import PATIENCE_SECONDS
from tests.examples import LEADER

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]
COMMON, TWO = "杉木林场", 2
RANKED_MAX = 3


@pytest.fixture(scope="module")
async def newest_first(door: Door, approvals: Approvals) -> list[str]:
    """Six projects with the word in what was entered; of the second oldest and the second newest also in the name."""
    projects = []
    for nth in range(6):
        project = await registered(door, f"{COMMON}{nth}" if nth in (1, 4) else f"Fab {nth}", manager="forester")
        position = await entered(door, project, "construction", content=f"{COMMON}改造")
        projects.append(str(project))
    await Views(approvals.store).catch_up(position, patience=PATIENCE_SECONDS)
    return projects[::-1]


@pytest.fixture
def few_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MATCHES_RANKED_MAX", RANKED_MAX)


async def pages(door: Door, **params: Any) -> list[dict[str, Any]]:
    """Every page of a list."""
    answers, cursor = list[dict[str, Any]](), None
    while cursor is not None or not answers:
        answer = await door.get("/v1/information", **params, **({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        answers.append(answer.json())
        cursor = answers[-1]["next"]
    return answers


def shown(answers: list[dict[str, Any]]) -> list[str]:
    return [project["project"] for answer in answers for project in answer["projects"]]


def ranked(projects: list[str]) -> list[str]:
    """Of the newest three that with the word in its name first, then the others by their instants."""
    return [projects[1], projects[0], *projects[2:]]


@pytest.mark.usefixtures("few_ranked")
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 100])
async def test_the_newest_matches_are_ranked_and_all_others_follow(
    door: Door, newest_first: list[str], limit: int
) -> None:
    answers = await pages(door, q=COMMON, limit=limit)

    assert shown(answers) == ranked(newest_first)
    assert {(answer["count"], answer["counted_all"]) for answer in answers} == {(RANKED_MAX, False)}


@pytest.mark.usefixtures("few_ranked")
async def test_a_past_day_has_the_same_order(door: Door, newest_first: list[str]) -> None:
    then = {"as_of": "2098-01-01T00:00:00Z", "known_at": "2099-01-01T00:00:00Z"}

    answers = await pages(door, q=COMMON, limit=TWO, **then)

    assert shown(answers) == ranked(newest_first)
    assert not answers[0]["counted_all"]


@pytest.mark.usefixtures("few_ranked")
@pytest.mark.parametrize(("text", "count"), [(f"{COMMON} Fab", 4), (COMMON + "改", 6), (f"{COMMON}1", 1)])
async def test_only_what_contains_the_text_is_counted(
    door: Door, newest_first: list[str], text: str, count: int
) -> None:
    answers = await pages(door, q=text, limit=TWO)

    assert len(shown(answers)) == count <= len(newest_first)
    assert (answers[0]["count"], answers[0]["counted_all"]) == (min(count, RANKED_MAX), count <= RANKED_MAX)


@pytest.mark.usefixtures("few_ranked")
@pytest.mark.parametrize("newer", range(7))
async def test_where_the_newest_are_looked_for_first_changes_nothing(
    door: Door, newest_first: list[str], monkeypatch: pytest.MonkeyPatch, newer: int
) -> None:
    monkeypatch.setattr(newest, "PROJECTS", newer)
    monkeypatch.setattr(matching, "RECENT_PAST", newest.RecentPast())

    answers = await pages(door, q=COMMON, limit=TWO)

    assert shown(answers) == ranked(newest_first)
    assert {(answer["count"], answer["counted_all"]) for answer in answers} == {(RANKED_MAX, False)}


async def test_where_all_are_ranked_all_are_counted(door: Door, newest_first: list[str]) -> None:
    (answer,) = await pages(door, q=COMMON)

    assert (answer["count"], answer["counted_all"]) == (len(newest_first), True)
    assert set(shown([answer])[:TWO]) == {newest_first[1], newest_first[4]}


async def test_filters_alone_count_up_to_their_own_bound(
    door: Door, newest_first: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "PROJECTS_COUNTED_MAX", 5)
    answers = await pages(door, manager="forester", limit=4)

    assert shown(answers) == newest_first
    assert {(answer["count"], answer["counted_all"]) for answer in answers} == {(5, False)}
    monkeypatch.setattr(matching, "PROJECTS_COUNTED_MAX", 6)
    (answer, _) = await pages(door, manager="forester", limit=4)
    assert (answer["count"], answer["counted_all"]) == (6, True)


@pytest.mark.usefixtures("few_ranked")
async def test_the_page_says_that_there_are_more_and_leads_to_them(door: Door, newest_first: list[str]) -> None:
    shown_on_pages = []
    for offset in range(0, len(newest_first), TWO):
        answer = await door.get("/pages/information", LEADER, q=COMMON, limit=TWO, offset=offset, lang="en")
        assert answer.status_code == 200
        assert f'<span class="number">{RANKED_MAX}+</span> projects · Many match: the {RANKED_MAX} last' in answer.text
        assert ('rel="next"' in answer.text) is (offset + TWO < len(newest_first))
        places = {project: answer.text.find(f"/pages/projects/{project}/") for project in newest_first}
        shown_on_pages += sorted((name for name in newest_first if places[name] >= 0), key=places.__getitem__)
    assert shown_on_pages == ranked(newest_first)
    chinese = (await door.get("/pages/information", LEADER, q=COMMON, limit=TWO, lang="zh")).text
    assert f"先按相关度排列最近录入的 {RANKED_MAX} 个" in chinese
