"""What is entered of a project is checked against the form, and kept as it was written."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from domain.messages import AnyCommand
from domain.project.information.form import CATEGORIES, FORM, MONEY_UNITS, REQUIRED, Sort
from domain.project.information.recording import EnteredField, InformationRecorded, KnownField, RecordInformation
from tests.examples import APPLICANT, IMPORTER, LAND, MANAGER, REGISTERED
from tests.spec import NOW, given

TODAY = NOW.date()


def entering(category: str, key: str, value: Any, unit: str = "") -> RecordInformation:
    return RecordInformation(category=category, fields=(EnteredField(key, value, unit),))


@pytest.mark.parametrize(
    ("category", "key", "value", "unit", "stored"),
    [
        ("investment", "total", 36000, "万元", "36000"),
        ("investment", "total", 36000.25, "万元", "36000.25"),
        ("investment", "total", "36000.250000", "元", "36000.250000"),
        ("basic", "project_code", "2603-420100-04-01-100001", "", "2603-420100-04-01-100001"),
        ("basic", "kind", "filing", "", "filing"),
        ("basic", "industry", "C2651", "", "C2651"),
        ("basic", "location", " 高新大道 ", "", "高新大道"),
        ("schedule", "planned_start", "2028-02-29", "", "2028-02-29"),
        ("contacts", "phone", "027-5550 0100", "", "027-5550 0100"),
        ("planning", "plot_ratio", 2, "", "2"),
        ("investment", "total", "", "", ""),
    ],
)
def test_what_the_form_holds_is_stored_as_written(category: str, key: str, value: Any, unit: str, stored: str) -> None:
    given(REGISTERED).when(entering(category, key, value, unit), by=MANAGER).then(
        InformationRecorded(category=category, fields=(KnownField(key, stored, unit if stored else ""),), as_of=TODAY)
    )


@pytest.mark.parametrize(
    ("category", "key", "value", "unit", "code"),
    [
        ("weather", "rain", 1, "", "unknown-category"),
        ("land", "rain", 1, "", "unknown-field"),
        ("investment", "total", 36000, "", "unit-wrong"),
        ("investment", "total", 36000, "美元", "unit-wrong"),
        ("planning", "plot_ratio", 2, "%", "unit-wrong"),
        ("investment", "total", -1, "万元", "information-invalid"),
        ("investment", "total", "1,000", "万元", "information-invalid"),
        ("investment", "total", "１２", "万元", "information-invalid"),
        ("investment", "total", 1e300, "万元", "information-invalid"),
        ("investment", "total", 1e-9, "万元", "information-invalid"),
        ("investment", "total", float("inf"), "万元", "information-invalid"),
        ("investment", "total", "9" * 16, "万元", "information-invalid"),
        ("basic", "project_code", "2603-420100-04-100001", "", "information-invalid"),
        ("basic", "project_code", "2603-420100-04-01-100001x", "", "information-invalid"),
        ("basic", "kind", "wish", "", "information-invalid"),
        ("basic", "district", "4201", "", "information-invalid"),
        ("basic", "industry", "Z1", "", "information-invalid"),
        ("schedule", "planned_start", "2026-02-30", "", "information-invalid"),
        ("schedule", "planned_start", "1889-02-01", "", "information-invalid"),
        ("schedule", "planned_start", "soon", "", "information-invalid"),
        ("contacts", "phone", "call me", "", "information-invalid"),
    ],
)
def test_what_is_not_written_as_the_form_asks_is_refused(
    category: str, key: str, value: Any, unit: str, code: str
) -> None:
    refusal = given(REGISTERED).when(entering(category, key, value, unit), by=MANAGER).refused(code)
    assert refusal.remedy


def test_only_the_project_manager_enters() -> None:
    command = entering("basic", "kind", "filing")
    for by in (APPLICANT, LAND):
        given(REGISTERED).when(command, by=by).refused("wrong-role", "enter a project's information")
    given().when(command, by=MANAGER).refused("not-registered")
    given(REGISTERED).when(command, by=IMPORTER).then(
        InformationRecorded(category="basic", fields=(KnownField("kind", "filing"),), as_of=TODAY)
    )


def test_a_field_comes_once_and_nothing_is_known_of_tomorrow() -> None:
    twice = RecordInformation(category="basic", fields=(EnteredField("kind", "filing"), EnteredField("kind", "filing")))
    given(REGISTERED).when(twice, by=MANAGER).refused("field-repeated")
    tomorrow = msgspec.structs.replace(entering("basic", "kind", "filing"), as_of=date(2026, 3, 17))
    given(REGISTERED).when(tomorrow, by=MANAGER).refused("in-the-future")


def test_the_form_is_sound() -> None:
    assert len(CATEGORIES) == len(FORM) == 10
    for category in FORM:
        keys = [field.key for field in category.fields]
        assert len(keys) == len(set(keys))
        assert any(field.required for field in category.fields)
        for field in category.fields:
            assert (field.sort is Sort.CHOICE) is bool(field.options)
            assert field.sort is not Sort.MONEY or field.units == MONEY_UNITS
    assert len(REQUIRED) == len(set(REQUIRED))


def test_a_number_may_come_as_a_number() -> None:
    body = '{"command":"record_information","category":"land","fields":[{"key":"area","value":12.5,"unit":"亩"}]}'
    command = msgspec.json.decode(body, type=AnyCommand)
    assert isinstance(command, RecordInformation)
    assert command.fields[0].value == 12.5
