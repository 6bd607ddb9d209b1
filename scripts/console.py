"""Shared by all commands of the command line: streams, consoles, settings, output as JSON or tables, exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from msgspec import Struct, json, to_builtins
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from domain.core.characters import is_hidden, visible
from infrastructure import logging as log
from infrastructure.settings import PREFIX, Settings, unknown, variable


class VisibleConsole(Console):
    """A console that prints user input literally: no markup ("[new]"), no emoji (":x:"), control characters escaped."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)


out, screen = VisibleConsole(), VisibleConsole(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]
EXIT_FINDINGS = 1
INTERRUPTED = 130  # as shells report an end by Ctrl-C
STANDARD_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # by their descriptors
UNREAD = 141  # as shells report an end by SIGPIPE


def settings() -> Settings:
    """The settings of the environment; what is misspelt there is named, as its default is used instead."""
    chosen = Settings.of()
    log.configure(chosen)
    for name in unknown():
        similar = get_close_matches(name.removeprefix(PREFIX).lower(), Settings.__struct_fields__, n=1)
        meant = (
            f"did you mean {variable(similar[0])}?" if similar else "docs/reference/operation/settings.md lists them."
        )
        screen.print(f"{name} is no setting, so it has no effect: {meant}", style="yellow", highlight=False)
    return chosen


def print_result(answer: Struct | Sequence[Struct], as_json: bool, show: Callable[[], None]) -> None:
    """Print *answer* as JSON, or let *show* print it as text."""
    if as_json:
        sys.stdout.write(in_plain_json(json.format(json.encode(answer), indent=2).decode()) + "\n")
    else:
        show()


def in_plain_json(text: str) -> str:
    """JSON with control and other invisible characters escaped, and those that the output's encoding lacks.

    Terminals interpret U+009B, too.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    hidden = [
        character for character in set(text) - {"\n"} if is_hidden(character) or not _is_encodable(character, encoding)
    ]
    return text.translate({ord(character): _json_escape(character) for character in hidden})


def _is_encodable(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def pairs(title: str, answer: Any) -> None:
    """Print the fields of *answer* as a table of two columns."""
    table = Table("", Column(overflow="fold"), title=title, show_header=False)
    for name, value in to_builtins(answer).items():
        table.add_row(name.replace("_", " "), as_text(value))
    out.print(table)


def as_text(value: Any, between: str = "\n") -> str:
    """*value*, of built-in types, as readable text: the members of a collection one per line, without brackets."""
    if value in (None, "", {}, [], ()):
        return "none"
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case dict():
            return between.join(f"{name.replace('_', ' ')} {as_text(part, ', ')}" for name, part in value.items())
        case list() | tuple():
            return between.join(as_text(part, ", ") for part in value)
    return str(value)


def fail(sentence: str) -> NoReturn:
    screen.print(sentence, style="red", highlight=False)
    raise typer.Exit(2)


def open_streams() -> None:
    """Make every standard stream one that can be written to, whatever the caller closed and whatever its encoding.

    A closed one leads nowhere: else the next file or connection would take its descriptor. A character that the
    encoding lacks, as on a terminal in GBK, is written as its escape. A reader that is gone ends the command line alike
    from every console, also from the one that Typer makes to print help.
    """
    Console.on_broken_pipe = leave_unread  # type: ignore[assignment]  # Rich's hook; no console of Typer's is given
    for name, mode in STANDARD_STREAMS:
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  as long as the process
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def leave_unread(_: Console) -> NoReturn:
    """End the command line; Rich's own status for it, 1, means here that something was found."""
    abandon_output()
    raise SystemExit(UNREAD)


def flush_streams() -> None:
    """Write what is still held back. Raises OSError, which would otherwise be reported only when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def abandon_output() -> None:
    """Lead the streams that can't be written nowhere, so that what is held back does not fail again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                with contextlib.suppress(OSError, ValueError):  # a stream in memory, as tests have it
                    os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
