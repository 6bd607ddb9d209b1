"""The legal-person base over HTTP: posted, found by any code or name, as of any day, as known at any instant."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from msgspec import to_builtins
from stdnum.cn import uscc

from domain.core.ledger import Actor
from domain.examples.legal_person import BRANCH, LEGACY, PERSON, PERSON_STORY
from domain.legal_person.codes import legacy_check
from domain.legal_person.identity import MergeLegalPerson
from domain.legal_person.state import stream_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.merging import LOCK, MERGING_KEY
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from tests.api.client import Door, identity, problem
from tests.examples import APPLICANT, MANAGER

pytestmark = pytest.mark.usefixtures("projector")


def code_of(number: int) -> str:
    """A unified code that checks, another for each number."""
    first = f"91420100MA0HX{number:04d}"
    return first + uscc.calc_check_digit(first)


def registration(code: str, name: str, **particulars: Any) -> dict[str, Any]:
    return {
        "command": "register_legal_person",
        "code": code,
        "particulars": {"name": name, "kind": "company", **particulars},
    }


async def send(door: Door, body: Any, by: Actor = MANAGER, to: str = "", key: str = "") -> httpx.Response:
    sent = to_builtins(body)
    headers = {**identity(by), "Idempotency-Key": key or str(uuid4())}
    return await door.client.post(f"/v1/legal-persons/{to or sent['code']}/commands", json=sent, headers=headers)


async def done(door: Door, body: Any) -> int:
    answer = await send(door, body)
    assert answer.status_code == 200, answer.text
    position: int = answer.json()["position"]
    return position


async def fetch(door: Door, path: str, **params: Any) -> dict[str, Any]:
    answer = await door.get(f"/v1/legal-persons{path}".removesuffix("/"), **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture(scope="module")
async def after(door: Door) -> int:
    """The example story posted, step by step; its last position."""
    return [await done(door, step.dated) for step in PERSON_STORY][-1]


@pytest.mark.parametrize(
    ("code", "by", "merged_from"),
    [
        (PERSON, "unified", ""),
        (LEGACY, "linked", ""),
        ("D2143569-X", "linked", ""),
        (BRANCH, "unified", BRANCH),
        ("76540921-1", "organisation", BRANCH),
        (str(stream_of(PERSON)), "id", ""),
        (str(stream_of(BRANCH)), "id", BRANCH),
    ],
)
async def test_every_code_leads_to_the_surviving_person(
    door: Door, after: int, code: str, by: str, merged_from: str
) -> None:
    person = await fetch(door, f"/{code}", after=after)

    assert (person["person"]["code"], person["person"]["name"]) == (PERSON, "恒信新材料有限公司")
    assert (person["found_by"], person["merged_from"]) == (by, merged_from)
    assert [row["name"] for row in person["names"]] == ["恒信材料有限公司", "恒信新材料有限公司", "恒信新材料"]
    assert {row["code"]: row["of"] for row in person["codes"]} == {
        PERSON: PERSON,
        LEGACY: PERSON,
        BRANCH: BRANCH,
        "765409211": BRANCH,
    }
    (merged,) = person["merged"]
    assert (merged["code"], merged["name"], merged["into"]) == (BRANCH, "恒信新材料", PERSON)


async def test_what_held_on_a_day_is_shown_as_known_at_an_instant(door: Door, after: int) -> None:
    person = await fetch(door, f"/{PERSON}", after=after, as_of="2019-11-05T12:00:00+08:00")
    assert (person["person"]["name"], person["person"]["capital"]) == ("恒信材料有限公司", "50000000")
    person = await fetch(door, f"/{PERSON}", as_of="2019-11-05T16:00:00Z")
    assert (person["as_of"], person["person"]["capital"]) == ("2019-11-06", "120000000")
    problem(await door.get(f"/v1/legal-persons/{PERSON}", known_at="2020-01-01T00:00:00Z"), "person-unknown")


async def test_before_a_merge_was_known_there_were_two(door: Door) -> None:
    first, other = code_of(1), code_of(2)
    for code, name in ((first, "甲公司"), (other, "甲有限公司")):
        await done(door, registration(code, name))
    answer = await send(door, {"command": "merge_legal_person", "code": first, "into": other, "reasons": "same"})
    entry = (await fetch(door, f"/{first}/history", after=answer.json()["position"]))["entries"][-1]

    now = await fetch(door, f"/{first}")
    before = await fetch(
        door, f"/{first}", known_at=(await fetch(door, f"/{first}/history"))["entries"][0]["recorded_at"]
    )

    assert (now["person"]["code"], now["merged_from"], now["merged"][0]["reasons"]) == (other, first, "same")
    assert (before["person"]["code"], before["merged_from"], before["merged"]) == (first, "", [])
    assert (entry["fact"]["fact"], entry["by"]["id"]) == ("legal_person_merged", MANAGER.id)


async def test_a_name_finds_also_who_had_it(door: Door, after: int) -> None:
    async def listed(text: str, **params: Any) -> list[str]:
        return [person["code"] for person in (await fetch(door, "/", text=text, after=after, **params))["persons"]]

    assert await listed("恒信材料") == [PERSON]
    assert await listed("新材料") == [PERSON], "once, though an entry merged into it matches as well"
    assert await listed("恒 信") == [PERSON]
    assert await listed("信恒") == []
    assert await listed("91420100MA0HX2026") == [PERSON]
    assert await listed("d2143569-x") == [PERSON]
    assert await listed("7654") == [PERSON]
    assert await listed("%") == []
    assert await listed("恒信", kind="authority") == []
    assert await listed("恒信新材料有限", as_of="2015-01-01T00:00:00Z") == []


async def test_brackets_are_found_wide_or_not(door: Door) -> None:
    after = await done(door, registration(code_of(7), "光华（武汉）光电 Photonics"))
    for text in ("光华(武汉)", "（武汉）光电", "photonic", "PHOTON 武汉", "ｐｈｏｔｏｎｉｃｓ"):
        page = await fetch(door, "/", text=text, after=after)
        assert [person["code"] for person in page["persons"]] == [code_of(7)], text


async def test_all_are_listed_a_page_at_a_time(door: Door, after: int) -> None:
    position = after
    for number in (21, 22, 23):
        position = await done(door, registration(code_of(number), f"分页{number}", status="active"))
    whole = [person["code"] for person in (await fetch(door, "/", text="分页", after=position))["persons"]]
    first = await fetch(door, "/", text="分页", limit=2)
    second = await fetch(door, "/", text="分页", limit=2, cursor=first["next"])

    assert (
        [person["code"] for person in [*first["persons"], *second["persons"]]]
        == whole
        == [code_of(n) for n in (21, 22, 23)]
    )
    assert second["next"] is None
    codes = [person["code"] for person in (await fetch(door, "/", limit=500))["persons"]]
    assert {PERSON, *whole} <= set(codes)
    assert BRANCH not in codes
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("code", "kind", "hint"),
    [
        (PERSON.lower(), "uscc-invalid", PERSON),
        (PERSON[:-1] + "F", "uscc-invalid", "should be E, not F"),
        (PERSON.replace("0", "O", 1), "uscc-invalid", "character 5 is 'O'"),
        (PERSON[:-2], "uscc-invalid", "16 characters"),
        ("d2143569-x", "organisation-code-invalid", "D2143569-X"),
        ("D21435690", "organisation-code-invalid", "should be X, not 0"),
        ("x" * 1900, "uscc-invalid", "64 characters"),
    ],
)
async def test_a_mistyped_code_is_refused_with_its_fault(door: Door, code: str, kind: str, hint: str) -> None:
    for path in ("", "/history"):
        refusal = problem(await door.get(f"/v1/legal-persons/{quote(code)}{path}"), kind)
        assert refusal["status"] == 422
        assert hint in refusal["detail"] + refusal["remedy"]


async def test_a_command_to_a_mistyped_code_is_refused_before_it_is_decided(door: Door) -> None:
    body = registration(PERSON.lower(), "x")
    assert PERSON in problem(await send(door, body), "uscc-invalid")["remedy"]
    problem(await send(door, registration(code_of(3), "x"), to=code_of(4)), "wrong-person")
    problem(await send(door, registration(code_of(3), "x"), APPLICANT), "access-denied")
    problem(await send(door, {"command": "register_project", "code": PERSON}), "unknown-command")
    problem(await send(door, registration(code_of(3), "x", capital={"amount": "-1"})), "invalid-field")
    problem(await send(door, registration(code_of(3), "x", founded_on="1889-01-01")), "invalid-field")


async def test_a_merge_needs_an_existing_survivor_and_no_circle(door: Door) -> None:
    person, other = code_of(11), code_of(12)
    await done(door, registration(person, "a"))
    merge = {"command": "merge_legal_person", "code": person, "into": other, "reasons": "same"}
    problem(await send(door, merge), "unknown-person")
    await done(door, registration(other, "b"))
    first = await send(door, merge, key="once")
    problem(await send(door, {**merge, "code": other, "into": person}), "person-merged")
    assert (await send(door, merge, key="once")).json() == {**first.json(), "repeated": True}
    problem(await send(door, {**merge, "into": person.lower()}, key="twice"), "uscc-invalid")


async def test_two_processes_that_merge_at_once_close_no_circle(
    door: Door, approvals: Approvals, shared_database_url: str
) -> None:
    first, other = code_of(16), code_of(17)
    for code in (first, other):
        await done(door, registration(code, code))
    merge = {"command": "merge_legal_person", "code": first, "into": other, "reasons": "same"}
    async with await psycopg.AsyncConnection.connect(shared_database_url) as elsewhere:
        await elsewhere.execute(LOCK, [MERGING_KEY])
        waiting = asyncio.create_task(send(door, {**merge, "code": other, "into": first}))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        command = MergeLegalPerson(code=first, into=other, reasons="same")
        await approvals.handle(stream_of(first), command, MANAGER, uuid4())

    problem(await waiting, "person-merged")


async def test_a_repeat_is_a_repeat_though_the_survivor_was_merged_since(door: Door) -> None:
    merged, other, third = code_of(13), code_of(14), code_of(15)
    for code in (merged, other, third):
        await done(door, registration(code, code))
    merge = {"command": "merge_legal_person", "code": merged, "into": other, "reasons": "same"}
    first = await send(door, merge, key="chain")
    after = await done(door, {**merge, "code": other, "into": third})

    assert (await send(door, merge, key="chain")).json() == {**first.json(), "repeated": True}
    person = await fetch(door, f"/{merged}", after=after)
    assert (person["person"]["code"], [row["code"] for row in person["merged"]]) == (third, [merged, other])


async def test_a_code_of_two_persons_is_ambiguous_until_they_are_merged(door: Door) -> None:
    first, other, legacy = code_of(31), code_of(32), "D2143570" + legacy_check("D2143570")
    for code in (first, other):
        await done(door, registration(code, code))
        link = {"command": "link_legacy_code", "code": code, "legacy": legacy, "source": "certificate"}
        after = await done(door, link)
    refusal = problem(await door.get(f"/v1/legal-persons/{legacy}", after=after), "person-ambiguous")
    assert {first, other} <= set(refusal["codes"])


async def test_an_unknown_person_is_not_found(door: Door) -> None:
    problem(await door.get(f"/v1/legal-persons/{code_of(99)}"), "person-unknown")
    problem(await door.get(f"/v1/legal-persons/{uuid4()}"), "person-unknown")
    problem(await door.get(f"/v1/legal-persons/{PERSON}", None), "actor-missing")
    problem(await door.get("/v1/legal-persons", kind="dragon"), "invalid-parameter")


async def test_live_rows_equal_a_rebuild(
    door: Door, after: int, approvals: Approvals, projector: Projector, shared_database_url: str
) -> None:
    await fetch(door, "/", after=await approvals.store.head())

    rebuilt = rebuild(shared_database_url, swap=False)

    assert rebuilt.differences == ()
    assert rebuilt.position >= after
