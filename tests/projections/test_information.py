"""The information base: the value of each field, how complete each category is, and the search for projects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from hypothesis import given as for_any
from hypothesis import strategies as st

from domain.core.ledger import Recorded
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyFact, Entry
from domain.project.application.completion import ItemCompleted
from domain.project.application.correction import EntryRetracted
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.registration import Enterprise, ProjectRegistered
from domain.project.external.results import ExternalResultRecorded
from domain.project.information.form import FORM, REQUIRED
from domain.project.information.recording import InformationRecorded, KnownField
from projections.information.fold import Information, spelt
from projections.information.query import known_project
from projections.information.search import snippet
from projections.information.words import plain, question, searched, vector
from projections.progress.fold import Progress
from projections.progress.rows import ProgressItem
from projections.view import Folded, fold, take
from tests.examples import LAW, MANAGER, submitted
from tests.histories import World, worlds
from tests.spec import PROJECT

VIEW, PROGRESS = Information(), Progress()
ZONE = "Asia/Shanghai"
REGISTERED = ProjectRegistered(
    name="复合材料二期 Composites",
    enterprise=Enterprise("恒信新材料", "91420100MA0HX2026E"),
    manager="wang",
    code="HX-26",
    law="cn-licensing",
    items=(
        PlannedItem(item="land", department="land"),
        PlannedItem(item="tax", department="tax", live=False),
    ),
)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T10:00:00+08:00")


def recorded_fields(category: str, day: str = "03-05", **values: str) -> InformationRecorded:
    fields = tuple(KnownField(key, value) for key, value in values.items())
    return InformationRecorded(category=category, fields=fields, as_of=date.fromisoformat(f"2026-{day}"))


def entries(*facts: tuple[str, AnyFact]) -> list[Entry]:
    return [
        Entry(PROJECT, nth, at(day), at(day), fact, Recorded(MANAGER, UUID(int=nth), LAW.name))
        for nth, (day, fact) in enumerate([("03-02", REGISTERED), *facts], 1)
    ]


def tables(*facts: tuple[str, AnyFact]) -> dict[str, list[dict[str, Any]]]:
    return named(fold((VIEW,), PROJECT, entries(*facts)))


def named(folded: Folded) -> dict[str, list[dict[str, Any]]]:
    rows = VIEW.rows(folded.states["information"], folded.project)
    columns = {table.name: [name for name, _ in table.columns] for table in VIEW.tables}
    return {
        table: [dict(zip(columns[table], row, strict=True)) for row in rows_of_table]
        for table, rows_of_table in rows.items()
    }


def test_every_category_says_what_is_missing_from_the_beginning() -> None:
    rows = tables()

    (project,) = rows["information"]
    assert (project["filled"], project["required"], project["complete"]) == (0, len(REQUIRED), False)
    assert [row["category"] for row in rows["information_category"]] == [category.id for category in FORM]
    schedule = next(row for row in rows["information_category"] if row["category"] == "schedule")
    assert (schedule["missing"], schedule["changed_at"]) == (["planned_start", "planned_completion"], None)


def test_a_category_is_complete_with_its_required_fields() -> None:
    rows = tables(("03-05", recorded_fields("schedule", planned_start="2026-06-01", planned_completion="2027-12-31")))

    schedule = next(row for row in rows["information_category"] if row["category"] == "schedule")
    assert (schedule["complete"], schedule["known"], schedule["filled"]) == (True, 2, 2)
    assert (schedule["changed_by"], schedule["changed_at"]) == ("wang", at("03-05"))
    assert rows["information"][0]["filled"] == 2


def test_the_whole_is_complete_when_everything_required_is_known() -> None:
    facts = [
        ("03-05", recorded_fields(category.id, **{field.key: "1" for field in category.fields if field.required}))
        for category in FORM
    ]
    assert tables(*facts)["information"][0]["complete"] is True
    assert tables(*facts[1:])["information"][0]["complete"] is False


def test_of_two_entries_that_of_the_later_day_counts_and_of_one_day_the_later() -> None:
    def values_of(*facts: tuple[str, AnyFact]) -> dict[str, tuple[str, int]]:
        return {row["field"]: (row["value"], row["version"]) for row in tables(*facts)["information_field"]}

    new, old = recorded_fields("land", "03-05", use="new"), recorded_fields("land", "03-01", use="old")
    assert values_of(("03-05", new), ("03-06", old)) == {"use": ("new", 2)}
    assert values_of(("03-05", old), ("03-06", new)) == {"use": ("new", 3)}
    assert values_of(("03-05", new), ("03-06", recorded_fields("land", "03-05", use="last"))) == {"use": ("last", 3)}
    assert values_of(("03-05", new), ("03-06", recorded_fields("land", "03-06", use=""))) == {}


def test_what_was_retracted_does_not_count() -> None:
    recorded = entries(
        ("03-05", recorded_fields("land", use="a")), ("03-06", EntryRetracted(item="", version=2, reasons="slip"))
    )

    assert named(fold((VIEW,), PROJECT, recorded))["information_field"] == []


def test_it_is_found_by_names_codes_words_and_numbers_of_documents_but_no_contacts() -> None:
    (row,) = tables(
        ("03-05", recorded_fields("basic", nature="expansion", location="高新大道")),
        ("03-05", recorded_fields("contacts", name="陈工", phone="027-5550100")),
        ("03-06", submitted("land")),
        ("03-07", ItemCompleted(item="land", outcome=Outcome.GRANTED, document_number="土字7号")),
        (
            "03-08",
            ExternalResultRecorded(item="tax", outcome=Outcome.GRANTED, evidence="x", document_number="T-1"),
        ),
    )["information"]

    assert dict(zip(row["labels"], row["texts"], strict=True)) == {
        "name": "复合材料二期 Composites",
        "code": "HX-26",
        "enterprise": "恒信新材料",
        "uscc": "91420100MA0HX2026E",
        "basic.nature": "扩建 Expansion",
        "basic.location": "高新大道",
        "document:land": "土字7号",
        "document:tax": "T-1",
    }
    assert "'复合':1A" in row["words"]
    assert "'土字':3C" in row["words"]
    assert "陈工" not in row["plain"]


def test_a_new_application_has_no_document_yet() -> None:
    (row,) = tables(
        ("03-06", submitted("land")),
        ("03-07", ItemCompleted(item="land", outcome=Outcome.REFUSED, document_number="no-7")),
        ("03-08", submitted("land")),
    )["information"]

    assert "document:land" not in row["labels"]


@for_any(worlds(), st.data())
def test_rows_don_t_depend_on_how_the_entries_came(world: World, data: st.DataObject) -> None:
    """Corrections make the projector refold a project; until there is one, it goes on with the state that it has."""
    plain = [entry for entry in world.entries if not type(entry.fact).__name__.startswith("Entry")]
    split = data.draw(st.integers(0, len(plain)))
    folded = fold((VIEW,), PROJECT, plain[:split])
    VIEW.rows(folded.states["information"], folded.project)
    take((VIEW,), folded, plain[split:])

    assert named(folded) == named(fold((VIEW,), PROJECT, plain))


@for_any(worlds())
def test_the_departments_are_those_that_handle_an_item_in_the_progress_table(world: World) -> None:
    folded = fold((VIEW, PROGRESS), PROJECT, world.entries)
    items = PROGRESS.rows(folded.states["progress"], folded.project)["item"]
    rows = named(folded)

    assert not rows or rows["information"][0]["departments"] == sorted({ProgressItem(*row).department for row in items})


def test_an_item_is_its_upper_level_s_once_that_has_the_file() -> None:
    forwarded = (("03-06", submitted("land")), ("03-07", ItemForwarded(item="land", upper="province")))
    received = (*forwarded, ("03-08", ForwardedItemReceived(item="land")))

    def departments(*facts: tuple[str, AnyFact]) -> list[str]:
        (row,) = tables(*facts)["information"]
        return list(row["departments"])

    assert departments(*forwarded) == ["land", "tax"]
    assert departments(*received) == ["province", "tax"]
    assert departments(*received, ("03-09", submitted("land"))) == ["land", "tax"]


def test_a_figure_counts_by_its_day_and_by_when_it_was_recorded() -> None:
    recorded = entries(
        ("03-20", recorded_fields("land", "03-05", use="old")), ("04-10", recorded_fields("land", "04-01", use="new"))
    )

    def use(as_of: str, known: str) -> list[str]:
        known_then = known_project(PROJECT, recorded, at(as_of), at(known), ZONE)
        assert known_then is not None
        return [field.value for field in known_then.fields]

    assert use("04-20", "04-20") == ["new"]
    assert use("03-31", "04-20") == ["old"], "the day a figure is of counts, whenever it was entered"
    assert use("03-10", "03-20") == ["old"]
    assert use("03-10", "03-19") == []
    assert use("03-04", "04-20") == []
    assert known_project(PROJECT, recorded, at("03-01"), at("04-20"), ZONE) is None


def test_what_was_known_before_a_retraction_is_still_shown() -> None:
    recorded = entries(
        ("03-05", recorded_fields("land", use="a")), ("03-06", EntryRetracted(item="", version=2, reasons="slip"))
    )

    before, after = (known_project(PROJECT, recorded, at(day), at(day), ZONE) for day in ("03-05", "03-06"))

    assert before is not None
    assert after is not None
    assert [field.value for field in before.fields] == ["a"]
    assert after.fields == []


def test_search_spells_choices_in_both_languages_and_amounts_with_their_unit() -> None:
    assert spelt("basic", "kind", "filing") == "备案 Filing"
    assert spelt("investment", "total", "36000", "万元") == "36000 万元"


@for_any(st.lists(st.text("总部 大楼Faé’'ß１ab\n", max_size=12), max_size=5))
def test_names_are_indexed_as_texts_of_the_heaviest_weight(server_url: str, names: list[str]) -> None:
    text, words = searched(names)
    assert text == plain("\n".join(names))
    vectors = [words, vector(("A", name) for name in names)]
    with psycopg.connect(server_url) as connection:
        stored, weighed = connection.execute("SELECT %s::tsvector::text, %s::tsvector::text", vectors).fetchone() or ()
    assert stored == weighed


def test_a_snippet_marks_the_match_as_it_is_written() -> None:
    def marked(text: str, query: str) -> str:
        pieces = snippet(text, question(query).marks)
        return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)

    assert marked("恒信（武汉）公司", "(武汉)") == "恒信[（武汉）]公司"
    assert marked("Resin COMPOSITE parts", "composites resins") == "[Resin] [COMPOSITE] parts"
    assert marked("decompose", "compos") == ""
    assert marked("材料与新材料", "新材料 材料") == "[材料]与[新材料]"
    assert marked("x" * 100 + " 材料 " + "y" * 200, "材料").startswith("…" + "x" * 29 + " [材料] ")
    assert marked("a ㎡ b", "m2") == "a [㎡] b"
    assert marked("nothing", "&") == ""


def test_of_a_project_that_is_not_registered_there_are_no_rows() -> None:
    assert named(fold((VIEW,), PROJECT, [])) == {}
