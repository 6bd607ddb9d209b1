"""Sign-in at a certified OpenID Connect provider of another maker: npm's oidc-provider, run by Node."""

from __future__ import annotations

import html
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from tests.api.identity.site import PATIENCE, Site, signed_site
from tests.conftest import reachable_folder
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError

PACKAGE = "oidc-provider@9.13.3"
CLIENT, SECRET = "countersign", "a secret of the provider and of its one client"
INSTALL_SECONDS_MAX, START_SECONDS_MAX, STEPS_MAX = 600, 180, 12
PROGRAM = """
import Provider from "oidc-provider";
const [port, redirect, client_id, client_secret] = process.argv.slice(2);
const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect] }],
  pkce: { required: () => true },
});
provider.listen(Number(port), "localhost");
"""
INPUT = re.compile(r'<input[^>]*name="([^"]+)"(?:[^>]*value="([^"]*)")?')
ACTION = re.compile(r'<form[^>]*action="([^"]+)"')


def sign_in_elsewhere(_budget: Budget) -> str:
    """Sign in at the provider, come back, and come back again with the same answer and with spoilt ones."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SkippedError("Node.js is not on PATH: on Debian and Ubuntu, apt-get install nodejs npm")
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
        ):
            site.run(lambda: site.identity.accounts.link(issuer, "sub-wang", "wang.min", site.identity.clock()))
            return attempts(site, issuer)


def attempts(site: Site, issuer: str) -> str:
    """What is right passes, and nothing else does."""
    with httpx.Client(timeout=PATIENCE, follow_redirects=False) as browser:
        callback = to_callback(browser, site, "sub-wang")
        if parse_qs(urlsplit(callback).query).get("iss") != [issuer]:
            raise RefutedError("the provider does not name itself in its answer (RFC 9207)")
        spoilt = [callback.replace("iss=", "iss=x"), re.sub("code=[^&]+", "code=x", callback)]
        for address in (spoilt[0], callback):  # an answer is taken once, also where it was spoilt
            expect(browser, address, 401)
        callback = to_callback(browser, site, "sub-wang")
        expect(browser, callback, 303)
        who = browser.get(f"{site.address}/v1/me").json()
        if who.get("id") != "wang.min":
            raise RefutedError(f"signed in as {who}")
        expect(browser, callback, 401)
        to_callback(browser, site, "sub-wang")
        expect(browser, spoilt[1], 401)
    with httpx.Client(timeout=PATIENCE, follow_redirects=False) as stranger:
        expect(stranger, to_callback(stranger, site, "sub-stranger"), 401)
    return f"{PACKAGE}: one sign-in of five was right, and passed"


def to_callback(browser: httpx.Client, site: Site, subject: str) -> str:
    """Go through the provider's own pages as *subject*; the address that it sends the browser back to."""
    answer = browser.post(f"{site.address}/sign-in/provider", data={"to": "/"})
    for _ in range(STEPS_MAX):
        if answer.status_code in (302, 303):
            address = urljoin(str(answer.url), answer.headers["location"])
            if "/sign-in/callback" in address:
                return address
            answer = browser.get(address)
        elif (action := ACTION.search(answer.text)) is not None:
            fields = {name: html.unescape(value) for name, value in INPUT.findall(answer.text)}
            fields |= {name: subject for name in ("login", "password") if name in fields}
            answer = browser.post(urljoin(str(answer.url), html.unescape(action[1])), data=fields)
        else:
            raise RefutedError(f"{answer.url} answered {answer.status_code}: {answer.text[:300]}")
    raise RefutedError("the provider never sends the browser back")


def expect(browser: httpx.Client, address: str, status: int) -> None:
    """Follow *address*; refuted where the answer has another status."""
    answer = browser.get(address, headers={"Accept": "text/html"})
    if answer.status_code != status:
        raise RefutedError(f"{urlsplit(address).query} was answered {answer.status_code}, not {status}")


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
        "a certified OpenID Connect provider signs in whom it names, once",
        sign_in_elsewhere,
    ),
)
