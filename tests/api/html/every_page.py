"""Every page that can be opened by its address alone: an example of each, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

import httpx
import psycopg

from domain.core.ledger import Actor, Role
from scripts.benches.pages.examples import ExamplePage, page_examples
from tests.api.client import identity
from tests.examples import BUREAU, LEADER

AUDITOR, ADMINISTRATOR = Actor("sun.yu", "audit", Role.AUDITOR), Actor("xu.jing", "", Role.ADMINISTRATOR)
CLERK = Actor("window.1", "window", Role.WINDOW_CLERK)


class EveryPage:
    """The pages of the zone in a database, each read by the first of the people who may."""

    def __init__(self, database: str, data: Path) -> None:
        given = parameters(database)
        self._readers: dict[str, Actor] = {}
        self.pages = [*page_examples(database, data, given)]
        self.people = [LEADER, BUREAU, AUDITOR, ADMINISTRATOR]
        self.people += [*own_people(database, given["project_id"], given["item"]), CLERK]

    def read(
        self, client: httpx.Client, lang: str, opened: Sequence[PurePath] = ()
    ) -> Iterator[tuple[ExamplePage, Actor | None, str]]:
        """Each page, its reader and its text; None and no text where no one may read it. *opened* are left out."""
        for page in self.pages:
            if any(path.match(page.pattern) for path in opened):
                continue
            known = self._readers.get(page.path)  # who read it in another language
            answers = (
                (by, client.get(page.address(lang), headers=identity(by))) for by in ([known] if known else self.people)
            )
            by, text = next(((by, answer.text) for by, answer in answers if answer.status_code == 200), (None, ""))
            if by:
                self._readers[page.path] = by
            yield page, by, text


def parameters(database: str) -> dict[str, str]:
    """An example for each parameter of a path or query, from the zone in *database*."""
    with psycopg.connect(database) as connection:
        signal = (
            "SELECT project::text, card, item, clock, application::text FROM views.signal"
            " WHERE card <> '' AND clock <> '' ORDER BY happened_at DESC LIMIT 1"
        )
        project, card, item, clock, application = connection.execute(signal).fetchone() or [""] * 5
        (principal,) = connection.execute("SELECT min(id) FROM views.access_principal").fetchone() or ("",)
        (code,) = connection.execute("SELECT code FROM views.person_code ORDER BY code LIMIT 1").fetchone() or ("",)
    return {
        "principal": principal or "",
        "project_id": project,
        "card": card,
        "item": item,
        "clock_of_card": clock,
        "application_of_card": application,
        "code": code,
        "command": "note_step",
        "first": "2026-01-01",
        "last": "2026-12-31",
        "month": "2026-06",
        "days": "2026-03-16 至 2026-03-18 休",
    }


def own_people(database: str, project: str, item: str) -> list[Actor]:
    """The officer, the manager and the applicant of *item* of *project*."""
    with psycopg.connect(database) as connection:
        (department,) = connection.execute(
            "SELECT department FROM views.item WHERE project = %s AND item = %s", [project, item]
        ).fetchone() or ("",)
        (manager, uscc) = connection.execute(
            "SELECT p.manager, i.uscc FROM views.project AS p JOIN views.information AS i USING (project)"
            " WHERE p.project = %s",
            [project],
        ).fetchone() or ("", "")
    return [
        Actor("officer", department, Role.OFFICER),
        Actor(manager, "zone-office", Role.PROJECT_MANAGER),
        Actor("owner", uscc, Role.APPLICANT),
    ]
