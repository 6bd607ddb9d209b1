"""The base of errors that the operator of an installation can mend."""

from __future__ import annotations


class OperatorError(Exception):
    """An error that the operator can mend; its message says how. The command line prints it without a traceback."""
