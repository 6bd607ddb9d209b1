"""The fields of a command as a form shows them: their kinds, limits and parts, read from the command's type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from msgspec import Struct, inspect, structs

from domain.core.ledger import Command
from domain.core.types import TEXT_CHARACTERS_MAX

HAPPENED, FILES = "occurred_at", "_file"  # fields that every form may have: when it happened, and files
SINGLE_VALUES = (str, int, bool, date, datetime)


class FieldKind(StrEnum):
    """What a field holds."""

    LINE = "line"  # one line of text
    PROSE = "prose"  # several lines of text
    NUMBER = "number"
    FLAG = "flag"  # yes or no
    ENUM = "enum"  # one of a closed set of values
    DAY = "day"
    INSTANT = "instant"
    LINES = "lines"  # several texts
    NUMBERS = "numbers"  # several whole numbers, such as versions
    ROWS = "rows"  # several structures: only hand-made forms fill these in


class FormFieldSpec(Struct, frozen=True):
    """One field. *name* is its path in the command, with dots: "enterprise.uscc".

    *longest* is in characters, of each text where there are several; *least* and *most* bound a number; *values* are
    those of a closed set. *required*: the command can't be made without it. *default*: what holds where nothing is
    filled in, of single values; None where that is none, or the field is part of a structure.
    """

    name: str
    kind: FieldKind
    required: bool
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    values: tuple[str, ...] = ()
    default: Any = None

    @property
    def last(self) -> str:
        """The last part of its name: what the field is called in the tables of words."""
        return self.name.rpartition(".")[2]


@cache
def fields_of(command: type[Command]) -> dict[str, FormFieldSpec]:
    """The fields of *command* by name; of a part that is one structure, the fields within it."""
    kind = inspect.type_info(command)
    assert isinstance(kind, inspect.StructType)
    return {spec.name: spec for spec in _specs(kind, "", required=True)}


def _specs(kind: inspect.StructType, prefix: str, *, required: bool) -> Iterator[FormFieldSpec]:
    for field in kind.fields:
        name, needed = f"{prefix}{field.encode_name}", field.required and required
        inner = _plain(field.type)
        if isinstance(inner, inspect.StructType):
            yield from _specs(inner, f"{name}.", required=needed)
        else:
            default = field.default if not prefix and isinstance(field.default, SINGLE_VALUES) else None
            yield structs.replace(_spec(name, inner, required=needed), default=default)


def _plain(kind: inspect.Type) -> inspect.Type:
    """*kind* without marks, and without the None of what may be left out."""
    if isinstance(kind, inspect.Metadata):
        return _plain(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _plain(next(part for part in kind.types if not isinstance(part, inspect.NoneType)))
    return kind


SINGLE: Mapping[type[inspect.Type], FieldKind] = {
    inspect.BoolType: FieldKind.FLAG,
    inspect.DateType: FieldKind.DAY,
    inspect.DateTimeType: FieldKind.INSTANT,
}


def _spec(name: str, kind: inspect.Type, *, required: bool) -> FormFieldSpec:
    match kind:
        case inspect.StrType(max_length=longest):
            prose = longest == TEXT_CHARACTERS_MAX
            return FormFieldSpec(name, FieldKind.PROSE if prose else FieldKind.LINE, required, longest)
        case inspect.IntType(ge=least, le=most):
            return FormFieldSpec(name, FieldKind.NUMBER, required, least=least, most=most)
        case inspect.EnumType(cls=values):
            return FormFieldSpec(name, FieldKind.ENUM, required, values=tuple(each.value for each in values))
        case inspect.VarTupleType(item_type=part):
            return _several(name, _plain(part), required=required)
    return FormFieldSpec(name, SINGLE[type(kind)], required)


def _several(name: str, part: inspect.Type, *, required: bool) -> FormFieldSpec:
    match part:
        case inspect.StrType(max_length=longest):
            return FormFieldSpec(name, FieldKind.LINES, required, longest)
        case inspect.IntType():
            return FormFieldSpec(name, FieldKind.NUMBERS, required)
    return FormFieldSpec(name, FieldKind.ROWS, required)
