"""Settings come from the environment, explain themselves, refuse nonsense and never show a password."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infrastructure.settings import (
    LogFormat,
    SettingRefusedError,
    Settings,
    described,
    unknown,
    variable,
    without_password,
)


def test_the_defaults_suit_one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    settings = Settings.of({"XDG_DATA_HOME": "/home/li/.data"})

    assert settings == Settings(data=Path("/home/li/.data/countersign"))
    assert (settings.database_url, settings.host, settings.port) == ("", "127.0.0.1", 8000)
    assert Settings.of({}).data == Path("~/.local/share/countersign").expanduser()


def test_root_has_a_folder_that_the_servers_account_can_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    assert Settings.of({"XDG_DATA_HOME": "/root/.data"}).data == Path("/var/lib/countersign")


def test_variables_take_precedence_and_empty_ones_count_as_absent() -> None:
    environment = {"COUNTERSIGN_DATA": "~/data", "DATABASE_URL": "postgresql://db/x", "COUNTERSIGN_PORT": "81"}

    settings = Settings.of(environment | {"COUNTERSIGN_HOST": "", "COUNTERSIGN_LOG": "json"})

    assert settings.data == Path("~/data").expanduser()
    assert (settings.database_url, settings.port, settings.host) == ("postgresql://db/x", 81, "127.0.0.1")
    assert settings.log is LogFormat.JSON


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("COUNTERSIGN_PORT", "http"),
        ("COUNTERSIGN_PORT", "65536"),
        ("COUNTERSIGN_LOG", "xml"),
        ("COUNTERSIGN_QUEUE_MAX", "0"),
        ("COUNTERSIGN_ALLOWED_HOSTS", "https://approvals.example.org"),
    ],
)
def test_nonsense_is_refused_with_what_is_meant(name: str, text: str) -> None:
    with pytest.raises(SettingRefusedError, match=rf"^{name} is invalid: .+\. It should be: [A-Z].+\.$"):
        Settings.of({name: text})


def test_a_wrong_form_is_described_in_words() -> None:
    with pytest.raises(SettingRefusedError, match="COUNTERSIGN_NATS_URL is invalid: it is not of the form") as refused:
        Settings.of({"COUNTERSIGN_NATS_URL": "http://nats.example.org"})
    assert "regex" not in str(refused.value)


def test_names_of_hosts_are_taken_apart() -> None:
    chosen = Settings.of({"COUNTERSIGN_ALLOWED_HOSTS": "Approvals.example.org, [fe80::1],,zone"})

    assert chosen.host_names == ("approvals.example.org", "[fe80::1]", "zone")
    assert Settings.of({}).host_names == ()


def test_every_setting_describes_itself() -> None:
    descriptions = {setting.variable: setting for setting in described()}

    assert set(descriptions) == {variable(name) for name in Settings.__struct_fields__}
    assert all(setting.help.endswith(".") for setting in descriptions.values())
    assert descriptions["COUNTERSIGN_LOG"].default == "auto"


def test_misspelt_variables_are_found() -> None:
    environment = {"COUNTERSIGN_PROT": "1", "COUNTERSIGN_PORT": "1", "COUNTERSIGN_TEST_DATABASE_URL": "", "HOME": ""}

    assert unknown(environment) == ["COUNTERSIGN_PROT"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://li:geheim@db/x",
        "postgresql://li:geh/eim@geheim@db/x?sslmode=require",
        "postgresql://db/x?user=li&password=geheim&sslmode=require",
        "host=db user=li password=geheim",
        "host=db password = 'geheim geheim' user=li",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    shown = without_password(url)

    assert "geheim" not in shown
    assert "db" in shown
    assert "li" in shown
    assert "geheim" not in repr(Settings(data=Path("/"), database_url=url))


def test_an_address_without_a_password_is_shown_as_it_is() -> None:
    url = "postgresql://countersign@/countersign?host=%2Fvar%2Flib"

    assert without_password(url) == url


def test_secrets_are_never_shown() -> None:
    secret = "s" * 32
    environment = {"COUNTERSIGN_GATEWAY_SECRET": secret, "COUNTERSIGN_OIDC_CLIENT_SECRET": secret}
    shown = repr(Settings.of(environment))

    assert secret not in shown
    assert shown.count("'***'") == 2


def test_the_public_address_is_a_host_by_which_the_server_is_reached() -> None:
    environment = {"COUNTERSIGN_PUBLIC_URL": "https://Approvals.example.org:8443", "COUNTERSIGN_ALLOWED_HOSTS": "zone"}

    assert Settings.of(environment).host_names == ("zone", "approvals.example.org")
