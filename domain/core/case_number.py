"""办件编号 case numbers: what an applicant quotes, reads out and types in, with a digit that catches slips."""

from __future__ import annotations

from functools import lru_cache
from string import ascii_letters

from stdnum.iso7064 import mod_11_10

AREA_PATTERN = "^[A-Z]{2,6}$"
AREA = "BDA"  # the area whose cases they are, unless the installation names another
LETTERS = {ord(letter): str(int(letter, 36)) for letter in ascii_letters}  # A and a as 10, Z and z as 35
HEADS_MAX = 100  # areas and years whose checksum is cached
COUNTER_DIGITS = 6  # at least: the counter goes on through the years, and gets longer when it must


def case_number(area: str, year: int, counter: int) -> str:
    """The number of a case, e.g. "BDA2026-004217-2": area, year of application, counter, check digit.

    The check digit is that of ISO/IEC 7064, MOD 11,10, over area, year and counter, in which each letter is read as two
    digits, A for 10 and Z for 35: one wrong digit, and nearly every exchange of two, is noticed.
    """
    body = f"{counter:0{COUNTER_DIGITS}d}"
    head, check = _head(area, year)
    for digit in body:  # as mod_11_10.checksum goes on; from the area on it takes more than twice as long
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    return f"{head}-{body}-{(1 - (check or 10) * 2 % 11) % 10}"


@lru_cache(HEADS_MAX)
def _head(area: str, year: int) -> tuple[str, int]:
    """Area and year as they are in a case number, and the checksum so far."""
    head = f"{area}{year}"
    return head, mod_11_10.checksum(_digits(head))


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
