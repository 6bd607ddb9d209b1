"""The command line's two consoles: what people typed is shown as it is."""

from __future__ import annotations

import json

import pytest
from rich.table import Table

from domain.core.characters import is_hidden
from domain.core.ledger import Actor
from scripts.console import out, pairs, print_result, screen, settings


def test_what_people_typed_is_neither_markup_nor_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "root:x:0 [new] [/] [link"
    table = Table()
    table.add_row(typed)

    out.print(table)
    screen.print(typed)

    output = capsys.readouterr()
    assert typed in output.out
    assert typed in output.err


def test_an_answer_is_printed_without_brackets_and_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    faults = [{"seq": 7, "what": "it is gone"}, {"seq": 1800, "what": "it was changed"}]
    pairs("verified", {"views": {"clocks": 1474, "waiting": 0}, "errors": {}, "swapped": False, "faults": faults})

    output = [line.strip("│ ") for line in capsys.readouterr().out.splitlines()[2:-1]]
    assert [" ".join(line.replace("│", "").split()) for line in output] == [
        "views clocks 1,474",
        "waiting 0",
        "errors none",
        "swapped no",
        "faults seq 7, what it is gone",
        "seq 1,800, what it was changed",
    ]


def test_a_misspelt_setting_is_named_by_every_command_that_reads_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATTA", "/elsewhere")
    monkeypatch.setenv("COUNTERSIGN_XYZZY_QQ", "1")
    monkeypatch.setattr("scripts.console.log.configure", lambda _: None)
    settings()

    output = capsys.readouterr()
    sentences = " ".join(output.err.split())
    assert "COUNTERSIGN_DATTA is no setting, so it has no effect: did you mean COUNTERSIGN_DATA?" in sentences
    assert (
        "COUNTERSIGN_XYZZY_QQ is no setting, so it has no effect: docs/reference/operation/settings.md lists them."
        in sentences
    )
    assert output.out == ""


HIDDEN = "a\x1b[31mb\x1b]0;title\x07 c\x9b2Jd \u202ecod.exe\u202c \u200b\uffff\U000e0001"


def test_nothing_people_typed_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """An audited line that could recolour or overwrite others would hide them."""
    table = Table(title=HIDDEN)
    table.add_row(HIDDEN)
    out.print(table)
    out.print(HIDDEN)
    screen.print(HIDDEN)
    pairs(HIDDEN, {"text": HIDDEN})

    output = capsys.readouterr()
    for text in (output.out, output.err):
        assert not [character for character in text if character != "\n" and is_hidden(character)]
        assert "\\x1b[31m" in text


def test_json_on_a_terminal_steers_it_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    print_result(Actor(HIDDEN), as_json=True, show=lambda: None)
    output = capsys.readouterr().out
    assert not [character for character in output if character != "\n" and is_hidden(character)]
    assert json.loads(output)["id"] == HIDDEN
