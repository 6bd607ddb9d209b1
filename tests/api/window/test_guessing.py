"""Attacks on tracking: wrong either way is the same, tries are counted, tickets are of one case and one browser."""

from __future__ import annotations

import re

import pytest

from domain.core.case_number import case_number
from infrastructure.window.query_codes import QueryCodes
from infrastructure.window.tracking_rates import OF_CASE_AT_ADDRESS
from projections.window.query import WindowCases
from tests.api.window.visits import CaseOf, Window
from tests.projections.zone import project_id

NOBODYS = case_number("BDA", 2026, 999_999)
GUESS = "AAAAAA"


@pytest.fixture
def number(case_of: CaseOf) -> str:
    return case_of(project_id("running"), "land")


def without_number(text: str) -> str:
    """A page, but for the number that was typed."""
    return re.sub(r"BDA2026-\d+-\d", "", text)


async def test_a_wrong_number_and_a_wrong_code_are_answered_alike(window: Window, number: str) -> None:
    wrong_code, wrong_number = await window.track(number, GUESS), await window.track(NOBODYS, GUESS)
    assert wrong_code.status_code == wrong_number.status_code == 403
    assert without_number(wrong_code.text) == without_number(wrong_number.text)
    assert wrong_code.headers.keys() == wrong_number.headers.keys()
    assert "do not match" in wrong_code.text


async def test_both_are_the_same_work(window: Window, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could take longer for one of them is done for both: the look-up, and the comparison of the code."""
    work: list[str] = []
    by_number, fits = WindowCases.by_number, QueryCodes.fits

    async def looked_up(self: WindowCases, wanted: str) -> object:
        work.append("look-up")
        return await by_number(self, wanted)

    def compared(self: QueryCodes, wanted: str, code: str) -> bool:
        work.append("comparison")
        return fits(self, wanted, code)

    monkeypatch.setattr(WindowCases, "by_number", looked_up)
    monkeypatch.setattr(QueryCodes, "fits", compared)
    await window.track(number, GUESS)
    one_way = list(work)
    work.clear()
    await window.track(NOBODYS, GUESS)
    assert one_way == work == ["look-up", "comparison"]


async def test_a_right_code_is_not_called_wrong_while_the_views_are_behind(window: Window) -> None:
    """Of a case that no view has yet; anyone who has its code has it from us."""
    behind = await window.track(NOBODYS)
    assert behind.status_code == 503
    assert "are right" in behind.text
    assert int(behind.headers["retry-after"]) > 0
    assert "set-cookie" not in behind.headers


async def test_a_slip_in_the_number_is_shown_and_counts_as_no_try(window: Window, number: str) -> None:
    slipped = number[:-1] + str((int(number[-1]) + 1) % 10)
    for _ in range(2 * OF_CASE_AT_ADDRESS.free):
        page = await window.track(slipped, GUESS)
        assert page.status_code == 400
    assert "mistyped" in page.text
    assert (await window.track(number)).status_code == 200


async def test_guesses_are_stopped_and_the_wait_is_shown(window: Window, number: str) -> None:
    for _ in range(OF_CASE_AT_ADDRESS.free):
        assert (await window.track(number, GUESS)).status_code == 403
    stopped = await window.track(number)  # the right code, too late
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) == OF_CASE_AT_ADDRESS.first
    assert f"Wait {OF_CASE_AT_ADDRESS.first} seconds" in stopped.text
    assert "set-cookie" not in stopped.headers


async def test_a_stranger_locks_no_one_out_of_a_case(window: Window, number: str) -> None:
    while (await window.track(number, GUESS)).status_code != 429:
        continue
    own = Window(window.client._transport.app, window.codes)  # type: ignore[attr-defined]  # another address
    assert (await own.track(number)).status_code == 200


@pytest.mark.parametrize("below", ["", "/complaint", "/evaluation"])
async def test_without_a_ticket_a_case_is_only_asked_for(window: Window, number: str, below: str) -> None:
    for answer in (
        await window.get(f"/window/track/{number}{below}"),
        *([await window.post(f"/window/track/{number}{below}", about="x", key="k")] if below else ()),
    ):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"/window/track?number={number}")


async def test_a_ticket_to_one_case_is_none_to_another(window: Window, number: str, case_of: CaseOf) -> None:
    await window.track(number)
    other = case_of(project_id("late"), "land")
    assert (await window.get(f"/window/track/{other}")).status_code == 303
    assert (await window.post(f"/window/track/{other}/complaint", about="x", key="k")).status_code == 303


async def test_a_forged_ticket_admits_no_one(window: Window, number: str) -> None:
    window.client.cookies.set("countersign-case", f"{number}_9999999999_{'0' * 32}")
    assert (await window.get(f"/window/track/{number}")).status_code == 303


async def test_the_ticket_is_for_the_server_alone(window: Window, number: str) -> None:
    answer = await window.post("/window/track", number=number, code=window.codes.code_of(number))
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=1800" in cookie
    assert window.codes.code_of(number) not in str(answer.headers)


async def test_the_code_is_in_no_answer_of_the_interface(window: Window, number: str) -> None:
    code = window.codes.code_of(number)
    project = f"/v1/projects/{project_id('running')}"
    for path in (project, "/v1/events", f"{project}/history", f"{project}/progress"):
        headers = {"X-Actor": "ma", "X-Role": "leader", "Accept": "application/json"}
        answer = await window.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        assert number in answer.text
        assert code not in answer.text
    page = (await window.track(number)).text
    assert code not in page


@pytest.mark.parametrize("bad", ["\0", "'; DROP TABLE", "x" * 5000, "<script>", "%00"])
async def test_bad_input_is_no_fault_of_ours(window: Window, bad: str) -> None:
    answer = await window.post("/window/track", number=bad, code=bad)
    assert answer.status_code == 400
    assert "<script>" not in answer.text
