"""The file of a rule pack: TOML, read and checked before anything is counted by it."""

from __future__ import annotations

import tomllib

import msgspec

from domain.law.packs.checks import faults_of
from domain.law.packs.pack import Pack


class PackInvalid(ValueError):  # noqa: N818 a verdict on the text, listed in full
    """A rule pack that must not be used; *faults* holds one sentence for every failed check."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"rule pack {name} is invalid: " + "; ".join(faults))
        self.name, self.faults = name, faults


def parse_pack(text: str) -> Pack:
    """The pack written in TOML *text*; PackInvalid lists everything wrong with it, the calendar and today apart."""
    try:
        pack = msgspec.convert(tomllib.loads(text), Pack)
    except tomllib.TOMLDecodeError as broken:
        raise PackInvalid("?", (f"not TOML: {broken}",)) from broken
    except msgspec.ValidationError as broken:
        raise PackInvalid("?", (str(broken),)) from broken
    if faults := faults_of(pack):
        raise PackInvalid(pack.name, faults)
    return pack
