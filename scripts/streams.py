"""The standard streams of the command line: closed, not in UTF-8, on a full disk, or read by nobody any more."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # by their descriptors


def open_streams() -> None:
    """Make every standard stream one that can be written to, whatever the caller closed and whatever its encoding.

    A closed one leads nowhere: else the next file or connection would take its descriptor. A character that the
    encoding lacks, as on a terminal in GBK, is written as its escape.
    """
    for name, mode in STREAMS:
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  as long as the process
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush_streams() -> None:
    """Write what is still held back. Raises OSError, which would else only be told at the process's end."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def abandon_output() -> None:
    """Lead standard output nowhere, so that what is held back does not fail again at the process's end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # a stream in memory, as tests have it
        return
    finally:
        os.close(nowhere)
