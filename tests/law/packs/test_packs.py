"""The shipped packs: what the law book and each pack answer, and how other laws count."""

from __future__ import annotations

import gzip
import json
import tomllib
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from domain.core.ledger import Refused
from domain.law.generic.rule import Extended, GeneralEvent, Resumed, Started, Stopped, Suspended
from domain.law.generic.state import due, standing
from domain.law.packs.checks import digest_faults, pack_digest
from domain.law.packs.expand import expand
from domain.law.packs.pack import Pack
from domain.law.packs.parse import PackInvalidError
from infrastructure.law.lawbook import LawBook, law_book

TODAY = date(2026, 11, 24)
PACKS = files("domain.law") / "packs"
VECTORS = Path(__file__).parents[1] / "data" / "vectors.jsonl.gz"
CN = "cn-licensing@2019-04-23"


def text_of(name: str) -> str:
    law_id, _, version = name.partition("@")
    return (PACKS / law_id / f"{version}.toml").read_text("utf-8")


def china() -> Pack:
    return law_book().pack(CN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# -- what is shipped ------------------------------------------------------------------------------------------------


def test_the_shipped_book_passes_every_check() -> None:
    law_book().check(TODAY)


@pytest.mark.parametrize("name", law_book().names)
def test_every_pack_names_itself_and_shows_the_words_it_rests_on(name: str) -> None:
    pack = law_book().pack(name)
    assert pack.name == name
    assert pack.title
    assert pack.title_zh
    assert pack.clocks["decision"].article
    assert all(ground.quote or ground.confidence in ("memory", "source") for ground in pack.grounds)


def test_no_published_value_was_edited() -> None:
    """If this fails for a new pack, record the digest it names; for an old one, write a new version instead."""
    texts = {name: text_of(name) for name in law_book().names}
    assert list(digest_faults(texts, tomllib.loads((PACKS / "DIGESTS.toml").read_text("utf-8")))) == []


def test_a_digest_sees_values_and_overlooks_words() -> None:
    text = text_of("nl-awb@2009-10-01")
    assert pack_digest(text.replace("days = 56", "days = 57")) != pack_digest(text)
    assert pack_digest(text.replace("met ingang van", "vanaf")) == pack_digest(text)
    edited = {"nl-awb@2009-10-01": text.replace("days = 56", "days = 57")}
    recorded = {"nl-awb@2009-10-01": pack_digest(text), "nl-old@1900-01-01": "-"}
    result = list(digest_faults(edited, recorded))
    assert result == [
        "nl-awb@2009-10-01 was edited after it was published: write a new version with a new date instead",
        "nl-old@1900-01-01 was published and is gone",
    ]
    assert "has no recorded digest" in next(digest_faults(edited, {}))


# -- what the law book answers --------------------------------------------------------------------------------------


def test_the_version_in_force_depends_on_the_date() -> None:
    book = law_book()
    assert book.in_force("nl-wabo", date(2023, 12, 31)).name == "nl-wabo@2010-10-01"
    assert book.in_force("cn-licensing", TODAY).name == CN
    with pytest.raises(Refused) as refused:
        book.in_force("nl-wabo", date(2024, 1, 1))
    assert refused.value.code == "unknown-law"
    assert "nl-wabo@2010-10-01" in refused.value.remedy


def test_a_newer_version_ends_an_older_one_without_touching_it() -> None:
    old = text_of(CN)
    new = old.replace("valid_from = 2019-04-23", "valid_from = 2030-01-01", 1)
    book = LawBook({CN: old, "cn-licensing@2030-01-01": new}, {}, {})
    assert book.in_force("cn-licensing", date(2029, 12, 31)).name == CN
    assert book.in_force("cn-licensing", date(2030, 1, 1)).name == "cn-licensing@2030-01-01"


@pytest.mark.parametrize("name", ["cn-licencing@2019-04-23", "cn-licensing", f"{CN}/moon_base"])
def test_an_unknown_law_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(Refused) as refused:
        law_book().pack(name)
    assert refused.value.code == "unknown-law"
    assert refused.value.details["known"]


def test_a_pack_under_the_wrong_name_is_refused() -> None:
    with pytest.raises(PackInvalidError, match="lies where"):
        LawBook({"cn-licensing@2020-01-01": text_of(CN)}, {}, {}).pack("cn-licensing@2020-01-01")


def test_the_check_at_start_lists_everything() -> None:
    book = LawBook({CN: text_of(CN).replace('zone = "Asia/Shanghai"', 'zone = "Asia/Peking"')}, {}, {})
    with pytest.raises(PackInvalidError) as invalid:
        book.check(TODAY)
    assert len(invalid.value.faults) == 2


# -- what a pack answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "days", "article", "extension", "approver"),
    [
        ("on_the_spot", 0, "行政许可法 34(2)", None, None),
        ("single", 20, "行政许可法 42(1)", 10, "agency_head"),
        ("joint", 45, "行政许可法 42(2)", 15, "government_head"),
        ("lower_review", 20, "行政许可法 42(1)", 10, "agency_head"),
        ("renewal", 20, "行政许可法 42(1), 50", 10, "agency_head"),
    ],
)
def test_limits_of_the_licensing_law(
    mode: str, days: int, article: str, extension: int | None, approver: str | None
) -> None:
    limit, result = china().limit(mode), china().extension("decision", mode)
    assert (limit.days, limit.unit, limit.article) == (days, "working_day", article)
    assert (result and result.days_max, result and result.approver) == (extension, approver)


def test_the_other_clocks_of_the_licensing_law() -> None:
    pack = china()
    clocks = ("intake", "lower_review", "delivery", "countersign", "hearing_request", "hearing_hold")
    assert [pack.limit("joint", clock).days for clock in clocks] == [5, 20, 10, 7, 5, 20]
    assert pack.extension("lower_review", "lower_review") is None
    assert pack.extension("intake") is None
    assert [pack.silence(c) for c in ("intake", "decision", "renewal_guard", "countersign")] == [
        "deemed_accepted",
        "overdue",
        "deemed_renewed",
        "overdue",
    ]
    with pytest.raises(KeyError, match="published with each item"):
        pack.limit(clock="commitment")
    with pytest.raises(KeyError, match="knows no clock"):
        pack.limit(clock="moon")
    with pytest.raises(KeyError, match="for the mode moon"):
        pack.limit("moon")


def test_the_eight_grounds_stop_the_statute_and_others_only_the_promise() -> None:
    pack = china()
    assert len(pack.reasons("decision")) == len(pack.reasons("lower_review")) == 8
    assert set(pack.reasons("commitment")) - set(pack.reasons("decision")) == {"site_survey", "public_notice"}
    survey = pack.ground("site_survey")
    assert survey is not None
    assert survey.stops == ("commitment",)
    assert pack.ground("asking_superior") is None
    assert pack.article("suspension") == pack.article("hearing").replace("46-48", "45")
    assert pack.article("supplement") == "行政许可法 32(1)(4)"
    assert pack.article("nothing-of-the-kind") == ""


def test_a_special_law_replaces_the_clock_and_says_so() -> None:
    approval = china().under("project_approval")
    assert approval.name == f"{CN}/project_approval"
    assert law_book().pack(approval.name) == approval
    extension = approval.extension("decision")
    assert extension is not None
    assert (approval.limit().days, extension.days_max) == (20, 40)
    assert "evaluation" in approval.reasons("decision")
    assert "evaluation" not in china().reasons("decision")
    eia = china().under("eia_report").limit("joint")
    assert (eia.days, eia.unit) == (60, "calendar_day")
    assert china().under("discharge_permit").limit(clock="intake").days == 3
    assert china().under("registration").limit("on_the_spot").days == 0
    assert china().under("") is china()


def test_the_expanded_rule_is_that_of_the_golden_vectors() -> None:
    rules: dict[str, Any] = {}
    for line in gzip.decompress(VECTORS.read_bytes()).decode().splitlines():
        vector = json.loads(line)
        rules.setdefault(vector["rule"]["mode"], vector["rule"])
    ours = expand(china(), mode="joint", commitment_days=15)
    theirs = rules["joint"]
    assert ours.decision.days == theirs["decision"]["days"]
    assert ours.decision.max_extension == theirs["decision"]["max_extension"]
    assert list(ours.statutory_suspend_reasons) == theirs["statutory_suspend_reasons"]
    assert list(ours.commitment_suspend_reasons) == theirs["commitment_suspend_reasons"]
    assert (ours.intake_days, ours.delivery_days, ours.close_of_business) == (5, 10, theirs["close_of_business"])
    assert ours.renewal.file_before_days == theirs["renewal"]["file_before_days"]
    assert ours.renewal.yellow_days == theirs["renewal"]["yellow_days"]
    assert ours.hearing.notice_clear_days == theirs["hearing"]["notice_clear_days"]
    assert ours.commitment is not None
    assert (ours.commitment.days, ours.commitment.max_extension) == (15, 0)


def test_a_law_in_calendar_days_has_no_rule_of_working_days() -> None:
    with pytest.raises(ValueError, match="general clock"):
        expand(law_book().pack("nl-wabo@2010-10-01"))
    with pytest.raises(ValueError, match="general clock"):
        expand(china().under("eia_report"))


# -- other laws on the general clock --------------------------------------------------------------------------------


def test_a_dutch_permit_is_granted_by_silence_after_suspension_and_extension() -> None:
    """56 days from Jan 2 to Feb 27, 2012; 21 days lost, six weeks more, then silence grants."""
    pack = law_book().in_force("nl-wabo", date(2012, 1, 2))
    rule = law_book().general_rule(pack, date(2012, 1, 2))
    started: list[GeneralEvent] = [Started(at("2012-01-02T09:00"))]
    assert due(rule, started) == date(2012, 2, 27)
    history = [*started, Suspended(at("2012-01-10T09:00"), reason="supplement")]
    assert due(rule, history) is None
    answered = [*history, Resumed(at("2012-02-01T09:00"))]
    assert due(rule, answered) == date(2012, 3, 19)
    extended = [*answered, Extended(at("2012-03-19T16:00"), 42)]
    assert due(rule, extended) == date(2012, 5, 1)  # Apr 30 was Queen's Day
    silent = standing(rule, extended, at("2012-05-02T09:00"))
    assert silent is not None
    assert (silent.state, silent.deemed, silent.deemed_from) == ("deemed", "deemed_granted", date(2012, 5, 2))
    decided = standing(rule, [*extended, Stopped(at("2012-05-01T09:00"))], at("2012-06-01T00:00"))
    assert decided is not None
    assert decided.state == "met"


@pytest.mark.parametrize("days", [250, 350])
def test_what_a_dutch_register_calls_an_extension_is_counted_as_written_and_flagged(days: int) -> None:
    pack = law_book().pack("nl-wabo@2010-10-01")
    rule = law_book().general_rule(pack, date(2012, 1, 2))
    events: list[GeneralEvent] = [Started(at("2012-01-02T09:00")), Extended(at("2012-02-01T09:00"), days)]
    result = standing(rule, events, at("2012-02-02T09:00"))
    assert result is not None
    assert (result.length, result.flags) == (56 + days, ("extension_exceeds_limit",))


def test_the_first_notice_for_a_small_cell_resets_the_american_clock() -> None:
    rule = law_book().general_rule(
        law_book().pack("us-fcc-shotclock@2019-01-14"), TODAY, mode="small_wireless_collocation"
    )
    events: list[GeneralEvent] = [
        Started(at("2026-03-03T15:00")),
        Suspended(at("2026-03-10T15:00"), reason="incomplete_small_wireless"),
        Resumed(at("2026-03-20T15:00")),
    ]
    assert due(rule, events) == date(2026, 5, 19)


@pytest.mark.parametrize(
    ("name", "mode", "start", "expected"),
    [
        ("kr-petitions@2016-02-12", "five_days", "2026-02-12T02:00", "2026-02-24T11:00:00+09:00"),
        ("tw-apa@2001-01-01", "single", "2026-08-09T02:00", "2026-10-12"),  # to Oct 9, a holiday, 10 too, then Sunday
        ("tw-apa@2001-01-01", "single", "2026-09-14T02:00", "2026-11-16T12:00:00+08:00"),
        ("es-39-2015@2016-10-02", "single", "2026-11-30T10:00", "2027-03-01"),
        ("nz-rma@2009-10-01", "single", "2026-12-09T21:00", "2027-01-28"),
        ("uk-planning@2015-04-15", "major", "2026-03-01T10:00", "2026-05-31"),
        ("eu-services@2009-12-28", "single", "2026-03-20T10:00", "2026-06-22"),
        ("nl-omgevingswet@2024-01-01", "single", "2026-03-02T10:00", "2026-04-28"),
        ("cn-medical-devices@2021-10-01", "single", "2026-03-02T02:00", "2026-03-30"),
    ],
)
def test_each_law_counts_as_its_pack_says(name: str, mode: str, start: str, expected: str) -> None:
    book = law_book()
    result = due(book.general_rule(book.pack(name), TODAY, mode=mode), [Started(at(start))])
    assert result is not None
    assert result.isoformat() == expected
