"""Strict parsing of fields typed into a register: unparsable text is None, never a guess."""

from __future__ import annotations

import re
from datetime import date

DATE = re.compile(r"\s*(\d{1,2})-(\d{1,2})-(\d{4})(?!\d)")  # d-m-yyyy; a time may follow
DAYS = re.compile(r"\s*(\d{1,4})(?:\.0+)?\s*")  # more than 9,999 days is a typing error
TRUTHS = {"true": True, "false": False}


def typed_date(text: str) -> date | None:
    """The day in a text such as "30-6-2014" or "30-6-2014 0:00:00"; None for "08-Feb-11", "31-2-2014" or nothing."""
    match = DATE.match(text)
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def typed_days(text: str) -> int | None:
    """The number of days in a text such as "42" or "42.0"; None for anything else."""
    match = DAYS.fullmatch(text)
    return int(match[1]) if match else None


def typed_truth(text: str) -> bool | None:
    """True or False as typed, in any case; None for anything else."""
    return TRUTHS.get(text.strip().lower())
