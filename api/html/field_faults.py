"""The field of a form that is at fault, by the problem of the command made from it, so that it is said beside it."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct

from api.web.problems import Problem

EMPTY = re.compile(r"missing required field|length >= 1|nothing but blanks")
TOO_LONG = re.compile(r"length <= \d+")


class FieldFault(Struct, frozen=True):
    """The name of a field, and what is wrong with it: a key of the table `field_fault`."""

    field: str
    kind: str


def field_fault(problem: Problem | None, names: Collection[str]) -> FieldFault | None:
    """The field that *problem* is about; None where there is no problem, or it is about none of the form's *names*."""
    if problem is None or problem.kind.code != "invalid-field":
        return None
    name = str(problem.members.get("path", "")).rpartition(".")[2].partition("[")[0]
    if name not in names:
        return None
    if EMPTY.search(problem.detail):
        return FieldFault(name, "missing")
    return FieldFault(name, "too_long" if TOO_LONG.search(problem.detail) else "unfit")
