"""A form that is sent after its session ended comes back whole, to be sent once more; never one of another site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.api.client import problem
from tests.api.identity.test_middleware import signed_in

FORM = "/acts/register_project?kind=plant"
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
HOSTILE = '"><script>alert(1)</script>'
FILLED = [
    ("name", HOSTILE),
    ("item", "land"),
    ("item", "plan"),
    ("about", "第一行\n第二行\N{RIGHT-TO-LEFT OVERRIDE}"),
    ("_step", "act"),
]
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


def test_what_was_filled_in_is_on_the_page_that_comes_back(client: httpx.Client) -> None:
    answer = client.post(FORM, content=urlencode(FILLED), headers=PAGE | URLENCODED)

    assert answer.status_code == 401
    assert "没有丢失" in answer.text
    assert f'action="{FORM}"' in answer.text
    assert answer.text.count('name="item"') == 2
    assert 'value="第一行\n第二行\N{RIGHT-TO-LEFT OVERRIDE}"' in answer.text
    assert 'name="_step" value="act"' in answer.text
    assert "&#34;&gt;&lt;script&gt;" in answer.text
    assert "<script" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    english = client.post(FORM, content=urlencode(FILLED), headers=PAGE | URLENCODED | {"Accept-Language": "en"})
    assert "is not lost, but was not sent yet" in english.text


def test_of_a_form_with_files_the_texts_come_back(client: httpx.Client) -> None:
    parts: dict[str, Any] = {
        "name": (None, "厂房"),
        "paper": ("plan.pdf", b"%PDF-1.7 \xff", "application/pdf"),
        "empty": ("", b""),
    }
    answer = client.post(FORM, files=parts, headers=PAGE)

    assert answer.status_code == 401
    assert 'name="name" value="厂房"' in answer.text
    assert 'name="paper"' not in answer.text
    assert 'enctype="multipart/form-data"' in answer.text
    assert "所选的文件需要重新选择" in answer.text


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a=%00", "application/x-www-form-urlencoded"),
        (b"a=" + b"a" * 2_000_000, "application/x-www-form-urlencoded"),
        (b"no parts", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
    ],
)
def test_of_a_form_that_can_not_be_read_the_page_says_how_to_get_back(
    client: httpx.Client, content: bytes, content_type: str
) -> None:
    answer = client.post(FORM, content=content, headers=PAGE | {"Content-Type": content_type})

    assert answer.status_code == 401
    assert "“后退”" in answer.text
    assert "<form" not in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_what_another_site_has_a_browser_send_is_not_offered_again(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.post(FORM, content=urlencode(FILLED), headers={"Accept": "text/html"} | URLENCODED | headers)

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert not answer.text


def test_programs_and_scripts_get_a_problem(client: httpx.Client) -> None:
    headers = URLENCODED | {"Accept": "*/*", "Sec-Fetch-Site": "same-origin"}
    problem(client.post(FORM, content=urlencode(FILLED), headers=headers), "signin-required")


def test_where_no_role_is_chosen_the_page_leads_to_the_choice(client: httpx.Client) -> None:
    signed_in(client, "li")  # holds two roles
    answer = client.post(FORM, content=urlencode(FILLED), headers=PAGE | URLENCODED)

    assert "请先在新窗口选择角色" in answer.text
    assert 'name="item" value="plan"' in answer.text
