"""The public window behind the layer of sign-in: open where it is public, closed where a person acts."""

from __future__ import annotations

import httpx
import pytest

from tests.api.identity.site import Site
from tests.infrastructure.projector.test_projector import project_all

BROWSER = {"Accept": "text/html"}
OPEN = ("/window", "/window/items", "/window/track", "/window/decisions", "/window/published")
CLOSED = ("/window/apply", "/my")


@pytest.fixture(scope="module", autouse=True)
def _views(shared_database_url: str, site: Site) -> None:
    """Made, though of nothing."""
    project_all(shared_database_url)


@pytest.mark.parametrize("path", OPEN)
def test_everyone_comes_in_and_finds_the_way_to_sign_in(client: httpx.Client, path: str) -> None:
    page = client.get(path, headers=BROWSER)
    assert page.status_code == 200
    assert 'href="/sign-in"' in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")


@pytest.mark.parametrize("path", CLOSED)
def test_who_acts_signs_in_first_and_comes_back(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?to={path.replace('/', '%2F')}"


def test_a_form_of_the_window_needs_no_sign_in_and_one_below_applying_does(client: httpx.Client) -> None:
    form = {"number": "BDA2026-004217-2", "code": "AAAAAA"}
    assert client.post("/window/track", data=form, headers=BROWSER).status_code == 403
    back = client.post("/window/apply", data=form, headers=BROWSER)  # with what was filled in
    assert (back.status_code, 'value="BDA2026-004217-2"' in back.text) == (401, True)
    assert client.post("/window/apply", data=form).status_code == 401


def test_tries_are_counted_by_the_address_that_proxies_vouch_for(client: httpx.Client) -> None:
    """No proxy is trusted here: what a client says of its address counts for nothing."""
    answers = [
        client.post(
            "/window/track",
            data={"number": "BDA2026-000001-0", "code": "AAAAAA"},
            headers={**BROWSER, "X-Forwarded-For": f"198.51.100.{nth}"},
        ).status_code
        for nth in range(7)
    ]
    assert answers == [403, 403, 403, 403, 403, 429, 429]


def test_a_form_of_another_site_is_refused(client: httpx.Client, site: Site) -> None:
    answer = client.post(
        "/window/track",
        data={"number": "BDA2026-000001-0", "code": "AAAAAA"},
        headers={**BROWSER, "Origin": "https://evil.example", "Host": site.address.removeprefix("http://")},
    )
    assert answer.status_code == 403
    assert "do not fit" not in answer.text


def test_the_sign_in_page_leads_to_the_window(client: httpx.Client) -> None:
    assert 'href="/window' in client.get("/sign-in", headers=BROWSER).text
