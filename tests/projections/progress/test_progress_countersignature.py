"""The progress table says who was asked to countersign and owes an answer, in order, and who comes after them."""

from __future__ import annotations

from domain.messages import AnyFact, follow, replay
from domain.project.countersignature.forwarding import CountersignatureForwarded, CountersignatureRecalled
from domain.project.countersignature.revision import ApplicationRevised, OpinionKept
from domain.project.state.consultation import Opinion
from projections.progress.fold import Progress
from projections.progress.rows import ITEMS, PROJECTS
from tests.domain.countersignature.circulation import EXAMINED, answered, question_to
from tests.examples import completed
from tests.spec import PROJECT, entry

LINE = ("fire", "water", "planning")
FORWARDED = CountersignatureForwarded(item="land", department="fire", step="", to="roads", reasons="theirs", round=1)
RECALLED = CountersignatureRecalled(item="land", department="fire", step="", round=1, reasons="not needed")
REVISED = ApplicationRevised(item="land", changes="another map", round=2)
KEPT = OpinionKept(item="land", department="fire", step="", opinion=Opinion.AGREED, round=2, reasons="the same")


def shown(*facts: AnyFact) -> tuple[list[str], list[str], list[str]]:
    """Who is awaited and who is queued for the item, and who holds the project; the same live as folded at once."""
    progress = Progress()
    state, project = progress.start(), replay(PROJECT, [])
    for number, fact in enumerate((*EXAMINED, *facts), 1):
        recorded = entry(number, fact)
        assert follow(project, recorded)
        progress.fold(state, recorded, project)
        progress.rows(state, project)
    rows = progress.rows(state, project)
    item = dict(zip([name for name, _ in ITEMS.columns], rows["item"][0], strict=True))
    whole = dict(zip([name for name, _ in PROJECTS.columns], rows["project"][0], strict=True))
    return item["awaiting"], item["queued"], whole["holders"]


def test_departments_asked_in_parallel_are_awaited_in_the_order_of_the_requests() -> None:
    assert shown(question_to("water"), question_to("fire")) == (
        ["water", "fire"],
        [],
        ["applicant", "fire", "outside", "water"],
    )
    assert shown(question_to("water"), question_to("fire"), answered("water"))[:2] == (["fire"], [])
    assert shown(question_to("water"), question_to("fire"), answered("water"), question_to("water", 2))[:2] == (
        ["fire", "water"],
        [],
    )


def test_in_a_line_one_is_awaited_and_the_others_are_queued() -> None:
    first = question_to("fire", line=LINE)

    assert shown(first) == (["fire"], ["water", "planning"], ["applicant", "fire", "outside"])
    assert shown(first, answered("fire"), question_to("water", line=LINE))[:2] == (["water"], ["planning"])
    assert shown(first, answered("fire", Opinion.OBJECTED))[:2] == ([], ["water", "planning"])


def test_what_was_taken_back_passed_on_or_overtaken_is_awaited_no_longer() -> None:
    assert shown(question_to("fire"), RECALLED)[0] == []
    assert shown(question_to("fire"), FORWARDED, question_to("roads", forwarded_from="fire"))[0] == ["roads"]
    assert shown(question_to("fire"), answered("fire"), REVISED, question_to("fire", 2))[0] == ["fire"]
    assert shown(question_to("fire"), answered("fire"), REVISED, question_to("fire", 2), KEPT)[0] == []
    assert shown(question_to("fire"), completed())[0] == []
