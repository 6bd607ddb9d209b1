"""Query codes: made from the number and the key alone, and known to no one who has not both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.core.case_number import case_number
from infrastructure.window.query_codes import (
    ADDRESS_CHARACTERS,
    ALPHABET,
    CODE_CHARACTERS,
    QueryCodes,
    query_code_of,
    typed,
    typed_code,
)

CODES, OTHERS = QueryCodes(b"k" * 32), QueryCodes(b"o" * 32)
NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
NUMBER, NEXT = case_number("BDA", 2026, 4217), case_number("BDA", 2026, 4218)
numbers = st.builds(case_number, st.just("BDA"), st.integers(2020, 2040), st.integers(1, 10**7))


@given(numbers)
def test_a_code_has_six_signs_that_are_not_mistaken_for_each_other(number: str) -> None:
    code = CODES.code_of(number)
    assert len(code) == CODE_CHARACTERS
    assert set(code) <= set(ALPHABET)
    assert not set("01OI") & set(ALPHABET)
    assert CODES.fits(number, code)


@given(numbers, numbers)
def test_codes_follow_from_number_and_key(number: str, other: str) -> None:
    assert CODES.code_of(number) == QueryCodes(b"k" * 32).code_of(number)
    assert (CODES.address_of(number) == CODES.address_of(other)) is (number == other)
    assert CODES.address_of(number) != OTHERS.address_of(number)


def test_codes_are_spread_over_all_there_are() -> None:
    codes = {CODES.code_of(case_number("BDA", 2026, counter)) for counter in range(3000)}
    assert len(codes) >= 2990  # of a billion; a few of 3,000 may meet
    for place in range(CODE_CHARACTERS):
        assert {code[place] for code in codes} == set(ALPHABET)


@given(st.text(max_size=12))
def test_only_the_case_numbers_own_code_fits(code: str) -> None:
    assert CODES.fits(NUMBER, code) is (code == CODES.code_of(NUMBER))


def test_an_address_is_not_guessed_from_the_code() -> None:
    assert len(CODES.address_of(NUMBER)) == ADDRESS_CHARACTERS
    assert CODES.code_of(NUMBER).lower() not in CODES.address_of(NUMBER)
    assert CODES.is_address_of(NUMBER, CODES.address_of(NUMBER))
    assert not CODES.is_address_of(NEXT, CODES.address_of(NUMBER))


def test_a_ticket_is_good_for_its_case_until_it_is_over() -> None:
    ticket = CODES.ticket(NUMBER, NOW + timedelta(minutes=30))
    assert CODES.admitted(ticket, NOW) == NUMBER
    assert CODES.admitted(ticket, NOW + timedelta(minutes=30)) == ""
    assert OTHERS.admitted(ticket, NOW) == ""


@pytest.mark.parametrize("forged", ["", "_", "__", "x_1_y", f"{NUMBER}_99999999999_x", f"{NUMBER}_\u0664_x"])
def test_what_is_no_ticket_admits_nowhere(forged: str) -> None:
    assert CODES.admitted(forged, NOW) == ""


def test_a_ticket_for_another_case_or_a_later_time_is_not_ours() -> None:
    number, seconds, proof = CODES.ticket(NUMBER, NOW + timedelta(minutes=1)).split("_")
    assert CODES.admitted(f"{NEXT}_{seconds}_{proof}", NOW) == ""
    assert CODES.admitted(f"{number}_{int(seconds) + 3600}_{proof}", NOW) == ""


@pytest.mark.parametrize("text", [" bda2026-004217-2 ", "ＢＤＡ２０２６－００４２１７－２", "BDA2026–004217–2"])
def test_numbers_are_read_as_people_type_them(text: str) -> None:
    assert typed(text) == "BDA2026-004217-2"


def test_codes_are_read_in_groups_too() -> None:
    assert typed_code("7kq-2xm") == typed_code(" 7KQ 2XM") == "7KQ2XM"


def test_the_key_of_an_installation_is_the_same_at_every_look() -> None:
    assert query_code_of(NUMBER) == QueryCodes.of_this_server().code_of(NUMBER) != CODES.code_of(NUMBER)
