"""规则与试算 the limits of a law with its words, and which warnings and cards other limits would bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.law.library import shown_pack
from api.law.rule_form import RULE_FORM, ReadRules, Version
from api.law.rule_terms import rule_rows
from api.law.what_if import LEVELS, levels
from api.route_access import ACCESS
from api.web.parameters import Paging
from api.web.zones import home_zone
from domain.core.ledger import Refused
from domain.law.packs.pack import Pack
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from projections.clocks.query import ClocksAt
from projections.history.moment import TooMuchToReadError
from projections.law.query import PROJECTS_MAX, signals_of
from projections.law.what_if import AssumedSignal
from projections.progress.titles import names_of
from projections.scope import Scope
from projections.supervision.query import SupervisionAt

RULES = "/supervision/rules"
Compared = Annotated[
    Literal["", "changed", "present", "would", "new", "gone"],
    QueryParameter(description="Which warnings and cards are listed; empty: those that are new or gone."),
]
OfLevel = Annotated[Literal["", "warning", "yellow", "red", "deemed"], QueryParameter(description="Of which level.")]
OnlyOpen = Annotated[Literal["", "true"], QueryParameter(description="Only applications that are still open.")]
LISTED = {"": ("new", "gone"), "changed": ("new", "gone"), "present": ("same", "gone"), "would": ("same", "new")}


class LevelCounts(Struct, frozen=True):
    """How many of one level there are, would be, would come and would go, with the address of each list."""

    level: str
    counts: list[tuple[str, int, str]]


class Trial(Struct, frozen=True):
    """What other rules come to: the *counts* by level, the page of the list, the length of it, and open cases in it.

    *opened*: how many open applications would get a warning or card that they do not have.
    """

    counts: list[LevelCounts]
    rows: Sequence[AssumedSignal]
    count: int
    opened: int
    is_open: frozenset[tuple[UUID, str, int]]


class TrialFilter(Struct, frozen=True):
    """Which part of the list is shown."""

    compared: str
    level: str
    only_open: bool

    def takes(self, signal: AssumedSignal, *, is_open: bool) -> bool:
        """Whether *signal* is in it."""
        return (
            signal.compared in LISTED.get(self.compared, (self.compared,))
            and self.level in ("", signal.level)
            and (is_open or not self.only_open)
        )


class RulePages(Controller):
    """What is to change is in the address; nothing is stored."""

    opt = {ACCESS: "read:figures"}  # noqa: RUF012  litestar's own spelling

    @get(RULES, dependencies=RULE_FORM)
    async def rules(
        self,
        *,
        page: NamedDependency[PageContext],
        read_form: NamedDependency[ReadRules],
        supervision: NamedDependency[SupervisionAt],
        list_scope: NamedDependency[Scope],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
        paging: NamedDependency[Paging],
        law: Version = "",
        compared: Compared = "",
        level: OfLevel = "",
        only_open: OnlyOpen = "",
    ) -> Response[str]:
        """The rules of one version of a law, and what others would come to in a period."""
        chosen = TrialFilter(compared, level, only_open == "true")
        trial, too_much = None, False
        try:
            if read_form.rules is not None:
                trial = await trial_of(page, approvals, laws, read_form, supervision.as_of, list_scope, chosen, paging)
        except TooMuchToReadError:
            too_much = True
        more = trial is not None and trial.count > paging.offset + paging.limit
        return page.render(
            "rules.html",
            **_shown_rules(page, laws, law),
            departments=page.departments,
            form=read_form.form,
            period=read_form.period,
            faults=read_form.faults,
            trial=trial,
            too_much=too_much,
            projects_max=PROJECTS_MAX,
            filter=chosen,
            as_of=supervision.as_of,
            names=await names_of(approvals.store, [row.project for row in trial.rows] if trial else []),
            clock_name=clock_name(page),
            **page.paging_links(paging.offset, paging.limit, more=more),
        )


def _shown_rules(page: PageContext, laws: LawBook, name: str) -> dict[str, object]:
    """The version called *name* with its rules, and the versions that can be chosen."""
    pack, packs = _pack(laws, name), [laws.pack(each) for each in laws.names]
    return {
        "pack": pack,
        "rules": rule_rows(page, pack),
        "packs": [each.name for each in packs],
        "alternatives": [each.name for each in packs if shown_pack(each).rules],
    }


def _pack(laws: LawBook, name: str) -> Pack:
    """The version called *name*, else the installation's own law in its last version."""
    try:
        return laws.pack(name) if name else laws.versions(DEFAULT_LAW)[-1]
    except Refused:
        return laws.versions(DEFAULT_LAW)[-1]


async def trial_of(
    page: PageContext,
    approvals: Approvals,
    laws: LawBook,
    read: ReadRules,
    t: datetime,
    scope: Scope,
    chosen: TrialFilter,
    paging: Paging,
) -> Trial:
    """What the rules of the form come to at *t*. Raises TooMuchToReadError."""
    assert read.rules is not None
    store, period = approvals.store, read.period
    signals = await signals_of(store, laws, read.rules, period, home_zone(laws), read.rules.department, t, scope)
    running = await ClocksAt(store, laws, t, t, scope=scope).running(list({signal.project for signal in signals}))
    is_open = frozenset((clock.project, clock.reading.item, clock.reading.application) for clock in running)
    matching = [signal for signal in signals if chosen.takes(signal, is_open=_key(signal) in is_open)]
    ranked = sorted(matching, key=lambda signal: (_key(signal) not in is_open, signal.place))
    return Trial(
        _counts(page, signals),
        ranked[paging.offset : paging.offset + paging.limit],
        len(matching),
        len({_key(signal) for signal in signals if signal.compared == "new" and _key(signal) in is_open}),
        is_open,
    )


def _key(signal: AssumedSignal) -> tuple[UUID, str, int]:
    return signal.project, signal.item, signal.application


def _counts(page: PageContext, signals: Sequence[AssumedSignal]) -> list[LevelCounts]:
    """The table of levels; each number is the length of the list at its address."""
    columns = {
        "present": levels(signal for signal in signals if signal.compared != "new"),
        "would": levels(signal for signal in signals if signal.compared != "gone"),
        "new": levels(signal for signal in signals if signal.compared == "new"),
        "gone": levels(signal for signal in signals if signal.compared == "gone"),
    }
    return [
        LevelCounts(
            level,
            [
                (name, counts[level], page.here(compared=name, level=level, only_open="", offset=""))
                for name, counts in columns.items()
            ],
        )
        for level in LEVELS
    ]
