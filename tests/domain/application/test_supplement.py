"""补正: everything missing is listed once, and only a complete supplement starts intake again."""

from __future__ import annotations

from datetime import date

from domain.core.types import Stage
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import (
    LackingPapersReceived,
    RequestSupplement,
    SubmitSupplement,
    SupplementRequested,
    SupplementSubmitted,
)
from tests.examples import (
    APPLICANT,
    BUREAU,
    FIRE,
    IMPORTER,
    LAND,
    MANAGER,
    REGISTERED,
    accepted,
    declined,
    submitted,
    under_examination,
)
from tests.spec import given

NOTICE = SupplementRequested(item="land", missing=("map", "seal"))
COMPLETE = SupplementSubmitted(item="land", provided=("map", "seal"), complete=True)


def ask(*missing: str) -> RequestSupplement:
    return RequestSupplement(item="land", missing=missing)


def bring(*provided: str) -> SubmitSupplement:
    return SubmitSupplement(item="land", provided=provided)


def test_the_notice_names_everything_missing_once() -> None:
    command = RequestSupplement(item="land", missing=("map", "seal", "map", " "), respond_by=date(2026, 3, 20))
    requested = SupplementRequested(item="land", missing=("map", "seal"), respond_by=date(2026, 3, 20))

    item = given(REGISTERED, submitted()).when(command, by=LAND).then(requested).state().items["land"]

    assert (item.stage, item.missing) == (Stage.SUPPLEMENTING, ("map", "seal"))


def test_papers_are_not_asked_for_by_a_day_that_is_over() -> None:
    command = RequestSupplement(item="land", missing=("map",), respond_by=date(2026, 3, 15))  # NOW is the 16th
    given(REGISTERED, submitted()).when(command, by=LAND).refused("date-passed", "2026-03-15")


def test_a_notice_of_nothing_is_no_notice() -> None:
    given(REGISTERED, submitted()).when(ask(" "), by=LAND).refused("nothing-missing")


def test_only_the_items_own_department_sends_it_back() -> None:
    given(REGISTERED, submitted()).when(ask("map"), by=FIRE).refused("wrong-department", "an item of land")
    given(REGISTERED, submitted()).when(ask("map"), by=MANAGER).refused("wrong-department")


def test_after_acceptance_it_is_too_late_for_a_notice() -> None:
    given(REGISTERED, *under_examination()).when(ask("map"), by=LAND).refused("wrong-stage", "is accepted")


def test_a_second_notice_may_not_name_more() -> None:
    refusal = (
        given(REGISTERED, submitted(), NOTICE, COMPLETE)
        .when(ask("map", "deed"), by=LAND)
        .refused("second-supplement-notice", "without deed", added=("deed",))
    )

    assert "32" in refusal.article
    assert "map, seal" in refusal.remedy


def test_a_second_notice_may_repeat_what_is_still_to_come() -> None:
    again = SupplementRequested(item="land", missing=("seal",))

    given(REGISTERED, submitted(), NOTICE, COMPLETE).when(ask("seal"), by=LAND).then(again)


def test_the_second_of_two_notices_is_still_measured_by_the_first() -> None:
    again = SupplementRequested(item="land", missing=("seal",))

    given(REGISTERED, submitted(), NOTICE, COMPLETE, again, COMPLETE).when(ask("map"), by=LAND).then(
        SupplementRequested(item="land", missing=("map",))
    )


def test_a_second_notice_that_was_really_given_elsewhere_is_recorded_as_such() -> None:
    more = SupplementRequested(item="land", missing=("deed",), new_items=True)
    outside = (
        submitted("tax"),
        SupplementRequested(item="tax", missing=("map",)),
        SupplementSubmitted(item="tax", provided=("map",), complete=True),
    )

    given(REGISTERED, submitted(), NOTICE, COMPLETE).when(ask("deed"), by=IMPORTER).then(more)
    given(REGISTERED, *outside).when(RequestSupplement(item="tax", missing=("deed",)), by=MANAGER).then(
        SupplementRequested(item="tax", missing=("deed",), new_items=True)
    )


def test_a_new_application_has_a_notice_of_its_own() -> None:
    given(REGISTERED, submitted(), NOTICE, declined(), submitted()).when(ask("deed"), by=LAND).then(
        SupplementRequested(item="land", missing=("deed",))
    )


def test_bringing_everything_starts_intake_again() -> None:
    item = given(REGISTERED, submitted(), NOTICE).when(bring(), by=APPLICANT).then(COMPLETE).state().items["land"]

    assert (item.stage, item.missing) == (Stage.SUBMITTED, ())


def test_bringing_a_part_leaves_the_rest_to_come() -> None:
    part = SupplementSubmitted(item="land", provided=("seal",), complete=False)

    item = given(REGISTERED, submitted(), NOTICE).when(bring("seal"), by=APPLICANT).then(part).state().items["land"]

    assert (item.stage, item.missing) == (Stage.SUPPLEMENTING, ("map",))


def test_papers_not_requested_are_no_supplement() -> None:
    given(REGISTERED, submitted(), NOTICE).when(bring("deed"), by=APPLICANT).refused("not-asked-for", "wait for deed")
    given(REGISTERED, *under_examination()).when(bring(), by=APPLICANT).refused("not-asked-for", "wait for any papers")


def test_without_a_notice_there_is_nothing_to_supplement() -> None:
    given(REGISTERED, submitted()).when(bring("map"), by=APPLICANT).refused("wrong-stage")
    given(REGISTERED, submitted(), NOTICE).when(SubmitItem(item="land"), by=APPLICANT).refused("wrong-stage")


def test_those_who_watch_bring_no_papers() -> None:
    given(REGISTERED, submitted(), NOTICE).when(bring(), by=BUREAU).refused("wrong-role", "supplement an application")


def test_papers_tolerated_as_missing_come_in_after_acceptance_and_move_no_clock() -> None:
    lacking = accepted(lacking=("seal",))
    received = LackingPapersReceived(item="land", provided=("seal",), complete=True)

    item = given(REGISTERED, submitted(), lacking).when(bring(), by=APPLICANT).then(received).state().items["land"]

    assert (item.stage, item.missing) == (Stage.ACCEPTED, ())
