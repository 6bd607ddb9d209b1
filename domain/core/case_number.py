"""办件编号 case numbers: what an applicant quotes, reads out and types in, with a digit that catches slips."""

from __future__ import annotations

from functools import cache, lru_cache
from string import ascii_letters

from stdnum.iso7064 import mod_11_10

AREA_PATTERN = "^[A-Z]{2,6}$"
AREA = "BDA"  # the area whose cases they are, unless the installation names another
LETTERS = {ord(letter): str(int(letter, 36)) for letter in ascii_letters}  # A and a as 10, Z and z as 35
HEADS_MAX = 100  # beginnings of numbers that are cached: with the thousands of the counter, which are given out in turn
COUNTER_DIGITS = 6  # at least: the counter goes on through the years, and gets longer when it must
TAIL_DIGITS, TAILS = 3, 1_000  # of the counter, after a cached beginning


def case_number(area: str, year: int, counter: int) -> str:
    """The number of a case, e.g. "BDA2026-004217-2": area, year of application, counter, check digit.

    The check digit is that of ISO/IEC 7064, MOD 11,10, over area, year and counter, in which each letter is read as two
    digits, A for 10 and Z for 35: one wrong digit, and nearly every exchange of two, is noticed.
    """
    thousands, rest = divmod(counter, TAILS)
    head, tails = _head(area, year, thousands)
    return head + tails[rest]


@lru_cache(HEADS_MAX)
def _head(area: str, year: int, thousands: int) -> tuple[str, tuple[str, ...]]:
    """Area, year and the thousands of the counter as they are in a case number, and what it may end with after them."""
    head, counted = f"{area}{year}", f"{thousands:0{COUNTER_DIGITS - TAIL_DIGITS}d}"
    return f"{head}-{counted}", _tails(mod_11_10.checksum(_digits(head + counted)))


@cache
def _tails(check: int) -> tuple[str, ...]:
    """Every last three digits of a counter, with the check digit of a number whose checksum before them is *check*."""
    return tuple([_with_check_digit(f"{rest:0{TAIL_DIGITS}d}", check) for rest in range(TAILS)])


def _with_check_digit(tail: str, check: int) -> str:
    for digit in tail:  # as mod_11_10.checksum goes on
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    return f"{tail}-{(1 - (check or 10) * 2 % 11) % 10}"


def is_case_number(text: str) -> bool:
    """Whether *text* has the form of a case number, and its check digit fits."""
    head, _, rest = text.partition("-")
    body, _, check = rest.partition("-")
    number = head + body + check
    if not number.isascii() or not number.isalnum() or len(check) != 1 or not body.isdigit():
        return False
    return bool(mod_11_10.is_valid(_digits(number)))


def _digits(text: str) -> str:
    return text.translate(LETTERS)
