"""The command line's two consoles: what people typed is told as it stands."""

from __future__ import annotations

import pytest
from rich.table import Table

from scripts.console import out, screen


def test_what_people_typed_is_neither_markup_nor_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "root:x:0 [new] [/] [link"
    table = Table()
    table.add_row(typed)

    out.print(table)
    screen.print(typed)

    told = capsys.readouterr()
    assert typed in told.out
    assert typed in told.err
