"""What a count rests on: a rule with its article, words and confidence; a notice; the remedy against silence."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from msgspec import Struct


class Subject(StrEnum):
    """What a rule is about."""

    LENGTH = "length"
    UNIT = "unit"
    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"  # that of the period, where it is a day of rest
    SUSPENDED_DAYS = "suspended_days"
    NOTICE = "notice"  # to the applicant, of the time that a suspension takes
    HOLIDAYS = "statutory_holidays"
    SILENCE = "silence"
    LAWSUIT = "lawsuit"


class Authority(Struct, frozen=True):
    """One rule that a count follows. *detail* is the unit counted, or whether the first day is in- or excluded.

    *confidence* says where the words come from; the notes say, in English and Chinese, what to know beside them.
    """

    subject: Subject
    article: str
    quote: str
    confidence: Confidence
    detail: str = ""
    note: str = ""
    note_zh: str = ""


class CitedNotice(Struct, frozen=True):
    """A notice of the calendar, as it is cited: title, numbers of its documents, day of publication, addresses."""

    id: str
    title: str
    numbers: tuple[str, ...]
    published: date
    addresses: tuple[str, ...]


Confidence = Literal["text", "source", "memory", "decision"]


class Lawsuit(Struct, frozen=True, gc=False):
    """An action over inaction may be brought from *from_on* to *until_on*, both included, by *article*."""

    from_on: date
    until_on: date
    article: str
