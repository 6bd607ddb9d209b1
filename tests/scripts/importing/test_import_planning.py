"""Planning a case: every row is kept on its own days, whatever it means and whatever a rule says to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from domain.law.packs.pack import Pack
from domain.project.application.note import StepNoted
from scripts.importing.cases import law_of
from scripts.importing.planning import RowStatus, plan_case
from scripts.importing.reading import CaseListing, EventRow
from scripts.importing.register import Unknown
from scripts.importing.wabo import READINGS, Wabo
from tests.scripts.importing.plans import COMPLETE, NOW, RECEIVED, SENT, fates, planned, rows


def test_every_row_is_kept_on_its_own_days_and_in_its_own_words() -> None:
    plan = planned(RECEIVED, ("2012-03-02", "99_NEW", "28 dagen", "something new"))

    note = plan.acts[-1]
    assert note.facts == (
        StepNoted(
            activity="99_NEW",
            item="permit",
            label="something new",
            value="28 dagen",
            reason="no command of ours answers to this activity",
        ),
    )
    assert (note.by.id, note.source) == ("planner-7", "town:1:1-002")
    assert note.command.occurred_at == note.recorded_at == datetime(2012, 3, 2, 8, tzinfo=UTC)


def test_a_value_longer_than_a_line_is_kept_whole_beside_the_reason() -> None:
    note = planned(("2012-03-02", "99_NEW", "x" * 500)).acts[-1].facts[0]

    assert isinstance(note, StepNoted)
    assert len(note.value) == 200
    assert note.reason.endswith(f"value in full: {'x' * 500}")


def test_a_case_without_a_submission_is_a_project_all_the_same() -> None:
    plan = planned(SENT)

    assert fates(plan) == ["wrong-stage"]
    assert [type(fact) for act in plan.acts for fact in act.facts][1:] == [StepNoted]


def test_a_row_of_tomorrow_is_lost_and_a_day_before_the_law_is_not() -> None:
    plan = planned(("2009-01-05", "01_HOOFD_010"), ("2031-01-01", "01_HOOFD_015"))

    assert [step.status for step in plan.steps] == [RowStatus.MAPPED, RowStatus.LOST]
    assert plan.steps[1].code == "in-the-future"


def test_a_row_recorded_tomorrow_counts_as_recorded_when_it_happened() -> None:
    late = [structs.replace(row, recorded_at=datetime(2031, 1, 1, tzinfo=UTC)) for row in rows(RECEIVED)]
    plan = plan_case(Wabo(), "town", "1", late, None, "nl-wabo", law_of, NOW)

    assert fates(plan) == ["mapped"]
    assert {act.recorded_at for act in plan.acts} == {datetime(2012, 3, 1, 8, tzinfo=UTC)}
    assert list(plan.remarks) == [2]


def test_a_case_whose_law_sets_no_limit_is_lost_with_all_its_rows() -> None:
    def limitless(law_id: str, at: datetime) -> Pack:
        return structs.replace(law_of(law_id, at), clocks={})

    plan = plan_case(Wabo(), "town", "1", rows(RECEIVED, SENT), None, "nl-wabo", limitless, NOW)

    assert "sets no limit" in plan.refusal
    assert (plan.acts, fates(plan)) == ([], ["limit-unknown", "limit-unknown"])


def test_a_beginning_still_to_come_is_passed_over() -> None:
    listing = CaseListing(
        line=2, dataset="town", case_id="1", started_at=datetime(2099, 1, 1, tzinfo=UTC), deadline_at=None,
        ended_at=None, columns={},
    )  # fmt: skip

    assert planned(RECEIVED, listing=listing).acts[0].command.occurred_at == datetime(2012, 3, 1, 8, tzinfo=UTC)


def test_rows_go_by_seq_and_by_the_file_where_one_has_none() -> None:
    first, second = rows(RECEIVED, COMPLETE)
    unnumbered = EventRow(**{name: getattr(second, name) for name in second.__struct_fields__} | {"seq": None})

    def activities(cells: Sequence[EventRow]) -> list[str]:
        plan = plan_case(Unknown(), "town", "1", cells, None, "nl-wabo", law_of, NOW)
        return [fact.activity for act in plan.acts for fact in act.facts if isinstance(fact, StepNoted)]

    assert activities([second, first]) == [first.activity, second.activity]
    assert activities([unnumbered, first]) == [second.activity, first.activity]


activities = st.sampled_from([*READINGS, "01_HOOFD_380", "08_AWB45_010", "99_NEW"])
values = st.sampled_from(["", "True", "False", "42", "250", "0", "30-6-2014", "08-Feb-11", "1-1-2099", "99999"])
days = st.dates(date(2010, 9, 1), date(2015, 7, 1)).map(str)


@given(st.lists(st.tuples(days, activities, values, st.sampled_from(["", "request complete"])), max_size=25))
def test_whatever_the_rows_all_are_kept_in_order_and_a_second_plan_is_the_same(cells: list[tuple[str, ...]]) -> None:
    plan, again = planned(*cells), planned(*cells)

    assert plan.acts == again.acts
    assert len({act.id for act in plan.acts}) == len(plan.acts)
    notes = [fact for act in plan.acts for fact in act.facts if isinstance(fact, StepNoted)]
    assert [(note.activity, note.value) for note in notes] == [(activity, value) for _, activity, value, _ in cells]
    assert all(step.status is not RowStatus.LOST for step in plan.steps)
