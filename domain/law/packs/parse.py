"""The file of a rule pack: TOML, read and checked before anything is counted by it."""

from __future__ import annotations

import tomllib

import msgspec

from domain.law.packs.checks import faults_of
from domain.law.packs.pack import Pack


class PackInvalidError(ValueError):
    """A rule pack that must not be used; *faults* holds one sentence for every failed check."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"rule pack {name} is invalid: " + "; ".join(faults))
        self.name, self.faults = name, faults


def parse_pack(text: str) -> Pack:
    """The pack in TOML *text*; PackInvalidError lists all faults but those found with a calendar or the date."""
    try:
        pack = msgspec.convert(tomllib.loads(text), Pack)
    except tomllib.TOMLDecodeError as broken:
        raise PackInvalidError("?", (f"not TOML: {broken}",)) from broken
    except msgspec.ValidationError as broken:
        raise PackInvalidError("?", (str(broken),)) from broken
    if faults := faults_of(pack):
        raise PackInvalidError(pack.name, faults)
    return pack
