"""Wrong tries at query codes: five, then a wait that doubles with each, per case and per address.

A case is tried from one address five times; one address tries twenty times in all, as an office has one address; and a
case is tried fifty times from everywhere together. Where the last is used up, addresses at which the code was right
before are not held up, so that a stranger's guesses keep no one from their own case. A try is counted before it is
judged: any number at once are no more than so many after each other. Tries without a wait are stored a minute back, and
a wait longer than the longest is ignored, as the clocks of several servers differ, and may be set back.
"""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address, ip_network
from math import ceil
from typing import LiteralString

from msgspec import Struct

from infrastructure.identity.rates import PEEK
from infrastructure.ledger.reader import Store

NETWORK_BITS = 64  # of an IPv6 address: what a subscriber is given; the rest he chooses himself
TRY: LiteralString = """
    INSERT INTO identity.rate AS r (key, arrival_at, failures)
    VALUES (%(key)s, %(now)s - interval '1 minute', 1)
    ON CONFLICT (key) DO UPDATE SET failures = r.failures + 1, arrival_at = %(now)s + CASE
        WHEN r.failures + 1 < %(free)s THEN interval '-1 minute'
        ELSE least(%(first)s * power(2, least(r.failures + 1 - %(free)s, 20)), %(longest)s) * interval '1 second' END
    WHERE r.arrival_at <= %(now)s OR r.arrival_at > %(now)s + %(longest)s * interval '1 second'
    RETURNING failures
"""
FORGET: LiteralString = """
    UPDATE identity.rate SET failures = 0, arrival_at = %(now)s - interval '1 minute', trusted = true
    WHERE key = %(key)s
"""
GIVE_BACK: LiteralString = """
    UPDATE identity.rate SET failures = greatest(failures - 1, 0), arrival_at = %(now)s - interval '1 minute'
    WHERE key = ANY(%(keys)s)
"""


class TryLimit(Struct, frozen=True):
    """After *free* wrong tries each further one waits, *first* seconds and then twice as long, *longest* at most."""

    free: int
    first: int
    longest: int


OF_CASE_AT_ADDRESS = TryLimit(5, 30, 3600)
OF_ADDRESS = TryLimit(20, 10, 900)
OF_CASE = TryLimit(50, 10, 900)


class TrackingRates:
    """The tries of one database, in the table of rates that sign-in has too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, case_number: str, address: str, now: datetime) -> int:
        """Count a try at *case_number* from *address*; the seconds to wait where it must not be judged, else 0."""
        place = network_of(address)
        at_place, of_case = f"track:{case_number}@{place}", f"track-case:{case_number}"
        async with self._store.connection() as connection:
            row = await (await connection.execute(PEEK, [at_place])).fetchone()
            is_trusted = bool(row and row[2])
            limits = [(f"track-address:{place}", OF_ADDRESS), (at_place, OF_CASE_AT_ADDRESS)]
            limits += [] if is_trusted else [(of_case, OF_CASE)]
            for key, limit in limits:
                params = {"key": key, "now": now, "free": limit.free, "first": limit.first, "longest": limit.longest}
                if await (await connection.execute(TRY, params)).fetchone() is None:
                    row = await (await connection.execute(PEEK, [key])).fetchone()
                    return max(1, ceil((row[0] - now).total_seconds())) if row else 1
        return 0

    async def succeeded(self, case_number: str, address: str, now: datetime) -> None:
        """The code was right: forget the tries at this case from there, and take back the one that was counted."""
        place = network_of(address)
        async with self._store.connection() as connection:
            await connection.execute(FORGET, {"key": f"track:{case_number}@{place}", "now": now})
            keys = [f"track-address:{place}", f"track-case:{case_number}"]
            await connection.execute(GIVE_BACK, {"keys": keys, "now": now})


def network_of(address: str) -> str:
    """What tries from *address* are counted under: the address, or the network of one of version 6."""
    try:
        parsed = ip_address(address)
    except ValueError:  # of a Unix socket, say
        return address
    return str(ip_network(f"{parsed}/{NETWORK_BITS}", strict=False)) if parsed.version == 6 else str(parsed)  # noqa: PLR2004
