"""Queries on the legal-person base: look-up by code and search, on any day, as known at any instant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from domain.access.principal import Caller
from projections.access.predicate import EVERY_ROW, AccessColumns, predicate
from projections.information.words import question
from projections.keyset import Ordering, SortKey
from projections.legal_person.fold import CodeRow, MergeRow, PersonRow
from projections.reader import Reader
from projections.view import literal

BEGUN_CODE = re.compile("[0-9A-Z]{4,18}")
MERGED_DEEP_MAX = 20  # of successive merges; also a bound for cycles, which commands refuse

# Merges and older codes are no events on a day but knowledge: they count from when they became known.
MERGES: LiteralString = "m.merge_known <= %(known)s AND (m.separation_known IS NULL OR m.separation_known > %(known)s)"
SURVIVORS: LiteralString = f"""
    walk (start, person, deep) AS (
        SELECT person, person, 0 FROM hit
        UNION ALL
        SELECT w.start, m.into_person, w.deep + 1 FROM walk AS w JOIN views.person_merge AS m ON m.person = w.person
        WHERE w.deep < {MERGED_DEEP_MAX} AND {MERGES}
    ),
    survivor AS (SELECT DISTINCT ON (start) start, person FROM walk ORDER BY start, deep DESC)
"""  # noqa: S608 our own constants
MATCHES: LiteralString = f"""
    WITH RECURSIVE hit AS (
        SELECT c.person, c.code, c.sort FROM views.person_code AS c
        WHERE (c.code = %(code)s OR (c.person = %(id)s AND c.sort = 'unified'))
          AND c.known_from <= %(known)s
    ), {SURVIVORS}
    SELECT h.person, (SELECT o.code FROM views.person_code AS o WHERE o.person = h.person AND o.sort = 'unified'),
           h.sort, s.person
    FROM hit AS h JOIN survivor AS s ON s.start = h.person ORDER BY h.person
"""  # noqa: S608 our own constants
ABSORBED: LiteralString = f"""
    WITH RECURSIVE walk (person, deep) AS (
        SELECT %(id)s::uuid, 0
        UNION ALL
        SELECT m.person, w.deep + 1 FROM walk AS w JOIN views.person_merge AS m ON m.into_person = w.person
        WHERE w.deep < {MERGED_DEEP_MAX} AND {MERGES}
    )
    SELECT DISTINCT person FROM walk
"""  # noqa: S608 our own constants
COLUMNS: LiteralString = ", ".join(f"p.{name}" for name in PersonRow.__struct_fields__)
KNOWN: LiteralString = "p.known_from <= %(known)s AND (p.known_until IS NULL OR p.known_until > %(known)s)"
THEN: LiteralString = (
    f"{KNOWN} AND (p.valid_from IS NULL OR p.valid_from <= %(day)s) AND (p.valid_to IS NULL OR p.valid_to > %(day)s)"
)
LISTED: LiteralString = f"""
    WITH RECURSIVE hit AS (
        SELECT p.person, max(ts_rank(p.words, %(words)s::tsquery)) AS rank FROM views.person AS p
        WHERE %(words)s <> '' AND p.words @@ %(words)s::tsquery AND {KNOWN}
          AND (p.valid_from IS NULL OR p.valid_from <= %(day)s)
          AND NOT EXISTS (SELECT FROM unnest(%(exact)s::text[]) AS e WHERE position(e IN p.plain) = 0)
        GROUP BY p.person
        UNION ALL
        SELECT c.person, 1 FROM views.person_code AS c
        WHERE %(code)s <> '' AND c.code LIKE %(prefix)s AND c.known_from <= %(known)s
        UNION ALL
        SELECT p.person, 0 FROM views.person AS p WHERE %(all)s AND {THEN}
    ), {SURVIVORS},
    best AS (SELECT s.person, max(h.rank) AS rank FROM hit AS h JOIN survivor AS s ON s.start = h.person GROUP BY 1)
    SELECT {COLUMNS}, b.rank::real FROM best AS b JOIN views.person AS p ON p.person = b.person AND {THEN}
    WHERE (%(kind)s = '' OR p.kind = %(kind)s) AND (%(status)s = '' OR p.status = %(status)s)
      AND {{readable}} AND {{following}}
    ORDER BY {{order}} LIMIT %(limit)s
"""  # noqa: S608 our own constants
ORDER = Ordering((SortKey("b.rank::real", descending=True, kind="real"), SortKey("p.name"), SortKey("p.code")))
PersonKey = tuple[float, str, str]


class DayAsKnown(Struct, frozen=True):
    """A local *day*, as known at the instant *known*."""

    day: date
    known: datetime

    @property
    def params(self) -> dict[str, object]:
        """The parameters common to all queries."""
        return {"day": self.day, "known": self.known}


class PersonMatch(Struct, frozen=True):
    """A match of a code: the entry's own code, the *sort* of the matched code, and the person it was merged into."""

    person: UUID
    code: str
    sort: str
    survivor: UUID


class PersonFilter(Struct, frozen=True, kw_only=True):
    """Filter of persons; empty fields don't restrict. *text*: part of a present or past name, or a prefix of a code."""

    text: str = ""
    kind: str = ""
    status: str = ""
    caller: Caller | None = None  # who reads; None: this system itself
    limit: int = 100
    last: PersonKey | None = None  # the row before the page


class RankedPerson(Struct, frozen=True):
    """One person of a list, and how well it matches."""

    row: PersonRow
    rank: float

    @property
    def place(self) -> PersonKey:
        """What it is sorted by."""
        return self.rank, self.row.name, self.row.code


class Cluster(Struct, frozen=True):
    """One person with all entries merged into it: periods, codes and merges, oldest first."""

    person: UUID
    days: list[PersonRow]
    codes: list[CodeRow]
    merges: list[MergeRow]

    def on(self, day: date, person: UUID | None = None) -> PersonRow | None:
        """The particulars on *day* of the survivor, or of another *person* in the cluster."""
        for row in self.days:
            if row.person == (person or self.person) and (row.valid_from or date.min) <= day < (
                row.valid_to or date.max
            ):
                return row
        return None


def readable_by(caller: Caller | None) -> SQL | Composed:
    """The condition that *caller* may read the person p."""
    columns = AccessColumns("p", project="", uscc="code")
    return EVERY_ROW if caller is None else predicate(caller, "read:legal_person", columns)


class PersonBook:
    """Queries on the view's tables."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    async def find(self, at: DayAsKnown, code: str = "", person: UUID | None = None) -> list[PersonMatch]:
        """The entries matching *code*, or the id *person*; several if a code is shared by several persons."""
        rows = await self._rows(MATCHES, {**at.params, "code": code, "id": person})
        return [PersonMatch(*row) for row in rows]

    async def known(self, codes: Sequence[str], known: datetime) -> set[str]:
        """The *codes* that belonged to a person, as known at *known*."""
        query: LiteralString = (
            "SELECT c.code FROM views.person_code AS c WHERE c.code = ANY(%(codes)s) AND c.known_from <= %(known)s"
        )
        return {code for (code,) in await self._rows(query, {"codes": list(codes), "known": known})}

    async def cluster(self, survivor: UUID, at: DayAsKnown) -> Cluster:
        """One person and those merged into it, as known at *at.known*."""
        params = {**at.params, "id": survivor}
        people = [person for (person,) in await self._rows(ABSORBED, params)]
        params["people"] = people
        days = await self._rows(
            f"SELECT {COLUMNS} FROM views.person AS p WHERE p.person = ANY(%(people)s) AND {KNOWN}"  # noqa: S608 our own constants
            " ORDER BY p.valid_from NULLS FIRST, p.code",
            params,
        )
        codes = await self._rows(
            "SELECT * FROM views.person_code AS c WHERE c.person = ANY(%(people)s) AND c.known_from <= %(known)s"
            " ORDER BY c.person <> %(id)s, c.sort = 'linked', c.code",
            params,
        )
        merges = await self._rows(
            f"SELECT m.* FROM views.person_merge AS m WHERE m.person = ANY(%(people)s) AND {MERGES}"  # noqa: S608 our own constants
            " ORDER BY m.merged_at, m.person",
            params,
        )
        return Cluster(
            survivor,
            [PersonRow(*row) for row in days],
            [CodeRow(*row) for row in codes],
            [MergeRow(*row) for row in merges],
        )

    async def listed(self, criteria: PersonFilter, at: DayAsKnown) -> list[RankedPerson]:
        """Persons as of the day, each once even if entered several times, the best match first."""
        sought, code = question(criteria.text), criteria.text.strip().upper().replace("-", "")
        rows = await self._rows(
            SQL(LISTED).format(
                readable=readable_by(criteria.caller), following=ORDER.following(criteria.last), order=ORDER.clause
            ),
            {
                **at.params,
                "words": sought.words,
                "exact": list(sought.exact),
                "code": code if BEGUN_CODE.fullmatch(code) else "",
                "prefix": literal(code) + "%",
                "all": not criteria.text.strip(),
                "kind": criteria.kind,
                "status": criteria.status,
                "limit": criteria.limit,
            },
        )
        return [RankedPerson(PersonRow(*row[:-1]), row[-1]) for row in rows]

    async def _rows(self, query: LiteralString | Composed, params: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
        async with self._store.cursor() as cursor:
            await cursor.execute(query, params)
            return await cursor.fetchall()
