"""The page itself: both languages, no script, no barriers, its policy, and its modules."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from api.html.assets import script_address, scripts
from tests.accessibility import barriers
from tests.verify_page.conftest import Exported
from tests.verify_page.forging import ask

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("lang", "title"), [("zh", "验证"), ("en", "Verify")])
def test_it_opens_for_everyone_without_errors_or_barriers(
    browser: Browser, address: str, lang: str, title: str
) -> None:
    with browser.new_context(base_url=address, viewport={"width": 390, "height": 844}, bypass_csp=True) as window:
        tab = window.new_page()
        messages: list[str] = []
        tab.on("console", lambda message: messages.append(message.text))
        tab.on("pageerror", lambda error: messages.append(str(error)))
        response = tab.goto(f"/verify?lang={lang}")
        tab.wait_for_selector("#verify:not([hidden])")
        assert response is not None
        policy = response.headers["content-security-policy"]
        assert ("require-trusted-types-for 'script'" in policy, "unsafe" in policy) == (True, False)
        assert (tab.inner_text("h1"), messages) == (title, [])
        assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert barriers(tab) == []


def test_it_says_the_result_in_chinese_as_well(browser: Browser, address: str, exported: Exported) -> None:
    with browser.new_context(base_url=address) as window:
        tab = window.new_page()
        tab.goto("/verify?lang=zh")
        tab.wait_for_selector("#verify:not([hidden])")
        answer = ask(tab, pasted=exported.proven.receipt)
        assert answer.verdict == "verified"
        assert tab.inner_text("#verdict") == "验证通过"
        assert "条记录的日志树中" in answer.of("inclusion")[0][1]


def test_without_script_it_says_what_to_do_instead(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, java_script_enabled=False) as window:
        tab = window.new_page()
        tab.goto("/verify?lang=en")
        assert not tab.locator("#verify").is_visible()
        assert "python3 verify.py" in tab.inner_text("main")


def test_its_modules_are_served_under_the_name_of_their_content(page: Page, address: str) -> None:
    page.context.set_offline(False)
    for name, content in scripts().items():
        answer = page.request.get(f"{address}{script_address(name)}")
        assert (answer.status, answer.body()) == (200, content)
        assert "immutable" in answer.headers["cache-control"]
    assert page.request.get(f"{address}/static/verify.000000000000/page.js").status == 404
    assert page.request.get(f"{address}{script_address('other.js')}").status == 404
