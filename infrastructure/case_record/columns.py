"""The staging tables as data: each column with its length, whether it is required, and what fills it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct, convert

COMMON = "common"
ABSENT = "-"  # how the origin of a column begins that we have nothing for
CODE_ENDINGS = ("_code", "_no", "_guid", "_version")  # a code cut short would be another one


class CaseColumn(Struct, frozen=True):
    """One column: *max* is in characters, *ours* says what fills it."""

    name: str
    title: str
    max: int
    need: bool
    ours: str

    @property
    def is_held(self) -> bool:
        """Whether we have anything for it."""
        return not self.ours.startswith(ABSENT)

    @property
    def is_code(self) -> bool:
        """Whether its value has to be whole."""
        return self.name.endswith(CODE_ENDINGS)


CaseTables = Mapping[str, tuple[CaseColumn, ...]]


@cache
def tables() -> CaseTables:
    """The columns of each staging table, by its name, in their order."""
    read = convert(_data("columns.toml"), dict[str, tuple[CaseColumn, ...]])
    common = read.pop(COMMON)
    return {name: common + own for name, own in read.items()}


@cache
def names() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Names of steps, outcomes and opinions in Chinese, each with its 业务动作."""
    return convert(_data("names.toml"), dict[str, dict[str, tuple[str, str]]])


def _data(name: str) -> Any:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
