"""Case numbers: their form, and what their check digit notices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.core.case_number import case_number, is_case_number

numbers = st.builds(
    case_number,
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=6),
    st.integers(1990, 2100),
    st.integers(1, 10**8),
)


def test_a_number_is_area_year_counter_and_check_digit() -> None:
    assert case_number("BDA", 2026, 4217) == "BDA2026-004217-2"
    assert case_number("BDA", 2031, 1_234_567).startswith("BDA2031-1234567-")


@given(numbers, st.data())
def test_one_wrong_digit_is_noticed(number: str, data: st.DataObject) -> None:
    assert is_case_number(number)
    place = data.draw(st.sampled_from([at for at, character in enumerate(number) if character.isdigit()]))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert not is_case_number(number[:place] + other + number[place + 1 :])


@given(st.text(max_size=24))
def test_whatever_is_typed_is_answered(text: str) -> None:
    assert is_case_number(text) in {True, False}
