"""Every page that can be opened by its address alone: an example of each, and who reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from inspect import signature
from pathlib import Path, PurePath
from typing import NamedTuple
from urllib.parse import quote, urlencode

import httpx
import psycopg

from api.app import PAGES, create_app
from api.guard.routes import handlers_of
from api.web.query_params import parameters_of
from domain.core.ledger import Actor, Role
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.api.client import identity
from tests.examples import BUREAU, LEADER

NOT_OPENED = {  # pages that need more than a reader: a draft, a session, a file just sent; their own tests look at them
    *("account", "callback", "ways", "mail_link", "receipt", "data", "tasks", "materials_of", "look_over", "register"),
    *("case", "complaint", "evaluation", "open_message", "bundle_form"),
}
AUDITOR, ADMINISTRATOR = Actor("sun.yu", "audit", Role.AUDITOR), Actor("xu.jing", "", Role.ADMINISTRATOR)
CLERK = Actor("window.1", "window", Role.WINDOW_CLERK)
PARAMETER = re.compile(r"{(\w+):\w+}")
NAMED = {  # of a path: which name, by the page
    "calendar_page": {"name": "CN"},
    "flow_page": {"name": "zone-investment"},
    "catalogue_page": {"name": "zone"},
    "catalogue_difference": {"name": "zone", "first": "1", "second": "1"},
    "service_page": {"name": "zone", "code": "cd-01"},
    "guide": {"code": "cd-01"},
}


class ExamplePage(NamedTuple):
    """A page with an example for each of its parameters. *template* is the path of its route."""

    template: str
    path: str
    query: str

    @property
    def pattern(self) -> str:
        """What the path of every page of its route fits, as of files."""
        return PARAMETER.sub("*", self.template)

    def address(self, lang: str) -> str:
        """Where it is in a language."""
        return f"{self.path}?{self.query}{'&' if self.query else ''}lang={lang}"


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
        """Each page, its reader and its text; nobody and nothing where no one may read it. *opened* are left out."""
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


def page_examples(database: str, data: Path, given: dict[str, str]) -> Iterator[ExamplePage]:
    """One for every handler that answers GET with a page; a new one with other parameters has to be given them."""
    approvals = Approvals(database)
    app = create_app(approvals, Views(approvals.store), Settings(data=data), pages=PAGES)
    for template, handler in handlers_of(app):
        if (
            "GET" not in handler.http_methods
            or template.startswith("/v1")
            or "Response[str]" not in str(signature(handler.fn).return_annotation)
            or handler.handler_name in NOT_OPENED
        ):
            continue
        example = given | NAMED.get(handler.handler_name, {})
        if handler.handler_name == "clock":  # the one that the card is about
            example |= {"clock": given["clock_of_card"], "application": given["application_of_card"]}
        in_path = {key: quote(text, safe="") for key, text in example.items()}
        queried: Sequence[str] = [*parameters_of(handler)]
        query = urlencode({key: text for key, text in example.items() if key in queried})
        yield ExamplePage(template, PARAMETER.sub(r"{\1}", template).format_map(in_path), query)


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
