"""Runs the clock in JavaScript: with Node where there is one, else in Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.chromium import launched
from tests.conftest import chromium_path
from tests.law.packs.books import CALENDARS

Json = dict[str, Any]
SCRIPT = Path(__file__).with_name("answers.mjs")
STATIC = Path(__file__).parents[3] / "api" / "static"
INSTALL = "neither Node nor Chromium on PATH: on Debian and Ubuntu, apt-get install nodejs"
ORIGIN = "http://clock.test"
IN_BROWSER = """async ([calendars, questions]) => {
    const { evaluate } = await import("/verify/evaluate.js");
    const { dueOf, neglected } = await import("/verify/general.js");
    return questions.map(({ call, law, rule, events, calendar, t, known }) => ({
        due: () => dueOf(rule, events),
        evaluate: () => evaluate(rule, events, calendars[calendar], t, known),
        neglected: () => neglected(law, rule, events, calendars[calendar], t, known),
    })[call]());
}"""


def calendars() -> Json:
    """The shipped calendars by name."""
    result: Json = json.loads(CALENDARS.read_text(encoding="utf-8"))["calendars"]
    return result


def with_node(node: str, questions: Sequence[Json]) -> list[Any]:
    """The answers to *questions*, by Node."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    command = [node, str(SCRIPT), json.dumps(calendars())]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_browser(program: str, questions: Sequence[Json]) -> list[Any]:
    """The answers to *questions*, by Chromium, without a server."""

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            route.fulfill(body="<!doctype html><title>clock</title>", content_type="text/html")
        else:
            route.fulfill(path=STATIC / path.lstrip("/"), content_type=guess_type(path)[0] or "text/plain")

    with launched(program) as browser:
        page = browser.new_page()
        page.route("**/*", serve)
        page.goto(f"{ORIGIN}/")
        result: list[Any] = page.evaluate(IN_BROWSER, [calendars(), list(questions)])
    return result


def answers(questions: Sequence[Json]) -> list[Any]:
    """The answers to *questions*; skips the test where nothing runs JavaScript."""
    if node := shutil.which("node"):
        return with_node(node, questions)
    program = chromium_path()
    if program is None:
        pytest.skip(INSTALL)
    return in_browser(program, questions)
