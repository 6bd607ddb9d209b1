"""The general clocks of an item, counted one by one: the engine's evaluation is compared with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.case import accepted_by_silence, from_receipt, general_events, intake_rounds, is_counted
from domain.law.generic.expand import general_rule
from domain.law.generic.state import ClockStanding, standing
from domain.law.licensing.clock import State
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.timeline import Act, Timeline
from domain.law.packs.pack import DEFAULT_MODE, Pack


def general_clocks(
    pack: Pack,
    calendar: WorkingCalendar,
    timeline: Timeline,
    t: datetime,
    known: datetime | None = None,
    *,
    mode: str = DEFAULT_MODE,
    lengths: dict[str, int] | None = None,
) -> dict[str, ClockStanding]:
    """The state at *t* of every clock of *pack* that has begun, by what was *known* then (default: at *t*).

    *lengths* replaces the length of a clock by what was recorded or promised. Clocks that are not counted are left out.
    """
    acts = from_receipt(timeline.by(t, t if known is None else known))
    standings = _standings(pack, calendar, acts, t, mode, lengths or {})
    rounds = [name for name in standings if name.partition("#")[0] == INTAKE.name]
    silent = next((name for name in rounds if standings[name].state is State.DEEMED), None)
    if silent is None:
        return standings
    accepted = accepted_by_silence(pack, acts, rounds.index(silent) + 1)
    return _standings(pack, calendar, accepted, t, mode, lengths or {}) | {silent: standings[silent]}


def _standings(
    pack: Pack, calendar: WorkingCalendar, acts: Sequence[Act], t: datetime, mode: str, lengths: Mapping[str, int]
) -> dict[str, ClockStanding]:
    """The state of every clock that *acts* have started."""
    happened, standings = [(at, event) for at, event, _ in acts], dict[str, ClockStanding]()
    for clock, terms in pack.clocks.items():
        days = lengths.get(clock)
        if not is_counted(terms, clock, mode, days):
            continue
        rule = general_rule(pack, calendar, clock, mode, days)
        runs = intake_rounds(pack, acts) if clock == INTAKE.name else [(clock, happened)]
        for name, own in runs:
            clock_standing = standing(rule, list(general_events(pack, clock, mode, own)), t)
            if clock_standing is not None:
                standings[name] = clock_standing
    return standings
