"""Which engine counts the clocks of an application: decided once, by its law and the terms fixed for it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from domain.law.calendar.calendar import CalendarBook
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.rule import Rule
from domain.law.packs.expand import expand
from domain.law.procedure.generic import GenericProcedure
from domain.law.procedure.interface import Procedure, ProcedureTerms
from domain.law.procedure.licensing import LicensingProcedure


def procedure_for(terms: ProcedureTerms, book: CalendarBook) -> Procedure:
    """The clocks of applications under *terms*, counted on the calendar *book*, closures included."""
    rule = working_day_rule(terms)
    return GenericProcedure(terms, book) if rule is None else LicensingProcedure(terms, book, rule)


def working_day_rule(terms: ProcedureTerms) -> Rule | None:
    """The fully expanded rule; None where the law counts in weeks, months or hours, or lacks the usual clocks."""
    pack = terms.pack
    mode: Any = terms.mode  # `expand` refuses one that the law does not have
    try:
        rule = expand(
            pack,
            mode=mode,
            commitment_days=terms.promise_days,
            live=terms.live,
            decision_days=terms.decision_days,
            licence_expiry=terms.licence_expiry,
        )
    except (ValueError, KeyError):
        return None
    intake = terms.intake_pack
    if intake.name == pack.name:
        return rule
    return structs.replace(
        rule,
        intake_days=intake.limit(mode, INTAKE.name).days,
        intake_shift=intake.clocks[INTAKE.name].start_shift,
        articles=rule.articles | {INTAKE.name: intake.clock_article(INTAKE.name, mode)},
    )
