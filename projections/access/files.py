"""Whether a stored file may be read: by those who may read the materials of an item that it was ever attached to."""

from __future__ import annotations

from typing import LiteralString

from psycopg.sql import SQL

from domain.access.decision import may
from domain.access.principal import Caller
from projections.access.predicate import AccessColumns, predicate
from projections.reader import Reader

MATERIALS = "read:materials"
ATTACHED: LiteralString = """
    SELECT EXISTS (SELECT FROM views.access_file AS f WHERE f.digest = %(digest)s AND {readable})
"""


async def is_readable(store: Reader, caller: Caller, digest: str) -> bool:
    """Whether *caller* may read the file with this *digest*."""
    if may(caller, MATERIALS).allowed:
        return True
    readable = predicate(caller, MATERIALS, AccessColumns("f", item="item"))
    async with store.cursor() as cursor:
        await cursor.execute(SQL(ATTACHED).format(readable=readable), {"digest": digest})
        row = await cursor.fetchone()
    return bool(row and row[0])
