"""A page begins after the last row of the one before, whatever the keys of its order."""

from __future__ import annotations

from itertools import product

import psycopg
import pytest
from psycopg.sql import SQL
from psycopg.types.json import Json

from projections.keyset import Ordering, SortKey

ROWS = [*product((1, 2, None), ("a", "b%"), (1, 2))]
QUERY = """
    SELECT a, b, c FROM json_to_recordset(%(rows)s) AS r (a integer, b text, c integer)
    WHERE {following} ORDER BY {order}
"""


@pytest.mark.parametrize("nullable", [False, True])
@pytest.mark.parametrize("descending", [*product((False, True), repeat=3)])
def test_what_follows_a_row_is_the_rest_of_the_list(
    shared_database_url: str, descending: tuple[bool, bool, bool], nullable: bool
) -> None:
    first, second, third = descending
    ordering = Ordering(
        (
            SortKey("r.a", descending=first, nullable=nullable),
            SortKey('r.b COLLATE "C"', descending=second),
            SortKey("r.c", descending=third),
        )
    )
    rows = [dict(zip("abc", row, strict=True)) for row in ROWS if nullable or row[0] is not None]
    with psycopg.connect(shared_database_url) as connection:

        def after(last: tuple[object, ...] | None) -> list[tuple[object, ...]]:
            query = SQL(QUERY).format(following=ordering.following(last), order=ordering.clause)
            return connection.execute(query, {"rows": Json(rows)}).fetchall()

        whole = after(None)
        assert len(whole) == len(rows)
        for nth, row in enumerate(whole):
            assert after(row) == whole[nth + 1 :]
