"""Ctrl-C while the command line is being loaded, and after it."""

from __future__ import annotations

import signal
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.operation import start

Handlers = list[Any]


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    """How Ctrl-C is handled, while the command line is loaded and while it runs."""
    noted: Handlers = []

    def note() -> None:
        noted.append(signal.getsignal(signal.SIGINT))

    def loaded(_: str) -> Any:
        note()
        return SimpleNamespace(main=note)

    monkeypatch.setattr(start, "import_module", loaded)
    return noted


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (signal.default_int_handler, [signal.SIG_DFL, signal.default_int_handler]),
        (signal.SIG_IGN, [signal.SIG_IGN, signal.SIG_IGN]),
    ],
)
def test_ctrl_c_ends_loading_and_interrupts_a_verb(handlers: Handlers, before: Any, expected: Handlers) -> None:
    usual = signal.signal(signal.SIGINT, before)
    try:
        start.main()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert handlers == expected
