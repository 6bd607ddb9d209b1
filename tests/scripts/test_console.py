"""The command line's two consoles: what people typed is told as it stands."""

from __future__ import annotations

import pytest
from rich.table import Table

from scripts.console import out, pairs, screen


def test_what_people_typed_is_neither_markup_nor_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "root:x:0 [new] [/] [link"
    table = Table()
    table.add_row(typed)

    out.print(table)
    screen.print(typed)

    told = capsys.readouterr()
    assert typed in told.out
    assert typed in told.err


def test_an_answer_is_told_without_brackets_and_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    faults = [{"seq": 7, "what": "it is gone"}, {"seq": 1800, "what": "it was changed"}]
    pairs("verified", {"views": {"clocks": 1474, "waiting": 0}, "errors": {}, "swapped": False, "faults": faults})

    told = [line.strip("│ ") for line in capsys.readouterr().out.splitlines()[2:-1]]
    assert [" ".join(line.replace("│", "").split()) for line in told] == [
        "views clocks 1,474",
        "waiting 0",
        "errors none",
        "swapped no",
        "faults seq 7, what it is gone",
        "seq 1,800, what it was changed",
    ]
