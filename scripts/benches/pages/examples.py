"""Every page that can be opened by its address alone, with an example of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

from api.app import PAGES, create_app
from api.guard.routes import handlers_of
from api.web.query_params import parameters_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings

NOT_OPENED = {  # pages that need more than a reader: a draft, a session, a file just sent; their own tests look at them
    *("account", "callback", "ways", "mail_link", "receipt", "data", "tasks", "materials_of", "look_over", "register"),
    *("case", "complaint", "evaluation", "open_message", "bundle_form"),
}
PARAMETER = re.compile(r"{(\w+):\w+}")
NAMED = {  # of a path: which name, by the page
    "calendar_page": {"name": "CN"},
    "flow_page": {"name": "zone-investment"},
    "catalogue_page": {"name": "zone"},
    "catalogue_difference": {"name": "zone", "first": "1", "second": "1"},
    "service_page": {"name": "zone", "code": "cd-01"},
    "guide": {"code": "cd-01"},
    "clock": {"clock": "decision"},
}


class ExamplePage(NamedTuple):
    """A page with an example for each of its parameters. *template* is the path of its route.

    *takes* are the parameters that its address may have.
    """

    template: str
    path: str
    query: str
    takes: frozenset[str] = frozenset()

    @property
    def pattern(self) -> str:
        """What the path of every page of its route fits, as of files."""
        return PARAMETER.sub("*", self.template)

    def address(self, lang: str, **changed: str) -> str:
        """Where it is in a language, with parameters *changed* or added."""
        pairs = [pair for pair in self.query.split("&") if pair and pair.partition("=")[0] not in changed]
        return f"{self.path}?{'&'.join([*pairs, urlencode(changed | {'lang': lang})])}"


def page_examples(database: str, data: Path, given: Mapping[str, str]) -> Iterator[ExamplePage]:
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
        example = {**given, **NAMED.get(handler.handler_name, {})}
        if handler.handler_name == "clock" and "clock_of_card" in given:  # the one that the card is about
            example |= {"clock": given["clock_of_card"], "application": given["application_of_card"]}
        in_path = {key: quote(text, safe="") for key, text in example.items()}
        takes: Sequence[str] = [*parameters_of(handler)]
        query = urlencode({key: text for key, text in example.items() if key in takes})
        path = PARAMETER.sub(r"{\1}", template).format_map(in_path)
        yield ExamplePage(template, path, query, frozenset(takes))
