"""Sign-in in a real browser, at an OpenID Connect provider: cookies, redirects and policies as browsers see them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.accessibility import barriers
from tests.api.identity.site import PASSWORD, Site, signed_site
from tests.chromium import launched
from tests.effort import chosen
from tests.pages.conftest import page_of

START_SECONDS_MAX = 60
SESSION, PENDING = "countersign-session", "countersign-sign-in"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def issuer(program: str) -> Iterator[str]:
    """A provider in a process of its own, which signs in anyone who says who they are."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            await_answer(f"http://localhost:{port}/.well-known/openid-configuration")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


def await_answer(address: str) -> None:
    ends = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            with urlopen(address) as answer:
                answer.read()
        except OSError:
            assert time.monotonic() < ends, f"{address} does not answer"
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="module")
def site(shared_database_url: str, issuer: str) -> Iterator[Site]:
    chosen: dict[str, Any] = {"oidc_issuer": issuer, "oidc_client_id": "countersign", "oidc_client_secret": "s3cret"}
    with signed_site(shared_database_url, public_url="http://127.0.0.1:{}", **chosen) as opened:
        identity = opened.identity
        opened.run(lambda: identity.accounts.link(issuer, "sub-li", "li.qiang", identity.clock()))
        opened.run(lambda: identity.accounts.link(issuer, "sub-wang", "wang.min", identity.clock()))
        yield opened


@pytest.fixture(scope="module")
def browser(program: str, site: Site) -> Iterator[Browser]:
    with launched(program) as running:
        yield running


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of someone who is not signed in."""
    with page_of(browser, site.address, None) as page:
        yield page


@pytest.fixture
def window(page: Page) -> BrowserContext:
    """The window of that tab, which holds its cookies."""
    return page.context


def at_provider(page: Page, subject: str) -> None:
    """Go to the provider by the button, and say who one is there."""
    page.get_by_role("button", name="统一身份认证登录").click()
    page.wait_for_url(re.compile("/oauth2/authorize"))
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def cookies(window: BrowserContext) -> dict[str, str]:
    return {str(cookie["name"]): str(cookie["value"]) for cookie in window.cookies()}


def me(page: Page) -> int:
    """The status of GET /v1/me with the cookies of the browser."""
    return page.request.get("/v1/me").status


def test_a_person_signs_in_at_the_provider_and_out_again(page: Page, window: BrowserContext, site: Site) -> None:
    page.goto("/account")
    page.wait_for_url("**/sign-in?to=%2Faccount")
    at_provider(page, "sub-wang")
    page.wait_for_url(f"{site.address}/account")
    expect(page.get_by_text("王敏", exact=False).first).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    token = cookies(window)[SESSION]
    assert PENDING not in cookies(window)

    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")
    assert SESSION not in cookies(window)
    window.add_cookies([{"name": SESSION, "value": token, "url": site.address}])
    assert me(page) == 401


def test_a_session_cookie_planted_before_is_replaced(page: Page, window: BrowserContext, site: Site) -> None:
    page.goto("/sign-in")
    page.locator("#login").fill("wang")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(f"{site.address}/")
    attackers = cookies(window)[SESSION]

    page.goto("/sign-in")
    at_provider(page, "sub-li")  # in a browser that has another person's session
    page.wait_for_url(f"{site.address}/account")

    assert cookies(window)[SESSION] != attackers
    expect(page.locator("main")).to_contain_text("李强")


def test_a_role_is_chosen_and_the_token_changes(page: Page, window: BrowserContext, site: Site) -> None:
    page.goto("/sign-in")
    at_provider(page, "sub-li")
    page.wait_for_url(f"{site.address}/account")
    before = cookies(window)[SESSION]
    assert me(page) == 403

    page.get_by_role("button", name="以此角色办理: 领导").click()
    page.wait_for_url(f"{site.address}/")

    assert cookies(window)[SESSION] != before
    assert page.request.get("/v1/me").json()["role"] == "leader"
    window.add_cookies([{"name": SESSION, "value": before, "url": site.address}])
    assert me(page) == 401


def test_a_callback_is_good_once_and_in_its_own_browser(
    page: Page, window: BrowserContext, browser: Browser, site: Site
) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if "/sign-in/callback" in request.url else None)
    page.goto("/sign-in")
    at_provider(page, "sub-wang")
    page.wait_for_url(f"{site.address}/")
    (callback,) = seen

    page.request.post("/sign-out")
    page.goto(callback)
    expect(page.get_by_role("alert")).to_contain_text("不是从本浏览器开始的")
    assert me(page) == 401
    other = browser.new_context(base_url=site.address)
    victim = other.new_page()
    victim.goto(callback)
    assert victim.request.get("/v1/me").status == 401
    other.close()


def test_a_wrong_nonce_is_refused(page: Page, window: BrowserContext, site: Site) -> None:
    def spoil(route: object, request: object) -> None:
        address = re.sub(r"nonce=[^&]+", "nonce=another", request.url)  # type: ignore[attr-defined]
        route.continue_(url=address)  # type: ignore[attr-defined]

    page.route(re.compile("/oauth2/authorize"), spoil)
    page.goto("/sign-in")
    at_provider(page, "sub-wang")
    expect(page.get_by_role("alert")).to_contain_text("没有确认您的身份")
    assert me(page) == 401


def test_a_form_of_another_site_signs_no_one_in_or_out(page: Page, window: BrowserContext, site: Site) -> None:
    page.goto("/sign-in")
    at_provider(page, "sub-wang")
    page.wait_for_url(f"{site.address}/")
    for path, status in (("/sign-out", 303), ("/sign-in/password", 403)):  # without the cookie, to sign-in; refused
        form = f'<form method="post" action="{site.address}{path}"><button>go</button></form>'
        page.route("http://evil.test/", lambda route, _, form=form: route.fulfill(body=form, content_type="text/html"))
        page.goto("http://evil.test/")
        with page.expect_response(f"{site.address}{path}") as answered:
            page.get_by_role("button").click()
        assert answered.value.status == status
    page.goto("/account")
    expect(page.locator("main")).to_contain_text("王敏")


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "width"), chosen([("zh", 390), ("en", 1300)], [*product(("zh", "en"), (1300, 390))])
)
def test_the_pages_are_without_barriers(page: Page, demo: Site, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("/sign-in", "/account"):
        page.goto(f"{path}?lang={language}")
        assert barriers(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        if path == "/sign-in":
            page.get_by_role("button", name="陈丽").click()
            page.wait_for_url(f"{demo.address}/**")


def test_the_pages_break_no_rule_of_their_own_policy(page: Page, site: Site) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/sign-in")
    at_provider(page, "sub-wang")
    page.wait_for_url(f"{site.address}/")
    page.goto("/account?lang=en")
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    assert [text for text in complaints if "Content Security Policy" in text or "Trusted" in text] == []


@pytest.mark.long
def test_a_form_outlives_its_session(site: Site, page: Page) -> None:
    page.goto("/sign-in")
    sign_in_by_password(page)
    page.goto("/acts/register_project")
    site.run(lambda: site.identity.sessions.end_all("wang.min"))
    site.run(site.identity.changed)
    page.get_by_label("项目名称").fill("厂房二期")
    page.get_by_label("企业名称").fill("恒信")
    expect(page.locator("[data-draft-status]")).to_contain_text("登录已结束")
    page.get_by_role("button", name="核对效果").click()
    expect(page.get_by_role("heading", name="登录已结束")).to_be_visible()
    assert barriers(page) == []
    with page.context.expect_page() as opened:
        page.get_by_role("main").get_by_role("link", name="登录").click()
    sign_in_by_password(opened.value)
    expect(opened.value.get_by_role("heading", name="我的账号")).to_be_visible()
    page.get_by_role("button", name="再次发送").click()
    expect(page.get_by_role("heading", name="核对并发出：登记项目")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("厂房二期")


def sign_in_by_password(page: Page) -> None:
    page.locator("#login").fill("wang")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
