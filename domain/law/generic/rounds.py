"""The rounds of intake under a general law: which acts begin one, what silence makes of it, and what was void in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from domain.law.generic.case import NamedAct
from domain.law.generic.names import names_of
from domain.law.licensing.happening import Happening
from domain.law.licensing.intake import INTAKE, Accepted, Corrected, CorrectionNotice, Received, RefusedEvent
from domain.law.licensing.review import Decided
from domain.law.licensing.review import WithdrawnEvent as ItemWithdrawn
from domain.law.licensing.timeline import Act
from domain.law.packs.pack import Pack


def round_starts(pack: Pack, acts: Sequence[tuple[datetime, Happening, object]]) -> list[int]:
    """Which of *acts* begin a round of intake: the receipt, and each complete answer to a request for papers (B4).

    A later request for other papers asks for nothing (B5.5), and what has been answered has no further rounds.
    """
    opening, starts, awaiting = set(pack.clocks[INTAKE.name].start), list[int](), False
    for nth, (_, event, _) in enumerate(acts):
        if not starts:
            if not isinstance(event, Corrected) and names_of(event) & opening:
                starts.append(nth)
        elif isinstance(event, Accepted | Decided | RefusedEvent | ItemWithdrawn):
            break
        elif isinstance(event, CorrectionNotice):
            awaiting = awaiting or not is_repeated(event, len(starts))
        elif awaiting and isinstance(event, Corrected):
            starts.append(nth)
            awaiting = False
    return starts


def is_repeated(notice: CorrectionNotice, nth: int) -> bool:
    """Whether the *notice* in the *nth* round is void: it requests what the first one should have requested (B5.5)."""
    return notice.new_items and nth > 1


def round_name(nth: int) -> str:
    """The clock of the *nth* round: "intake", "intake#2"."""
    return INTAKE.name if nth == 1 else f"{INTAKE.name}#{nth}"


def intake_rounds(pack: Pack, acts: Sequence[NamedAct]) -> Iterator[tuple[str, list[NamedAct]]]:
    """The clock of each round of intake by its name, with the acts of the round."""
    for nth, (first, after) in enumerate(pairwise([*round_starts(pack, acts), len(acts)]), start=1):
        of_round = [
            act for act in acts[first:after] if not (isinstance(act[1], CorrectionNotice) and is_repeated(act[1], nth))
        ]
        yield round_name(nth), of_round


def accepted_by_silence(pack: Pack, acts: Sequence[Act], nth: int = 1) -> list[Act]:
    """*acts*, with the acceptance that silence in the *nth* round brought about: as of the day it began (B5.2)."""
    start = round_starts(pack, acts)[nth - 1]
    at, _, when = acts[start]
    return [*acts[: start + 1], (at, Accepted(id="", at=at), when), *acts[start + 1 :]]


def intake_flags(pack: Pack, acts: Sequence[Act], silent_from: datetime | None) -> Mapping[str, frozenset[str]]:
    """What was without effect in each round of intake, by its clock, as B5 and B13 name it.

    *silent_from* is the instant from which silence had accepted the application, None where it has not.
    """
    starts, flags = round_starts(pack, acts), dict[str, set[str]]()
    nth, kind, waits = 0, "", False
    for number, (at, event, _) in enumerate(acts):
        if isinstance(event, ItemWithdrawn):
            break
        if not kind and silent_from is not None and at >= silent_from:
            kind = "deemed"
        if not kind and number in starts:
            nth, waits = nth + 1, False
        elif nth and (flag := _flag_of(event, kind, nth, waits=waits)):
            flags.setdefault(round_name(nth), set()).add(flag)
        elif isinstance(event, CorrectionNotice | RefusedEvent):
            waits = True
        if isinstance(event, Accepted | Decided):
            kind = kind or "explicit"
    return {name: frozenset(of_round) for name, of_round in flags.items()}


def _flag_of(event: Happening, kind: str, nth: int, *, waits: bool) -> str:
    """Why *event* in the *nth* round is void; *kind* is that of the acceptance before it, empty where there is none.

    *waits*: the round has been answered, so that a further notice says nothing.
    """
    deemed = kind == "deemed"
    match event:
        case Received():
            return "duplicate_receipt"
        case CorrectionNotice() if kind:
            return "correction_notice_late" if deemed else "correction_after_acceptance"
        case CorrectionNotice() if is_repeated(event, nth) and not waits:
            return "correction_repeated_new_items"
        case Accepted() if kind:
            return "accepted_after_deemed" if deemed else "duplicate_acceptance"
        case RefusedEvent() if kind:
            return "refused_after_deemed" if deemed else "refused_after_acceptance"
    return ""
