"""Terms of a pack for renewing a licence (行政许可法 Art. 50): whether silence renews, and by when to apply."""

from __future__ import annotations

from datetime import date

from domain.law.licensing.renewal import RENEWAL_FILING, RENEWAL_GUARD
from domain.law.packs.pack import Pack


def renews_by_silence(pack: Pack, mode: str) -> bool:
    """Whether *pack* has a clock to a licence's last day, beside a decision counted in working days."""
    if RENEWAL_GUARD.name not in pack.clocks:
        return False
    try:
        return pack.limit(mode).unit == "working_day"
    except KeyError:
        return False


def file_by(pack: Pack, mode: str, expiry: date) -> date:
    """The last day on which an application for renewal is in time (B9.6)."""
    return date.fromordinal(max(1, expiry.toordinal() - pack.limit(mode, RENEWAL_FILING).days))
