"""What a card's page and its notice say: the sentence on top, whose days they were, and the thread as a dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup
from msgspec import Struct

from api.forms.offers import Offers
from api.html.citations import cited
from api.html.page import PageContext
from api.supervision.card_file import ShownCard
from api.web.entries import ShownEntry
from api.web.zones import zone_of
from domain.core.ledger import Role
from domain.law.attribution import Holder
from domain.law.documented import kind_of
from domain.law.proof import ClockProof
from domain.project.supervision.appeals import Verdict

BAR_PX = 520
BY_HAND = "by_hand"
SIDES = {Role.SUPERVISOR: "bureau", Role.LEADER: "bureau", Role.SYSTEM: "system"}  # of a dialogue; else the department
DECIDE = "decide_appeal"


class HeldPart(Struct, frozen=True):
    """The working days of one holder, as a part of the bar: from *x* on, *width* pixels."""

    holder: Holder
    days: int
    x: float
    width: float


class ThreadRemark(Struct, frozen=True):
    """One entry of the thread, and on which *side* it is said: "department", "bureau" or "system"."""

    entry: ShownEntry
    side: str


class VerdictOffer(Struct, frozen=True):
    """A verdict that the reader may give on the appeal, and the address of its form."""

    verdict: str
    href: str


def card_sentence(page: PageContext, file: ShownCard) -> Markup:
    """What happened, in a sentence: who should have done what until when, and what the clock came to."""
    signal, proof = file.signal, file.proof
    values = {"department": page.office(signal.department), "level": page.words["level_of"](signal.level)}
    if proof is None:
        values |= {"day": page.local(signal.happened_at), "reasons": file.reasons}
        return _filled(page.words["card_says"](BY_HAND), values)
    return _filled(page.words["card_says"](proof.rung.value), values | _of_proof(page, file, proof))


def _of_proof(page: PageContext, file: ShownCard, proof: ClockProof) -> dict[str, str]:
    duty = page.words["duty"](kind_of(proof.clock))
    return {
        "duty": page.words["duty"]("other") if duty == kind_of(proof.clock) else duty,
        "due": str(proof.due_on),
        "at": to_the_minute(page, file.signal.happened_at),
        "started": str(proof.started_on),
        "left": page.quantity(proof.remaining, file.unit),
        "article": cited(proof.article, page.language),
    }


def _filled(words: str, values: dict[str, str]) -> Markup:
    """*words* with what is *values* in them, escaped."""
    return Markup(words).format(**values)  # noqa: S704  our own words; what goes in is escaped


def to_the_minute(page: PageContext, at: datetime) -> str:
    """*at* where the page's law holds, with the hour even at midnight: there a limit passes."""
    return f"{at.astimezone(zone_of(page.law)):%Y-%m-%d %H:%M}"


def held_parts(held: Sequence[tuple[Holder, int]]) -> list[HeldPart]:
    """The parts of the bar of whose days they were, one after the other."""
    whole, x, parts = sum(days for _, days in held), 0.0, list[HeldPart]()
    for holder, days in held:
        width = round(BAR_PX * days / whole, 1)
        parts.append(HeldPart(holder, days, round(x, 1), width))
        x += width
    return parts


def dialogue(thread: Sequence[ShownEntry]) -> list[ThreadRemark]:
    """The thread in its order, the department on one side and the bureau on the other."""
    return [ThreadRemark(entry, SIDES.get(entry.actor.role, "department")) for entry in thread]


def verdicts(offers: Offers, commands: Sequence[str], file: ShownCard) -> list[VerdictOffer]:
    """The three verdicts on the appeal, where the reader may decide it."""
    if DECIDE not in commands:
        return []
    filled = {"item": file.signal.item, "card": file.signal.card}
    return [VerdictOffer(verdict.value, offers.href(DECIDE, **filled, verdict=verdict.value)) for verdict in Verdict]
