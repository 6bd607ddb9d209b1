"""Every route says what it asks for: an application with one that does not is not made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from litestar import Litestar, get

from api.app import create_app
from api.guard.routes import UndeclaredAccessError, action_of, handlers_of, is_public, require_declared
from api.identity.public import is_public as needs_no_sign_in
from api.route_access import ACCESS, PUBLIC
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings


@get("/planted", sync_to_thread=False)
def planted() -> str:
    """A route that does not say what it asks for."""
    return "everything"


@get("/misspelt", sync_to_thread=False, opt={ACCESS: "read:everything"})
def misspelt() -> str:
    """A route that asks for what no rule is declared for."""
    return "everything"


async def test_an_application_with_an_undeclared_route_is_not_made(approvals: Approvals) -> None:
    with pytest.raises(UndeclaredAccessError, match="GET /planted"):
        create_app(approvals, Views(approvals.store), Settings(data=Path("unused")), pages=[planted])


async def test_nor_with_a_route_that_asks_for_an_unknown_action(approvals: Approvals) -> None:
    with pytest.raises(UndeclaredAccessError, match="GET /misspelt"):
        create_app(approvals, Views(approvals.store), Settings(data=Path("unused")), pages=[misspelt])


async def test_nor_with_a_command_without_a_rule(app: Litestar) -> None:
    with pytest.raises(UndeclaredAccessError, match="the command dig_a_hole"):
        require_declared(app, ["submit_item", "dig_a_hole"])


async def test_what_needs_no_sign_in_is_what_the_table_has_as_public(app: Litestar) -> None:
    for template, handler in handlers_of(app):
        action, path = action_of(handler), re.sub(r"\{[^}]*\}", "sample", template)
        for method in handler.http_methods:
            if action != PUBLIC:
                assert needs_no_sign_in(method, path) is is_public(action), (method, template)
