"""The program `countersign`: loads the command line, which takes a second, and runs it.

Ctrl-C in that second ends the program at once, instead of with a list of the modules that were being loaded.
"""

from __future__ import annotations

import signal
from importlib import import_module


def main() -> None:
    """Run the command line."""
    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not in a shell's background
    if is_usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    command_line = import_module("scripts.cli")
    if is_usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command_line.main()
