"""Which procedure handles an application: its terms from its history and the law book, one object for each."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from domain.law.generic.expand import closed_book
from domain.law.office import IntakeHours, under_hours
from domain.law.packs.pack import Pack
from domain.law.procedure.choice import procedure_for
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import Procedure, ProcedureTerms
from projections.reader import Laws

PACKS_CACHED_MAX = 256  # one for each law and office with hours of its own
PROCEDURES_CACHED_MAX = 4096  # one for each law, mode, promise and length there are: dozens in a zone


def procedure_of(history: ItemHistory, laws: Laws) -> Procedure | None:
    """The clocks of an application; None where no law is recorded for it."""
    if not history.law:
        return None
    return _procedure(
        laws,
        history.law,
        history.intake_law or history.law,
        history.mode,
        history.promise_days,
        history.decision_length,
        expiry=history.licence_expiry,
        hours=history.hours,
        live=history.live,
    )


def usual_procedure(laws: Laws, law: str, mode: str) -> Procedure:
    """The clocks of *law* in a mode, without what is fixed for one application."""
    return _procedure(laws, law, law, mode, None, None, expiry=None, hours=None, live=True)


@lru_cache(maxsize=PACKS_CACHED_MAX)
def _pack(laws: Laws, law: str, hours: IntakeHours | None) -> Pack:
    return under_hours(laws.pack(law), hours)


@lru_cache(maxsize=PROCEDURES_CACHED_MAX)
def _procedure(
    laws: Laws,
    law: str,
    intake_law: str,
    mode: str,
    promise: int | None,
    length: int | None,
    *,
    expiry: date | None,
    hours: IntakeHours | None,
    live: bool,
) -> Procedure:
    pack = _pack(laws, law, hours)
    terms = ProcedureTerms(
        pack=pack,
        intake_pack=_pack(laws, intake_law, hours),
        mode=mode,
        promise_days=promise,
        decision_days=length,
        licence_expiry=expiry,
        live=live,
    )
    return procedure_for(terms, closed_book(pack, laws.calendars()[pack.calendar]))
