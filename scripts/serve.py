"""The command line's verbs that serve: the demonstration, an installation, a sandbox."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.console import INTERRUPTED, fail, out, screen, settings
from scripts.demo import demo as demonstration
from scripts.demo.people import offer_sandbox_people
from scripts.server import database, serving
from scripts.server import sandbox as sandboxes

SANDBOX_PORT = 8001  # beside that of a live installation


def demo() -> None:
    """Load the demonstration data and serve it until Ctrl-C: 1,434 real permit applications and a simulated zone."""
    chosen = settings()
    url = database.ready(chosen)
    try:
        demonstration.fill(url, chosen, screen)
    except KeyboardInterrupt:
        screen.print(demonstration.INTERRUPTED_DEMO)
        raise typer.Exit(INTERRUPTED) from None
    serving.serve(url, chosen, lambda: demonstration.announce(url, chosen, out))


def serve() -> None:
    """Serve the API and the pages until Ctrl-C. Starts the embedded PostgreSQL unless DATABASE_URL is set."""
    chosen = settings()
    url = database.ready(chosen)
    where = chosen.socket or f"http://{chosen.host}:{chosen.port}/"
    serving.serve(url, chosen, lambda: screen.print(f"Serving {where}"))


def sandbox(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="port to listen on")] = SANDBOX_PORT,
    *,
    people: Annotated[
        bool, typer.Option("--people", help="register the people of the shipped zone, and offer them at /sign-in")
    ] = False,
) -> None:
    """Serve a sandbox until Ctrl-C: a zone with data of its own beside the live one, and a clock to advance."""
    live = settings()
    if live.database_url:
        fail("A sandbox has an embedded database of its own: unset DATABASE_URL.")
    chosen = sandboxes.settings_of_sandbox(live, port)
    url = database.ready(chosen)
    sentence = f"Serving a sandbox at http://{chosen.host}:{chosen.port}/, its data in {chosen.data}"
    offered = offer_sandbox_people if people else sandboxes.no_people
    sandboxes.serve(url, chosen, lambda: screen.print(sentence, soft_wrap=True), offered)
