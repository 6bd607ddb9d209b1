"""A code is accepted or refused with its fault; nothing is corrected silently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from domain.core.ledger import Refused
from domain.legal_person.codes import (
    ALPHABET,
    LIKELY,
    fault_of,
    is_legacy,
    legacy_check,
    organisation_code,
    require_legacy,
    require_uscc,
)

GOOD = "91420100MA0HX2026E"


def is_uscc(code: str) -> bool:
    return not fault_of(code)[0]


@st.composite
def codes(draw: st.DrawFn) -> str:
    body = draw(st.text(ALPHABET, min_size=2, max_size=2)) + draw(st.text("0123456789", min_size=6, max_size=6))
    body += draw(st.text(ALPHABET, min_size=9, max_size=9))
    return body + uscc.calc_check_digit(body)


@given(codes(), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_code_with_one_character_mistyped_is_refused(code: str, place: int, other: str) -> None:
    mistyped = code[:place] + other + code[place + 1 :]

    assert is_uscc(code)
    assert is_uscc(mistyped) is (mistyped == code)


@given(codes())
def test_the_check_character_is_what_the_standard_reckons(code: str) -> None:
    values = [ALPHABET.index(character) for character in code]
    assert sum(value * 3**place for place, value in enumerate(values[:-1])) % 31 == (31 - values[-1]) % 31


@pytest.mark.parametrize("code", ["91110000600037341L", "91350100M000100Y43"])
def test_codes_from_elsewhere_are_right(code: str) -> None:
    assert is_uscc(code)


@pytest.mark.parametrize(
    ("code", "fault", "remedy"),
    [
        (GOOD.lower(), "lower-case letters", f"write it as {GOOD}"),
        ("91420100mA0HX2026E", "lower-case letters", GOOD),
        (f" {GOOD}", "blanks", GOOD),
        ("91420100-MA0HX2026-E", "hyphens", GOOD),
        ("９１420100MA0HX2026E", "full-width characters", GOOD),
        (GOOD[:-1], "17 characters", ""),
        (f"{GOOD}7", "19 characters", ""),
        ("91420100MA0HX2026F", "should be E, not F", ""),
        ("91420100MAOHX2026E", "character 11 is 'O'", "a misread 0"),
        ("91420100AM0HX2026E", "should be 8, not E", GOOD),
        ("91420100MA0HX20_6E", "character 16 is '_'", ""),
        ("914201A0MA0HX2026E", "characters 3 to 8 are 4201A0", ""),
        ("D2143569-X", "organisation code of nine", "legal-person base"),
        ("", "0 characters", ""),
        ("\ufb03", "1 characters", ""),
    ],
)
def test_the_refusal_names_the_fault_of_a_unified_code(code: str, fault: str, remedy: str) -> None:
    with pytest.raises(Refused, match="unified social credit code") as caught:
        require_uscc(code)

    assert caught.value.code == "uscc-invalid"
    assert fault in caught.value.sentence
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("letter", LIKELY)
def test_letters_that_no_code_has_are_named(letter: str) -> None:
    fault, remedy = fault_of(GOOD[:9] + letter + GOOD[10:])

    assert fault == f"character 10 is {letter!r}, which is not allowed"
    assert remedy == f"it may be a misread {LIKELY[letter]}"


def test_an_organisation_code_is_checked_and_is_part_of_the_unified_code() -> None:
    assert require_legacy("D2143569-X") == require_legacy("D2143569X") == "D2143569X"
    assert organisation_code("91420100D2143569XL") == "D2143569X"
    assert is_uscc("91420100D2143569XL")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("D2143569-1", "should be X, not 1"),
        ("d2143569-x", "eight digits or capital letters"),
        ("D214356-9X", "eight digits"),
        (GOOD, "eight digits"),
        ("", "eight digits"),
    ],
)
def test_what_is_no_organisation_code_is_refused(text: str, part: str) -> None:
    with pytest.raises(Refused) as caught:
        require_legacy(text)

    assert caught.value.code == "organisation-code-invalid"
    assert part in caught.value.sentence


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8))
def test_exactly_one_check_character_is_right(body: str) -> None:
    assert [check for check in "0123456789X" if is_legacy(body + check)] == [legacy_check(body)]
