"""Log lines are JSON for machines, readable for people, carry the request's id, and hold no local variables."""

from __future__ import annotations

import io
import logging
from typing import Any

import msgspec
import pytest
import structlog

from infrastructure.logging import configure, request
from infrastructure.settings import Settings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]


def sign_in(password: str) -> None:
    raise PermissionError(len(password))


def test_lines_are_json_without_a_terminal() -> None:
    stream = io.StringIO()
    configure(Settings.of({}), stream)

    with request("r-1", path="/projects"):
        structlog.get_logger().info("posted", items=("land",))
    structlog.get_logger().info("idle")

    first, second = lines(stream)
    assert (first["event"], first["request_id"], first["path"], first["level"]) == (
        "posted",
        "r-1",
        "/projects",
        "info",
    )
    assert first["at"].endswith("Z")
    assert first["items"] == ["land"]
    assert "request_id" not in second


def test_lines_are_readable_on_a_terminal_unless_json_is_asked_for() -> None:
    terminal, as_json = Terminal(), Terminal()

    configure(Settings.of({}), terminal)
    structlog.get_logger().info("posted")
    configure(Settings.of({"COUNTERSIGN_LOG": "json"}), as_json)
    structlog.get_logger().info("posted")

    assert "posted" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
    assert lines(as_json)[0]["event"] == "posted"


def test_a_stream_that_was_closed_loses_lines_and_stops_no_work() -> None:
    stream = io.StringIO()
    configure(Settings.of({}), stream)
    stream.close()

    structlog.get_logger().error("append_retried")


def test_lines_of_libraries_look_like_ours() -> None:
    stream = io.StringIO()
    configure(Settings.of({}), stream)

    with request("r-2"):
        logging.getLogger("library.pool").warning("retry %d", 3)

    assert [(line["event"], line["request_id"]) for line in lines(stream)] == [("retry 3", "r-2")]


def test_the_level_counts_for_all() -> None:
    stream = io.StringIO()
    configure(Settings.of({"COUNTERSIGN_LOG_LEVEL": "error"}), stream)

    structlog.get_logger().warning("ours")
    logging.getLogger("psycopg").warning("theirs")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_holds_no_local_variables(form: str) -> None:
    stream = io.StringIO()
    configure(Settings.of({"COUNTERSIGN_LOG": form}), stream)

    try:
        sign_in("geh" + "eim")
    except PermissionError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed too")

    assert stream.getvalue().count("PermissionError") >= 2
    assert "geheim" not in stream.getvalue()


def test_what_uvicorn_says_twice_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)  # a server of another test may end it there
    stream = io.StringIO()
    configure(Settings.of({}), stream)

    logging.getLogger("uvicorn.error").info("Application startup complete.")
    logging.getLogger("uvicorn.error").warning("Invalid request", extra={"color_message": "\x1b[31mInvalid request"})

    (line,) = lines(stream)
    assert line["event"] == "Invalid request"
    assert "color_message" not in line
