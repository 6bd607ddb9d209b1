"""Gateway mode: headers are believed from the gateway alone, all three or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.identity.gateway import GatewayMode
from api.web.problems import Problem
from infrastructure.settings import Gateway, SettingRefusedError, Settings
from tests.api.client import problem
from tests.api.identity.site import PATIENCE, Site, signed_site

SECRET = "s" * 32
WANG = {"X-Actor": "%E7%8E%8B%E6%95%8F", "X-Department": "zone-office", "X-Role": "project_manager"}
PROOF = {"X-Gateway-Secret": SECRET}


@pytest.fixture(scope="module")
def gateway(shared_database_url: str) -> Iterator[Site]:
    with signed_site(shared_database_url, gateway=Gateway.SECRET, gateway_secret=SECRET) as opened:
        yield opened


def test_the_gateway_with_its_secret_is_believed(gateway: Site) -> None:
    me = httpx.get(f"{gateway.address}/v1/me", timeout=PATIENCE, headers=WANG | PROOF).json()
    assert (me["id"], me["role"], me["over"]) == ("王敏", "project_manager", "zone-office")


@pytest.mark.parametrize("proof", [{}, {"X-Gateway-Secret": ""}, {"X-Gateway-Secret": "t" * 32}])
def test_without_the_secret_no_one_is_believed(gateway: Site, proof: dict[str, str]) -> None:
    problem(httpx.get(f"{gateway.address}/v1/me", timeout=PATIENCE, headers=WANG | proof), "gateway-refused")


@pytest.mark.parametrize("missing", WANG)
@pytest.mark.parametrize("value", [None, ""])
def test_all_three_headers_are_required(gateway: Site, missing: str, value: str | None) -> None:
    headers = {name: text for name, text in (WANG | PROOF).items() if name != missing}
    headers |= {} if value is None else {missing: value}
    problem(httpx.get(f"{gateway.address}/v1/me", timeout=PATIENCE, headers=headers), "gateway-refused")


def test_a_header_that_comes_twice_is_refused(gateway: Site) -> None:
    pairs = [*(WANG | PROOF).items(), ("X-Role", "auditor")]
    problem(httpx.get(f"{gateway.address}/v1/me", timeout=PATIENCE, headers=pairs), "gateway-refused")


@pytest.mark.parametrize(
    ("role", "code"), [("system", "role-reserved"), ("%61uditor", "invalid-header"), ("king", "invalid-header")]
)
def test_no_other_role_is_taken(gateway: Site, role: str, code: str) -> None:
    problem(httpx.get(f"{gateway.address}/v1/me", timeout=PATIENCE, headers=WANG | PROOF | {"X-Role": role}), code)


def test_a_request_without_assertion_needs_sign_in(gateway: Site) -> None:
    problem(httpx.get(f"{gateway.address}/v1/me", timeout=PATIENCE, headers=PROOF), "signin-required")


def test_the_unix_socket_is_the_gateways_alone(tmp_path: Path) -> None:
    mode = GatewayMode(Settings(data=tmp_path, gateway=Gateway.UNIX, socket=str(tmp_path / "s")))
    headers = {b"x-actor": b"wang", b"x-department": b"zone-office", b"x-role": b"leader"}

    actor = mode.actor("unix", headers, list(headers.items()))
    assert actor is not None
    assert actor.id == "wang"
    with pytest.raises(Problem):
        mode.actor("127.0.0.1", headers, list(headers.items()))


@pytest.mark.parametrize("chosen", [{"gateway": Gateway.SECRET}, {"gateway": Gateway.UNIX}])
def test_a_mode_without_what_it_needs_is_refused(tmp_path: Path, chosen: dict[str, Any]) -> None:
    with pytest.raises(SettingRefusedError, match="COUNTERSIGN_GATEWAY"):
        GatewayMode(Settings(data=tmp_path, **chosen))


def test_an_open_gateway_believes_everyone(shared_database_url: str) -> None:
    with signed_site(shared_database_url, gateway=Gateway.OPEN) as site:
        assert httpx.get(f"{site.address}/v1/me", timeout=PATIENCE, headers=WANG).json()["id"] == "王敏"
        problem(httpx.get(f"{site.address}/v1/me", timeout=PATIENCE), "actor-missing")
        forged = WANG | {"Authorization": "Bearer cs_live_0000_" + "0" * 64}
        problem(httpx.get(f"{site.address}/v1/me", timeout=PATIENCE, headers=forged), "credential-invalid")


def test_an_open_gateway_leads_people_without_a_name_to_sign_in(shared_database_url: str) -> None:
    with signed_site(shared_database_url, gateway=Gateway.OPEN) as site:
        page = httpx.get(f"{site.address}/supervision?lang=en", timeout=PATIENCE, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in?to=%2Fsupervision%3Flang%3Den")
        named = {"Accept": "text/html"} | WANG | {"X-Role": "leader"}
        assert httpx.get(f"{site.address}/v1/names", timeout=PATIENCE, headers=named).status_code == 200
        assert httpx.get(f"{site.address}/v1/names", timeout=PATIENCE).status_code == 200, "names are public"
