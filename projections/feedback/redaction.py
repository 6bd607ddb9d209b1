"""Redacts anonymous complainants from entries, rows and free text.

Readers who may not see complainants get `named` and `veiled` values only. Views store nothing else, so that no query
on them can reveal a complainant. The ledger stores everything; `Complainants` redacts entries read from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import structs

from domain.access.decision import AccessCase, may
from domain.access.principal import Caller
from domain.core.ledger import Actor, Role
from domain.messages import AnyFact, Entry
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.feedback.complaint import (
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeclined,
    ComplaintExtended,
    ComplaintFiled,
    ComplaintTransferred,
    ComplaintWithdrawn,
)
from domain.project.state.project import Project

REDACTED = Actor("", "", Role.APPLICANT)  # the redacted actor; another role could identify a project's only manager
LEFT_OUT = "■■■"
BY_COMPLAINANTS = (ComplaintFiled, ComplaintClosed, ComplaintWithdrawn)
HANDLED = (ComplaintAccepted, ComplaintDeclined, ComplaintTransferred, ComplaintExtended, ComplaintAnswered)
ABOUT_COMPLAINTS = (*BY_COMPLAINANTS, *HANDLED)
CORRECTIONS = (EntryAmended, EntryRetracted)
BY_PERSONS = frozenset((*BY_COMPLAINANTS, *CORRECTIONS))  # facts whose recorder may have to be redacted
WRITTEN = ("about", "step", "person", "answer", "remarks", "reasons", "approver")  # fields with free text
# Mobile numbers, identity card numbers (GB 11643) and e-mail addresses identify a person.
TELLING = re.compile(
    r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)


def named(entry: Entry, project: Project) -> Actor:
    """Who acted in *entry*, redacted if necessary, for views. *project* already includes the entry.

    A complaint whose filing was retracted is treated as anonymous, and so is a correction by anyone but an officer or
    the bureau, as a complainant may have corrected the complaint.
    """
    fact, by = entry.fact, entry.recorded.actor
    if type(fact) not in BY_PERSONS:
        return by
    if isinstance(fact, ComplaintFiled):
        hidden = fact.anonymous
    elif isinstance(fact, ComplaintClosed | ComplaintWithdrawn):
        complaint = project.complaints.get(fact.complaint)
        hidden = complaint is None or (complaint.anonymous and complaint.by == by.id)
    else:
        hidden = by.role not in (Role.OFFICER, Role.SUPERVISOR)
    return REDACTED if hidden else by


def words_of(filed: ComplaintFiled, by: Actor) -> tuple[str, ...]:
    """Words that would identify the complainant in a text, longest first; none if the complaint is not anonymous."""
    if not filed.anonymous:
        return ()
    words = {word.strip() for word in (filed.by, filed.contact, by.id, by.department)}
    return tuple(sorted(words - {""}, key=len, reverse=True))


def veiled(text: str, words: Iterable[str]) -> str:
    """*text* without *words* and without numbers and addresses that identify a person."""
    for word in words:
        before = r"(?<![0-9A-Za-z])" if word[0].isascii() and word[0].isalnum() else ""
        after = r"(?![0-9A-Za-z])" if word[-1].isascii() and word[-1].isalnum() else ""
        text = re.sub(before + re.escape(word) + after, LEFT_OUT, text, flags=re.IGNORECASE)
    return TELLING.sub(LEFT_OUT, text)


def veiled_fact(fact: Any, words: Sequence[str]) -> Any:
    """A *fact* on an anonymous complaint with `veiled` texts; the same object if nothing had to be veiled."""
    texts = {name: getattr(fact, name) for name in WRITTEN if hasattr(fact, name)}
    changed = {name: veil for name, text in texts.items() if (veil := veiled(text, words)) != text}
    return structs.replace(fact, **changed) if changed else fact


class Complainants:
    """The anonymous complainants of one project, from all *entries* of it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._by: dict[str, set[str]] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        self._theirs: dict[int, str] = {}  # versions of their entries, with the id of the complainant
        for entry in entries:
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        fact, by = entry.fact, entry.recorded.actor
        if isinstance(fact, ComplaintFiled) and fact.anonymous:
            self._by.setdefault(fact.complaint, set()).update((fact.by, by.id))
            self._words[fact.complaint] = (*self._words.get(fact.complaint, ()), *words_of(fact, by))
        if isinstance(fact, BY_COMPLAINANTS):
            hidden = by.id in self._by.get(fact.complaint, ()) and getattr(fact, "anonymous", True)
        else:
            hidden = isinstance(fact, CORRECTIONS) and self._theirs.get(fact.version) == by.id
        if hidden:
            self._theirs[entry.version] = by.id

    def __call__(self, entry: Entry, to: Caller) -> tuple[AnyFact, Actor]:
        """The fact of *entry* and its recorder, redacted for the reader *to*, by the table of access."""
        fact: Any = entry.fact
        by = entry.recorded.by
        code = getattr(fact, "complaint", "")
        if isinstance(fact, ABOUT_COMPLAINTS) and code in self._by and not self._may(entry, to, self._by[code]):
            fact = veiled_fact(fact, self._words[code])
            if isinstance(fact, ComplaintFiled) and fact.anonymous:
                fact = structs.replace(fact, by="", contact="")
        theirs = self._theirs.get(entry.version)
        return fact, by if theirs is None or self._may(entry, to, [theirs]) else REDACTED

    def _may(self, entry: Entry, to: Caller, complainants: Iterable[str]) -> bool:
        """Whether *to* may know who complained."""
        cases = (AccessCase(entry.stream, principal=complainant) for complainant in complainants)
        return any(may(to, "read:complainant", case).allowed for case in cases)
