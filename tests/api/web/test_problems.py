"""Every failure is a problem with a stable code, and the catalogue explains every code."""

from __future__ import annotations

from uuid import uuid4

import pytest
from psycopg import errors

from api.web.error_handlers import refused
from api.web.problems import HTTP_CODES, KINDS
from domain.core.ledger import Refused
from domain.core.refusals import REFUSAL_CODES
from infrastructure.ledger.approvals import Approvals
from tests.api.client import REGISTER, Door, problem


class OperationalError(Exception):
    """Named as psycopg names what it raises when the server is gone."""


class PoolTimeout(OperationalError):  # noqa: N818  the pool's own name
    """Named as the pool names what it raises when no connection becomes free."""


async def test_every_refusal_is_a_problem_with_its_code(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = sorted(REFUSAL_CODES)
    refusals = (Refused(c, "it can't be", article="Art. 1", remedy="do this", item="land", unmet=("a",)) for c in codes)

    async def refuse(*_: object, **__: object) -> None:
        raise next(refusals)

    monkeypatch.setattr(approvals, "handle", refuse)
    for code in codes:
        refusal = problem(await door.post(uuid4(), REGISTER), code)
        shown = tuple(refusal[name] for name in ("detail", "article", "remedy", "item", "unmet"))
        assert shown == ("it can't be", "Art. 1", "do this", "land", ["a"]), code


def test_details_never_take_a_standard_members_place() -> None:
    refusal = Refused("wrong-stage", "no", remedy="wait", code_=1, status="open", detail="x", headers={"a": "b"})
    document = refused(refusal).document("/", "r1")
    assert (document["status"], document["detail"], document["remedy"]) == (409, "no", "wait")


async def test_the_catalogue_lists_and_explains_every_code(door: Door) -> None:
    listed = (await door.get("/problems", None)).json()["problems"]
    assert [kind["code"] for kind in listed] == sorted({*REFUSAL_CODES, *HTTP_CODES})
    for kind in listed:
        assert (await door.get(kind["type"], None)).json() == kind
    problem(await door.get("/problems/no-such-thing", None), "not-found")


def test_no_code_means_two_things() -> None:
    assert not HTTP_CODES.keys() & REFUSAL_CODES.keys()
    assert all(400 <= kind.status <= 503 for kind in KINDS.values())


@pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/v1/projects/x", "/v1/projects/x/history"])
async def test_an_address_where_nothing_is(door: Door, path: str) -> None:
    problem(await door.get(path), "not-found")


@pytest.mark.parametrize(("method", "allowed"), [("DELETE", "POST"), ("GET", "POST"), ("PUT", "POST")])
async def test_a_method_that_is_not_answered(door: Door, method: str, allowed: str) -> None:
    response = await door.client.request(method, f"/v1/projects/{uuid4()}/commands")
    problem(response, "method-not-allowed")
    assert allowed in response.headers["allow"]


@pytest.mark.usefixtures("plain_tracebacks")
async def test_an_internal_error_shows_nothing_but_the_request_id(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise KeyError("the inside")

    monkeypatch.setattr(approvals, "handle", fail)
    response = await door.post(uuid4(), REGISTER, X_Request_Id="req-17")
    refusal = problem(response, "unexpected")
    assert refusal["request_id"] == "req-17"
    assert "the inside" not in response.text
    assert "req-17" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("gone"), "database-away"),
        (PoolTimeout("none free"), "database-away"),
        (TimeoutError(), "database-away"),
        (errors.DiskFull("no space left on device"), "database-full"),
        (errors.ReadOnlySqlTransaction("cannot execute INSERT"), "database-read-only"),
    ],
)
async def test_an_unavailable_or_read_only_database_is_reported(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(approvals, "history", away)
    response = await door.get(f"/v1/projects/{uuid4()}")
    problem(response, code)
    assert response.headers["retry-after"]


@pytest.mark.parametrize(("sent", "comes_back"), [("a-1", True), ("x" * 129, False), ("a b", False), ("", False)])
async def test_a_requests_id_comes_back(door: Door, sent: str, comes_back: bool) -> None:
    answers = [await door.client.get("/problems", headers={"X-Request-Id": sent}) for _ in (1, 2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert (ids == [sent, sent]) is comes_back
    assert all(ids)
    assert comes_back or ids[0] != ids[1]


async def test_every_parameter_that_cannot_be_read_is_listed_once(door: Door) -> None:
    """Also those of dependencies, and before a project is looked for."""
    refusal = problem(await door.get("/v1/clocks", limit=0, state="bad", as_of="soon"), "invalid-parameter")
    assert [fault["key"] for fault in refusal["errors"]] == ["as_of", "state", "limit"]
    refusal = problem(await door.get(f"/v1/projects/{uuid4()}/materials", item="\0"), "invalid-parameter")
    assert [fault["key"] for fault in refusal["errors"]] == ["item"]


@pytest.mark.parametrize(
    ("query", "says", "advice"),
    [
        ("limit=0", "limit: it is less than 1", "write 1 or more"),
        ("limit=501", "limit: it is more than 500", "write 500 at most"),
        ("limit=007", "limit: 007 is not a whole number", "write digits alone"),
        ("limit=", "limit: it has no value", "write digits alone"),
        ("mode=%00", "mode: it holds the character U+0000", "leave it out"),
        ("department=" + "x" * 65, "department: it has more than 64 characters", "write 64 at most"),
        ("state=bad", "state: it can't be 'bad'", "one of: "),
        ("closed=maybe", "closed: it is neither true nor false", "write true or false"),
        ("as_of=soon", "as_of: it is no instant", "write an instant with its offset"),
        ("due_before=2026-02-30", "due_before: it is no day", "write a day, such as"),
    ],
)
async def test_what_is_wrong_with_a_parameter_is_said_in_words(door: Door, query: str, says: str, advice: str) -> None:
    refusal = problem(await door.get(f"/v1/clocks?{query}"), "invalid-parameter")
    assert refusal["detail"] == says
    assert refusal["remedy"].startswith(advice)


async def test_a_parameter_of_another_form_is_refused_with_the_form_it_has_to_have(door: Door) -> None:
    answer = await door.get("/v1/supervision/departments/land/deadlines.ics", lang="fr")
    refusal = problem(answer, "invalid-parameter")
    assert refusal["detail"] == "lang: it does not have the required form"
    assert refusal["remedy"] == "write what matches ^(zh|en|)$: zh or en; else what Accept-Language asks for"


async def test_who_acts_is_checked_before_parameters(door: Door) -> None:
    problem(await door.get("/v1/clocks", by=None, limit=0), "actor-missing")
