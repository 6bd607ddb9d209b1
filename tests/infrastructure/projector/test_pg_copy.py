"""What COPY reads is what was written, whatever the text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.projector.pg_copy import FORMAT, blocks
from tests.effort import tried

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
rows = st.tuples(
    st.uuids(),
    texts,
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    st.booleans(),
    st.one_of(st.none(), st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))),
    st.lists(texts, max_size=4),
    st.one_of(st.none(), st.dates(date(1990, 1, 1))),
    st.lists(st.integers(-9, 9), max_size=2),
)
ARRAYS = (5, 7)
COLUMNS = "a uuid, b text, c bigint, d boolean, e timestamptz, f text[], g date, h integer[]"


@settings(max_examples=tried(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, max_size=20))
def test_rows_come_back_as_they_went(database_url: str, given_rows: list[tuple[object, ...]]) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET timezone = 'UTC'")
        connection.execute(f"CREATE TEMP TABLE t (nth serial, {COLUMNS}) ON COMMIT DROP")
        with connection.cursor() as cursor, cursor.copy(f"COPY t (a, b, c, d, e, f, g, h) FROM STDIN {FORMAT}") as copy:
            for block in blocks(given_rows, ARRAYS):
                copy.write(block)
        rows = connection.execute("SELECT a, b, c, d, e, f, g, h FROM t ORDER BY nth").fetchall()
    assert rows == given_rows


def test_a_type_that_no_view_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="can't hold a set"):
        list(blocks([(UUID(int=1), {1})]))
