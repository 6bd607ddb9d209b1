"""Sign-in in a real browser at a certified OpenID Connect provider of another maker: npm's oidc-provider, run by Node.

The suite does the same at a provider in Python, tests/api/identity/test_in_a_browser.py.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Browser, Page

from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from tests.api.identity.site import Site, signed_site
from tests.chromium import launched
from tests.conftest import INSTALL, chromium_path, reachable_folder
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError

PACKAGE = "oidc-provider@9.13.3"
CLIENT, SECRET = "countersign", "a secret of the provider and of its one client"
INSTALL_SECONDS_MAX, START_SECONDS_MAX = 600, 180
PROGRAM = """
import Provider from "oidc-provider";
const [port, redirect, client_id, client_secret] = process.argv.slice(2);
const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect] }],
  pkce: { required: () => true },
});
provider.listen(Number(port), "localhost");
"""
SESSION = "countersign-session"
BY_PROVIDER, CALLBACK = "统一身份认证登录", "/sign-in/callback"
SEEN, REFUSED = 200, 401
LOOK_MILLISECONDS = 50
SPOILT: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("another issuer", lambda address: address.replace("iss=", "iss=x")),
    ("another code", lambda address: re.sub("code=[^&]+", "code=x", address)),
)


def sign_in_elsewhere(_budget: Budget) -> str:
    """Sign in at the provider, come back, and come back again with the same answer and with spoilt ones."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SkippedError("Node.js is not on PATH: on Debian and Ubuntu, apt-get install nodejs npm")
    program = chromium_path()
    if program is None:
        raise SkippedError(INSTALL)
    with reachable_folder() as folder:
        url = EmbeddedPostgres(folder / "server", throw_away=True).start()
        migrate(url)
        install(npm, folder)
        (site_port, provider_port) = free_ports()
        redirect = f"http://127.0.0.1:{site_port}/sign-in/callback"
        issuer = f"http://localhost:{provider_port}"
        chosen: dict[str, Any] = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        with (
            running([node, "provider.mjs", str(provider_port), redirect, CLIENT, SECRET], folder, issuer),
            signed_site(url, port=site_port, public_url="http://127.0.0.1:{}", **chosen) as site,
            launched(program) as browser,
        ):
            site.run(lambda: site.identity.accounts.link(issuer, "sub-wang", "wang.min", site.identity.clock()))
            return attempts(browser, site, issuer)


def attempts(browser: Browser, site: Site, issuer: str) -> str:
    """What is right passes, and nothing else does."""
    with tab(browser, site) as page:
        come_and_go(page, site, issuer)
    for what, spoil in SPOILT:
        with tab(browser, site) as page:
            callback = held_back(page)
            for address in (spoil(callback), callback):  # an answer is taken once, also where it was spoilt
                expect_refused(page, address, what)
    with tab(browser, site) as page, tab(browser, site) as other:
        callback = held_back(page)
        expect_refused(other, callback, "the answer to another browser")
        expect_refused(page, re.sub("state=[^&]+", "state=x", callback), "an answer without a request")
        page.goto(callback)  # neither ends what this browser began
        expect_person(page)
    with tab(browser, site) as page:
        at_provider(page, "sub-stranger")
        page.wait_for_url(re.compile(CALLBACK))
        shown = page.locator("main").inner_text()
        if who(page) or issuer not in shown or "sub-stranger" not in shown:
            raise RefutedError(f"a person who is not linked is not shown what to have linked: {shown}")
    return f"{PACKAGE} in Chromium: three sign-ins of {len(SPOILT) + 5} were right, and passed"


def come_and_go(page: Page, site: Site, issuer: str) -> None:
    """Sign in and out, open the answer again, and sign in once more where the provider still knows who one is."""
    answers: list[str] = []
    page.on("request", lambda request: answers.append(request.url) if CALLBACK in request.url else None)
    at_provider(page, "sub-wang")
    page.wait_for_url(f"{site.address}/account")
    (callback,) = answers
    if parse_qs(urlsplit(callback).query).get("iss") != [issuer]:
        raise RefutedError("the provider does not name itself in its answer (RFC 9207)")
    expect_person(page)
    (session,) = (cookie for cookie in page.context.cookies(site.address) if cookie.get("name") == SESSION)
    if not session.get("httpOnly") or session.get("sameSite") != "Lax" or page.evaluate("document.cookie"):
        raise RefutedError(f"a script of the page could read the session: {session}")
    expect_refused(page, callback, "the same answer again", "wang.min")
    page.goto("/account")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")
    expect_refused(page, callback, "the same answer after signing out")
    page.goto("/account")
    page.get_by_role("button", name=BY_PROVIDER).click()  # the provider shows no page: it knows who one is
    expect_person(page)


@contextmanager
def tab(browser: Browser, site: Site) -> Iterator[Page]:
    """A tab of a browser that was never here."""
    context = browser.new_context(base_url=site.address, locale="zh-CN")
    try:
        yield context.new_page()
    finally:
        context.close()


def at_provider(page: Page, subject: str) -> None:
    """Go to the provider by the button, and through its own pages as *subject*."""
    page.goto("/account")
    page.get_by_role("button", name=BY_PROVIDER).click()
    page.locator("input[name=login]").fill(subject)
    page.locator("input[name=password]").fill(subject)
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def held_back(page: Page) -> str:
    """Sign in at the provider, and keep its answer from arriving: the address that it sends the browser back to."""
    answers: list[str] = []
    session = page.context.new_cdp_session(page)  # Playwright's own routes do not see redirects

    def hold(event: dict[str, Any]) -> None:
        answers.append(event["request"]["url"])
        session.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "Aborted"})

    session.on("Fetch.requestPaused", hold)
    session.send("Fetch.enable", {"patterns": [{"urlPattern": f"*{CALLBACK}*"}]})
    at_provider(page, "sub-wang")
    ends = monotonic() + START_SECONDS_MAX
    while not answers:
        if monotonic() > ends:
            raise RefutedError("the provider never sends the browser back")
        page.wait_for_timeout(LOOK_MILLISECONDS)
    session.detach()
    return answers[0]


def who(page: Page) -> str:
    """The id of the person who is signed in; empty where no one is."""
    answer = page.request.get("/v1/me")
    return str(answer.json()["id"]) if answer.status == SEEN else ""


def expect_person(page: Page) -> None:
    """Refuted where the tab does not come to the account of the person who signed in."""
    page.wait_for_url("**/account")
    if who(page) != "wang.min":
        raise RefutedError(f"signed in as {who(page)!r}")


def expect_refused(page: Page, address: str, what: str, remains: str = "") -> None:
    """Open *address*; refuted where it signs anybody in. *remains* is who was signed in before."""
    answer = page.goto(address)
    if answer is None or answer.status != REFUSED or page.get_by_role("alert").count() != 1:
        raise RefutedError(f"{what} was answered {answer and answer.status}: {page.locator('main').inner_text()}")
    if who(page) != remains:
        raise RefutedError(f"{what} signs in {who(page)!r}")


def install(npm: str, folder: Path) -> None:
    """Fetch the provider into *folder*."""
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "provider.mjs").write_text(PROGRAM)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", PACKAGE]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS_MAX)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
        raise SkippedError(f"npm could not fetch {PACKAGE}: is its index within reach?") from failure


@contextmanager
def running(command: list[str], folder: Path, address: str) -> Iterator[None]:
    """Run the provider until the block ends."""
    log = folder / "provider.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as process,
    ):
        try:
            ends = monotonic() + START_SECONDS_MAX
            while not answers(address):
                if monotonic() > ends or process.poll() is not None:
                    raise SkippedError(f"{PACKAGE} does not start: {log.read_text(errors='replace')[-300:]}")
                sleep(0.1)
            yield
        finally:
            process.terminate()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/.well-known/openid-configuration").is_success
    except httpx.HTTPError:
        return False


def free_ports() -> tuple[int, int]:
    """Two ports that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as other:
        return first.getsockname()[1], other.getsockname()[1]


PROOFS = (
    Proof(
        "sign-in",
        "a certified OpenID Connect provider signs in whom it names, once, in a browser",
        sign_in_elsewhere,
    ),
)
