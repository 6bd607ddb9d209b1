"""Operation with programs of other makers: nginx before a served zone, configured as the guide says."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from uuid import uuid4

import httpx

from tests.proofs.identity import free_ports
from tests.proofs.operating.installation import Installation, served_zone
from tests.proofs.proof import ROOT, Budget, Proof, RefutedError, SkippedError

GUIDE = ROOT / "docs/how-to/operation/serve-behind-a-tls-proxy.md"
NAME = "approvals.example.org"
BLOCK = re.compile(r"```text drawing\n(server \{.*?)```", re.DOTALL)
START_SECONDS_MAX, EVENT_SECONDS_MAX = 180, 60
FRAME = """
daemon off; pid {folder}/pid; error_log {folder}/error.log warn; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {servers}
}}
"""
REGISTER = {
    "command": "register_project",
    "name": "behind a proxy",
    "enterprise": {"name": "Hengxin"},
    "manager": "manager",
    "items": [{"item": "land-use", "department": "land"}],
}


@contextmanager
def proxied(zone: Installation, folder: Path) -> Iterator[tuple[str, str, ssl.SSLContext]]:
    """Nginx before *zone*: its addresses for HTTP and HTTPS, and whom to trust. Raises SkippedError."""
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        raise SkippedError("nginx and openssl are not on PATH: on Debian, apt-get install nginx-light openssl")
    key, chain = folder / "key.pem", folder / "fullchain.pem"
    request = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    names = ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(key), "-out", str(chain)]
    subprocess.run([*request, *names], check=True, capture_output=True)
    plain, secure = free_ports()
    config = folder / "nginx.conf"
    config.write_text(FRAME.format(folder=folder, servers=servers(zone, folder, plain, secure)))
    with subprocess.Popen([nginx, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{plain}", folder / "error.log")
            trusted = ssl.create_default_context(cafile=str(chain))
            yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", trusted
        finally:
            process.terminate()


def servers(zone: Installation, folder: Path, plain: int, secure: int) -> str:
    """The configuration in the guide, with the addresses and files of this run."""
    (block,) = BLOCK.findall(GUIDE.read_text("utf-8"))
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{secure} ssl;",
        "/etc/ssl/approvals/": f"{folder}/",
        "http://127.0.0.1:8000": zone.address,
    }
    for printed, here in changes.items():
        if printed not in block:
            raise RefutedError(f"the guide has no {printed}")
        block = str(block).replace(printed, here)
    return str(block)


def wait_for(address: str, errors: Path) -> None:
    end = monotonic() + START_SECONDS_MAX
    while monotonic() < end:
        try:
            httpx.get(address)
        except httpx.HTTPError:
            sleep(0.1)
        else:
            return
    raise RefutedError(f"nginx does not answer: {errors.read_text()[-2000:] if errors.exists() else 'no log'}")


def tls_proxy(_budget: Budget) -> str:
    """Redirect, cookies and headers under TLS, a large file, events as they happen, and a name that is none of ours."""
    settings = {"COUNTERSIGN_PUBLIC_URL": f"https://{NAME}", "COUNTERSIGN_TRUSTED_PROXIES": "127.0.0.1/32"}
    with served_zone(**settings) as zone, TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        zone.run("users", "add", "manager", "Manager", "--program", "--role", "project_manager", "--over", "office")
        scopes = ("--scope", "commands:*", "--scope", "read:*", "--scope", "feed")
        key = zone.run("keys", "issue", "manager", *scopes, "--bare")
        with proxied(zone, folder) as (plain, secure, trusted):
            moved = httpx.get(f"{plain}/desk?a=1", headers={"Host": NAME}, timeout=60)
            require(moved.headers.get("location") == f"https://{NAME}/desk?a=1", "HTTP leads to HTTPS", moved)
            to = {"sni_hostname": NAME}
            with httpx.Client(base_url=secure, headers={"Host": NAME}, verify=trusted, timeout=60) as client:
                judge(client, to, {"Authorization": f"Bearer {key}"})
    return "redirect, HSTS, Secure cookies, identity headers, an upload of 60 MB, events as they happen, unknown names"


def judge(client: httpx.Client, to: dict[str, str], signed: dict[str, str]) -> None:
    """What the guide says holds behind the proxy. Raises RefutedError."""
    page = client.get("/sign-in", headers={"Accept": "text/html"}, extensions=to)
    require("strict-transport-security" in page.headers, "answers carry HSTS", page)
    code = client.post("/sign-in/code", data={"code": "0000-0000-0000-0000"}, extensions=to)
    cookies = [value for name, value in code.headers.multi_items() if name == "set-cookie"]
    require(all("Secure" in cookie for cookie in cookies), "cookies are Secure", code)
    forged = {"X-Actor": "root", "X-Role": "leader", "X-Department": "office", "X-Forwarded-For": "127.0.0.1"}
    refused = client.get("/v1/progress", headers=forged, extensions=to)
    require(refused.status_code == httpx.codes.UNAUTHORIZED, "identity headers of a client count for nothing", refused)
    large = client.post(
        "/v1/materials",
        content=b"%PDF-1.7\n" + b"0" * 60_000_000 + b"\n%%EOF\n",
        headers={**signed, "Content-Type": "application/pdf"},
        extensions=to,
    )
    require(large.status_code in (200, 201), "a file of 60 MB comes through", large)
    strange = client.get("/healthz", headers={"Host": "elsewhere.example.org"}, extensions=to)
    require(strange.status_code == httpx.codes.MISDIRECTED_REQUEST, "another name is refused", strange)
    events(client, to, signed)


def events(client: httpx.Client, to: dict[str, str], signed: dict[str, str]) -> None:
    """A stream of events gets one that happens while it is open."""
    first = client.get("/v1/events", params={"after": 0, "limit": 1}, headers=signed, extensions=to)
    require(first.status_code == httpx.codes.OK, "the feed answers", first)
    stream = {"Accept": "text/event-stream", **signed}
    begun = monotonic()
    with client.stream("GET", "/v1/events", params={"after": 0}, headers=stream, extensions=to) as opened:
        path = f"/v1/projects/{uuid4()}/commands"
        headers = {**signed, "Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        done = client.post(path, content=json.dumps(REGISTER), headers=headers, extensions=to)
        require(done.status_code == httpx.codes.OK, "a command is carried out", done)
        for line in opened.iter_lines():
            if "behind a proxy" in line:
                break
            if monotonic() - begun > EVENT_SECONDS_MAX:
                raise RefutedError("an event was held back by the proxy")


def require(holds: object, claim: str, answer: httpx.Response) -> None:
    """Raise RefutedError where *claim* does not hold."""
    if not holds:
        raise RefutedError(f"{claim}: {answer.status_code} {dict(answer.headers)} {answer.text[:500]}")


PROOFS = (Proof("tls-proxy", "behind nginx as the guide has it, TLS, uploads and events are right", tls_proxy),)
