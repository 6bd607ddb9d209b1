"""Sign-in, roles and sessions by the forms of the pages, as a browser without scripts sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from infrastructure.identity.accounts import DemoPerson
from tests.api.client import NO_TLS
from tests.api.identity.site import EARLY, LEADER, OFFICER, PASSWORD, PATIENCE, Site, signed_site

SESSION = "countersign-session"
HTML = {"Accept": "text/html"}


def enter(client: httpx.Client, login: str = "wang", password: str = PASSWORD) -> httpx.Response:
    return client.post("/sign-in/password", data={"login": login, "password": password}, headers=HTML)


def test_the_cookie_is_for_the_server_alone(client: httpx.Client) -> None:
    cookie = enter(client).headers["set-cookie"]

    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


def test_a_wrong_password_says_no_more_than_that(client: httpx.Client) -> None:
    wrong, unknown = enter(client, password="wrong"), enter(client, login="no such account")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text == unknown.text
    assert "账号或密码不正确" in wrong.text
    assert not client.cookies


def test_attempts_have_to_wait_and_are_logged(site: Site, client: httpx.Client) -> None:
    for _ in range(4):
        enter(client, login="guessed", password="wrong")
    answer = enter(client, login="guessed", password="wrong")

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 4
    assert "秒后再试" in answer.text
    entries = site.run(lambda: site.identity.log.read(EARLY, principal="guessed"))
    assert {entry.kind for entry in entries} == {"sign_in_refused", "sign_in_limited"}
    assert enter(client).status_code == 303  # others at the same address still sign in


def test_a_cookie_planted_before_sign_in_is_worth_nothing_after_it(client: httpx.Client) -> None:
    planted = "A" * 43
    client.cookies.set(SESSION, planted)
    enter(client)

    values = [cookie.value for cookie in client.cookies.jar if cookie.name == SESSION]
    assert planted not in values[-1:]
    assert httpx.get(client.base_url.join("/v1/me"), timeout=PATIENCE, cookies={SESSION: planted}).status_code == 401


def test_a_cookie_after_sign_out_is_worth_nothing(client: httpx.Client, site: Site) -> None:
    enter(client)
    token = client.cookies[SESSION]
    assert client.get("/v1/me").status_code == 200

    assert client.post("/sign-out").headers["location"] == "/sign-in"

    assert SESSION not in client.cookies
    assert httpx.get(client.base_url.join("/v1/me"), timeout=PATIENCE, cookies={SESSION: token}).status_code == 401


def test_another_sign_in_ends_the_session_before_it(client: httpx.Client) -> None:
    enter(client)
    first = client.cookies[SESSION]
    enter(client)
    assert client.cookies[SESSION] != first
    assert httpx.get(client.base_url.join("/v1/me"), timeout=PATIENCE, cookies={SESSION: first}).status_code == 401


def test_sign_out_is_no_link(client: httpx.Client) -> None:
    enter(client)
    assert client.get("/sign-out").status_code == 405
    assert client.get("/v1/me").status_code == 200


def test_of_several_roles_one_is_chosen_and_changed(client: httpx.Client) -> None:
    assert enter(client, "li").headers["location"] == "/account"
    first = client.cookies[SESSION]
    refused = client.get("/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "role-not-chosen")
    assert client.get("/desk", headers=HTML).headers["location"] == "/account"
    assert str(OFFICER.id) in client.get("/account", headers=HTML).text

    for grant in (OFFICER, LEADER):
        assert client.post("/account/role", data={"grant": str(grant.id)}).status_code == 303
        me = client.get("/v1/me").json()
        assert (me["role"], me["over"]) == (grant.role, grant.over)
        assert httpx.get(client.base_url.join("/v1/me"), timeout=PATIENCE, cookies={SESSION: first}).status_code == 401
        first = client.cookies[SESSION]


@pytest.mark.parametrize("grant", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_role_that_is_not_held_is_not_chosen(client: httpx.Client, grant: str) -> None:
    enter(client, "li")
    assert client.post("/account/role", data={"grant": grant}).status_code == 403


def test_other_sessions_are_listed_and_ended(client: httpx.Client, site: Site) -> None:
    enter(client)
    with httpx.Client(
        verify=NO_TLS, timeout=PATIENCE, base_url=site.address, headers={"User-Agent": "<b>Phone</b>"}
    ) as phone:
        enter(phone)
        page = client.get("/account", headers=HTML).text
        assert "&lt;b&gt;Phone" in page
        assert "<b>Phone" not in page
        ids = re.findall(r'name="session" value="([0-9a-f-]{36})"', page)

        assert client.post("/account/sessions", data={"session": ids[0]}).status_code == 303
        assert client.post("/account/sessions", data={"session": ids[0]}).status_code == 404
        client.post("/account/sessions", data={"session": "others"})
        assert phone.get("/v1/me").status_code == 401
    assert client.get("/v1/me").status_code == 200


@pytest.mark.parametrize("session", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_session_of_another_is_not_ended(client: httpx.Client, session: str) -> None:
    enter(client)
    answer = client.post("/account/sessions", data={"session": session})
    assert (answer.status_code, answer.json()["code"] if "json" in answer.headers["content-type"] else "") in (
        (404, "session-unknown"),
        (404, ""),
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"login=%ff&password=x", "application/x-www-form-urlencoded"),
        (b"login=\xff", "application/x-www-form-urlencoded"),
        (b"login=a%00b&password=x", "application/x-www-form-urlencoded"),
        (b"login=a&login=b", "application/x-www-form-urlencoded"),
        (b"login", "application/x-www-form-urlencoded"),
        (b"x=" + b"y" * 9000, "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % nth for nth in range(20)), "application/x-www-form-urlencoded"),
    ],
)
@pytest.mark.parametrize("path", ["/sign-in/password", "/sign-in/demo", "/sign-in/administrator", "/sign-in/provider"])
def test_an_unreadable_form_is_refused(client: httpx.Client, path: str, content: bytes, kind: str) -> None:
    answer = client.post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_in_both_languages(client: httpx.Client, language: str) -> None:
    enter(client, "li")
    words = {"zh": ("登录", "我的账号"), "en": ("Sign in", "My account")}[language]
    for path, word in zip(("/sign-in", "/account"), words, strict=True):
        assert word in client.get(path, params={"lang": language}, headers=HTML).text


def test_a_demo_person_is_tried_from_this_machine_alone(client: httpx.Client, demo: Site) -> None:
    assert "陈丽" in client.get("/sign-in", headers=HTML).text
    forwarded = {"X-Forwarded-For": "10.0.0.7"}
    assert "陈丽" not in client.get("/sign-in", headers=HTML | forwarded).text
    assert client.post("/sign-in/demo", data={"person": "陈丽"}, headers=forwarded).status_code == 401
    assert client.post("/sign-in/demo", data={"person": "wang.min"}).status_code == 401

    assert client.post("/sign-in/demo", data={"person": "陈丽"}).status_code == 303
    assert client.get("/v1/me").json()["over"] == "natural-resources"


@pytest.fixture
def new_site(database_url: str) -> Iterator[Site]:
    """A site without an administrator, on a database of its own."""
    with signed_site(database_url) as opened:
        yield opened


def test_the_first_administrator_signs_in_by_a_code_once(new_site: Site) -> None:
    code = new_site.run(lambda: new_site.identity.accounts.new_code(new_site.identity.clock()))
    form = {"login": "admin", "name": "高明", "password": PASSWORD}
    with httpx.Client(verify=NO_TLS, timeout=PATIENCE, base_url=new_site.address) as client:
        assert "一次性代码" in client.get("/sign-in", headers=HTML).text
        assert client.post("/sign-in/demo", data={"person": "admin"}).status_code == 401
        assert client.post("/sign-in/administrator", data=form | {"code": "0000"}).status_code == 401
        assert client.post("/sign-in/administrator", data=form | {"code": code, "password": "x"}).status_code == 401

        assert client.post("/sign-in/administrator", data=form | {"code": code}).status_code == 303
        assert client.get("/v1/me").json()["role"] == "administrator"
        assert "首位管理员" not in client.get("/sign-in", headers=HTML).text
        assert client.post("/sign-in/administrator", data=form | {"code": code}).status_code == 401
        client.post("/sign-out")
        assert enter(client, "admin").status_code == 303


def test_the_other_language_leads_to_the_same_page_after_sign_in(new_site: Site) -> None:
    with httpx.Client(verify=NO_TLS, timeout=PATIENCE, base_url=new_site.address) as client:
        page = client.get("/sign-in?lang=en&to=/desk%3Fgroup%3Dlate", headers=HTML).text
    assert 'href="/sign-in?to=%2Fdesk%3Fgroup%3Dlate&amp;lang=zh"' in page


def test_demo_people_exist_only_where_the_demo_made_them(new_site: Site) -> None:
    with httpx.Client(verify=NO_TLS, timeout=PATIENCE, base_url=new_site.address) as client:
        assert "try as" not in client.get("/sign-in?lang=en", headers=HTML).text
        person = DemoPerson("陈丽", "陈丽", OFFICER.role)
        assert client.post("/sign-in/demo", data={"person": person.principal}).status_code == 401
