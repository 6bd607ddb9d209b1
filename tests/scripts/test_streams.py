"""What the caller did with the standard streams ends the command line with a status, never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from tests.effort import chosen

CHECKOUT = Path(__file__).parents[2]
# As a verb would end, with what it printed: some by Rich, some without it.
SPEAK = """
import typer
from domain.core.ledger import Actor
from scripts import cli
from scripts.console import out, print_result
TEXT = "写 \\u2026 \\U00020bb7"
def speak(way: str):
    if way == "rich":
        out.print(TEXT)
    else:
        print_result(Actor(TEXT), True, lambda: None)
alone = typer.Typer()
alone.command()(speak)
cli.verb = lambda name: typer.main.get_command(alone)
cli.main()
"""
WAYS = pytest.mark.parametrize("way", ["rich", "json"])
# Each pair is a new interpreter: in the suite every way and every setting once, in a proof each with each.
BUFFERED = pytest.mark.parametrize(
    ("way", "unbuffered"), chosen([("rich", False), ("json", True)], [*product(("rich", "json"), (True, False))])
)
GBK, ASCII = ("gbk", "写 …".encode("gbk")), ("ascii", b"\\u5199 \\u2026")
ENCODED = pytest.mark.parametrize(
    ("way", "encoding", "wide"),
    chosen(
        [("rich", *GBK), ("json", *ASCII)], [(way, *named) for way, named in product(("rich", "json"), (GBK, ASCII))]
    ),
)


def run(way: str, *, stdout: int, unbuffered: bool = False, **settings: str) -> subprocess.CompletedProcess[bytes]:
    own = {"PYTHONUNBUFFERED": "1"} if unbuffered else {"PYTHONUNBUFFERED": ""}
    return subprocess.run(
        [sys.executable, "-c", SPEAK, "status", way],
        cwd=CHECKOUT, env={**os.environ, **own, **settings}, stdout=stdout, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip


@BUFFERED
def test_output_on_a_full_disk_is_reported_in_a_sentence(way: str, unbuffered: bool) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = run(way, stdout=full.fileno(), unbuffered=unbuffered)
    assert (ended.returncode, ended.stderr.decode()) == (2, "Can't go on: No space left on device.\n")


@BUFFERED
def test_a_reader_that_is_gone_is_no_finding(way: str, unbuffered: bool) -> None:
    """1 would mean that something was found."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = run(way, stdout=writing, unbuffered=unbuffered)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["users", "--help"], ["replay", "--help"], []])
def test_help_without_a_reader_is_no_finding(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.cli", *words],
        cwd=CHECKOUT, stdout=writing, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@ENCODED
def test_what_an_encoding_lacks_is_escaped(way: str, encoding: str, wide: bytes) -> None:
    ended = run(way, stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)
    assert (ended.returncode, ended.stderr) == (0, b"")
    rare = b"\\U00020bb7" if way == "rich" else b"\\ud842\\udfb7"  # JSON has surrogates
    assert wide + b" " + rare in ended.stdout


@WAYS
def test_closed_streams_lead_nowhere(way: str) -> None:
    closing = f'exec "{sys.executable}" -c "$1" status "$2" <&- >&- 2>&-'
    ended = subprocess.run(["/bin/sh", "-c", closing, "sh", SPEAK, way], cwd=CHECKOUT, check=False)
    assert ended.returncode == 0
