"""What a page of a past instant says of it: both instants, and the way to what is known now and back to the present."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from api.html.page import PageContext
from api.web.as_of import Instants


def as_of_fields(instants: Instants) -> dict[str, str]:
    """The parameters that an address of the same instants has; none for those of now."""
    if not instants.is_past:
        return {}
    later = {"known_at": instants.known.isoformat()} if instants.known != instants.at else {}
    return {"as_of": instants.at.isoformat(), **later}


def past_content(page: PageContext, instants: Instants, now: datetime) -> dict[str, object]:
    """For `past_note.html` and `as_of_day.html`; *at_instant* gives links to pages as of the same instant."""
    known_then = instants.known == instants.at
    return {
        "is_past": instants.is_past,
        "known_at": instants.known,
        "known_then": known_then,
        "known_otherwise": page.here(known_at=now.isoformat() if known_then else "", cursor="", offset=""),
        "as_of_fields": as_of_fields(instants),
        "at_instant": _linked(page, instants),
        "on": page.chosen_day(instants.at),
    }


def _linked(page: PageContext, instants: Instants) -> Callable[[str], str]:
    """Pages of single projects show what was known at their one instant."""
    fields = {"as_of": instants.at.isoformat()} if instants.is_past else {}
    return lambda path: page.link(path, **fields)
