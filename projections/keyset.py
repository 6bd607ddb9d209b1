"""Keyset pagination: which rows of a sorted query follow a given row, however many were added before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed, Literal

ALL_ROWS = SQL("true")


class SortKey(Struct, frozen=True):
    """One expression that rows are sorted by; rows where it is null come last. *kind* is a type to compare it as."""

    expression: LiteralString
    descending: bool = False
    nullable: bool = False
    kind: LiteralString = ""

    @property
    def order(self) -> SQL:
        """The item of ORDER BY."""
        direction: LiteralString = " DESC" if self.descending else ""
        nulls: LiteralString = " NULLS LAST" if self.nullable and self.descending else ""  # ascending they are anyway
        return SQL(self.expression + direction + nulls)

    def same(self, value: object) -> Composed:
        """The condition that a row has *value* here."""
        if value is None:
            return SQL("{} IS NULL").format(SQL(self.expression))
        return SQL("{} = {}").format(SQL(self.expression), self.literal(value))

    def beyond(self, value: object) -> Composed | None:
        """The condition that a row comes after *value* by this key alone; None where no row does."""
        if value is None:
            return None
        sign: LiteralString = "<" if self.descending else ">"
        later = SQL("{} {} {}").format(SQL(self.expression), SQL(sign), self.literal(value))
        return SQL("({} OR {} IS NULL)").format(later, SQL(self.expression)) if self.nullable else later

    def literal(self, value: object) -> Composed:
        """*value*, to be compared with."""
        text = Literal(value.replace("%", "%%") if isinstance(value, str) else value)  # % begins a parameter
        return SQL("{}::{}").format(text, SQL(self.kind)) if self.kind else SQL("{}").format(text)


class Ordering(tuple[SortKey, ...]):
    """The keys that the rows of a list are sorted by; together they are unique."""

    __slots__ = ()

    @property
    def clause(self) -> Composed:
        """The items of ORDER BY."""
        return SQL(", ").join(key.order for key in self)

    @property
    def backwards(self) -> Ordering:
        """The same keys the other way round, which an index on them serves as well; null still comes last."""
        return Ordering(structs.replace(key, descending=not key.descending) for key in self)

    def following(self, last: Sequence[Any] | None) -> SQL | Composed:
        """The condition that a row comes after the row with the values *last*; every row does where it is None."""
        if last is None:
            return ALL_ROWS
        if len({key.descending for key in self}) == 1 and not any(key.nullable for key in self):
            return self._following_as_row(last)
        alternatives = []
        for depth, (key, value) in enumerate(zip(self, last, strict=True)):
            later = key.beyond(value)
            if later is not None:
                same = [before.same(known) for before, known in zip(self[:depth], last, strict=False)]
                alternatives.append(SQL("({})").format(SQL(" AND ").join([*same, later])))
        return SQL("({})").format(SQL(" OR ").join(alternatives))

    def _following_as_row(self, last: Sequence[Any]) -> Composed:
        """The same as one comparison, from which a scan of an index in this order begins."""
        keys = SQL(", ").join(SQL(key.expression) for key in self)
        values = SQL(", ").join(key.literal(value) for key, value in zip(self, last, strict=True))
        return SQL("({}) {} ({})").format(keys, SQL("<" if self[0].descending else ">"), values)
