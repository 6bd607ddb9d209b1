"""The files of rule packs and of the zone's feedback rules: TOML, read and checked before anything is counted."""

from __future__ import annotations

import tomllib
from typing import TypeVar

import msgspec

from domain.law.packs.checks import faults_of
from domain.law.packs.feedback import FeedbackTerms, feedback_faults
from domain.law.packs.pack import Pack

T = TypeVar("T")


class PackInvalidError(ValueError):
    """A rule pack that must not be used; *faults* holds one sentence for every failed check."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"rule pack {name} is invalid: " + "; ".join(faults))
        self.name, self.faults = name, faults


def parse_pack(text: str) -> Pack:
    """The pack written in TOML *text*; PackInvalidError lists its faults, those of calendar and date apart."""
    pack = _converted(text, Pack)
    if faults := faults_of(pack):
        raise PackInvalidError(pack.name, faults)
    return pack


def parse_feedback_terms(text: str) -> FeedbackTerms:
    """The edition of the zone's rules on complaints and evaluations in TOML *text*; PackInvalidError as for a pack."""
    terms = _converted(text, FeedbackTerms)
    if faults := tuple(feedback_faults(terms)):
        raise PackInvalidError(terms.name, faults)
    return terms


def _converted(text: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as broken:
        raise PackInvalidError("?", (f"not TOML: {broken}",)) from broken
    except msgspec.ValidationError as broken:
        raise PackInvalidError("?", (str(broken),)) from broken
