"""Pages that say what is wrong: each problem that a person can meet, in words of both languages."""

from __future__ import annotations

import pytest

from api.html.translations import TABLES
from api.web.problems import HTTP_CODES

# What only programs and gateways send, what pages say beside a field, and what has a page of its own.
OF_PROGRAMS = frozenset(
    {
        *("actor-missing", "batch-of-several-projects", "batch-undone", "credential-invalid", "delivery-unknown"),
        *("gateway-refused", "head-too-large", "key-missing", "malformed-json", "material-broken-off"),
        *("range-not-satisfiable", "replays-too-many", "request-timeout", "role-reserved", "subscription-unknown"),
        *("subscriptions-too-many", "tile-unknown", "transfer-encoding-unknown", "unknown-command"),
        "webhook-address-refused",
    }
)
BESIDE_A_FIELD = frozenset(code for code in HTTP_CODES if code.startswith("material-")) - {"material-unknown"}
OWN_PAGE = frozenset({"project-unknown"})


@pytest.mark.parametrize("code", sorted(HTTP_CODES.keys() - OF_PROGRAMS - BESIDE_A_FIELD - OWN_PAGE))
def test_what_a_person_can_meet_is_said_in_words(code: str) -> None:
    assert code in TABLES["trouble"]
