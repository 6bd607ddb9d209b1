"""A stored file is sent whole, in part, or not again; always to be saved under a name that fits it."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from tests.api.client import Door, identity, problem
from tests.examples import LEADER
from tests.files import GOOD


@pytest.fixture(autouse=True)
async def stored(door: Door) -> None:
    assert (await door.upload(REPORT, MEDIA_TYPE)).status_code in (200, 201)


async def test_a_file_is_sent_for_saving_only(door: Door) -> None:
    answer = await door.get(f"/v1/materials/{DIGEST}")

    assert answer.content == REPORT
    headers = answer.headers
    assert (headers["content-type"], headers["content-length"]) == (MEDIA_TYPE, str(len(REPORT)))
    assert (headers["etag"], headers["x-content-type-options"]) == (f'"{DIGEST}"', "nosniff")
    assert headers["content-disposition"].startswith(f'attachment; filename="{DIGEST[:16]}.pdf"')
    assert "sandbox" in headers["content-security-policy"]


async def test_head_answers_the_same_without_the_content(door: Door) -> None:
    whole = await door.get(f"/v1/materials/{DIGEST}")
    answer = await door.client.head(f"/v1/materials/{DIGEST}", headers=identity(LEADER) | {"Range": "bytes=0-1"})

    assert (answer.status_code, answer.content) == (200, b"")
    own = {"x-request-id"}
    assert {k: v for k, v in answer.headers.items() if k not in own} == {
        k: v for k, v in whole.headers.items() if k not in own
    }
    problem_of_head = await door.client.head(f"/v1/materials/{'0' * 64}", headers=identity(LEADER))
    assert problem_of_head.status_code == 404


@pytest.mark.parametrize(
    ("range_header", "part"),
    [
        ("bytes=0-3", slice(0, 4)),
        ("bytes=5-", slice(5, None)),
        ("bytes=-6", slice(-6, None)),
        ("bytes=-100000", slice(None)),
        ("bytes=3-100000", slice(3, None)),
        ("Bytes = 0 - 0", slice(0, 1)),
    ],
)
async def test_one_range_of_a_file(door: Door, range_header: str, part: slice) -> None:
    for condition in ({}, {"If-Range": f'"{DIGEST}"'}):
        answer = await door.client.get(
            f"/v1/materials/{DIGEST}", headers={**identity(LEADER), "Range": range_header, **condition}
        )
        first, last, _ = part.indices(len(REPORT))
        assert (answer.status_code, answer.content) == (206, REPORT[part])
        assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(REPORT)}"
        assert answer.headers["content-length"] == str(last - first)


@pytest.mark.parametrize(
    "range_header", ["bytes=", "bytes=-", "bytes=4-1", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "x"]
)
async def test_what_is_no_range_gets_the_whole_file(door: Door, range_header: str) -> None:
    for headers in ({"Range": range_header}, {"Range": "bytes=0-3", "If-Range": '"another"'}):
        answer = await door.client.get(f"/v1/materials/{DIGEST}", headers={**identity(LEADER), **headers})
        assert (answer.status_code, answer.content) == (200, REPORT)


@pytest.mark.parametrize("range_header", ["bytes=100000-", "bytes=-0", "bytes=100000-100001"])
async def test_bytes_a_file_does_not_have(door: Door, range_header: str) -> None:
    answer = await door.client.get(f"/v1/materials/{DIGEST}", headers={**identity(LEADER), "Range": range_header})

    problem(answer, "range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(REPORT)}"


@pytest.mark.parametrize(
    ("known", "status"), [(f'"{DIGEST}"', 304), (f'W/"x", W/"{DIGEST}"', 304), ("*", 304), ('"x"', 200)]
)
async def test_who_has_the_file_does_not_get_it_again(door: Door, known: str, status: int) -> None:
    answer = await door.client.get(
        f"/v1/materials/{DIGEST}",
        headers={**identity(LEADER), "If-None-Match": known, "Range": "bytes=100000-"}
        if status == 304
        else {**identity(LEADER), "If-None-Match": known},
    )

    assert (answer.status_code, answer.headers["etag"]) == (status, f'"{DIGEST}"')
    assert (answer.content == b"") is (status == 304)


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("总平面图 v2.pdf", "总平面图 v2.pdf"),
        ("run.bat", "run.bat.pdf"),
        ("plan", "plan.pdf"),
        ("pdf", "pdf.pdf"),
        ("a'b;c.PDF", "a'b;c.PDF"),
        ("NUL", "_NUL.pdf"),
        ("aux.v2.pdf", "_aux.v2.pdf"),
        ("Com¹ .pdf", "_Com¹ .pdf"),
        ("console.pdf", "console.pdf"),
    ],
)
async def test_a_file_is_saved_under_a_name_that_fits_it(door: Door, name: str, saved: str) -> None:
    disposition = (await door.get(f"/v1/materials/{DIGEST}", name=name)).headers["content-disposition"]

    plain, encoded = disposition.removeprefix("attachment; ").split("; ")
    assert unquote(encoded.removeprefix("filename*=UTF-8''")) == saved
    assert plain.isascii()
    assert plain.removeprefix('filename="').removesuffix('"').isprintable()


@pytest.mark.parametrize("media_type", GOOD)
async def test_every_kind_goes_in_and_comes_out_unharmed(door: Door, media_type: str) -> None:
    answer = await door.upload(GOOD[media_type], media_type)
    again = await door.get(answer.headers["location"])

    assert again.content == GOOD[media_type]
    assert again.headers["content-type"] == ("text/plain" if media_type == "text/csv" else media_type)
