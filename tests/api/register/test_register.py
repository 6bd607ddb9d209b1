"""Imported cases over HTTP: which figures are the register's and which the law's, said in both languages."""

from __future__ import annotations

from datetime import datetime
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.html.translations import TABLES
from domain.core.ledger import CommandOrigin
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import REGISTER, Door
from tests.effort import PATIENCE_SECONDS
from tests.examples import LEADER
from tests.scripts.importing.plans import ASKED, COMPLETE, RECEIVED, SENT, planned

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

EXTENDED = ("2012-03-02", "04_BPT_020", "Uitgebreid", "activities regular procedure")
CAME = ("2012-03-20", "08_AWB45_040", "20-3-2012")

STATEMENT = TABLES["of_register"]["statement"]


async def imported(approvals: Approvals, *rows: tuple[str, ...]) -> UUID:
    """A case of the register "town", brought in as the importer does."""
    project = uuid4()
    for act in planned(*rows).acts:
        await approvals.handle(project, act.command, act.by, uuid4(), origin=CommandOrigin(act.source, act.recorded_at))
    await Views(approvals.store).catch_up(await approvals.store.head(), patience=PATIENCE_SECONDS)
    return project


async def got(door: Door, path: str, **params: Any) -> Any:
    answer = await door.get(path, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_imported_case_shows_both_counts_and_which_is_which(door: Door, approvals: Approvals) -> None:
    """The register counts 56 days and what was suspended; the law six months, as it is the extended procedure."""
    project = await imported(approvals, RECEIVED, EXTENDED, COMPLETE, ASKED, CAME, SENT)
    counts = await got(door, f"/v1/projects/{project}/register")

    assert counts["imported"] == {
        "register": "town", "case_id": "1", "statement_zh": STATEMENT[0], "statement_en": STATEMENT[1],
    }  # fmt: skip
    register = counts["by_register"]
    assert (register["submitted_on"], register["delivered_on"]) == ("2012-03-01", "2012-05-02")
    assert (register["deadline_on"], register["suspended_days"], register["late"]) == ("2012-05-10", 14, False)
    (law,) = counts["by_law"]
    assert (law["mode"], law["state"], law["due_on"]) == ("extended", "met", "2012-09-14")
    assert law["law"] == "nl-wabo@2010-10-01"
    assert (await got(door, f"/v1/projects/{project}"))["imported"]["register"] == "town"

    for lang, marks in (("zh", ("登记簿", "依法计算")), ("en", ("By the register", "By the law"))):
        page = await door.get(f"/pages/projects/{project}", LEADER, lang=lang)
        part = unescape(page.text).partition('<h2 id="register">')[2].partition("</table>")[0]
        assert STATEMENT[lang == "en"] in part
        assert all(mark in part for mark in marks)
        assert "2012-05-10" in part
        assert "2012-09-14" in part


async def test_the_extended_procedure_grants_nothing_by_silence(door: Door, approvals: Approvals) -> None:
    project = await imported(approvals, ("2013-03-01", "01_HOOFD_010"), EXTENDED)
    (law,) = (await got(door, f"/v1/projects/{project}/register"))["by_law"]

    assert (law["state"], law["due_on"]) == ("overdue", "2013-09-02")
    then = datetime.fromisoformat("2013-06-01T12:00:00+02:00").isoformat()
    params = {"as_of": then, "known_at": "2026-01-01T00:00:00Z"}
    (before,) = (await got(door, f"/v1/projects/{project}/register", **params))["by_law"]
    assert before["state"] == "running"


async def test_a_project_that_began_here_has_no_register(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    register = await got(door, f"/v1/projects/{project}/register")

    assert (register["imported"], register["by_register"], register["by_law"]) == (None, None, [])
    assert (await got(door, f"/v1/projects/{project}"))["imported"] is None
    assert 'id="register"' not in (await door.get(f"/pages/projects/{project}", LEADER)).text
