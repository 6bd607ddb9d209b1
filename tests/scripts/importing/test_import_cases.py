"""The figures of a case, from its entries alone, as of any day."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from msgspec import structs

from domain.core.ledger import Actor, Recorded, Role
from domain.messages import AnyFact, Entry, tag_of
from domain.project.application.correction import EntryAmended, EntryRetracted
from projections.register_figures.cases import CaseRow, case_row
from projections.register_figures.parse import typed_date, typed_days, typed_truth
from scripts.importing.cases import law_of, parse_time, write_csv
from scripts.importing.planning import plan_case
from scripts.importing.reading import CaseListing, EventRow
from scripts.importing.receipt import ReceiptRegister
from scripts.importing.register import Register
from scripts.importing.wabo import Wabo
from tests.examples import REGISTERED, completed, submitted
from tests.scripts.importing.naive_cases import HEADER
from tests.spec import entry

NOW = datetime(2026, 3, 16, tzinfo=UTC)
CLERK = Actor("importer", "town", Role.SYSTEM)
SUBMITTED, DELIVERED = ("2012-03-01", "01_HOOFD_010"), ("2012-05-10", "01_HOOFD_510_2")
ASKED, CAME = ("2012-03-06", "08_AWB45_020_2"), ("2012-03-21", "08_AWB45_040", "20-3-2012 0:00:00")


def instant(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+01:00")


def imported(
    *cells: tuple[str, ...], register: Register | None = None, listing: CaseListing | None = None
) -> list[Entry]:
    """The ledger of one case with these rows: (day, activity[, value[, recorded on]])."""
    rows = [
        EventRow(
            line=nth,
            dataset="town",
            case_id="1",
            seq=nth,
            event_id=str(nth),
            occurred_at=instant(on),
            recorded_at=instant(more[1]) if len(more) > 1 else None,
            activity=activity,
            label="",
            native="",
            actor="",
            unit="",
            value=more[0] if more else "",
        )
        for nth, (on, activity, *more) in enumerate(cells, 1)
    ]
    plan = plan_case(register or Wabo(), "town", "1", rows, listing, "nl-wabo", law_of, NOW)
    planned_facts = [(act, fact) for act in plan.acts for fact in act.facts]
    return [
        Entry(
            plan.project,
            version,
            act.command.occurred_at or NOW,
            act.recorded_at or NOW,
            fact,
            Recorded(act.by, act.id, "", act.source),
        )
        for version, (act, fact) in enumerate(planned_facts, 1)
    ]


def figures(entries: list[Entry], as_of: str = "", known_at: str = "") -> CaseRow:
    row = case_row(entries, law_of, as_of=parse_time(as_of), known_at=parse_time(known_at))
    assert row is not None
    return row


def test_a_permit_with_a_request_for_data_and_an_extension() -> None:
    row = figures(imported(SUBMITTED, ASKED, CAME, ("2012-04-01", "06_VD_020", "42"), DELIVERED))

    assert row == CaseRow(
        case_id="1",
        submitted_on=date(2012, 3, 1),
        delivered_on=date(2012, 5, 10),
        deadline_on=date(2012, 6, 21),
        gross_days=70,
        net_days=56,
        suspended_days=14,
        extension_days=42,
        late=False,
    )


def test_an_open_case_says_since_when_its_time_is_stopped() -> None:
    requested_on = date(2012, 3, 6)

    assert figures(imported(SUBMITTED, ASKED)).suspended_since == requested_on
    assert figures(imported(SUBMITTED, ASKED, CAME)).suspended_since is None
    assert figures(imported(SUBMITTED, ASKED, CAME), as_of="2012-03-10").suspended_since == requested_on
    assert figures(imported(SUBMITTED, ASKED, DELIVERED)).suspended_since is None  # delivered: nothing waits


def test_what_the_law_refuses_is_counted_as_the_register_has_it() -> None:
    row = figures(imported(SUBMITTED, DELIVERED, ("2012-06-01", "06_VD_030", "250"), ("2012-06-18", "01_HOOFD_510_2")))

    assert (row.delivered_on, row.extension_days, row.deadline_on) == (date(2012, 5, 10), 250, date(2013, 1, 1))


@pytest.mark.parametrize(
    ("rows", "suspended"),
    [
        ([ASKED], 0),  # never answered
        ([CAME], 0),  # never asked
        ([ASKED, ASKED, CAME], 14),
        ([ASKED, CAME, CAME], 14),
        ([ASKED, ("2012-03-21", "08_AWB45_040", "08-Feb-11")], 15),
        ([ASKED, ("2012-03-21", "08_AWB45_040", "1-3-2012")], 0),
        ([ASKED, CAME, ("2012-04-02", "08_AWB45_020_2"), ("2012-04-05", "08_AWB45_040")], 17),
    ],
)
def test_only_closed_requests_for_data_count(rows: list[tuple[str, ...]], suspended: int) -> None:
    assert figures(imported(SUBMITTED, *rows)).suspended_days == suspended


def test_a_suspension_ends_with_the_delivery_at_the_latest() -> None:
    entries = imported(SUBMITTED, ("2012-05-01", "08_AWB45_020_2"), DELIVERED, ("2012-06-01", "08_AWB45_040"))

    assert figures(entries).suspended_days == 9


def test_whole_permits_go_by_the_count_whatever_their_list_of_cases_states() -> None:
    stated = CaseListing(
        line=2,
        dataset="town",
        case_id="1",
        started_at=None,
        deadline_at=instant("2012-03-30"),
        ended_at=None,
        columns={},
    )

    assert figures(imported(SUBMITTED, listing=stated)).deadline_on == date(2012, 4, 26)


def test_without_a_submission_there_is_nothing_to_count_from() -> None:
    row = figures(imported(ASKED, CAME, DELIVERED))

    assert (row.submitted_on, row.deadline_on, row.gross_days, row.late) == (None, None, None, None)
    assert (row.delivered_on, row.suspended_days) == (date(2012, 5, 10), 14)


@pytest.mark.parametrize(
    ("as_of", "known_at", "delivered"),
    [
        ("2012-05-09", "", False),
        ("2012-05-10", "", True),
        ("", "2012-02-11", False),
        ("", "2012-02-12", True),
        ("2012-05-09", "2012-06-01", False),
        ("2012-05-10T00:00:00+02:00", "", False),
        ("2012-05-10T01:00:00+02:00", "", True),
    ],
)
def test_any_day_can_be_asked_by_effect_and_by_record(as_of: str, known_at: str, delivered: bool) -> None:
    entries = imported(SUBMITTED, ("2012-05-10", "01_HOOFD_510_2", "", "2012-02-12"))

    assert (figures(entries, as_of, known_at).delivered_on is not None) is delivered


def test_corrections_count_from_when_they_were_recorded() -> None:
    entries = imported(SUBMITTED, DELIVERED)
    sent = next(e.version for e in reversed(entries) if tag_of(e.fact) == "step_noted")

    def corrected(fact: AnyFact) -> list[Entry]:
        added = Entry(entries[0].stream, len(entries) + 1, NOW, NOW, fact, Recorded(CLERK, UUID(int=1)))
        return [*entries, added]

    amended = corrected(EntryAmended(sent, "permit", instant("2012-05-03"), "misread"))
    retracted = corrected(EntryRetracted(sent, "permit", "another case's"))
    assert figures(amended).delivered_on == date(2012, 5, 3)
    assert figures(amended, known_at="2026-03-15").delivered_on == date(2012, 5, 10)
    assert figures(retracted).delivered_on is None


def test_a_receipt_phase_is_counted_by_its_facts_and_the_last_day_its_register_states() -> None:
    listing = CaseListing(
        line=2,
        dataset="town",
        case_id="1",
        started_at=instant("2012-02-20"),
        deadline_at=instant("2012-04-30"),
        ended_at=instant("2012-05-01"),
        columns={},
    )
    row = figures(imported(("2012-03-01", "Confirmation of receipt"), register=ReceiptRegister(), listing=listing))

    assert (row.submitted_on, row.deadline_on, row.delivered_on) == (
        date(2012, 2, 20),
        date(2012, 4, 30),
        date(2012, 5, 1),
    )
    assert (row.gross_days, row.late) == (71, True)


def test_a_project_of_our_own_is_counted_by_the_item_applied_for_first() -> None:
    facts: list[AnyFact] = [REGISTERED, submitted("land"), submitted("tax"), completed("tax"), completed("land")]
    entries = [
        structs.replace(entry(version, fact), occurred_at=datetime(2026, 3, version, tzinfo=UTC))
        for version, fact in enumerate(facts, 1)
    ]
    row = figures(entries)

    assert (row.case_id, row.submitted_on, row.delivered_on) == ("P-1", date(2026, 3, 2), date(2026, 3, 5))
    assert (row.gross_days, row.deadline_on, row.late) == (3, None, None)  # this law counts working days


def test_what_was_never_registered_is_no_case() -> None:
    assert case_row([entry(1, submitted())], law_of) is None


def test_the_table_has_days_truths_and_gaps() -> None:
    out = io.StringIO()
    write_csv([figures(imported(SUBMITTED)), figures(imported(SUBMITTED, DELIVERED))], out)

    assert out.getvalue().splitlines() == [
        HEADER,
        "1,2012-03-01,,2012-04-26,,,0,0,,",
        "1,2012-03-01,2012-05-10,2012-04-26,70,70,0,0,true,",
    ]


@pytest.mark.parametrize("text", ["yesterday", "2012-13-01", "2012-03-01T09:00:00"])
def test_a_time_that_says_nothing_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_time(text)


def test_what_officers_type_is_read_strictly() -> None:
    assert typed_date(" 30-6-2014 0:00:00") == date(2014, 6, 30)
    assert [typed_date(text) for text in ("08-Feb-11", "31-2-2014", "30-6-20145", "2014-6-30", "")] == [None] * 5
    assert [typed_days(text) for text in ("42", " 42.0 ", "0")] == [42, 42, 0]
    assert [typed_days(text) for text in ("", "-7", "4 weken", "12345", "42.5")] == [None] * 5
    assert [typed_truth(text) for text in ("True", "false ", "J")] == [True, False, None]


@pytest.mark.parametrize("text", ["+cmd|' /C calc'!A0", "=HYPERLINK(1)", "@SUM(1+1)", "-1+1", " =1", "\t=1", "＝1"])
def test_a_spreadsheet_runs_nothing_of_a_table_of_cases(text: str) -> None:
    written = io.StringIO()
    row = CaseRow(text, None, None, None, -5, None, 0, 0, None)
    write_csv([row, structs.replace(row, case_id="P-1\x1b[31m")], written)
    _, line, plain = csv.reader(io.StringIO(written.getvalue()))
    assert line[0].startswith("'")
    assert line[0].endswith(text.strip())
    assert (line[4], plain[0]) == ("-5", "P-1\\x1b[31m")
