"""Names of new catalogues and flows: they are part of addresses, and permanent."""

from __future__ import annotations

import re

from api.web.problems import Problem
from api.web.request_body import ECHO_CHARACTERS_MAX

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def require_name(name: str, *, is_new: bool) -> None:
    """Refuse a name that no address could have, where it *is_new*. Raises Problem invalid-field."""
    if is_new and not NAME.fullmatch(name):
        raise Problem(
            "invalid-field",
            f"name: {name[:ECHO_CHARACTERS_MAX] or 'nothing'} can't be part of an address",
            remedy="use letters, digits and hyphens, such as zone-2027",
            path="$.name",
        )
