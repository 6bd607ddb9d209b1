"""Codes of the receiving platform, from a file of the installation: no published standard lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, ValidationError, convert, field

from infrastructure.case_record.columns import CaseTables, tables
from infrastructure.errors import OperatorError


class PlatformCodesError(OperatorError):
    """The file of the platform's codes can't be read. The message says why."""


class PlatformCodes(Struct, frozen=True, forbid_unknown_fields=True):
    """*constant*: the value of every row of a column, by its name. The others are codes by our own words.

    *result_type*: of an outcome (granted, refused, terminated, revoked); *get_type*: of "paper" and "file";
    *org_code*: of a department.
    """

    constant: Mapping[str, str] = field(default_factory=dict)
    result_type: Mapping[str, str] = field(default_factory=dict)
    get_type: Mapping[str, str] = field(default_factory=dict)
    org_code: Mapping[str, str] = field(default_factory=dict)


def read_codes(path: str) -> PlatformCodes:
    """The codes in the TOML file at *path*; none where it is empty. Raises PlatformCodesError."""
    if not path:
        return PlatformCodes()
    try:
        codes = convert(tomllib.loads(Path(path).expanduser().read_text("utf-8")), PlatformCodes)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as failure:
        raise PlatformCodesError(f"The platform's codes in {path} can't be read: {failure}.") from failure
    if unknown := sorted(codes.constant.keys() - _fillable(tables())):
        known = ", ".join(sorted(_fillable(tables())))
        raise PlatformCodesError(f"{path} names {', '.join(unknown)}; columns without a value of ours are: {known}.")
    return codes


def _fillable(of: CaseTables) -> set[str]:
    """The columns that nothing of ours fills."""
    return {column.name for columns in of.values() for column in columns if not column.is_held}
