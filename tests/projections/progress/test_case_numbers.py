"""Case numbers on the progress table: a row for each application, made once and not with every further fact."""

from __future__ import annotations

from msgspec import structs

from projections.progress.fold import Progress
from projections.view import changes, fold, take
from tests.examples import REGISTERED, accepted, submitted
from tests.spec import PROJECT, entry

VIEW = Progress()
NUMBERED = structs.replace(submitted(), case_number="BDA2026-000001-0")


def test_a_case_number_is_written_once_and_its_row_is_the_same_after_other_facts() -> None:
    folded = fold([VIEW], PROJECT, [entry(1, REGISTERED), entry(2, NUMBERED)])
    written = changes(VIEW, folded)["case_number"]
    (row,) = VIEW.rows(folded.states[VIEW.name], folded.project)["case_number"]

    take([VIEW], folded, [entry(3, accepted())])
    (again,) = VIEW.rows(folded.states[VIEW.name], folded.project)["case_number"]

    assert written.inserts == [(PROJECT, "land", 1, "BDA2026-000001-0")]
    assert again is row
    assert "case_number" not in changes(VIEW, folded)
