"""试算 the form of the rules page: what is filled in as texts, read into other rules, or shown with its faults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct, structs

from api.law.what_if import require_answerable
from api.law.what_if_bodies import PERIOD_DAYS_MAX, OtherRules
from api.web.parameters import Department
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from api.web.zones import home_zone
from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from domain.law.licensing.rule import Yellow
from infrastructure.law.lawbook import LawBook
from projections.law.what_if import Alternative
from projections.supervision.query import SupervisionAt

DAYS_MAX = 3650
PERCENT_MAX = 100
LENGTHS = ("intake_days", "decision_days", "commitment_days", "countersign_days", "delivery_days")
Field = Annotated[str, QueryParameter(max_length=20)]
Version = Annotated[
    str, QueryParameter(max_length=100, description="A version of a law, such as `cn-licensing@2019-04-23`.")
]


class RuleForm(Struct, frozen=True, kw_only=True):
    """What was filled in, as texts; an empty one leaves the rule as it is."""

    first: str = ""
    last: str = ""
    department: str = ""
    under: str = ""
    warn_percent: str = ""
    warn_days: str = ""
    intake_days: str = ""
    decision_days: str = ""
    commitment_days: str = ""
    countersign_days: str = ""
    delivery_days: str = ""

    @property
    def changes(self) -> bool:
        """Whether any rule is to be another one."""
        return any((self.under, self.warn_percent, self.warn_days, *(getattr(self, name) for name in LENGTHS)))


class ReadRules(Struct, frozen=True):
    """The form with what it asks for: *rules* are None where nothing is to change, or something is wrong.

    *faults*: by field, the name of the sentence that says what is wrong.
    """

    form: RuleForm
    period: Period
    rules: OtherRules | None
    faults: Mapping[str, str]


def rule_form(
    *,
    first: Field = "",
    last: Field = "",
    department: Department = "",
    under: Version = "",
    warn_percent: Field = "",
    warn_days: Field = "",
    intake_days: Field = "",
    decision_days: Field = "",
    commitment_days: Field = "",
    countersign_days: Field = "",
    delivery_days: Field = "",
) -> RuleForm:
    """The values in the address."""
    return RuleForm(
        first=first,
        last=last,
        department=department,
        under=under,
        warn_percent=warn_percent,
        warn_days=warn_days,
        intake_days=intake_days,
        decision_days=decision_days,
        commitment_days=commitment_days,
        countersign_days=countersign_days,
        delivery_days=delivery_days,
    )


def read_form(
    rule_form: NamedDependency[RuleForm], supervision: NamedDependency[SupervisionAt], laws: NamedDependency[LawBook]
) -> ReadRules:
    """The form as it can be answered; what is left out of the period is the month before and this one until today."""
    faults: dict[str, str] = {}
    today = local_day(supervision.as_of, home_zone(laws))
    usual = Period(Period.month_of(today).before().first, today)
    period = Period(
        _day("first", rule_form.first, usual.first, faults), _day("last", rule_form.last, usual.last, faults)
    )
    if not faults and not 0 <= (period.last - period.first).days < PERIOD_DAYS_MAX:
        faults["last"] = "no_period"
    numbers = {name: _number(name, getattr(rule_form, name), DAYS_MAX, faults) for name in LENGTHS}
    yellow = _yellow(rule_form, faults)
    if faults or not rule_form.changes:
        return ReadRules(rule_form, period, None, faults)
    other = Alternative(law=rule_form.under, yellow=yellow, **numbers)
    rules = OtherRules(first=period.first, last=period.last, department=rule_form.department, **structs.asdict(other))
    try:
        require_answerable(rules, laws)
    except Problem:
        return ReadRules(rule_form, period, None, {"under": "no_law"})
    return ReadRules(rule_form, period, rules, {})


RULE_FORM = {
    "rule_form": Provide(rule_form, sync_to_thread=False),
    "read_form": Provide(read_form, sync_to_thread=False),
}


def _day(name: str, text: str, usual: date, faults: dict[str, str]) -> date:
    """The day in the field *name*, *usual* where it is empty or wrong."""
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        faults[name] = "no_day"
        return usual
    if not YEAR_FIRST <= day.year <= YEAR_LAST:
        faults[name] = "no_day"
        return usual
    return day


def _number(name: str, text: str, most: int, faults: dict[str, str]) -> int | None:
    """The number in the field *name*; None where it is empty or wrong."""
    if not text.strip():
        return None
    number = int(text) if text.strip().isdecimal() else -1
    if not 0 <= number <= most:
        faults[name] = "no_number"
        return None
    return number


def _yellow(form: RuleForm, faults: dict[str, str]) -> Yellow | None:
    """The threshold of the warning: a share of the limit, and at least so many days."""
    percent = _number("warn_percent", form.warn_percent, PERCENT_MAX, faults)
    least = _number("warn_days", form.warn_days, DAYS_MAX, faults)
    if percent is None and least is None:
        return None
    return Yellow(num=percent or 0, den=PERCENT_MAX, min=least or 0)
