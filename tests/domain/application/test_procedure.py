"""办理方式变更: an item is handled in another mode than planned, as long as the law has not fixed it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome
from domain.law.packs.parse import parse_pack
from domain.messages import AnyFact
from domain.project.application.acceptance import AcceptItem
from domain.project.application.extension import ExtendLimit, LimitExtended
from domain.project.application.procedure import ChangeMode, ModeChanged
from tests.examples import FIRE, LAND, LAW, PACKS, REGISTERED, accepted, completed, submitted, under_examination
from tests.spec import Spec, given

WABO = parse_pack((PACKS / "nl-wabo/2010-10-01.toml").read_text(encoding="utf-8"))
ENGLAND = parse_pack((PACKS / "uk-planning/2021-08-01.toml").read_text(encoding="utf-8"))
LONGER = ChangeMode(item="land", mode=Mode.EXTENDED, reasons="uitgebreide procedure van toepassing")
SPOT = ChangeMode(item="land", mode=Mode.ON_THE_SPOT, reasons="材料简单")
EXTENDED = ModeChanged(
    item="land",
    mode=Mode.EXTENDED,
    before=Mode.SINGLE,
    limit=6,
    unit="month",
    article=WABO.limit("extended").article,
    reasons="uitgebreide procedure van toepassing",
)
PLAIN = replace(REGISTERED, items=(PlannedItem(item="land", department="land"),))


def dutch(*facts: AnyFact) -> Spec:
    return given(replace(PLAIN, law="nl-wabo"), *facts)


@pytest.mark.parametrize("facts", [(), (submitted(),), under_examination()])
def test_where_time_runs_from_receipt_the_mode_may_be_found_out_until_the_decision(facts: tuple[AnyFact, ...]) -> None:
    item = dutch(*facts).when(LONGER, by=LAND, law=WABO).then(EXTENDED).state().items["land"]

    assert (item.mode, item.plan.mode) == (Mode.EXTENDED, Mode.SINGLE)
    dutch(submitted(), accepted(), completed()).when(LONGER, by=LAND, law=WABO).refused("wrong-stage")


def test_any_mode_of_the_law_pack_may_be_found_out() -> None:
    limit = ENGLAND.limit("major")
    english = given(replace(PLAIN, law="uk-planning"), replace(submitted(), law=ENGLAND.name))
    change = ChangeMode(item="land", mode="major", reasons="the floor space is more than a thousand square metres")
    changed = ModeChanged(
        item="land",
        mode="major",
        before="single",
        limit=limit.days,
        unit=limit.unit,
        article=limit.article,
        reasons=change.reasons,
    )

    refusal = english.when(LONGER, by=LAND, law=ENGLAND).refused("mode-unknown")
    assert "public_service_infrastructure" in refusal.remedy
    item = english.when(change, by=LAND, law=ENGLAND).then(changed).state().items["land"]
    assert item.mode == "major"


def test_what_is_done_afterwards_is_done_in_that_mode() -> None:
    limit = WABO.limit("extended")
    taken_in = replace(accepted(), mode=Mode.EXTENDED, law=WABO.name, limit=6, unit="month", article=limit.article)
    spec = dutch(submitted(), EXTENDED).when(AcceptItem(item="land"), by=LAND, law=WABO)
    spec.then(replace(taken_in, promise_days=None))

    longer = ExtendLimit(item="land", days=42, reasons="complex", approver="competent_authority")
    extension = WABO.extension("decision", "extended")
    assert extension is not None
    extended = LimitExtended(
        item="land",
        clock="decision",
        days=42,
        reasons="complex",
        approver="competent_authority",
        notified=False,
        article=extension.article,
    )
    spec.when(longer, by=LAND, law=WABO).then(extended)


def test_it_goes_back_and_a_new_application_keeps_what_was_found_out() -> None:
    back = ChangeMode(item="land", mode=Mode.SINGLE, reasons="reguliere procedure van toepassing")
    regular = WABO.limit("single")
    changed = ModeChanged(
        item="land",
        mode=Mode.SINGLE,
        before=Mode.EXTENDED,
        limit=regular.days,
        unit=regular.unit,
        article=regular.article,
        reasons=back.reasons,
    )

    dutch(submitted(), EXTENDED).when(back, by=LAND, law=WABO).then(changed)
    again = dutch(submitted(), EXTENDED, completed(outcome=Outcome.REFUSED), submitted())
    assert again.project.items["land"].mode is Mode.EXTENDED


def test_where_time_runs_from_acceptance_the_mode_is_fixed_by_it() -> None:
    limit = LAW.limit("on_the_spot")
    changed = ModeChanged(
        item="land",
        mode=Mode.ON_THE_SPOT,
        before=Mode.SINGLE,
        limit=0,
        unit="working_day",
        article=limit.article,
        reasons="材料简单",
    )

    given(PLAIN, submitted()).when(SPOT, by=LAND).then(changed)
    refusal = given(PLAIN, *under_examination()).when(SPOT, by=LAND).refused("mode-fixed", "can't be changed")
    assert "42" in refusal.article


def test_a_mode_is_changed_by_the_department_with_reasons_to_another_one_that_the_law_has() -> None:
    spec = given(PLAIN, submitted())

    spec.when(SPOT, by=FIRE).refused("wrong-department")
    spec.when(replace(SPOT, reasons=" "), by=LAND).refused("reasons-missing")
    spec.when(replace(SPOT, mode=Mode.SINGLE), by=LAND).refused("mode-unchanged")
    spec.when(LONGER, by=LAND).refused("mode-unknown", "has no such mode")
    promised = given(REGISTERED, submitted())  # in ten days
    promised.when(SPOT, by=LAND).refused("promise-exceeds-statute")
    joint = PlannedItem(item="land", department="land", mode=Mode.JOINT, participants=("fire",))
    single = ChangeMode(item="land", mode=Mode.SINGLE, reasons="一个部门即可")
    given(replace(PLAIN, items=(joint,))).when(single, by=LAND).refused("participants-contradict")
