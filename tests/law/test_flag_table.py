"""Every flag of the rule book (B13) with the engines that raise it: where one does not, the table says why."""

from __future__ import annotations

from typing import NamedTuple, get_args

import pytest

from domain.law.packs.expand import expand
from domain.law.packs.pack import Duty, Pack
from infrastructure.law.lawbook import law_book
from tests.law.auditor import campaign as licensing_campaign
from tests.law.generic import item_stories

RAISED = ""
NO_RENEWAL = (
    "no law on the general clock renews a licence that ends on a day (Art. 50); those that do count working days"
)


class Row(NamedTuple):
    """A flag, and of each engine why it does not raise it; empty: it does."""

    licensing: str = RAISED
    general: str = RAISED


B13 = {
    "accepted_after_deemed": Row(),
    "accepted_before_receipt": Row(),
    "correction_after_acceptance": Row(),
    "correction_notice_late": Row(),
    "correction_repeated_new_items": Row(),
    "correction_response_overdue": Row(),
    "countersign_deemed": Row(),
    "countersign_reply_after_deemed": Row(),
    "decided_before_hearing_window_closed": Row(),
    "decided_without_acceptance": Row(),
    "duplicate_acceptance": Row(),
    "duplicate_receipt": Row(),
    "duplicate_suspend": Row(),
    "extension_exceeds_limit": Row(),
    "extension_late": Row(),
    "extension_not_notified": Row(),
    "extension_outside_clock": Row(),
    "extension_repeated": Row(),
    "hearing_notice_short": Row(),
    "hearing_request_late": Row(),
    "refused_after_acceptance": Row(),
    "refused_after_deemed": Row(),
    "renewal_filed_late": Row(general=NO_RENEWAL),
    "resume_without_suspend": Row(),
    "suspend_no_statutory_ground": Row(),
    "suspend_not_notified": Row(),
    "suspension_overrun": Row(),
}

# What part D adds for the terms of other laws (D2), and the licensing law has no occasion for.
OF_OTHER_LAWS = {
    "agreement_unknown_to_this_law": "both sides agreed on a day, which this law does not know",
    "answered_after_term": "the term that ended the suspension was over",
    "duplicate_start": "a period begins once",
    "extension_other_unit": "an extension is counted like its clock",
    "extension_unknown_to_this_law": "the law lets this clock run no longer",
    "notice_without_effect": "the request came too late or too often to move the clock",
    "reset_too_late": "the window in which a notice resets the clock was over",
    "stopped_too_often": "the law lets the clock stop no further time for this reason",
}
SEED, ITEMS = 20261130, 800


def kinds(flags: list[str]) -> set[str]:
    return {flag.partition(":")[0] for flag in flags}


def test_the_clock_of_the_licensing_law_raises_what_the_table_says() -> None:
    raised = set[str]()
    for number in range(ITEMS):
        raised |= kinds(licensing_campaign.by_engine(licensing_campaign.life(SEED, number))["flags"])

    assert raised == {flag for flag, row in B13.items() if row.licensing == RAISED}


def test_the_general_clock_raises_what_the_table_says() -> None:
    raised = set[str]()
    for number in range(ITEMS):
        raised |= kinds(item_stories.item_flags(item_stories.item_story(SEED, number)))

    assert raised - OF_OTHER_LAWS.keys() == {flag for flag, row in B13.items() if row.general == RAISED}


def test_every_pack_on_the_clock_of_the_licensing_law_has_all_the_duties_that_it_flags() -> None:
    counted = [pack for pack in packs() if is_working_day(pack)]

    assert {pack.id for pack in counted} == {"cn-licensing"}
    assert [pack.name for pack in counted if pack.duties.keys() != set(get_args(Duty))] == []


# Which pack owes what: a duty that is added or lost has to say so here, and in the comment of its pack.
OWED = {
    "cn-licensing": set(get_args(Duty)),
    "cn-medical-devices": {"acceptance", "extension_notice"},
    "es-39-2015": {"suspension_notice", "extension_notice"},
    "eu-services": {"extension_notice"},
    "kr-petitions": {"extension_notice"},
    "nl-awb": {"suspension_notice", "suspension_length", "extension_notice"},
    "nl-omgevingswet": {"suspension_notice", "suspension_length", "extension_notice"},
    "nl-wabo": {"suspension_notice", "suspension_length", "extension_notice"},
    "nz-rma": set(),
    "tw-apa": {"extension_notice"},
    "uk-planning": set(),
    "us-fcc-shotclock": set(),
}


def test_each_law_owes_what_was_read_of_it() -> None:
    assert {pack.id for pack in packs()} == OWED.keys()
    for pack in packs():
        assert pack.duties.keys() == OWED[pack.id], pack.name
        for duty, terms in pack.duties.items():
            assert terms.quote or terms.confidence in ("memory", "decision"), (pack.name, duty)
            assert bool(terms.note) == bool(terms.note_zh), (pack.name, duty)


@pytest.mark.parametrize("special", ["eia_report", "eia_form", "construction_permit"])
def test_a_special_law_in_calendar_days_owes_what_the_act_owes(special: str) -> None:
    pack = law_book().pack(f"cn-licensing@2019-04-23/{special}")
    assert not is_working_day(pack)
    assert pack.duties.keys() == set(get_args(Duty))


def packs() -> list[Pack]:
    return [law_book().pack(name) for name in law_book().names]


def is_working_day(pack: Pack) -> bool:
    """Whether the clock of the licensing law counts it."""
    try:
        expand(pack)
    except (ValueError, KeyError):
        return False
    return True
