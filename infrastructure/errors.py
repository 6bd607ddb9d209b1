"""The base of errors that the operator of an installation can fix."""

from __future__ import annotations


class OperatorError(Exception):
    """An error that the operator can fix; its message says how. The command line prints it without a traceback."""
