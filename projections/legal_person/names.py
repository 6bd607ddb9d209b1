"""What an enterprise is called now: by the legal-person base, else by the project last changed that it registered."""

from __future__ import annotations

from domain.legal_person.state import stream_of
from projections.reader import Reader

NAMED = """
    SELECT coalesce(
        (SELECT p.name FROM views.person AS p WHERE p.person = %(person)s AND p.valid_to IS NULL
            AND p.known_until IS NULL AND p.name <> '' ORDER BY p.nth DESC LIMIT 1),
        (SELECT p.enterprise FROM views.project AS p WHERE p.uscc = %(code)s AND p.enterprise <> ''
            ORDER BY p.changed_at DESC, p.project LIMIT 1)
    )
"""


async def enterprise_named(store: Reader, code: str) -> str:
    """The name of the enterprise with this unified code; the code itself where no name is known."""
    async with store.cursor() as cursor:
        await cursor.execute(NAMED, {"person": stream_of(code), "code": code})
        row = await cursor.fetchone()
    return row[0] if row and row[0] else code
